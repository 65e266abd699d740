/** The documents of the Data API 16.2 (adapters/ocapi/README.md, Documents), field by field, in the order in which they are shown. */
import { hash } from 'node:crypto'
import type {
  Address,
  AddressChange,
  AddressCreate,
  Customer,
  CustomerChange,
  CustomerCreate,
  CustomerList,
} from '../../core/model/documents.js'
import { fullNameOf } from '../../core/model/documents.js'
import { addressSchema, attributeNames, customerSchema, isAttributeName } from '../../core/model/schemas.js'
import type { Page, Totals } from '../../core/ports/storage.js'
import { fieldTable } from '../http/field-table.js'
import type { FieldTable } from '../http/field-table.js'
import type { Field, OpenFields } from '../http/field.js'
import { namesOf } from '../http/namings.js'
import type { Namings } from '../http/namings.js'
import { ShownRecords } from '../http/shown-records.js'
import { dateOf, instantOf, trimmed } from '../http/values.js'
import type { ValueSchema } from '../http/values.js'

/** The version that this flavour speaks, as documents name it. */
export const version = '16.2'

/** `_v` and `_type`: allowed in a request, where they must be right (decision 2.23). */
const envelope = (type: string): readonly Field<unknown>[] => [
  { name: '_v', access: 'aside', schema: { enum: [version] } },
  { name: '_type', access: 'aside', schema: { enum: [type] } },
  deletions,
]
/** The same in a nested document, whose type no page names: any text. */
const innerEnvelope: readonly Field<unknown>[] = [
  { name: '_v', access: 'aside', schema: { enum: [version] } },
  { name: '_type', access: 'aside', schema: { type: 'string' } },
]
/** Turned into null properties before a document is decoded, if it is a list of names. */
const deletions: Field<unknown> = {
  name: '_delete',
  access: 'aside',
  schema: { type: 'array', items: { type: 'string' } },
}

const inCustomer = customerSchema.properties
const inAddress = addressSchema.properties

/** A field whose limits are the domain's. */
const of =
  <P extends Readonly<Record<string, object>>>(properties: P) =>
  (name: string, property: keyof P & string, more: Partial<Field<unknown>> = {}): Field<unknown> => ({
    name,
    at: [property],
    schema: properties[property] as ValueSchema,
    ...more,
  })
const customerField = of(inCustomer)
const addressField = of(inAddress)

/** In 16.2, read-only, and never produced (decision 2.10). */
const neverShown = (name: string): Field<unknown> => ({ name, access: 'readOnly' })

/** Any JSON, which before handlers may read and drop; the core judges after them what is left (decision 2.16). */
const custom: OpenFields = {
  prefix: 'c_',
  at: ['custom'],
  names: attributeNames,
  schema: {},
  check: (name, _, path) =>
    isAttributeName(name) ? [] : [{ path, rule: 'custom', message: 'is no name for a custom attribute' }],
}

/** Customer (adapters/ocapi/README.md, Customer). Email, login and password have rules and faults of their own (decision 2.9). */
export const customerTable: FieldTable<Customer, CustomerCreate, CustomerChange> = fieldTable({
  name: 'customer',
  open: custom,
  fields: [
    ...envelope('customer'),
    customerField('birthday', 'birthday', { reads: dateOf }),
    customerField('company_name', 'companyName'),
    customerField('creation_date', 'creationDate', { access: 'readOnly', reads: instantOf }),
    {
      name: 'credentials',
      at: ['credentials'],
      needed: true,
      fields: [
        ...innerEnvelope,
        deletions,
        customerField('enabled', 'active', { needed: true }),
        { name: 'locked', at: ['credentials', 'locked'], schema: { type: 'boolean' }, access: 'readOnly' },
        { name: 'login', at: ['credentials', 'login'], schema: { type: 'string' }, needed: true },
        { name: 'password', access: 'aside', schema: { type: 'string' } },
        {
          name: 'password_question',
          at: ['credentials', 'passwordQuestion'],
          schema: inCustomer.credentials.properties.passwordQuestion,
        },
      ],
    },
    neverShown('customer_id'),
    customerField('customer_no', 'customerNo', { needed: true, reads: trimmed }),
    customerField('email', 'email', { schema: { type: 'string' } }),
    customerField('fax', 'fax'),
    customerField('first_name', 'firstName'),
    customerField('gender', 'gender'),
    customerField('job_title', 'jobTitle'),
    neverShown('last_login_time'),
    customerField('last_name', 'lastName'),
    neverShown('last_visit_time'),
    customerField('phone_business', 'phoneBusiness'),
    customerField('phone_home', 'phoneHome'),
    customerField('phone_mobile', 'phoneMobile'),
    customerField('preferred_locale', 'preferredLocale'),
    neverShown('previous_login_time'),
    neverShown('previous_visit_time'),
    customerField('salutation', 'salutation'),
    customerField('second_name', 'secondName'),
    customerField('suffix', 'suffix'),
    customerField('title', 'title'),
  ],
})

