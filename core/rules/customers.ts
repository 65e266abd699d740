/** The rules of a customer's record: numbers, logins, emails, passwords (decisions 1.4, 1.5, 2.11 to 2.14, 3.4 to 3.7). */
import { Draft } from '../extension/draft.js'
import { internalProvider, managedProperties } from '../model/documents.js'
import type { Credentials, Customer, CustomerChange, CustomerCreate, Live } from '../model/documents.js'
import { isEqual, merge } from '../model/json.js'
import { keyOf } from '../model/keys.js'
import type { LiveCustomer } from '../model/operations.js'
import { fail } from '../model/problems.js'
import type { Violation } from '../model/problems.js'
import { customerSchema } from '../model/schemas.js'
import { tooManyBytes } from '../model/sizes.js'
import type { DocumentLimits } from '../model/sizes.js'
import type { Ids, Policies } from '../ports/host.js'
import { schemaVersions } from '../ports/storage.js'
import type { CustomerRecord } from '../ports/storage.js'
import { customerOf } from '../work/records.js'
import { Held } from '../work/unit.js'
import type { Unit } from '../work/unit.js'
import type { DeclaredAttributes } from './custom-attributes.js'
import { changedMixins } from './mixins.js'
import type { Mixed, MixinSchemas } from './mixins.js'
import type { Numbers } from './numbers.js'
import { secretFor } from './passwords.js'
import type { WithPassword } from './passwords.js'

/** What the rules of customers need. */
export interface CustomerParts {
  readonly ids: Ids
  readonly policies: Policies
  readonly mixins: MixinSchemas
  readonly customAttributes: DeclaredAttributes
  readonly numbers: Numbers
  readonly limits: DocumentLimits
}

/** A customer that the unit has loaded or inserted. */
export class HeldCustomer extends Held<CustomerRecord, Customer> {
  readonly #customers: Customers

  constructor(record: CustomerRecord, customers: Customers) {
    super(record)
    this.#customers = customers
  }

  protected createDraft(): Draft<Customer> {
    const check = (now: Customer, before: Customer) => this.#customers.violations(now, before)
    return new Draft(this.document, { name: 'customer', schema: customerSchema, managed: managedProperties, check })
  }

  get document(): Customer {
    return customerOf(this.record)
  }

  /** The customer as handlers get it. */
  get live(): LiveCustomer {
    return this.draft.live as LiveCustomer
  }

  store(unit: Unit, desired: Customer): Promise<void> {
    return this.#customers.store(unit, this, desired, {})
  }

  /** The events of a changed customer (adapters/yaas/README.md, Events). */
  emitChange(unit: Unit, before: Customer): void {
    const { customerNo: customerNumber, credentials } = this.document
    const [oldEmail, newEmail] = [before.credentials.login, credentials.login]
    unit.emit('customer-updated', { customerNumber })
    if (oldEmail === newEmail || newEmail === undefined) return
    if (oldEmail === undefined)
      unit.emit('customer-account-linked', { customerNumber, accountId: newEmail, providerId: internalProvider })
    else unit.emit('customer-login-email-changed', { customerNumber, oldEmail, newEmail })
  }
}

/** A customer after a change. */
export function changedCustomer<T extends CustomerCreate>(customer: T, change: CustomerChange | CustomerCreate): T {
  return merge(customer, change, ['credentials', 'custom', 'mixins', 'mixinSchemas'], ['credentials'])
}

/** Condition that a record belongs to the owner with this key. */
export function ownedBy(owner: string) {
  return { op: 'eq', path: ['keys', 'customer'], value: owner } as const
}

/** The part of a document that no schema of ours describes. */
export type FreeData = Mixed & Pick<CustomerCreate, 'custom'>

/** A document that is acceptable by itself, and what makes sure that its email is nobody else's. */
interface Checked {
  readonly document: Live<Customer>
  readonly claim: (() => Promise<void>) | undefined
}

/** Loads, judges and keeps customers. */
export class Customers {
  readonly #parts: CustomerParts

  constructor(parts: CustomerParts) {
    this.#parts = parts
  }

