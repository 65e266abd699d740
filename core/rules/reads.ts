/** The reading operations: no extension points, no locks. */
import { fail } from '../model/problems.js'
import { compositeKey, keyOf } from '../model/keys.js'
import { internalProvider } from '../model/documents.js'
import type { Account, Address, Customer } from '../model/documents.js'
import { ownedBy } from './customers.js'
import type { InputOf, Reading, ResultOf } from '../model/operations.js'
import { mappingOf } from '../work/records.js'
import { addressSchema, customerSchema, mappingCreateSchema } from '../model/schemas.js'
import type { Schema } from '../model/schemas.js'
import type { AddressRecord, Condition, CustomerRecord, Page, Path, Query, ReadUnit } from '../ports/storage.js'

/** Where a reading operation reads, and what it shows of a record: the document, or the object that a handler holds. */
export interface Reader {
  readonly unit: ReadUnit
  readonly list: string
  readonly customer: (record: CustomerRecord) => Customer
  readonly address: (record: AddressRecord) => Address
}

/** Every reading operation. */
export const reads: { readonly [O in Reading]: (reader: Reader, input: InputOf<O>) => Promise<ResultOf<O>> } = {
  getCustomer: async (reader, { customerNo }) => reader.customer(await customerRecord(reader, customerNo)),

  findCustomers: async (reader, { query = {} }) =>
    map(await reader.unit.customers.find(translate(query, customerSchema)), reader.customer),

  async getAddress(reader, { customerNo, addressId }) {
    const customer = await customerRecord(reader, customerNo)
    const record = await reader.unit.addresses.get({ address: compositeKey(customer.id, addressId) })
    if (!record) throw fail('addressNotFound', { addressId, customerNo, listId: reader.list })
    return reader.address(record)
  },

  async findAddresses(reader, { customerNo, query = {} }) {
    const customer = await customerRecord(reader, customerNo)
    const owned = within(ownedBy(customer.id), translate(query, addressSchema))
    return map(await reader.unit.addresses.find(owned), reader.address)
  },

  async findAccounts(reader, { customerNo }) {
    const customer = await customerRecord(reader, customerNo)
    const { login } = customer.credentials
    const internal: readonly Account[] = login === undefined ? [] : [{ id: login, providerId: internalProvider }]
    const external = await reader.unit.accounts.find({ where: ownedBy(customer.id) })
    const items = [...internal, ...external.items.map((record) => record.account)]
    return { items, total: items.length }
  },

  findMappings: async (reader, { query = {} }) =>
    map(await reader.unit.mappings.find(translate(query, mappingCreateSchema)), mappingOf),

  async findSocialMediaUsers(reader, { customerNo }) {
    const customer = await customerRecord(reader, customerNo)
    const where = ownedBy(customer.keys['customerNo'] ?? '')
    return map(await reader.unit.socialMediaUsers.find({ where }), (record) => record.user)
  },
}

async function customerRecord(reader: Reader, customerNo: string): Promise<CustomerRecord> {
  const record = await reader.unit.customers.get({ customerNo: keyOf(customerNo) })
  if (!record) throw fail('customerNotFound', { customerNo, listId: reader.list })
  return record
}

function map<A, B>(page: Page<A>, show: (item: A) => B): Page<B> {
  return { items: page.items.map(show), total: page.total }
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
          ? { ...where, path: keyPathOf(where.path), pattern: `(?i)${where.pattern}` }
          : where
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
