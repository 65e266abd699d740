/** The YaaS documents: field tables over the domain's records, and the rules of mixins in a PUT (yaas.md 2, decision 3.12). */
import type { Violation } from '../../core/model/problems.js'
import { keyOf } from '../../core/model/keys.js'
import { reservedMixin } from '../../core/rules/mixins.js'
import { fullNameOf } from '../../core/model/documents.js'
import type {
  Address,
  AddressChange,
  AddressCreate,
  Customer,
  CustomerChange,
  CustomerCreate,
  MappingCreate,
  SdCustomerMapping,
} from '../../core/model/documents.js'
import type { Profile } from '../../core/model/profile.js'
import { addressSchema, customerSchema, mappingCreateSchema } from '../../core/model/schemas.js'
import type { Path } from '../../core/ports/storage.js'
import { table } from '../http/field-table.js'
import type { Field, Table, ValueSchema } from '../http/field-table.js'
import { namesOf } from '../http/mapping.js'
import type { Namings } from '../http/mapping.js'
import type { Expansion } from './parameters.js'
import { beanPath } from './faults.js'

const customers = customerSchema.properties
const addresses = addressSchema.properties
const mappings = mappingCreateSchema.properties

/** A property that shows the domain's property of the given name, with the domain's limits. */
const text = <R>(name: string, at: string, schema: ValueSchema): Field<R> => ({ name, at: [at], schema })

const mixinName = /^(?!__proto__$)[a-zA-Z0-9_-]+$/
const attributeName = /^(?!__proto__$)[A-Za-z_][A-Za-z0-9_]*$/
/** Most names that a request may send of mixins, of references, or of custom attributes. */
const mostNames = 1_000
const tooMany = (path: Path): Violation => ({ path, rule: 'constraint', message: `are more than ${mostNames}` })

type Attributes = Readonly<Record<string, unknown>>

/** References to schemas: URLs as text; null removes in a partial PUT. The core says whether the URL is known. */
function checkReferences(references: Attributes, path: Path): Violation[] {
  if (Object.keys(references).length > mostNames) return [tooMany(path)]
  return Object.entries(references).flatMap(([name, url]): Violation[] => {
    const here = [...path, name]
    if (name === reservedMixin)
      return [{ path: here, rule: 'constraint', message: 'is reserved for custom attributes, which need no schema' }]
    if (!mixinName.test(name)) return [{ path: here, rule: 'constraint', message: 'is no name for a mixin' }]
    return url === null || typeof url === 'string' ? [] : [{ path: here, rule: 'type', message: 'is not a URL' }]
  })
}

/** Mixin data: any JSON by name, and under `custom` scalars or lists of scalars. */
function checkMixins(mixins: Attributes, path: Path): Violation[] {
  if (Object.keys(mixins).length > mostNames) return [tooMany(path)]
  return Object.entries(mixins).flatMap(([name, data]): Violation[] => {
    const here = [...path, name]
    if (name === reservedMixin) return data === null ? [] : checkCustom(data, here)
    return mixinName.test(name) ? [] : [{ path: here, rule: 'constraint', message: 'is no name for a mixin' }]
  })
}

function checkCustom(custom: unknown, path: Path): Violation[] {
  if (typeof custom !== 'object' || custom === null || Array.isArray(custom))
    return [{ path, rule: 'type', message: 'is not of type object' }]
  if (Object.keys(custom).length > mostNames) return [tooMany(path)]
  const isScalar = (value: unknown): boolean => ['string', 'number', 'boolean'].includes(typeof value)
  return Object.entries(custom).flatMap(([name, value]): Violation[] => {
    const here = [...path, name]
    if (!attributeName.test(name)) return [{ path: here, rule: 'custom', message: 'is no name for a custom attribute' }]
    if (value === null || isScalar(value) || (Array.isArray(value) && value.every(isScalar))) return []
    return [{ path: here, rule: 'custom', message: 'is neither a scalar nor a list of scalars' }]
  })
}

