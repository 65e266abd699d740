/** Signing in: a password is held against what is stored, attempts are counted, old hashes made anew (decision 1.18). */
import { createHash } from 'node:crypto'
import type { PasswordCheck } from '../model/calls.js'
import { keyOf, longestKeyText } from '../model/keys.js'
import { fail } from '../model/problems.js'
import { Secret } from '../model/secret.js'
import type { Ids, SignInLock } from '../ports/host.js'
import { schemaVersions } from '../ports/storage.js'
import type { CustomerRecord, ReadUnit, SignIn } from '../ports/storage.js'
import type { Errand } from '../work/errand.js'
import type { Incidents } from '../work/incidents.js'
import type { Unit } from '../work/unit.js'
import type { Passwords, Verified } from './passwords.js'

/** What signing in needs. */
export interface SignInParts {
  readonly passwords: Passwords
  readonly ids: Ids
  readonly incidents: Incidents
  /** Absent: attempts are not counted. */
  readonly lock: SignInLock | undefined
}

/** Whom a login names: a customer with a password, or nobody, for whom as much is done. */
interface Found {
  /** Id of the customer's record, or of what stands for it. */
  readonly id: string
  readonly customer: CustomerRecord | undefined
  /** The hash to hold a password against, and what it is known by. */
  readonly hash: string | undefined
  readonly of: string
}

/** An attempt that was counted. */
type Counted = Required<Pick<SignIn, 'attempts' | 'until'>>

/** Counts attempts to sign in, and says which are right. */
export class SignIns {
  readonly #parts: SignInParts

  constructor(parts: SignInParts) {
    this.#parts = parts
  }

  /**
   * The customer whose login and password these are. Everything else is undefined alike: another password, no such login, a
   * customer that is locked out, not active or locked. Throws documentInvalid for what is no login or no Secret.
   */
  async verify(errand: Errand, given: PasswordCheck): Promise<{ readonly customerNo: string } | undefined> {
    checkGiven(given)
    const { passwords, lock } = this.#parts
    // longer than any password may be, and too long to be hashed
    const isLong = given.password.reveal().length > longestKeyText
    const password = isLong ? new Secret('') : given.password
    const found = await errand.read((unit) => find(unit, given.login))
    const counted = lock && (await this.#count(errand, found, lock))
    const verified = await passwords.verify(password, found.hash, errand.signal)
    const { customer, hash } = found
    if (!customer || hash === undefined) return undefined
    if (!passwords.formatOf(hash)) this.#warnOfForm(errand, hash, customer)
    const isLockedOut = lock !== undefined && counted !== undefined && counted.attempts > lock.after
    if (isLong || isLockedOut || !verified.isRight) {
      if (lock && counted && counted.attempts >= lock.after) tellLock(errand, customer, counted)
      return undefined
    }
    if (!customer.active || customer.credentials.locked) return undefined
    await this.#welcome(errand, found, verified)
    return { customerNo: customer.customerNo }
  }

  /** Counts an attempt before its password is looked at, so that no number of them at once gets further. */
  async #count(errand: Errand, found: Found, lock: SignInLock): Promise<Counted | undefined> {
    const now = errand.now().getTime()
    let counted: Counted | undefined
    await this.#change(errand, found, (signIn) => {
      const isOver = signIn.until === undefined || Date.parse(signIn.until) <= now
      const attempts = isOver ? 1 : signIn.attempts + 1
      const until = attempts > lock.after ? (signIn.until ?? '') : new Date(now + lock.forMs).toISOString()
      counted = { attempts, until }
      return { ...signIn, ...counted }
    })
    return counted
  }

  /** Forgets wrong attempts, and keeps a hash that was made anew. What fails here spoils no sign-in. */
  async #welcome(errand: Errand, found: Found, { passwordHash }: Verified): Promise<void> {
    if (!this.#parts.lock && passwordHash === undefined) return
    try {
      await this.#change(errand, found, ({ until: _until, ...signIn }) => ({
        ...signIn,
        attempts: 0,
        ...(passwordHash !== undefined && { passwordHash }),
      }))
    } catch (error) {
      const { list, requestId } = errand
      this.#parts.incidents.note('a sign-in could not be noted', error, { list, requestId })
    }
  }

  /** Changes what signing in has left, if the customer still has this password; under a lock of its own. */
  #change(errand: Errand, { id, customer, of }: Found, change: (signIn: SignIn) => SignIn): Promise<void> {
    return errand.write(async (unit) => {
      await unit.lock(signInLock(id))
      const current = await unit.customers.get({ id })
      if (customer && (!current?.secret || fingerprint(current.secret.passwordHash) !== of)) return
      const record = await unit.signIns.get({ customer: id })
      const signIn = change(record?.signIn.of === of ? record.signIn : { of, attempts: 0 })
      if (record) await unit.signIns.update({ ...record, signIn })
      else
        await unit.signIns.insert({
          id: this.#parts.ids.hex24(),
          version: 1,
          schema: schemaVersions.signIns,
          keys: { customer: id },
          signIn,
        })
    })
  }

  /** Tells the operator of a hash that nobody can verify; never more of it than the name of its form. */
  #warnOfForm({ list, requestId }: Errand, hash: string, customer: CustomerRecord): void {
    const [form = 'no name'] = /^\$[\w-]{1,20}\$|^\{[\w-]{1,20}\}/.exec(hash) ?? []
    const message = `no entry of passwordHashes matches the stored hash of a customer: its form has ${form}`
    this.#parts.incidents.warn(message, { list, requestId, customer: customer.id })
  }
}

const signInLock = (customerId: string): string => `sign-in/${customerId}`

/**
 * Removes what signing in has left of a customer whose password goes, in a unit of work: under its lock, since a sign-in that
 * comes now must leave nothing behind.
 */
export async function forgetSignIns({ tx }: Unit, { id, secret }: CustomerRecord): Promise<void> {
  if (!secret) return
  await tx.lock(signInLock(id))
  const record = await tx.signIns.get({ customer: id })
  if (record) await tx.signIns.remove(record)
}

function checkGiven({ login, password }: PasswordCheck): void {
  const refuse = (document: string, message: string) =>
    fail('documentInvalid', { document, violations: [{ path: [], rule: 'type', message }] })
  if (typeof login !== 'string') throw refuse('login', 'is no text')
  if (!(password instanceof Secret)) throw refuse('password', 'is no Secret: pass new Secret(password)')
}

async function find(unit: ReadUnit, login: string): Promise<Found> {
  const key = keyOf(login)
  const customer = await unit.customers.get({ login: key })
  const { id, of, hash } = customer?.secret ? hashOf(customer, customer.secret.passwordHash) : nobody(key)
  const record = await unit.signIns.get({ customer: id })
  const newer = record?.signIn.of === of ? record.signIn.passwordHash : undefined
  return { id, of, customer: hash === undefined ? undefined : customer, hash: newer ?? hash }
}

const hashOf = ({ id }: CustomerRecord, hash: string) => ({ id, hash, of: fingerprint(hash) })

/** What stands for the customers who are not there: few, whatever is tried. */
const nobody = (key: string) => ({ id: `nobody-${fingerprint(key).slice(0, 2)}`, hash: undefined, of: 'nobody' })

const fingerprint = (hash: string): string => createHash('sha256').update(hash).digest('hex')

function tellLock(errand: Errand, { customerNo }: CustomerRecord, { attempts, until }: Counted): void {
  errand.emit('customer-locked-out', { customerNumber: customerNo, attempts, until })
}
