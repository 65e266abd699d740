/** The rules of a customer's record: numbers, logins, emails, passwords (decisions 1.4, 1.5, 2.11 to 2.14, 3.4 to 3.7). */
import { Draft } from '../extension/draft.js'
import type { DraftOptions } from '../extension/draft.js'
import { internalProvider, managedProperties } from '../model/documents.js'
import type { Credentials, Customer, CustomerChange, CustomerCreate, Live } from '../model/documents.js'
import { isEqual, merge } from '../model/json.js'
import { keyOf } from '../model/keys.js'
import type { LiveCustomer } from '../model/operations.js'
import { fail } from '../model/problems.js'
import type { Profile } from '../model/profile.js'
import { customerSchema } from '../model/schemas.js'
import type { DocumentLimits } from '../model/sizes.js'
import type { Ids, Policies } from '../ports/host.js'
import { schemaVersions } from '../ports/storage.js'
import type { CustomerRecord } from '../ports/storage.js'
import { HostFault } from '../work/host-calls.js'
import { customerOf, documentIn } from '../work/records.js'
import { Held } from '../work/unit.js'
import type { Unit } from '../work/unit.js'
import { renumber } from './belongings.js'
import type { DeclaredAttributes } from './custom-attributes.js'
import { FreeDataRules } from './free-data.js'
import type { MixinSchemas } from './mixins.js'
import type { Numbers } from './numbers.js'
import { identityOf, judgeIdentity, withIdentity } from './identity.js'
import { secretFor } from './passwords.js'
import type { WithPassword } from './passwords.js'
import { forgetSignIns } from './sign-ins.js'

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

  constructor(record: CustomerRecord, customers: Customers, document?: Customer) {
    super(record, document)
    this.#customers = customers
  }

  protected createDraft(): Draft<Customer> {
    return new Draft(this.document, this.#customers.drafts)
  }

  protected documentOf(record: CustomerRecord): Customer {
    return customerOf(record)
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
export function merged<T extends CustomerCreate>(customer: T, change: CustomerChange | CustomerCreate): T {
  return merge(customer, change, ['credentials', 'custom', 'mixins', 'mixinSchemas'], ['credentials'])
}

/** What a write brings beside its document, and what came of it; lives over all attempts. */
export interface Given extends WithPassword {
  /** Numbers that were drawn for it from `ids.customerNumber`. */
  draws?: number
}

/** Numbers that a create draws before the host is told that its ids are no good. */
const mostDraws = 100

/** Loads, judges and keeps customers. */
export class Customers {
  readonly free: FreeDataRules
  /** What the drafts of stored customers are. */
  readonly drafts: DraftOptions<Customer>
  readonly #parts: CustomerParts

  constructor(parts: CustomerParts) {
    this.#parts = parts
    this.free = new FreeDataRules('customer', parts.limits, parts.customAttributes, parts.mixins)
    this.drafts = {
      name: 'customer',
      schema: customerSchema,
      managed: managedProperties,
      check: (now, before) => this.free.violations(now, before),
    }
  }

  /** Takes the customer's lock and loads it, or fails with customerNotFound. What a rule depends on is read after this. */
  async lock(unit: Unit, customerNo: string): Promise<HeldCustomer> {
    const key = keyOf(customerNo)
    await unit.tx.lock(`customer/${key}`)
    const record = await unit.tx.customers.get({ customerNo: key })
    if (!record) throw fail('customerNotFound', { customerNo, listId: unit.list })
    return unit.hold(record.id, () => new HeldCustomer(record, this))
  }

  /** Stores a new customer, with a number if it has none, and emits its sign-up. */
  async insert(unit: Unit, left: CustomerCreate, given: Given): Promise<HeldCustomer> {
    const { profile } = unit
    const create = this.free.kept(left, {})
    if (profile.needsLogin) {
      if (create.credentials === undefined) throw fail('credentialsMissing', {})
      if (create.credentials.login === undefined) throw fail('loginMissing', {})
    }
    const sent = create.credentials?.login
    const login = sent ?? (profile.loginFollowsEmail ? create.email : undefined)
    const credentials: Credentials = { locked: false, ...create.credentials }
    const accepting = this.#accepted(unit, undefined, {
      ...withDefaults(create, profile),
      active: create.active ?? true,
      customerNo: create.customerNo ?? '',
      credentials: login === undefined ? credentials : { ...credentials, login },
      creationDate: unit.now,
      lastModified: unit.now,
      version: 1,
    })
    const document = accepting instanceof Promise ? await accepting : accepting
    const secret = secretFor(document, given)
    if (create.customerNo === undefined) document.customerNo = await this.#drawNumber(unit, given)
    const record = await unit.tx.customers.insert(recordOf(this.#parts.ids.hex24(), document, secret))
    const { customerNo: customerNumber, email } = record
    unit.emit('customer-signup', email === undefined ? { customerNumber } : { customerNumber, email })
    if (login !== sent) unit.effect('internal account created')
    return unit.hold(record.id, () => new HeldCustomer(record, this, documentIn(document, record)), true)
  }

  /** A generated number; the create comes again for another while it is taken. */
  #drawNumber(unit: Unit, given: Given): string | Promise<string> {
    const { ids, numbers } = this.#parts
    if (unit.profile.numbers === 'sequence') return numbers.next(unit.list)
    given.draws = (given.draws ?? 0) + 1
    if (given.draws > mostDraws)
      throw new HostFault('ids.customerNumber', new Error(`the last ${mostDraws} numbers that it gave are taken`))
    return ids.customerNumber()
  }

  /** Brings a customer's record to a document: checks what changed, moves login and number, stores nothing if nothing did. */
  async store(unit: Unit, customer: HeldCustomer, desired: Customer, given: Given): Promise<void> {
    const { document: current, record } = customer
    const accepting = this.#accepted(unit, current, desired)
    const document = accepting instanceof Promise ? await accepting : accepting
    const secret = given.password === undefined ? record.secret : secretFor(document, given)
    if (!isEqual(document, current) || secret !== record.secret) {
      const next = { ...document, version: record.version, lastModified: unit.now }
      customer.record = await unit.tx.customers.update(recordOf(record.id, next, secret))
      if (secret !== record.secret) await forgetSignIns(unit, record)
      if (document.customerNo !== current.customerNo) await renumber(unit, current.customerNo, document.customerNo)
    }
    customer.refresh()
  }

  /** The document as it may be stored: keys trimmed, a login that follows the email. Throws for what is new and not acceptable. */
  #accepted(unit: Unit, current: Customer | undefined, desired: Customer): Live<Customer> | Promise<Live<Customer>> {
    const identity = identityOf(current, desired, unit.profile)
    const { email, movesEmail, movesLogin, follows } = identity
    if (follows) unit.effect('login moved with the email')
    judgeIdentity(this.#parts.policies, identity, current, desired)
    const document = withIdentity(desired, identity)
    if (!movesEmail || !unit.profile.uniqueEmail || email === undefined) return document
    return this.claimEmail(unit, email, movesLogin, current).then(() => document)
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

/** A new document with what its profile says of absent properties. */
function withDefaults<T extends CustomerCreate>(create: T, { defaults }: Profile): T {
  return Object.keys(defaults).length === 0 ? create : { ...defaults, ...create }
}

function recordOf(id: string, document: Customer, secret: CustomerRecord['secret']): CustomerRecord {
  const { customerNo, email, credentials } = document
  const keys: Record<string, string> = { customerNo: keyOf(customerNo) }
  if (credentials.login !== undefined) keys['login'] = keyOf(credentials.login)
  if (email !== undefined) keys['email'] = keyOf(email)
  const record = { ...document, id, schema: schemaVersions.customers, keys }
  return secret ? { ...record, secret } : record
}