/** The customer, without what `expand` adds. */
export const customerTable: Table<Customer, CustomerCreate, CustomerChange> = table({
  name: 'customer',
  fields: [
    { name: 'id', access: 'ignored', at: ['customerNo'], schema: { type: 'string' } },
    { name: 'customerNumber', access: 'ignored', at: ['customerNo'], schema: { type: 'string' } },
    text('title', 'title', customers.title),
    text('firstName', 'firstName', customers.firstName),
    text('middleName', 'secondName', customers.secondName),
    text('lastName', 'lastName', customers.lastName),
    text('contactEmail', 'email', customers.email),
    text('contactPhone', 'phoneHome', customers.phoneHome),
    text('company', 'companyName', customers.companyName),
    text('preferredLanguage', 'preferredLocale', customers.preferredLocale),
    text('preferredCurrency', 'preferredCurrency', customers.preferredCurrency),
    text('preferredSite', 'preferredSite', customers.preferredSite),
    { name: 'active', at: ['active'], schema: customers.active, kept: true },
    {
      name: 'metadata',
      fields: [
        {
          name: 'mixins',
          at: ['mixinSchemas'],
          schema: { type: 'object' },
          check: checkReferences,
          show: (customer) => customer.mixinSchemas ?? {},
        },
        { name: 'version', access: 'ignored', at: ['version'], schema: customers.version },
        { name: 'createdAt', access: 'ignored', at: ['creationDate'], schema: customers.creationDate },
        { name: 'modifiedAt', access: 'ignored', at: ['lastModified'], schema: customers.lastModified },
      ],
    },
    { name: 'mixins', access: 'aside', at: ['mixins'], schema: { type: 'object' }, check: checkMixins },
    { name: 'accounts', access: 'ignored' },
    { name: 'addresses', access: 'ignored' },
    { name: 'defaultAddress', access: 'ignored' },
  ],
})

/** The address; unknown properties of a request are ignored (decision 3.13). */
export const addressTable: Table<Address, AddressCreate, AddressChange> = table({
  name: 'address',
  unknown: 'ignore',
  fields: [
    { name: 'id', access: 'ignored', at: ['addressId'], schema: { type: 'string' } },
    {
      name: 'contactName',
      at: ['contactName'],
      schema: addresses.contactName,
      show: (address) => address.contactName ?? fullNameOf(address),
    },
    text('companyName', 'companyName', addresses.companyName),
    text('street', 'address1', addresses.address1),
    text('streetNumber', 'streetNumber', addresses.streetNumber),
    text('streetAppendix', 'address2', addresses.address2),
    text('extraLine1', 'extraLine1', addresses.extraLine1),
    text('extraLine2', 'extraLine2', addresses.extraLine2),
    text('extraLine3', 'extraLine3', addresses.extraLine3),
    text('extraLine4', 'extraLine4', addresses.extraLine4),
    text('zipCode', 'postalCode', addresses.postalCode),
    text('city', 'city', addresses.city),
    text('state', 'stateCode', addresses.stateCode),
    text('country', 'countryCode', addresses.countryCode),
    text('contactPhone', 'phone', addresses.phone),
    { name: 'tags', at: ['tags'], schema: { type: 'array', items: { type: 'string' } } },
    { name: 'isDefault', at: ['isDefault'], schema: addresses.isDefault, kept: true },
  ],
})

/** The ERP mapping. Items of a list carry no id (decision 3.15). */
export const mappingTable: Table<SdCustomerMapping, MappingCreate, object> = table({
  name: 'sdCustomerMapping',
  fields: [
    { name: 'id', access: 'ignored' },
    text('customerNumber', 'customerNumber', mappings.customerNumber),
    text('sdCustomerNumber', 'sdCustomerNumber', mappings.sdCustomerNumber),
    { name: 'deletedInYaaS', at: ['deletedInYaaS'], schema: mappings.deletedInYaaS },
  ],
})

