/**
 * Passwords: judged, hashed before the unit of a call opens (a handler's call has one already), and held against what is
 * stored (decisions 2.13, 1.18).
 */
import type { Ending } from '../model/calls.js'
import type { Customer } from '../model/documents.js'
import { CustomerError, fail } from '../model/problems.js'
import { PasswordHash } from '../model/secret.js'
import type { Secret } from '../model/secret.js'
import type { HashPassword, Limits, PasswordHashFormat, Policies } from '../ports/host.js'
import type { CustomerRecord, ReadUnit } from '../ports/storage.js'
import { Turns } from '../work/turns.js'
import type { Prepared, Prospect } from '../work/write.js'

/** A call that may bring a password, and what was made of it. */
export interface WithPassword {
  readonly password?: Secret | null | undefined
  secret?: Prepared | undefined
}

/** What passwords are judged, hashed and verified with. */
export interface PasswordParts {
  readonly policies: Policies
  readonly hashPassword: HashPassword
  /** Forms of stored hashes; the first that matches one is asked. */
  readonly hashFormats: readonly PasswordHashFormat[]
  readonly limits: Pick<Limits, 'hashes' | 'hashesWaiting'>
}

/** What holding a password against a stored hash has shown. */
export interface Verified {
  readonly isRight: boolean
  /** The right password, hashed as it is today; absent where the stored hash is as good. */
  readonly passwordHash?: string
}

/** Judges, hashes and verifies passwords. */
export class Passwords {
  readonly #parts: PasswordParts
  readonly #turns: Turns

  constructor(parts: PasswordParts) {
    this.#parts = parts
    const { hashes, hashesWaiting } = parts.limits
    this.#turns = new Turns({ atOnce: hashes, waiting: hashesWaiting })
  }

  /** The form of a stored hash; undefined for one that nobody knows. */
  formatOf(hash: string): PasswordHashFormat | undefined {
    return this.#parts.hashFormats.find((format) => format.matches(hash))
  }

  /**
   * Holds a password against a stored hash, in its turn. Whatever the hash, and without one, a password is hashed once as it
   * is today: how long it takes tells nobody whether there is such a login.
   */
  verify(password: Secret, stored: string | undefined, signal?: Ending): Promise<Verified> {
    return this.#turns.run(async () => {
      const format = stored === undefined ? undefined : this.formatOf(stored)
      const isRight = format !== undefined && stored !== undefined && (await format.verify(password, stored))
      if (stored !== undefined && format?.isCurrent?.(stored)) return { isRight }
      const passwordHash = await this.#parts.hashPassword(password)
      return isRight ? { isRight, passwordHash } : { isRight }
    }, signal)
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
    const { policies, hashPassword } = this.#parts
    if (password instanceof PasswordHash) {
      const hash = password.reveal()
      return this.formatOf(hash) ? { kind: 'hashed', hash } : { kind: 'refused' }
    }
    if (!(await policies.password(password))) return { kind: 'refused' }
    if (prospect.dryRun) return { kind: 'hashed', hash: 'dry run' }
    try {
      await prospect.read(foresee)
    } catch (error) {
      if (error instanceof CustomerError) return { kind: 'foreseen', error }
      throw error
    }
    return { kind: 'hashed', hash: await this.#turns.run(() => hashPassword(password), prospect.signal) }
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
