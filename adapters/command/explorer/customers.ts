/** Customers for the page: a table that can be searched, and one record as both APIs show it and as it is stored. */
import type { Clientele } from '../../../core/clientele.js'
import type { Customer } from '../../../core/model/documents.js'
import { keyOf } from '../../../core/model/keys.js'
import type { Condition, Path } from '../../../core/model/query.js'
import type { Envelope, Storage } from '../../../core/ports/storage.js'
import type { Flavour } from '../../http/flavour.js'
import { explainMapping } from '../../http/mapping.js'
import type { MappedField } from '../../http/mapping.js'

/** Where customers are looked for. */
export interface Kept {
  readonly clientele: Clientele
  readonly storage: Storage
  readonly flavours: readonly Flavour[]
}

/** A page of the table. */
export interface CustomerTable {
  readonly total: number
  readonly customers: readonly Customer[]
}

/** One record from all sides. */
export interface CustomerSides {
  /** Its document in each API, by the API's name. */
  readonly shown: Readonly<Record<string, object>>
  /** What the storage keeps of it, without its secret; its addresses, accounts and mappings too. */
  readonly stored: Readonly<Record<'customer' | 'addresses' | 'accounts' | 'mappings', unknown>>
  readonly hasPassword: boolean
  /** Property by property. */
  readonly mapping: readonly MappedField[]
  readonly addresses: readonly { readonly addressId: string; readonly mapping: readonly MappedField[] }[]
}

/** Customers on a page of the table. */
export const pageSize = 25

const searched: readonly Path[] = [
  ['customerNo'],
  ['firstName'],
  ['lastName'],
  ['email'],
  ['companyName'],
  ['credentials', 'login'],
]

/** Customers of a list, the newest first; those that have every word of `search` somewhere. */
export async function findCustomers(
  { clientele }: Kept,
  list: string,
  search: string,
  page: number,
): Promise<CustomerTable> {
  const words = search.slice(0, 100).split(/\s+/).filter(Boolean)
  const of = words.map((word): Condition => {
    const pattern = `(?i)${word.replaceAll(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`)}`
    return { op: 'or', of: searched.map((path) => ({ op: 'matches', path, pattern })) }
  })
  const { items, total } = await clientele.list(list).findCustomers({
    query: {
      ...(of.length > 0 && { where: { op: 'and', of } }),
      sort: [{ path: ['creationDate'], descending: true }],
      offset: (page - 1) * pageSize,
      limit: pageSize,
    },
  })
  return { total, customers: items }
}

/** One customer; undefined where there is none. */
export async function customerSides(
  { storage, flavours }: Kept,
  list: string,
  customerNo: string,
): Promise<CustomerSides | undefined> {
  const key = keyOf(customerNo)
  const found = await storage.read(list, async (unit) => {
    const record = await unit.customers.get({ customerNo: key })
    if (!record) return undefined
    const of = (value: string) => ({ where: { op: 'eq', path: ['keys', 'customer'], value } as const })
    const [addresses, accounts, mappings] = [
      await unit.addresses.find(of(record.id)),
      await unit.accounts.find(of(record.id)),
      await unit.mappings.find(of(record.keys['customerNo'] ?? key)),
    ]
    return { record, addresses: addresses.items, accounts: accounts.items, mappings: mappings.items }
  })
  if (!found) return undefined
  const { secret, ...customer } = found.record
  const document = documentOf<Customer>(customer)
  return {
    shown: Object.fromEntries(flavours.map((flavour) => [flavour.name, shownBy(flavour, document)])),
    stored: { customer, addresses: found.addresses, accounts: found.accounts, mappings: found.mappings },
    hasPassword: secret !== undefined,
    mapping: explainMapping('customer', document, flavours),
    addresses: found.addresses.map((record) => ({
      addressId: record.addressId,
      mapping: explainMapping('address', documentOf(record), flavours),
    })),
  }
}

/** The document of a flavour, but for properties of lists, such as `accounts[].id`, which the mapping names. */
function shownBy({ documents }: Flavour, customer: Customer): object {
  const document = Object.entries(documents.customer.toDocument(customer))
  return Object.fromEntries(document.filter(([name]) => !name.includes('[]')))
}

/** A record without its envelope. */
function documentOf<D extends object>({
  id: _id,
  schema: _schema,
  keys: _keys,
  ...document
}: D & Omit<Envelope, 'version'>): D {
  return document as D
}
