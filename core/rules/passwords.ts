/** Passwords: salted hashes as PHC strings, made before the unit of a call opens; a handler's call has one already (decision 2.13). */
import { randomBytes, scrypt } from 'node:crypto'
import type { Customer } from '../model/documents.js'
import { CustomerError, fail } from '../model/problems.js'
import type { Secret } from '../model/secret.js'
import type { HashPassword, Limits, Policies } from '../ports/host.js'
import type { CustomerRecord, ReadUnit } from '../ports/storage.js'
import { Turns } from '../work/turns.js'
import type { Prepared, Prospect } from '../work/write.js'

const cost = { ln: 17, r: 8, p: 1, bytes: 32 }

/** scrypt with N = 2^17, r = 8, p = 1. One hash takes 128 MiB and a thread of the pool that file access shares. */
export function scryptHash(): HashPassword {
  return async (password) => {
    const salt = randomBytes(16)
    const hash = await new Promise<Buffer>((resolve, reject) => {
      const options = { N: 2 ** cost.ln, r: cost.r, p: cost.p, maxmem: 192 * 1024 * 1024 }
      scrypt(password.reveal().normalize('NFC'), salt, cost.bytes, options, (error, key) =>
        error ? reject(error) : resolve(key),
      )
    })
    const encode = (bytes: Buffer) => bytes.toString('base64').replace(/=+$/, '')
    return `$scrypt$ln=${cost.ln},r=${cost.r},p=${cost.p}$${encode(salt)}$${encode(hash)}`
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
  readonly #turns: Turns

  constructor(policies: Policies, hash: HashPassword, limits: Limits) {
    this.#policies = policies
    this.#hash = hash
    this.#turns = new Turns({ atOnce: limits.hashes, waiting: limits.hashesWaiting })
  }

  /**
   * A hash takes its time, and many take turns: it is the last thing before the unit opens, made while no lock is held
   * and no time limit runs; not for a dry run, and not where `foresee` throws what the write will fail with. A handler's
   * call is inside a unit: there it is made under the unit's locks and time limit.
   */
  prepare(
    given: WithPassword,
    prospect: Prospect,
    foresee: (unit: ReadUnit) => Promise<void>,
  ): Promise<void> | undefined {
    const { password } = given
    return password
      ? this.#prepare(password, prospect, foresee).then((secret) => void (given.secret = secret))
      : undefined
  }

  async #prepare(password: Secret, prospect: Prospect, foresee: (unit: ReadUnit) => Promise<void>): Promise<Prepared> {
    if (!(await this.#policies.password(password))) return { kind: 'refused' }
    if (prospect.dryRun) return { kind: 'hashed', hash: 'dry run' }
    try {
      await prospect.read(foresee)
    } catch (error) {
      if (error instanceof CustomerError) return { kind: 'foreseen', error }
      throw error
    }
    return { kind: 'hashed', hash: await this.#turns.run(() => this.#hash(password), prospect.signal) }
  }
}

/** What a customer's record holds of a password; undefined without one. Throws loginMissing, passwordInvalid and what was foreseen. */
export function secretFor({ credentials }: Customer, { password, secret }: WithPassword): CustomerRecord['secret'] {
  if (!password) return undefined
  if (credentials.login === undefined) throw fail('loginMissing', {})
  if (secret?.kind === 'refused') throw fail('passwordInvalid', {})
  // had the unit found nothing wrong: it was so when the call came
  if (secret?.kind === 'foreseen') throw secret.error
  return secret && { passwordHash: secret.hash }
}
