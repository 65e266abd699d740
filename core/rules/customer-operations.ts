/** Creating, changing and deleting customers. */
import { Draft } from '../extension/draft.js'
import type { DraftOptions } from '../extension/draft.js'
import type { Customer, CustomerCreate } from '../model/documents.js'
import { customerChangeSchema, customerCreateSchema } from '../model/schemas.js'
import { DuplicateKey } from '../ports/storage.js'
import type { Unit } from '../work/unit.js'
import type { Loaded, WriteOperation } from '../work/write.js'
import { removeBelongings } from './belongings.js'
import { merged } from './customers.js'
import type { Customers, HeldCustomer } from './customers.js'
import { foreseeCreate, foreseeUpdate } from './foresight.js'
import { judgeNumber } from './identity.js'
import type { Passwords } from './passwords.js'

/** A loaded customer and its state before the change. */
export interface LoadedCustomer {
  readonly customer: HeldCustomer
  readonly previous: Customer
}

/** True for the collision of a customer number; a generated one is answered with the next number. */
function isTakenNumber(error: unknown): boolean {
  return error instanceof DuplicateKey && error.kind === 'customers' && error.key === 'customerNo'
}

/** Creates a customer (decisions 2.11, 3.4 to 3.6). */
export function createCustomer(
  customers: Customers,
  passwords: Passwords,
): WriteOperation<'createCustomer', Loaded<'createCustomer'>, HeldCustomer> {
  const drafts: DraftOptions<CustomerCreate> = {
    name: 'create',
    schema: customerCreateSchema,
    check: (now, before) => customers.free.violations(now, before),
  }
  return {
    name: 'createCustomer',
    documents: { create: customerCreateSchema },
    prepare: (running, prospect) =>
      passwords.prepare(running, prospect, (unit) => foreseeCreate(customers, running, prospect, unit)),
    judge(unit, _, { create }) {
      judgeNumber(unit.profile, create)
      return customers.free.judge(create, {})
    },
    draft: (_, __, { create }) => new Draft(create, drafts),
    recordId: (_, customer) => customer?.record.id,
    before: (_, create) => [create],
    apply: (unit, _, { create }, running) => customers.insert(unit, create, running),
    canRepeat: (error, { create }) => create.customerNo === undefined && isTakenNumber(error),
    after: (_, customer, { create }) => [customer.live, create],
    result: (_, customer) => ({ result: customer.document }),
  }
}

/** Loads the customer that a target names. */
export function loadCustomer(
  customers: Customers,
  unit: Unit,
  { customerNo }: { readonly customerNo: string },
): Promise<LoadedCustomer> {
  return customers.lock(unit, customerNo).then((customer) => ({ customer, previous: customer.document }))
}

/** The customer to which something is to be added. */
export interface Owner {
  readonly customer: HeldCustomer
  readonly previous: undefined
}

/** Loads the customer that a target names, for what has no state before it. */
export async function loadOwner(
  customers: Customers,
  unit: Unit,
  { customerNo }: { readonly customerNo: string },
): Promise<Owner> {
  return { customer: await customers.lock(unit, customerNo), previous: undefined }
}

/** Changes a customer. Password and questions need a login (decision 2.13). */
export function updateCustomer(
  customers: Customers,
  passwords: Passwords,
): WriteOperation<'updateCustomer', LoadedCustomer, void> {
  return {
    name: 'updateCustomer',
    documents: { update: customerChangeSchema },
    prepare: (running, prospect) =>
      passwords.prepare(running, prospect, (unit) => foreseeUpdate(running, prospect, unit)),
    load: (unit, target) => loadCustomer(customers, unit, target),
    judge(_, { previous }, { update }) {
      const isFree = update.mixins !== undefined || update.mixinSchemas !== undefined || update.custom !== undefined
      return isFree ? customers.free.judge(merged(previous, update), previous) : undefined
    },
    draft: (_, { customer }, { update }) =>
      new Draft(update, {
        name: 'update',
        schema: customerChangeSchema,
        check: (now, before) =>
          customers.free.violations(merged(customer.document, now), merged(customer.document, before)),
      }),
    recordId: ({ customer }) => customer.record.id,
    before: ({ customer }, update) => [customer.live, update],
    apply(unit, { customer }, { update }, running) {
      const { document } = customer
      return customers.store(unit, customer, customers.free.kept(merged(document, update), document), running)
    },
    after: ({ customer }, _, { update }) => [customer.live, update],
    result: ({ customer }) => ({ result: customer.document }),
  }
}

/** Deletes a customer, its addresses, accounts and social media users; its mappings stay and are marked (1.14, 3.15). */
export function deleteCustomer(customers: Customers): WriteOperation<'deleteCustomer', LoadedCustomer, void> {
  return {
    name: 'deleteCustomer',
    documents: {},
    load: (unit, target) => loadCustomer(customers, unit, target),
    recordId: ({ customer }) => customer.record.id,
    before: ({ customer }) => [customer.live],
    async apply(unit, { customer, previous }) {
      await removeBelongings(unit, customer.record, previous.customerNo)
      await unit.tx.customers.remove(customer.record)
      unit.drop(customer.record.id)
      const { user } = unit.call.caller ?? {}
      unit.emit('customer-deleted', {
        customerNumber: previous.customerNo,
        ...(previous.email !== undefined && { email: previous.email }),
        ...(user !== undefined && { user }),
      })
    },
    after: () => [],
    result: () => ({ result: undefined }),
  }
}
