/** The reading operations: no extension points, no locks. */
import { internalProvider } from '../model/documents.js'
import type { Account, Address, Customer, SocialMediaUser } from '../model/documents.js'
import { compositeKey, keyOf } from '../model/keys.js'
import type { InputOf, Reading } from '../model/operations.js'
import { prefixOf, textAfter } from '../model/pattern.js'
import { fail } from '../model/problems.js'
import type { Condition, Page, Path, Query } from '../model/query.js'
import { addressSchema, customerSchema, mappingCreateSchema } from '../model/schemas.js'
import type { Schema } from '../model/schemas.js'
import type { CustomerRecord } from '../ports/storage.js'
import type { CallPlace, ReadOperation, ReadView } from '../work/read.js'
import { mappingOf } from '../work/records.js'
import { ownedBy } from './belongings.js'

/** Asks somebody else than the storage for a customer's social media users. */
type UserSource = (customerNo: string, call: CallPlace) => Promise<Page<SocialMediaUser>>

/** Every reading operation. */
export function readOperations(users: UserSource | undefined): { readonly [O in Reading]: ReadOperation<O> } {
  return {
    getCustomer: {
      read: (view, { customerNo }) => customerRecord(view, customerNo).then((record) => view.customer(record)),
    },
    findCustomers: {
      read: async (view, { query = {} }) =>
        shown(await view.unit.customers.find(translate(query, customerSchema)), (record) => view.customer(record)),
    },
    getAddress: { read: getAddress },
    findAddresses: { read: findAddresses },
    findAccounts: { read: findAccounts },
    findMappings: {
      read: async (view, { query = {} }) =>
        shown(await view.unit.mappings.find(translate(query, mappingCreateSchema)), mappingOf),
    },
    findSocialMediaUsers: users ? usersOf(users) : { read: findStoredUsers },
  }
}

async function getAddress(view: ReadView, { customerNo, addressId }: InputOf<'getAddress'>): Promise<Address> {
  const customer = await customerRecord(view, customerNo)
  const record = await view.unit.addresses.get({ address: compositeKey(customer.id, addressId) })
  if (!record) throw fail('addressNotFound', { addressId, customerNo, listId: view.list })
  return view.address(record)
}

async function findAddresses(view: ReadView, { customerNo, query = {} }: InputOf<'findAddresses'>) {
  const customer = await customerRecord(view, customerNo)
  const owned = within(ownedBy(customer.id), translate(query, addressSchema))
  return shown(await view.unit.addresses.find(owned), (record) => view.address(record))
}

async function findAccounts(view: ReadView, { customerNo }: InputOf<'findAccounts'>): Promise<Page<Account>> {
  const customer = await customerRecord(view, customerNo)
  const { login } = customer.credentials
  const internal: readonly Account[] = login === undefined ? [] : [{ id: login, providerId: internalProvider }]
  const external = await view.unit.accounts.find({ where: ownedBy(customer.id) })
  const items = [...internal, ...external.items.map((record) => record.account)]
  return { items, total: items.length }
}

async function findStoredUsers(view: ReadView, { customerNo }: InputOf<'findSocialMediaUsers'>) {
  const customer = await customerRecord(view, customerNo)
  const where = ownedBy(customer.keys['customerNo'] ?? '')
  return shown(await view.unit.socialMediaUsers.find({ where }), (record) => record.user)
}

/** The customer must exist; then its source is asked, while no connection is held. */
function usersOf(users: UserSource): ReadOperation<'findSocialMediaUsers', Customer> {
  return {
    read: async (view, { customerNo }) => view.customer(await customerRecord(view, customerNo)),
    complete: ({ customerNo }, _, call) => users(customerNo, call),
  }
}

function customerRecord(view: ReadView, customerNo: string): Promise<CustomerRecord> {
  return view.unit.customers.get({ customerNo: keyOf(customerNo) }).then((record) => {
    if (!record) throw fail('customerNotFound', { customerNo, listId: view.list })
    return record
  })
}

function shown<A, B>(page: Page<A>, show: (item: A) => B): Page<B> {
  return { ...page, items: page.items.map(show) }
}

function within(owner: Condition, query: Query): Query {
  return { ...query, where: query.where ? { op: 'and', of: [owner, query.where] } : owner }
}

/** Properties that compare by their key, or whose key finds the candidates (decisions 1.4, 3.10). */
const keyed: { readonly [path: string]: { readonly key: string; readonly exact: boolean } } = {
  email: { key: 'email', exact: false },
  customerNo: { key: 'customerNo', exact: true },
  customerNumber: { key: 'customer', exact: true },
  'credentials.login': { key: 'login', exact: true },
}

const keyPathOf = (path: Path): Path => ['keys', keyed[path.join('.')]?.key ?? '']

type Matches = Condition & { readonly op: 'matches' }

/** A regular expression beside the range of texts that its literal beginning allows, which an index may know. */
function ranged(where: Matches, prefix: string): Condition {
  const { path } = where
  const end = textAfter(prefix)
  if (end === undefined) return where
  return { op: 'and', of: [{ op: 'gte', path, value: prefix }, { op: 'lt', path, value: end }, where] }
}

/** The same of a key, whatever the case; beyond ASCII, letters of one kind may begin differently. */
function rangedKey(where: Matches): Condition {
  const [prefix = ''] = /^[ -~]*/.exec(prefixOf(where.pattern)) ?? []
  return ranged({ ...where, pattern: `(?i)${where.pattern}` }, prefix.toLowerCase())
}

/** A query on documents as one on records: unknown properties are refused, emails compare by key, numbers are found by key. */
function translate(query: Query, schema: Schema): Query {
  const known = (path: Path) => {
    if (path[0] === undefined || !Object.hasOwn(schema.properties ?? {}, path[0]))
      throw fail('queryRefused', { reason: `there is no property '${path.join('.')}'` })
    return path
  }
  const condition = (where: Condition): Condition => {
    switch (where.op) {
      case 'and':
      case 'or':
        return { op: where.op, of: where.of.map(condition) }
      case 'not':
        return { op: 'not', of: condition(where.of) }
      case 'exists':
        known(where.path)
        return where
      case 'matches':
        return keyed[known(where.path).join('.')]?.exact === false
          ? rangedKey({ ...where, path: keyPathOf(where.path) })
          : ranged(where, prefixOf(where.pattern))
      default: {
        const rule = keyed[known(where.path).join('.')]
        const values = where.op === 'in' ? where.values : [where.value]
        const isEquality = where.op === 'in' || where.op === 'eq'
        if (!rule || (rule.exact && !isEquality) || values.some((value) => typeof value !== 'string')) return where
        const path = keyPathOf(where.path)
        const byKey: Condition =
          where.op === 'in'
            ? { op: 'in', path, values: values.map((value) => keyOf(String(value))) }
            : { op: where.op, path, value: keyOf(String(where.value)) }
        return rule.exact ? { op: 'and', of: [byKey, where] } : byKey
      }
    }
  }
  const sort = query.sort?.map((step) =>
    keyed[known(step.path).join('.')]?.exact === false ? { ...step, path: keyPathOf(step.path) } : step,
  )
  return { ...query, ...(query.where && { where: condition(query.where) }), ...(sort && { sort }) }
}
