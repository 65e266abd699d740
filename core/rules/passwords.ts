/** Passwords: salted hashes as PHC strings, made before a unit opens (decision 2.13). */
import { randomBytes, scrypt } from 'node:crypto'
import type { Customer } from '../model/documents.js'
import { fail } from '../model/problems.js'
import type { Secret } from '../model/secret.js'
import type { HashPassword, Policies } from '../ports/host.js'
import type { CustomerRecord } from '../ports/storage.js'
import type { Prepared } from '../work/write.js'

const cost = { ln: 17, r: 8, p: 1, bytes: 32 }
/** One hash takes 128 MiB and a thread of the pool that file access shares. */
const concurrent = 2

/** scrypt with N = 2^17, r = 8, p = 1, at most two at a time in one library. */
export function scryptHash(): HashPassword {
  let running = 0
  const waiting: (() => void)[] = []
  return async (password) => {
    if (running >= concurrent) await new Promise<void>((resolve) => waiting.push(resolve))
    else running++
    try {
      const salt = randomBytes(16)
      const hash = await new Promise<Buffer>((resolve, reject) => {
        const options = { N: 2 ** cost.ln, r: cost.r, p: cost.p, maxmem: 192 * 1024 * 1024 }
        scrypt(password.reveal().normalize('NFC'), salt, cost.bytes, options, (error, key) =>
          error ? reject(error) : resolve(key),
        )
      })
      const encode = (bytes: Buffer) => bytes.toString('base64').replace(/=+$/, '')
      return `$scrypt$ln=${cost.ln},r=${cost.r},p=${cost.p}$${encode(salt)}$${encode(hash)}`
    } finally {
      const next = waiting.shift()
      if (next) next()
      else running--
    }
  }
}

/** A call that may bring a password, and what was made of it. */
export interface WithPassword {
  readonly password?: Secret | null | undefined
  secret?: Prepared | undefined
}

/** Judges and hashes passwords. */
export class Passwords {
  readonly #policies: Policies
  readonly #hash: HashPassword

  constructor(policies: Policies, hash: HashPassword) {
    this.#policies = policies
    this.#hash = hash
  }

  /** A hash takes its time, and many take turns: it is made while no lock is held and no time limit runs. */
  prepare(given: WithPassword): Promise<void> | undefined {
    return given.password ? this.#prepare(given, given.password) : undefined
  }

  async #prepare(given: WithPassword, password: Secret): Promise<void> {
    const isGood = await this.#policies.password(password)
    given.secret = isGood ? { passwordHash: await this.#hash(password) } : 'refused'
  }
}

/** What a customer's record holds of a password; undefined without one. Throws loginMissing and passwordInvalid. */
export function secretFor({ credentials }: Customer, { password, secret }: WithPassword): CustomerRecord['secret'] {
  if (!password) return undefined
  if (credentials.login === undefined) throw fail('loginMissing', {})
  if (secret === 'refused') throw fail('passwordInvalid', {})
  return secret
}