  /** Takes the customer's lock and loads it, or fails with customerNotFound. What a rule depends on is read after this. */
  async lock(unit: Unit, customerNo: string): Promise<HeldCustomer> {
    const key = keyOf(customerNo)
    await unit.tx.lock(`customer/${key}`)
    const record = await unit.tx.customers.get({ customerNo: key })
    if (!record) throw fail('customerNotFound', { customerNo, listId: unit.list })
    return this.#hold(unit, record)
  }

  #hold(unit: Unit, record: CustomerRecord, isNew = false): HeldCustomer {
    return unit.hold(record.id, () => new HeldCustomer(record, this), isNew)
  }

  /**
   * What is wrong with their bytes, with mixins against their schemas and custom attributes against their declarations. Only what a change
   * touches is checked (decision 3.12).
   */
  violations(now: FreeData, before: FreeData): readonly Violation[] | Promise<readonly Violation[]> {
    const custom = this.#parts.customAttributes.check('customer', now.custom, before.custom)
    const found = this.mixinViolations(now, before)
    return found instanceof Promise ? found.then((mixins) => [...custom, ...mixins]) : [...custom, ...found]
  }

  /** Bytes, and what is wrong with mixins: what custom attributes may be waits for the before handlers (decision 2.16). */
  mixinViolations(now: FreeData, before: FreeData): readonly Violation[] | Promise<readonly Violation[]> {
    const large = tooManyBytes([now.custom, now.mixins, now.mixinSchemas], this.#parts.limits)
    if (large.length > 0) return large
    const names = changedMixins(before, now)
    return names.length === 0 ? [] : this.#parts.mixins.check(now, names)
  }

  /** Throws for what `mixinViolations` finds. */
  refuse(now: FreeData, before: FreeData): Promise<void> | void {
    const found = this.mixinViolations(now, before)
    return found instanceof Promise ? found.then(refuseAll) : refuseAll(found)
  }

  /** A customer after a change, if its custom attributes can be kept. Throws documentInvalid (decision 2.16). */
  changed(current: Customer, update: CustomerChange): Customer {
    return this.#parts.customAttributes.kept('customer', changedCustomer(current, update), current.custom)
  }

  /** Stores a new customer, with a number if it has none. */
  async insert(unit: Unit, left: CustomerCreate, given: WithPassword): Promise<HeldCustomer> {
    const { profile } = unit
    const create = this.#parts.customAttributes.kept('customer', left, undefined)
    if (profile.needsLogin) {
      if (create.credentials === undefined) throw fail('credentialsMissing', {})
      if (create.credentials.login === undefined) throw fail('loginMissing', {})
    }
    const sent = create.credentials?.login
    const login = sent ?? (profile.loginFollowsEmail ? create.email : undefined)
    const credentials: Credentials = { locked: false, ...create.credentials }
    const { document, claim } = this.#checked(unit, undefined, {
      ...profile.defaults,
      active: true,
      ...create,
      customerNo: create.customerNo ?? '',
      credentials: login === undefined ? credentials : { ...credentials, login },
      creationDate: unit.now,
      lastModified: unit.now,
      version: 1,
    })
    if (claim) await claim()
    const secret = secretFor(document, given)
    if (create.customerNo === undefined) document.customerNo = await this.#numberOf(unit)
    const record = await unit.tx.customers.insert(recordOf(this.#parts.ids.hex24(), document, secret))
    if (login !== sent) unit.effect('internal account created')
    return this.#hold(unit, record, true)
  }

  #numberOf(unit: Unit): string | Promise<string> {
    const { ids, numbers } = this.#parts
    return unit.profile.numbers === 'random' ? ids.customerNumber() : numbers.next(unit.list)
  }

  /** Brings a customer's record to a document: checks what changed, moves login and number, stores nothing if nothing did. */
  async store(unit: Unit, customer: HeldCustomer, desired: Customer, given: WithPassword): Promise<void> {
    const { document: current, record } = customer
    const { document, claim } = this.#checked(unit, current, desired)
    if (claim) await claim()
    const secret = given.password === undefined ? record.secret : secretFor(document, given)
    if (!isEqual(document, current) || secret !== record.secret) {
      const next = { ...document, version: record.version, lastModified: unit.now }
      customer.record = await unit.tx.customers.update(recordOf(record.id, next, secret))
      if (document.customerNo !== current.customerNo) await renumber(unit, current.customerNo, document.customerNo)
    }
    customer.refresh()
  }

  /** The document with trimmed keys and a login that follows the email; throws for what changed and is not acceptable. */
  #checked(unit: Unit, current: Customer | undefined, desired: Customer): Checked {
    const { policies } = this.#parts
    const email = desired.email?.trim()
    const movesEmail = email !== undefined && (current?.email === undefined || keyOf(email) !== keyOf(current.email))
    const sent = desired.credentials.login?.trim()
    const follows = movesEmail && unit.profile.loginFollowsEmail && isEmailLogin(current, sent)
    const login = follows ? email : sent
    if (login !== sent) unit.effect('login moved with the email')
    const movesLogin = login !== undefined && login !== current?.credentials.login
    if (movesLogin && !policies.login(login)) throw fail('loginInvalid', {})
    if (email !== undefined && email !== current?.email && !policies.email(email))
      throw fail('emailInvalid', { email: desired.email ?? '' })
    const { passwordQuestion } = desired.credentials
    if (
      login === undefined &&
      passwordQuestion !== undefined &&
      passwordQuestion !== current?.credentials.passwordQuestion
    )
      throw fail('loginMissing', {})
    const document = trimmed(desired, email, login)
    if (!movesEmail || !unit.profile.uniqueEmail) return { document, claim: undefined }
    return { document, claim: () => this.claimEmail(unit, email, movesLogin, current) }
  }

  /** No other customer may have this email, nor, where a login is created or moved to it, this login (decision 1.5). */
  async claimEmail(unit: Unit, email: string, withLogin: boolean, self: Customer | undefined): Promise<void> {
    const key = keyOf(email)
    await unit.tx.lock(`email/${key}`)
    const selfKey = self && keyOf(self.customerNo)
    const { items } = await unit.tx.customers.find({ where: { op: 'eq', path: ['keys', 'email'], value: key } })
    if (items.some((other) => other.keys['customerNo'] !== selfKey)) throw fail('emailInUse', {})
    if (!withLogin) return
    const holder = await unit.tx.customers.get({ login: key })
    if (holder && holder.keys['customerNo'] !== selfKey) throw fail('loginInUse', {})
  }
}

