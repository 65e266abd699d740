/** The YaaS documents: field tables over the domain's records (adapters/yaas/README.md, Documents). */
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
import { addressSchema, customerSchema, mappingCreateSchema } from '../../core/model/schemas.js'
import type { Path } from '../../core/ports/storage.js'
import { fieldTable } from '../http/field-table.js'
import type { FieldTable } from '../http/field-table.js'
import type { Field } from '../http/field.js'
import { namesOf } from '../http/namings.js'
import type { Namings } from '../http/namings.js'
import { ShownRecords } from '../http/shown-records.js'
import type { ValueSchema } from '../http/values.js'
import { checkMixins, checkReferences } from './mixin-checks.js'

const customers = customerSchema.properties
const addresses = addressSchema.properties
const mappings = mappingCreateSchema.properties

/** A property that shows the domain's property of the given name, with the domain's limits. */
const text = <R>(name: string, at: string, schema: ValueSchema): Field<R> => ({ name, at: [at], schema })

/** The customer, without what `expand` adds. */
export const customerTable: FieldTable<Customer, CustomerCreate, CustomerChange> = fieldTable({
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
export const addressTable: FieldTable<Address, AddressCreate, AddressChange> = fieldTable({
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
    { name: 'tags', at: ['tags'], schema: addresses.tags },
    { name: 'isDefault', at: ['isDefault'], schema: addresses.isDefault, kept: true },
  ],
})

/** The ERP mapping. Items of a list carry no id (decision 3.15). */
export const mappingTable: FieldTable<SdCustomerMapping, MappingCreate, object> = fieldTable({
  name: 'sdCustomerMapping',
  fields: [
    { name: 'id', access: 'ignored' },
    text('customerNumber', 'customerNumber', mappings.customerNumber),
    text('sdCustomerNumber', 'sdCustomerNumber', mappings.sdCustomerNumber),
    { name: 'deletedInYaaS', at: ['deletedInYaaS'], schema: mappings.deletedInYaaS },
  ],
})

/** Body of accounts/internal (decision 3.8). */
export const accountTable: FieldTable<object, { readonly email?: string }, object> = fieldTable({
  name: 'account',
  fields: [
    { name: 'email', at: ['email'], schema: { type: 'string' } },
    { name: 'password', access: 'aside', schema: { type: 'string' } },
  ],
})

/** The mixins to be shown: all, or those with these names. */
export type ShownMixins = 'all' | ReadonlySet<string>

/** The customer with these mixins. */
export function customerDocument(customer: Customer, mixins: ShownMixins): { [name: string]: unknown } {
  const document = customerTable.toDocument(customer)
  if (mixins !== 'all' && mixins.size === 0) return document
  const all: Record<string, unknown> = { ...customer.mixins }
  if (customer.custom) all[reservedMixin] = customer.custom
  const shown = Object.entries(all).filter(([name]) => mixins === 'all' || mixins.has(name))
  if (shown.length > 0) document['mixins'] = Object.fromEntries(shown)
  return document
}

/** How customers are shown where nothing is asked for: without mixins. Their entity tag is the version (decision 3.3). */
export const shownCustomers = new ShownRecords<Customer>(customerTable.toDocument, customerTag)

/** Entity tag of a customer. */
export function customerTag({ version }: Customer): string {
  return `"${version}"`
}

/** Where the login stands in a customer with `expand=accounts`. */
const loginName = 'accounts[].id'
/** Places that no field of the table names. */
const otherPlaces = [
  { at: ['custom'], name: ['mixins', reservedMixin] },
  { at: ['credentials', 'login'], name: [loginName] },
]

/** Names of customer and address for `explainMapping`. */
export const namings: Namings = {
  customer: {
    toDocument(customer) {
      const document = customerDocument(customer, 'all')
      const { login } = customer.credentials
      return login === undefined ? document : { ...document, [loginName]: login }
    },
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

/** A path of the request body as a bean path: `tags[2]`. */
export function beanPath(path: Path): string {
  return path.reduce(
    (field, name) => (/^\d+$/.test(name) ? `${field}[${name}]` : field ? `${field}.${name}` : name),
    '',
  )
}
