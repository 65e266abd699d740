/** The rules of addresses: ids, the one default, and contact names. */
import { liveCustomer, lockCustomer, ownedBy } from './customers.js'
import type { HeldCustomer, Running } from './customers.js'
import { Draft } from '../extension/draft.js'
import { fail } from '../model/problems.js'
import type { Violation } from '../model/problems.js'
import { isEqual, merge } from '../model/json.js'
import { compositeKey } from '../model/keys.js'
import { fullNameOf } from '../model/documents.js'
import type { Address, AddressChange, AddressCreate, Live } from '../model/documents.js'
import type { LiveAddress } from '../model/operations.js'
import { addressOf, customerOf } from '../work/records.js'
import { addressChangeSchema, addressCreateSchema, addressSchema } from '../model/schemas.js'
import { schemaVersions } from '../ports/storage.js'
import type { AddressRecord, Condition } from '../ports/storage.js'
import type { Held, Unit } from '../work/unit.js'

/** An address that the unit has loaded. */
export type HeldAddress = Held<AddressRecord, Address>

const managed = ['creationDate', 'lastModified', 'version']
const nameParts = ['firstName', 'secondName', 'lastName', 'suffix'] as const

function holdAddress(unit: Unit, record: AddressRecord, isNew = false): HeldAddress {
  const load = (): HeldAddress => {
    const held: HeldAddress = {
      record,
      draft: new Draft<Address>(addressOf(record), 'customerAddress', addressSchema, managed, rules(unit)),
      store: storeAddress,
      stored: () => addressOf(held.record),
      tell: () => unit.emit('address-updated', eventOf(ownerOf(unit, held), addressOf(held.record))),
    }
    return held
  }
  return unit.hold(record.id, load, isNew)
}

/** The customer of an address; its lock is taken and its record loaded before any of its addresses. */
function ownerOf(unit: Unit, address: HeldAddress): HeldCustomer {
  return unit.holding(address.record.keys['customer'] ?? '') as unknown as HeldCustomer
}

function live(address: HeldAddress): LiveAddress {
  return address.draft.live as LiveAddress
}

type Free = Pick<AddressCreate, 'custom'>

/** Custom attributes against their declarations, where a change touches them. */
function rules(unit: Unit) {
  return (now: Free, before: Free): Promise<readonly Violation[]> =>
    Promise.resolve(unit.parts.customAttributes.check('address', now.custom, before.custom))
}

async function refuse(unit: Unit, now: Free, before: Free): Promise<void> {
  const violations = await rules(unit)(now, before)
  if (violations.length > 0) throw fail('documentInvalid', { document: 'customer_address', violations })
}

/** Creates an address; the first one of a customer becomes its default (decision 3.13). */
export async function createAddress(unit: Unit, call: Running<'createAddress'>): Promise<Address> {
  const customer = await lockCustomer(unit, call.target.customerNo)
  const { create } = call.document(undefined)
  if (create.custom !== undefined) await refuse(unit, create, {})
  const draft = new Draft(create, 'create', addressCreateSchema, [], rules(unit))
  await unit.phase('createAddress', 'before', {
    documents: [draft],
    args: () => [liveCustomer(customer), draft.live as Live<AddressCreate>],
  })
  const address = await insertAddress(unit, customer, draft.seen)
  const payload = eventOf(customer, addressOf(address.record))
  unit.emit('address-created', payload)
  await unit.phase('createAddress', 'after', {
    record: address.record.id,
    args: () => [liveCustomer(customer), live(address), draft.seen],
  })
  call.owner?.(customerOf(customer.record).customerNo)
  return addressOf(address.record)
}

async function insertAddress(unit: Unit, customer: HeldCustomer, create: AddressCreate): Promise<HeldAddress> {
  if (create.addressId === undefined && unit.profile.needsAddressId) throw fail('addressIdInvalid', {})
  const addressId = create.addressId ?? unit.ids.hex24()
  checkId(addressId)
  const now = unit.now()
  const owner = customer.record.id
  const current = await defaultOf(unit, owner)
  const isDefault = create.isDefault === true || current === undefined
  const document: Address = { ...create, addressId, isDefault, creationDate: now, lastModified: now, version: 1 }
  const record = await unit.tx.addresses.insert(recordOf(unit.ids.hex24(), owner, withContactName(undefined, document)))
  const address = holdAddress(unit, record, true)
  if (current && isDefault) await setDefault(unit, current, false)
  return address
}

/** Changes an address. */
export async function updateAddress(unit: Unit, call: Running<'updateAddress'>): Promise<Address> {
  const { customer, address } = await load(unit, call.target)
  const previous = addressOf(address.record)
  const { update } = call.document(previous)
  const after = (change: AddressChange) => merge(addressOf(address.record), change, ['custom'])
  if (update.custom !== undefined) await refuse(unit, after(update), previous)
  const draft = new Draft(update, 'update', addressChangeSchema, [], (now, before) =>
    rules(unit)(after(now), after(before)),
  )
  await unit.phase('updateAddress', 'before', {
    record: address.record.id,
    previous,
    documents: [draft],
    args: () => [liveCustomer(customer), live(address), draft.live as Live<AddressChange>],
  })
  await storeAddress(unit, address, after(draft.seen))
  await unit.phase('updateAddress', 'after', {
    record: address.record.id,
    previous,
    args: () => [liveCustomer(customer), live(address), draft.seen],
  })
  return addressOf(address.record)
}

