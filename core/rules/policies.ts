/** What is acceptable as email, login and password; a host may bring its own (decisions 1.11, 2.12, 2.13). */
import { composed } from '../model/keys.js'
import type { Policies } from '../ports/host.js'

const word = "[\\p{L}\\p{M}\\p{N}_!#$%&'*+/=?^`{|}~-]"
const label = String.raw`[\p{L}\p{M}\p{N}_](?:[\p{L}\p{M}\p{N}_-]*[\p{L}\p{M}\p{N}_])?`
const emailPattern = new RegExp(`^${word}+(?:\\.${word}+)*@(?:${label}\\.)+${label}$`, 'u')
const loginPattern = /^[\p{L}\p{Nd} .\-_@+]+$/u

/** Length in code points. */
export function lengthOf(text: string): number {
  let length = 0
  for (const _ of text) length++
  return length
}

/** Whether a text has more code points than so many; it cannot have more than UTF-16 units. */
export function isLonger(text: string, most: number): boolean {
  return text.length > most && lengthOf(text) > most
}

function isEmail(email: string): boolean {
  return !isLonger(email, 256) && emailPattern.test(email)
}

/** Asked of the composed form, so that every spelling of one key is treated alike (decision 1.4). */
function isLogin(login: string): boolean {
  const text = composed(login)
  return !isLonger(text, 256) && (loginPattern.test(text) || isEmail(text))
}

/** The policies of decisions 1.11 and 2.12; every password that is not empty or blank. */
export const defaultPolicies: Policies = {
  email: isEmail,
  login: isLogin,
  password: (password) => password.reveal().trim() !== '',
}