function refuseAll(violations: readonly Violation[]): void {
  if (violations.length > 0) throw fail('documentInvalid', { document: 'customer', violations })
}

/** True if the login stays as it was, and is the email that the customer had. */
function isEmailLogin(current: Customer | undefined, login: string | undefined): boolean {
  if (login === undefined || current?.email === undefined || login !== current.credentials.login) return false
  return keyOf(login) === keyOf(current.email)
}

/** The document with this email and login, and its number without blanks around it. */
function trimmed(document: Customer, email: string | undefined, login: string | undefined): Live<Customer> {
  const result = { ...document, customerNo: document.customerNo.trim() } as Live<Customer>
  if (email === undefined) delete result.email
  else result.email = email
  if (login !== document.credentials.login) {
    const { login: _, ...others } = document.credentials
    result.credentials = login === undefined ? others : { ...others, login }
  }
  return result
}

/** Rewrites the number in mappings and stored social media users (decision 1.14). */
async function renumber(unit: Unit, from: string, to: string): Promise<void> {
  const where = ownedBy(keyOf(from))
  const keys = { customer: keyOf(to) }
  const mappings = await unit.tx.mappings.find({ where })
  for (const mapping of mappings.items)
    await unit.tx.mappings.update({ ...mapping, customerNumber: to, keys: { ...mapping.keys, ...keys } })
  unit.effect('mappings renumbered', mappings.total)
  const users = await unit.tx.socialMediaUsers.find({ where })
  for (const record of users.items)
    await unit.tx.socialMediaUsers.update({
      ...record,
      user: { ...record.user, referenceCustomerNumber: to },
      keys: { ...record.keys, ...keys },
    })
  unit.effect('social media users renumbered', users.total)
}

function recordOf(id: string, document: Customer, secret: CustomerRecord['secret']): CustomerRecord {
  const { customerNo, email, credentials } = document
  const keys: Record<string, string> = { customerNo: keyOf(customerNo) }
  if (credentials.login !== undefined) keys['login'] = keyOf(credentials.login)
  if (email !== undefined) keys['email'] = keyOf(email)
  const record = { ...document, id, schema: schemaVersions.customers, keys }
  return secret ? { ...record, secret } : record
}
