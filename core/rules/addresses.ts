/** The rules of addresses: ids, the one default, and contact names (decision 3.13). */
import { Draft } from '../extension/draft.js'
import type { DraftOptions } from '../extension/draft.js'
import { fullNameOf, managedProperties } from '../model/documents.js'
import type { Address, AddressCreate } from '../model/documents.js'
import { isEqual } from '../model/json.js'
import { compositeKey } from '../model/keys.js'
import type { LiveAddress } from '../model/operations.js'
import { fail } from '../model/problems.js'
import type { Condition } from '../model/query.js'
import { addressSchema } from '../model/schemas.js'
import type { Ids, Limits } from '../ports/host.js'
import { schemaVersions } from '../ports/storage.js'
import type { AddressRecord } from '../ports/storage.js'
import { addressOf } from '../work/records.js'
import { Held } from '../work/unit.js'
import type { Unit } from '../work/unit.js'
import type { DeclaredAttributes } from './custom-attributes.js'
import { ownedBy } from './belongings.js'
import type { HeldCustomer } from './customers.js'
import { FreeDataRules } from './free-data.js'

/** An address that the unit has loaded or inserted. Its customer is held too, whose lock is taken first. */
export class HeldAddress extends Held<AddressRecord, Address> {
  readonly #addresses: Addresses

  constructor(record: AddressRecord, addresses: Addresses) {
    super(record)
    this.#addresses = addresses
  }

  protected createDraft(): Draft<Address> {
    return new Draft(this.document, this.#addresses.drafts)
  }

  protected documentOf(record: AddressRecord): Address {
    return addressOf(record)
  }

  /** The address as handlers get it. */
  get live(): LiveAddress {
    return this.draft.live as LiveAddress
  }

  /** Id of the customer's record. */
  get owner(): string {
    return this.record.keys['customer'] ?? ''
  }

  store(unit: Unit, desired: Address): Promise<void> {
    return this.#addresses.store(unit, this, desired)
  }

  emitChange(unit: Unit): void {
    const customer = unit.holding(this.owner) as HeldCustomer
    unit.emit('address-updated', eventOf(customer, this.document))
  }
}

/** What the events of addresses say. */
export function eventOf(customer: HeldCustomer, { addressId }: Address) {
  return { customerNumber: customer.document.customerNo, addressId }
}

/** Loads, judges and keeps addresses. */
export class Addresses {
  readonly free: FreeDataRules
  /** What the drafts of stored addresses are. */
  readonly drafts: DraftOptions<Address>
  readonly #ids: Ids
  readonly #limits: Limits

  constructor(ids: Ids, attributes: DeclaredAttributes, limits: Limits) {
    this.#ids = ids
    this.#limits = limits
    this.free = new FreeDataRules('address', limits, attributes)
    this.drafts = {
      name: 'customerAddress',
      schema: addressSchema,
      managed: managedProperties,
      check: (now, before) => this.free.violations(now, before),
    }
  }

  /** Loads an address of a customer that is locked, or fails with addressNotFound. */
  async load(unit: Unit, customer: HeldCustomer, target: { readonly customerNo: string; readonly addressId: string }) {
    const record = await unit.tx.addresses.get({ address: compositeKey(customer.record.id, target.addressId) })
    if (!record) throw fail('addressNotFound', { ...target, listId: unit.list })
    return this.#hold(unit, record)
  }

  #hold(unit: Unit, record: AddressRecord, isNew = false): HeldAddress {
    return unit.hold(record.id, () => new HeldAddress(record, this), isNew)
  }