/** Body of accounts/internal (decision 3.8). */
export const accountTable: Table<object, { readonly email?: string }, object> = table({
  name: 'account',
  fields: [
    { name: 'email', at: ['email'], schema: { type: 'string' } },
    { name: 'password', access: 'aside', schema: { type: 'string' } },
  ],
})

/** The customer with the mixins that `expand` names. */
export function customerDocument(
  customer: Customer,
  expansion: Pick<Expansion, 'mixins'>,
): { [name: string]: unknown } {
  const document = customerTable.toDocument(customer)
  const { mixins } = expansion
  if (mixins === 'all' || mixins.size > 0) {
    const all: { readonly [name: string]: unknown } = {
      ...customer.mixins,
      ...(customer.custom && { [reservedMixin]: customer.custom }),
    }
    const shown = Object.entries(all).filter(([name]) => mixins === 'all' || mixins.has(name))
    if (shown.length > 0) document['mixins'] = Object.fromEntries(shown)
  }
  return document
}

/** Where the login stands in a customer with `expand=accounts`. */
const loginName = 'accounts[].id'
/** Places that no row of the table names. */
const otherPlaces = [
  { at: ['custom'], name: ['mixins', reservedMixin] },
  { at: ['credentials', 'login'], name: [loginName] },
]

/** Names of customer and address for `explainMapping`. */
export const namings: Namings = {
  customer: {
    toDocument: (customer) => ({
      ...customerDocument(customer, { mixins: 'all' }),
      ...(customer.credentials.login !== undefined && { [loginName]: customer.credentials.login }),
    }),
    namesOf: namesOf(customerTable, otherPlaces),
  },
  address: { toDocument: addressTable.toDocument, namesOf: namesOf(addressTable) },
}

/** The place in a request body of a domain path. */
export function bodyPath(path: Path): Path {
  return namings.customer.namesOf(path).at(-1) ?? path
}

/** The same as a bean path. */
export function fieldOf(path: Path): string {
  return beanPath(bodyPath(path))
}

/**
 * Violations that need the whole request: a customer number that may not be sent or is another customer's, addresses
 * in a create, a version that is no number.
 */
export function customerViolations(body: Attributes, customerNo: string | undefined): Violation[] {
  const violations: Violation[] = []
  const { customerNumber, addresses: sentAddresses, metadata } = body
  if (customerNumber !== undefined && customerNumber !== null) {
    if (customerNo === undefined)
      violations.push({ path: ['customerNumber'], rule: 'readOnly', message: 'is generated and cannot be sent' })
    else if (typeof customerNumber !== 'string' || keyOf(customerNumber) !== keyOf(customerNo))
      violations.push({ path: ['customerNumber'], rule: 'readOnly', message: 'is not the number of this customer' })
  }
  const isEmpty = Array.isArray(sentAddresses) ? sentAddresses.length === 0 : (sentAddresses ?? null) === null
  if (customerNo === undefined && !isEmpty)
    violations.push({ path: ['addresses'], rule: 'readOnly', message: 'are created one by one at …/addresses' })
  const version = (metadata as { readonly version?: unknown } | null | undefined)?.version ?? undefined
  if (customerNo !== undefined && version !== undefined && !Number.isInteger(version))
    violations.push({ path: ['metadata', 'version'], rule: 'type', message: 'is not of type integer' })
  return violations
}

/** In a replacement, what falls back to a default is set to it instead of removed (decision 3.2). */
export function withDefaults(update: CustomerChange, current: Customer, defaults: Profile['defaults']): CustomerChange {
  const result: Record<string, unknown> = { ...update }
  for (const [name, value] of Object.entries(defaults)) {
    const stored = current[name as keyof Profile['defaults']]
    const isAbsent = Object.hasOwn(result, name) ? result[name] === null : stored === undefined
    if (!isAbsent) continue
    if (stored === value) delete result[name]
    else result[name] = value
  }
  return result
}
