/** The rules of customers: numbers, logins, emails, and what a deletion takes with it. */
import type { WriteCall } from '../clientele.js'
import { Draft } from '../extension/draft.js'
import { fail } from '../model/problems.js'
import type { Violation } from '../model/problems.js'
import { isEqual, merge } from '../model/json.js'
import { keyOf } from '../model/keys.js'
import { changedMixins } from './mixins.js'
import type { Mixed } from './mixins.js'
import { internalProvider } from '../model/documents.js'
import type { Credentials, Customer, CustomerChange, CustomerCreate, Live } from '../model/documents.js'
import type { LiveCustomer, Writing } from '../model/operations.js'
import { customerOf } from '../work/records.js'
import { customerChangeSchema, customerCreateSchema, customerSchema } from '../model/schemas.js'
import type { Parts } from '../ports/host.js'
import type { Secret } from '../model/secret.js'
import { DuplicateKey, schemaVersions } from '../ports/storage.js'
import type { CustomerRecord, Kind, Records } from '../ports/storage.js'
import type { Held, Unit } from '../work/unit.js'

/** A writing call inside its unit: `once` gives the same value in each attempt, so that handlers never run twice. */
export interface Running<O extends Writing> extends Pick<WriteCall<O>, 'target' | 'document' | 'owner'> {
  once<T>(work: () => Promise<T>): Promise<T>
}

/** A customer that the unit has loaded. */
export type HeldCustomer = Held<CustomerRecord, Customer>

const managed = ['creationDate', 'lastModified', 'version']
const deep = ['credentials', 'custom', 'mixins', 'mixinSchemas']

/** A customer after a change. */
export function changedCustomer<T extends CustomerCreate>(customer: T, change: CustomerChange | CustomerCreate): T {
  return merge(customer, change, deep, ['credentials'])
}

/** The unit's one draft of a customer. */
export function holdCustomer(unit: Unit, record: CustomerRecord, isNew = false): HeldCustomer {
  const load = (): HeldCustomer => {
    const held: HeldCustomer = {
      record,
      draft: new Draft<Customer>(customerOf(record), 'customer', customerSchema, managed, rulesOf(unit.parts)),
      store: storeCustomer,
      stored: () => customerOf(held.record),
      tell: (_, before) => tellChange(unit, before, customerOf(held.record)),
    }
    return held
  }
  return unit.hold(record.id, load, isNew)
}

/** The events of a changed customer (yaas.md 7). */
function tellChange(unit: Unit, before: Customer, now: Customer): void {
  const { customerNo: customerNumber } = now
  const [oldEmail, newEmail] = [before.credentials.login, now.credentials.login]
  unit.emit('customer-updated', { customerNumber })
  if (oldEmail === newEmail || newEmail === undefined) return
  if (oldEmail === undefined)
    unit.emit('customer-account-linked', { customerNumber, accountId: newEmail, providerId: internalProvider })
  else unit.emit('customer-login-email-changed', { customerNumber, oldEmail, newEmail })
}

/** The customer as handlers get it. */
export function liveCustomer(customer: HeldCustomer): LiveCustomer {
  return customer.draft.live as LiveCustomer
}

/** Takes the customer's lock and loads it, or fails with customerNotFound. What a rule depends on is read after this. */
export async function lockCustomer(unit: Unit, customerNo: string): Promise<HeldCustomer> {
  const key = keyOf(customerNo)
  await unit.tx.lock(`customer/${key}`)
  const record = await unit.tx.customers.get({ customerNo: key })
  if (!record) throw fail('customerNotFound', { customerNo, listId: unit.list })
  return holdCustomer(unit, record)
}

