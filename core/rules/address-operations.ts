/** Creating, changing and deleting addresses. */
import { Draft } from '../extension/draft.js'
import type { Address, AddressChange } from '../model/documents.js'
import { merge } from '../model/json.js'
import { addressChangeSchema, addressCreateSchema } from '../model/schemas.js'
import type { Unit } from '../work/unit.js'
import type { WriteOperation } from '../work/write.js'
import { eventOf } from './addresses.js'
import type { Addresses, HeldAddress } from './addresses.js'
import { loadOwner } from './customer-operations.js'
import type { Owner } from './customer-operations.js'
import type { Customers, HeldCustomer } from './customers.js'

/** A loaded address and its state before the change. */
interface LoadedAddress {
  readonly customer: HeldCustomer
  readonly address: HeldAddress
  readonly previous: Address
}

/** Creates an address; the first one of a customer becomes its default. */
export function createAddress(
  customers: Customers,
  addresses: Addresses,
): WriteOperation<'createAddress', Owner, HeldAddress> {
  return {
    name: 'createAddress',
    documents: { create: addressCreateSchema },
    load: (unit, target) => loadOwner(customers, unit, target),
    judge: (_, __, { create }) => addresses.free.judge(create, {}),
    draft: (_, __, { create }) =>
      new Draft(create, {
        name: 'create',
        schema: addressCreateSchema,
        check: (now, before) => addresses.free.violations(now, before),
      }),
    recordId: (_, address) => address?.record.id,
    before: ({ customer }, create) => [customer.live, create],
    async apply(unit, { customer }, { create }) {
      const address = await addresses.insert(unit, customer, create)
      unit.emit('address-created', eventOf(customer, address.document))
      return address
    },
    after: ({ customer }, address, { create }) => [customer.live, address.live, create],
    result: ({ customer }, address) => ({ result: address.document, customerNo: customer.document.customerNo }),
  }
}

async function load(
  customers: Customers,
  addresses: Addresses,
  unit: Unit,
  target: { readonly customerNo: string; readonly addressId: string },
): Promise<LoadedAddress> {
  const customer = await customers.lock(unit, target.customerNo)
  const address = await addresses.load(unit, customer, target)
  return { customer, address, previous: address.document }
}

/** An address after a change. */
const merged = (address: Address, change: AddressChange): Address => merge(address, change, ['custom'])

/** Changes an address. */
export function updateAddress(
  customers: Customers,
  addresses: Addresses,
): WriteOperation<'updateAddress', LoadedAddress, void> {
  return {
    name: 'updateAddress',
    documents: { update: addressChangeSchema },
    load: (unit, target) => load(customers, addresses, unit, target),
    judge: (_, { previous }, { update }) =>
      update.custom === undefined ? undefined : addresses.free.judge(merged(previous, update), previous),
    draft: (_, { address }, { update }) =>
      new Draft(update, {
        name: 'update',
        schema: addressChangeSchema,
        check: (now, before) =>
          addresses.free.violations(merged(address.document, now), merged(address.document, before)),
      }),
    recordId: ({ address }) => address.record.id,
    before: ({ customer, address }, update) => [customer.live, address.live, update],
    apply: (unit, { address }, { update }) =>
      addresses.store(unit, address, addresses.free.kept(merged(address.document, update), address.document)),
    after: ({ customer, address }, _, { update }) => [customer.live, address.live, update],
    result: ({ address }) => ({ result: address.document }),
  }
}

/** Deletes an address; if it was the default, the oldest other becomes it. */
export function deleteAddress(
  customers: Customers,
  addresses: Addresses,
): WriteOperation<'deleteAddress', LoadedAddress, void> {
  return {
    name: 'deleteAddress',
    documents: {},
    load: (unit, target) => load(customers, addresses, unit, target),
    recordId: ({ address }) => address.record.id,
    before: ({ customer, address }) => [customer.live, address.live],
    async apply(unit, { customer, address, previous }) {
      await addresses.remove(unit, address)
      unit.emit('address-deleted', eventOf(customer, previous))
    },
    after: ({ customer }) => [customer.live],
    result: () => ({ result: undefined }),
  }
}
