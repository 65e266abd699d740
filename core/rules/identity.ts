/** By what a customer is known: email and login, and what moves them (decisions 1.4, 2.12, 3.6, 3.7); its number. */
import type { Customer, CustomerCreate, Live } from '../model/documents.js'
import { keyOf } from '../model/keys.js'
import { fail } from '../model/problems.js'
import type { Profile } from '../model/profile.js'
import type { Policies } from '../ports/host.js'

/** By what a customer is known in its list, beside its number: as a document is to be stored, and what of it is new. */
export interface Identity {
  readonly email: string | undefined
  readonly login: string | undefined
  readonly movesEmail: boolean
  readonly movesLogin: boolean
  /** The login is moved along with the email (decision 3.7). */
  readonly follows: boolean
}

/** What a document that is to be stored makes of email and login. */
export function identityOf(current: Customer | undefined, desired: Customer, profile: Profile): Identity {
  const email = desired.email?.trim()
  const movesEmail = email !== undefined && (current?.email === undefined || keyOf(email) !== keyOf(current.email))
  const sent = desired.credentials.login?.trim()
  const follows = movesEmail && profile.loginFollowsEmail && isEmailLogin(current, sent) && email !== sent
  const login = follows ? email : sent
  const movesLogin = login !== undefined && login !== current?.credentials.login
  return { email, login, movesEmail, movesLogin, follows }
}

/** True if the login stays as it was, and is the email that the customer had. */
function isEmailLogin(current: Customer | undefined, login: string | undefined): boolean {
  if (login === undefined || current?.email === undefined || login !== current.credentials.login) return false
  return keyOf(login) === keyOf(current.email)
}

/** The document with this email and login, and its number without blanks around it. */
export function withIdentity(document: Customer, { email, login }: Identity): Live<Customer> {
  const result = { ...document, customerNo: document.customerNo.trim() } as Live<Customer>
  if (email === undefined) delete result.email
  else result.email = email
  if (login !== document.credentials.login) {
    const { login: _, ...others } = document.credentials
    result.credentials = login === undefined ? others : { ...others, login }
  }
  return result
}

/** Throws for a login, an email or a password question that is new and not acceptable. */
export function judgeIdentity(
  policies: Policies,
  { email, login, movesLogin }: Identity,
  current: Customer | undefined,
  desired: Customer,
): void {
  if (movesLogin && login !== undefined && !policies.login(login)) throw fail('loginInvalid', {})
  if (email !== undefined && email !== current?.email && !policies.email(email))
    throw fail('emailInvalid', { email: desired.email ?? '' })
  const { passwordQuestion } = desired.credentials
  const isNewQuestion = passwordQuestion !== current?.credentials.passwordQuestion
  if (login === undefined && passwordQuestion !== undefined && isNewQuestion) throw fail('loginMissing', {})
}

/** Throws for a number that was sent where numbers are generated (decision 3.5). */
export function judgeNumber({ refusesNumber }: Profile, { customerNo }: CustomerCreate): void {
  if (refusesNumber && customerNo !== undefined)
    throw fail('documentInvalid', {
      document: 'customer',
      violations: [{ path: ['customerNo'], rule: 'readOnly', message: 'is generated and cannot be sent' }],
    })
}