/** Creates a customer (decisions 2.11, 3.4 to 3.6). */
export async function createCustomer(unit: Unit, call: Running<'createCustomer'>): Promise<Customer> {
  const { create, password } = await call.once(async () => {
    const { create, password } = call.document(undefined)
    if (unit.profile.refusesNumber && create.customerNo !== undefined)
      throw fail('documentInvalid', {
        document: 'customer',
        violations: [{ path: ['customerNo'], rule: 'readOnly', message: 'is generated and cannot be sent' }],
      })
    await refuse(unit, create, {})
    const draft = new Draft(create, 'create', customerCreateSchema, [], rulesOf(unit.parts))
    await unit.phase('createCustomer', 'before', {
      documents: [draft],
      args: () => [draft.live as Live<CustomerCreate>],
    })
    return { create: draft.seen, password }
  })
  const customer = await insertCustomer(unit, create, password)
  const { customerNo, email } = customerOf(customer.record)
  unit.emit('customer-signup', { customerNumber: customerNo, ...(email !== undefined && { email }) })
  await unit.phase('createCustomer', 'after', {
    record: customer.record.id,
    args: () => [liveCustomer(customer), create],
  })
  return customerOf(customer.record)
}

async function insertCustomer(unit: Unit, create: CustomerCreate, password: Secret | undefined): Promise<HeldCustomer> {
  const { profile } = unit
  if (profile.needsLogin) {
    if (create.credentials === undefined) throw fail('credentialsMissing', {})
    if (create.credentials.login === undefined) throw fail('loginMissing', {})
  }
  const now = unit.now()
  const named = { ...profile.defaults, active: true, ...create }
  const credentials: Credentials = { locked: false, ...create.credentials }
  const login = credentials.login ?? (profile.loginFollowsEmail ? create.email : undefined)
  if (login !== credentials.login) unit.effect('internal account created')
  const document = await checked(unit, undefined, {
    ...named,
    customerNo: create.customerNo ?? '',
    credentials: login === undefined ? credentials : { ...credentials, login },
    creationDate: now,
    lastModified: now,
    version: 1,
  })
  const secret = await secretOf(unit, document, password)
  const id = unit.ids.hex24()
  unit.call.hasGeneratedNumber = create.customerNo === undefined
  for (;;) {
    const customerNo = create.customerNo === undefined ? await unit.parts.generateNumber(unit) : document.customerNo
    try {
      const record = await unit.tx.customers.insert(recordOf(id, { ...document, customerNo }, secret))
      if (unit.hasInnerWrites || unit.needsFlush('createCustomer')) await unit.tx.flush()
      return holdCustomer(unit, record, true)
    } catch (error) {
      if (create.customerNo !== undefined || !isTakenNumber(error)) throw error
    }
  }
}

/** True for the collision of a customer number; a generated one is answered with the next number. */
export function isTakenNumber(error: unknown): boolean {
  return error instanceof DuplicateKey && error.kind === 'customers' && error.key === 'customerNo'
}

/** Changes a customer. Password and questions need a login (decision 2.13). */
export async function updateCustomer(unit: Unit, call: Running<'updateCustomer'>): Promise<Customer> {
  const customer = await lockCustomer(unit, call.target.customerNo)
  const previous = customerOf(customer.record)
  const { update, password } = call.document(previous)
  const after = (change: CustomerChange): Customer => changedCustomer(customerOf(customer.record), change)
  if (update.mixins !== undefined || update.mixinSchemas !== undefined || update.custom !== undefined)
    await refuse(unit, after(update), previous)
  const draft = new Draft(update, 'update', customerChangeSchema, [], (now, before) =>
    rulesOf(unit.parts)(after(now), after(before)),
  )
  await unit.phase('updateCustomer', 'before', {
    record: customer.record.id,
    previous,
    documents: [draft],
    args: () => [liveCustomer(customer), draft.live as Live<CustomerChange>],
  })
  await storeCustomer(unit, customer, after(draft.seen), password)
  await unit.phase('updateCustomer', 'after', {
    record: customer.record.id,
    previous,
    args: () => [liveCustomer(customer), draft.seen],
  })
  return customerOf(customer.record)
}