/** Fields of an address; its etag is computed from all others (decision 2.6). */
const addressFields: readonly Field<Address>[] = [
  ...envelope('customer_address'),
  addressField('address1', 'address1'),
  addressField('address2', 'address2'),
  addressField('address_id', 'addressId', { needed: true }),
  addressField('city', 'city'),
  addressField('company_name', 'companyName'),
  addressField('country_code', 'countryCode', { schema: { ...inAddress.countryCode, maxLength: 2 } }),
  { name: 'etag', access: 'ignored', schema: { type: 'string' }, show: (address) => addressTag(address) },
  addressField('first_name', 'firstName'),
  {
    name: 'full_name',
    access: 'ignored',
    schema: { type: 'string' },
    show: (address) => fullNameOf(address) ?? address.contactName,
  },
  addressField('job_title', 'jobTitle'),
  addressField('last_name', 'lastName'),
  addressField('phone', 'phone'),
  addressField('post_box', 'postBox'),
  addressField('postal_code', 'postalCode'),
  addressField('salutation', 'salutation'),
  addressField('second_name', 'secondName'),
  addressField('state_code', 'stateCode'),
  addressField('suffix', 'suffix'),
  addressField('suite', 'suite'),
  addressField('title', 'title'),
]

const bareAddress: FieldTable<Address, AddressCreate, AddressChange> = fieldTable({
  name: 'customer_address',
  open: custom,
  fields: addressFields.filter(({ name }) => name !== 'etag'),
})

/** CustomerAddress (adapters/ocapi/README.md, Address). */
export const addressTable: FieldTable<Address, AddressCreate, AddressChange> = fieldTable({
  name: 'customer_address',
  open: custom,
  fields: addressFields,
})

/** Names of customer and address for `explainMapping`. */
export const namings: Namings = {
  customer: { toDocument: customerTable.toDocument, namesOf: namesOf(customerTable) },
  address: { toDocument: addressTable.toDocument, namesOf: namesOf(addressTable) },
}

/** A document as a reply carries it. */
export type Document = { readonly [name: string]: unknown }

const digestOf = (text: string): string => hash('sha256', text, 'hex')

/** How customers are shown. Their ETag is a digest of the whole document (decision 2.6). */
export const shownCustomers = new ShownRecords<Customer>(
  (customer) => customerTable.toDocument(customer, { _v: version, _type: 'customer' }),
  (_, text) => digestOf(text),
)

const addressTags = new WeakMap<Address, string>()

/** ETag of an address: of its whole document but the ETag in it. */
function addressTag(address: Address): string {
  const known = addressTags.get(address)
  if (known !== undefined) return known
  const tag = digestOf(JSON.stringify(bareAddress.toDocument(address)))
  addressTags.set(address, tag)
  return tag
}

/** How addresses are shown, with the ETag that stands in the document. */
export const shownAddresses = new ShownRecords<Address>(
  (address) => addressTable.toDocument(address, { _v: version, _type: 'customer_address' }),
  addressTag,
)

/** The reply document of a customer list. */
export function listDocument(list: CustomerList): Document {
  return { _v: version, _type: 'customer_list', id: list.id }
}

/** The reply document of a page of addresses, which starts at `start`; properties in the order of the seed. */
export function addressesDocument(
  { items, total, isAtLeast }: Page<Address>,
  start: number,
  { next, previous }: { readonly next?: string; readonly previous?: string },
  select: string | undefined,
  totals: Totals,
): Document {
  const document: Record<string, unknown> = {
    _v: version,
    _type: 'customer_address_result',
    count: items.length,
    data: items.map((each) => addressTable.toDocument(each)),
  }
  for (const [name, value] of Object.entries({ next, previous, select }))
    if (value !== undefined) document[name] = value
  if (totals === 'none') return { ...document, start }
  return { ...document, start, [isAtLeast ? 'total_at_least' : 'total']: total }
}