  /** Stores a new address; the first one of a customer becomes its default. */
  async insert(unit: Unit, customer: HeldCustomer, left: AddressCreate): Promise<HeldAddress> {
    const create = this.free.kept(left, {})
    if (create.addressId === undefined && unit.profile.needsAddressId) throw fail('addressIdInvalid', {})
    const addressId = create.addressId ?? this.#ids.hex24()
    checkId(addressId)
    const { now } = unit
    const owner = customer.record.id
    const { total } = await unit.tx.addresses.find({ where: ownedBy(owner), limit: 1 })
    if (total >= this.#limits.addresses) throw tooManyAddresses(this.#limits)
    const current = total > 0 ? await defaultOf(unit, owner) : undefined
    const isDefault = create.isDefault === true || current === undefined
    const document: Address = { ...create, addressId, isDefault, creationDate: now, lastModified: now, version: 1 }
    const record = recordOf(this.#ids.hex24(), owner, withContactName(undefined, document))
    const address = this.#hold(unit, await unit.tx.addresses.insert(record), true)
    if (current && isDefault) await this.#setDefault(unit, current, false)
    return address
  }

  /** Removes an address; if it was the default, the oldest other becomes it. */
  async remove(unit: Unit, { record, owner }: HeldAddress): Promise<void> {
    const { id, isDefault } = record
    await unit.tx.addresses.remove(record)
    unit.drop(id)
    const heir = isDefault ? await oldestOf(unit, owner, id) : undefined
    if (heir) await this.#setDefault(unit, heir, true)
  }

  /** Brings an address's record to a document; stores nothing if nothing changed. */
  async store(unit: Unit, address: HeldAddress, desired: Address): Promise<void> {
    const { document: current, owner } = address
    const { id, version } = address.record
    if (desired.addressId !== current.addressId) checkId(desired.addressId)
    const gives = current.isDefault && !desired.isDefault
    const heir = gives ? await oldestOf(unit, owner, id) : undefined
    const isDefault = desired.isDefault || (gives && !heir)
    const former = isDefault && !current.isDefault ? await defaultOf(unit, owner, id) : undefined
    const document = withContactName(current, { ...desired, isDefault })
    if (!isEqual(document, current)) {
      const next = { ...document, version, lastModified: unit.now }
      address.record = await unit.tx.addresses.update(recordOf(id, owner, next))
      if (former) await this.#setDefault(unit, former, false)
      if (heir) await this.#setDefault(unit, heir, true)
    }
    address.refresh()
  }

  /** Moves the default as a side effect: the other address changes, but runs no points (decision 4.1). */
  async #setDefault(unit: Unit, record: AddressRecord, isDefault: boolean): Promise<void> {
    unit.effect('default moved')
    const other = this.#hold(unit, record)
    other.record = await unit.tx.addresses.update({ ...other.record, isDefault, lastModified: unit.now })
    other.refresh()
  }
}

const nameParts = ['firstName', 'secondName', 'lastName', 'suffix'] as const

/** A contact name equal to the computed one is not kept, nor one that was kept when a part of the name changes. */
function withContactName(current: Address | undefined, document: Address): Address {
  const { contactName, ...rest } = document
  if (contactName === undefined) return rest
  const partsChanged = current !== undefined && nameParts.some((part) => document[part] !== current[part])
  const isStale = partsChanged && contactName === current?.contactName
  return contactName === fullNameOf(document) || isStale ? rest : document
}

function tooManyAddresses({ addresses }: Limits) {
  const message = `would be more than the ${addresses} that a customer may have`
  return fail('documentInvalid', {
    document: 'customer_address',
    violations: [{ path: [], rule: 'constraint', message }],
  })
}

function checkId(addressId: string): void {
  const id = addressId.trim()
  if (id === '' || id === '.' || id === '..') throw fail('addressIdInvalid', {})
}

function defaultOf(unit: Unit, owner: string, except?: string): Promise<AddressRecord | undefined> {
  return first(unit, owner, { op: 'eq', path: ['isDefault'], value: true }, except)
}

function oldestOf(unit: Unit, owner: string, except: string): Promise<AddressRecord | undefined> {
  return first(unit, owner, undefined, except)
}

async function first(unit: Unit, owner: string, where: Condition | undefined, except: string | undefined) {
  const owned = ownedBy(owner)
  const { items } = await unit.tx.addresses.find({
    where: where ? { op: 'and', of: [owned, where] } : owned,
    limit: 2,
  })
  return items.find((record) => record.id !== except)
}

function recordOf(id: string, owner: string, document: Address): AddressRecord {
  const keys = { address: compositeKey(owner, document.addressId), customer: owner }
  return { ...document, id, schema: schemaVersions.addresses, keys }
}