/** Deletes a customer, its addresses, accounts and social media users; its mappings stay and are marked (1.14, 3.15). */
export async function deleteCustomer(unit: Unit, call: Running<'deleteCustomer'>): Promise<void> {
  const customer = await lockCustomer(unit, call.target.customerNo)
  const previous = customerOf(customer.record)
  call.document(previous)
  await unit.phase('deleteCustomer', 'before', {
    record: customer.record.id,
    previous,
    args: () => [liveCustomer(customer)],
  })
  const { id, keys } = customer.record
  const addresses = await removeAll(unit, 'addresses', id)
  for (const { addressId } of addresses)
    unit.emit('address-deleted', { customerNumber: previous.customerNo, addressId })
  unit.effect('addresses deleted', addresses.length)
  unit.effect('accounts deleted', (await removeAll(unit, 'accounts', id)).length)
  const users = await removeAll(unit, 'socialMediaUsers', keys['customerNo'] ?? '')
  unit.effect('social media users deleted', users.length)
  const { items } = await unit.tx.mappings.find({ where: ownedBy(keys['customerNo'] ?? '') })
  const unmarked = items.filter((mapping) => !mapping.deletedInYaaS)
  for (const mapping of unmarked) await unit.tx.mappings.update({ ...mapping, deletedInYaaS: true })
  unit.effect('mappings marked deletedInYaaS', unmarked.length)
  await unit.tx.customers.remove(customer.record)
  unit.drop(id)
  unit.emit('customer-deleted', {
    customerNumber: previous.customerNo,
    ...(previous.email !== undefined && { email: previous.email }),
    ...(unit.call.caller?.user !== undefined && { user: unit.call.caller.user }),
  })
  await unit.phase('deleteCustomer', 'after', { record: id, previous, args: () => [] })
}

type Free = Mixed & Pick<CustomerCreate, 'custom'>

/**
 * What no schema of ours can say: mixins against their schemas, custom attributes against their declarations. Only what
 * a change touches is checked (decision 3.12).
 */
export function rulesOf({ mixins, customAttributes }: Pick<Parts, 'mixins' | 'customAttributes'>) {
  return async (now: Free, before: Free): Promise<readonly Violation[]> => {
    const custom = customAttributes.check('customer', now.custom, before.custom)
    const names = changedMixins(before, now)
    return names.length === 0 ? custom : [...custom, ...(await mixins.check(now, names))]
  }
}

async function refuse(unit: Unit, now: Free, before: Free): Promise<void> {
  const violations = await rulesOf(unit.parts)(now, before)
  if (violations.length > 0) throw fail('documentInvalid', { document: 'customer', violations })
}

/** Condition that a record belongs to the owner with this key. */
export function ownedBy(owner: string) {
  return { op: 'eq', path: ['keys', 'customer'], value: owner } as const
}

async function removeAll<K extends Exclude<Kind, 'customers' | 'mappings'>>(
  unit: Unit,
  kind: K,
  owner: string,
): Promise<readonly Records[K][]> {
  const { items } = await unit.tx[kind].find({ where: ownedBy(owner) })
  for (const record of items) {
    await unit.tx[kind].remove(record as never)
    unit.drop(record.id)
  }
  return items as readonly Records[K][]
}

/** Brings a customer's record to a document: checks what changed, moves login and number, stores nothing if nothing did. */
async function storeCustomer(
  unit: Unit,
  customer: HeldCustomer,
  desired: Customer,
  password?: Secret | null,
): Promise<void> {
  const current = customerOf(customer.record)
  const document = await checked(unit, current, desired)
  const secret = password === undefined ? customer.record.secret : await secretOf(unit, document, password ?? undefined)
  if (!isEqual(document, current) || secret !== customer.record.secret) {
    const { id, version } = customer.record
    const next = { ...document, version, lastModified: unit.now() }
    customer.record = await unit.tx.customers.update(recordOf(id, next, secret))
    if (document.customerNo !== current.customerNo) await renumber(unit, current.customerNo, document.customerNo)
  }
  customer.draft.become(customerOf(customer.record))
}