/** Deletes an address; if it was the default, the oldest other becomes it (decision 3.13). */
export async function deleteAddress(unit: Unit, call: Running<'deleteAddress'>): Promise<void> {
  const { customer, address } = await load(unit, call.target)
  const previous = addressOf(address.record)
  call.document(previous)
  await unit.phase('deleteAddress', 'before', {
    record: address.record.id,
    previous,
    args: () => [liveCustomer(customer), live(address)],
  })
  const { id, isDefault } = address.record
  await unit.tx.addresses.remove(address.record)
  unit.drop(id)
  if (isDefault) await passDefaultOn(unit, customer.record.id, id)
  unit.emit('address-deleted', eventOf(customer, previous))
  await unit.phase('deleteAddress', 'after', { record: id, previous, args: () => [liveCustomer(customer)] })
}

async function load(
  unit: Unit,
  target: { readonly customerNo: string; readonly addressId: string },
): Promise<{ customer: HeldCustomer; address: HeldAddress }> {
  const customer = await lockCustomer(unit, target.customerNo)
  const record = await unit.tx.addresses.get({ address: compositeKey(customer.record.id, target.addressId) })
  if (!record) throw fail('addressNotFound', { ...target, listId: unit.list })
  return { customer, address: holdAddress(unit, record) }
}

/** Brings an address's record to a document; stores nothing if nothing changed. */
async function storeAddress(unit: Unit, address: HeldAddress, desired: Address): Promise<void> {
  const { id, version, keys } = address.record
  const owner = keys['customer'] ?? ''
  const current = addressOf(address.record)
  if (desired.addressId !== current.addressId) checkId(desired.addressId)
  const gives = current.isDefault && !desired.isDefault
  const heir = gives ? await oldestOf(unit, owner, id) : undefined
  const isDefault = desired.isDefault || (gives && !heir)
  const former = isDefault && !current.isDefault ? await defaultOf(unit, owner, id) : undefined
  const document = withContactName(current, { ...desired, isDefault })
  if (!isEqual(document, current)) {
    const next = { ...document, version, lastModified: unit.now() }
    address.record = await unit.tx.addresses.update(recordOf(id, owner, next))
    if (former) await setDefault(unit, former, false)
    if (heir) await setDefault(unit, heir, true)
  }
  address.draft.become(addressOf(address.record))
}

/** A contact name equal to the computed one is not kept, nor one that was kept when a part of the name changes. */
function withContactName(current: Address | undefined, document: Address): Address {
  const { contactName, ...rest } = document
  if (contactName === undefined) return rest
  const partsChanged = current !== undefined && nameParts.some((part) => document[part] !== current[part])
  const isStale = partsChanged && contactName === current?.contactName
  return contactName === fullNameOf(document) || isStale ? rest : document
}

function checkId(addressId: string): void {
  const id = addressId.trim()
  if (id === '' || id === '.' || id === '..') throw fail('addressIdInvalid', {})
}

async function defaultOf(unit: Unit, owner: string, except?: string): Promise<AddressRecord | undefined> {
  return first(unit, owner, { op: 'eq', path: ['isDefault'], value: true }, except)
}

async function oldestOf(unit: Unit, owner: string, except: string): Promise<AddressRecord | undefined> {
  return first(unit, owner, undefined, except)
}

async function first(unit: Unit, owner: string, where: Condition | undefined, except: string | undefined) {
  const of: Condition[] = [ownedBy(owner), ...(where ? [where] : [])]
  const { items } = await unit.tx.addresses.find({ where: { op: 'and', of }, limit: 2 })
  return items.find((record) => record.id !== except)
}

async function passDefaultOn(unit: Unit, owner: string, from: string): Promise<void> {
  const heir = await oldestOf(unit, owner, from)
  if (heir) await setDefault(unit, heir, true)
}

/** Moves the default as a side effect: the other address changes, but runs no points (decision 4.1). */
async function setDefault(unit: Unit, record: AddressRecord, isDefault: boolean): Promise<void> {
  unit.effect('default moved')
  const other = holdAddress(unit, record)
  other.record = await unit.tx.addresses.update({ ...other.record, isDefault, lastModified: unit.now() })
  other.draft.become(addressOf(other.record))
}

function eventOf(customer: HeldCustomer, address: Address): Readonly<Record<string, unknown>> {
  return { customerNumber: customerOf(customer.record).customerNo, addressId: address.addressId }
}

function recordOf(id: string, owner: string, document: Address): AddressRecord {
  const { addressId } = document
  return {
    ...document,
    id,
    schema: schemaVersions.addresses,
    keys: { address: compositeKey(owner, addressId), customer: owner },
  }
}