/** Gives a customer a login, and a password if one is sent. */
export async function setLogin(
  unit: Unit,
  customer: HeldCustomer,
  login: string,
  password: Secret | undefined,
): Promise<void> {
  const current = customerOf(customer.record)
  await storeCustomer(unit, customer, { ...current, credentials: { ...current.credentials, login } }, password)
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

/** The document with trimmed keys and a login that follows the email; throws for what changed and is not acceptable. */
async function checked(unit: Unit, current: Customer | undefined, desired: Customer): Promise<Customer> {
  const { profile, parts } = unit
  const { policies } = parts
  const customerNo = desired.customerNo.trim()
  let login = desired.credentials.login?.trim()
  const email = desired.email?.trim()
  const oldEmail = current?.email
  const movesEmail = email !== undefined && (oldEmail === undefined || keyOf(email) !== keyOf(oldEmail))
  const oldLogin = current?.credentials.login
  if (
    profile.loginFollowsEmail &&
    movesEmail &&
    oldEmail !== undefined &&
    login !== undefined &&
    login === oldLogin &&
    keyOf(login) === keyOf(oldEmail)
  )
    login = email
  if (login !== desired.credentials.login?.trim()) unit.effect('login moved with the email')
  if (login !== undefined && login !== oldLogin && !policies.login(login)) throw fail('loginInvalid', {})
  if (email !== undefined && email !== oldEmail && !policies.email(email))
    throw fail('emailInvalid', { email: desired.email ?? '' })
  if (
    login === undefined &&
    desired.credentials.passwordQuestion !== undefined &&
    desired.credentials.passwordQuestion !== current?.credentials.passwordQuestion
  )
    throw fail('loginMissing', {})
  if (profile.uniqueEmail && movesEmail && email !== undefined)
    await claimEmail(unit, email, login !== oldLogin && login !== undefined, current)
  const { login: _login, ...credentials } = desired.credentials
  const { email: _email, ...rest } = desired
  return {
    ...rest,
    customerNo,
    ...(email !== undefined && { email }),
    credentials: login === undefined ? credentials : { ...credentials, login },
  }
}

/** No other customer may have this email, nor, where a login is created or moved to it, this login (decision 1.5). */
export async function claimEmail(
  unit: Unit,
  email: string,
  withLogin: boolean,
  self: Customer | undefined,
): Promise<void> {
  const key = keyOf(email)
  await unit.tx.lock(`email/${key}`)
  const selfKey = self && keyOf(self.customerNo)
  const { items } = await unit.tx.customers.find({ where: { op: 'eq', path: ['keys', 'email'], value: key } })
  if (items.some((other) => other.keys['customerNo'] !== selfKey)) throw fail('emailInUse', {})
  if (!withLogin) return
  const holder = await unit.tx.customers.get({ login: key })
  if (holder && holder.keys['customerNo'] !== selfKey) throw fail('loginInUse', {})
}

async function secretOf(
  unit: Unit,
  document: Customer,
  password: Secret | undefined,
): Promise<CustomerRecord['secret']> {
  if (password === undefined) return undefined
  if (document.credentials.login === undefined) throw fail('loginMissing', {})
  if (!(await unit.parts.policies.password(password))) throw fail('passwordInvalid', {})
  const { password: announced, passwordHash } = unit.call
  if (passwordHash !== undefined && announced?.reveal() === password.reveal()) return { passwordHash }
  return { passwordHash: await unit.parts.hashPassword(password) }
}

function recordOf(id: string, document: Customer, secret: CustomerRecord['secret']): CustomerRecord {
  const { email, credentials } = document
  return {
    ...document,
    id,
    schema: schemaVersions.customers,
    keys: {
      customerNo: keyOf(document.customerNo),
      ...(credentials.login !== undefined && { login: keyOf(credentials.login) }),
      ...(email !== undefined && { email: keyOf(email) }),
    },
    ...(secret && { secret }),
  }
}
