/** The documents of the Data API 16.2 (ocapi.md 2.1-2.6), row by row, in the order in which they are shown. */
import { hash } from 'node:crypto'
import { fail } from '../../core/model/problems.js'
import type { Violation } from '../../core/model/problems.js'
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
import { addressSchema, customerSchema } from '../../core/model/schemas.js'
import { Secret } from '../../core/model/secret.js'
import type { Path } from '../../core/ports/storage.js'
import { valueAt } from '../../core/ports/storage.js'
import type { Decoded, Field, OpenFields, Table, ValueSchema } from '../http/field-table.js'
import { isObject, table } from '../http/field-table.js'
import { namesOf } from '../http/mapping.js'
import type { Namings } from '../http/mapping.js'
import type { Selector } from './select.js'

/** The version that this flavour speaks, as documents name it. */
export const version = '16.2'

type Row<R> = Field<R>

/** `_v` and `_type`: allowed in a request, where they must be right (decision 2.23). */
const envelope = (type: string): readonly Row<unknown>[] => [
  { name: '_v', access: 'aside', schema: { enum: [version] } },
  { name: '_type', access: 'aside', schema: { enum: [type] } },
  deletions,
]
/** Turned into null properties before a document is decoded, if it is a list of names. */
const deletions: Row<unknown> = {
  name: '_delete',
  access: 'aside',
  schema: { type: 'array', items: { type: 'string' } },
}

const inCustomer = customerSchema.properties
const inAddress = addressSchema.properties

/** A row whose limits are the domain's. */
const of =
  <P extends Readonly<Record<string, object>>>(properties: P) =>
  (name: string, property: keyof P & string, more: Partial<Row<unknown>> = {}): Row<unknown> => ({
    name,
    at: [property],
    schema: properties[property] as ValueSchema,
    ...more,
  })
const customerRow = of(inCustomer)
const addressRow = of(inAddress)

/** In 16.2, read-only, and never produced (decision 2.10). */
const neverShown = (name: string): Row<unknown> => ({ name, access: 'readOnly' })

/** A number of 2^53 or more may have changed on its way: it is refused. */
function isScalar(value: unknown): boolean {
  if (typeof value === 'number') return Math.abs(value) <= Number.MAX_SAFE_INTEGER
  return typeof value === 'string' || typeof value === 'boolean'
}

/** What is wrong with a custom attribute: InvalidCustomPropertyException whatever it is (decision 2.16). */
function checkCustom(name: string, value: unknown, path: readonly string[]): readonly Violation[] {
  const values: readonly unknown[] = Array.isArray(value) ? (value as unknown[]) : [value]
  const isPlain = values.every((each) => each === undefined || isScalar(each))
  if (/^[A-Za-z_][A-Za-z0-9_]*$/.test(name) && name !== '__proto__' && isPlain) return []
  return [{ path, rule: 'custom', message: 'is no custom attribute' }]
}
const range = { minimum: -Number.MAX_SAFE_INTEGER, maximum: Number.MAX_SAFE_INTEGER }
const scalars = { type: ['string', 'number', 'boolean'], ...range }
const custom: OpenFields = {
  prefix: 'c_',
  at: ['custom'],
  names: '[A-Za-z_][A-Za-z0-9_]*',
  schema: { ...scalars, type: [...scalars.type, 'array'], items: scalars },
  check: checkCustom,
}

/** Customer (ocapi.md 2.1, 2.2). Email, login and password have rules and faults of their own (decision 2.9). */
export const customerTable: Table<Customer, CustomerCreate, CustomerChange> = table({
  name: 'customer',
  open: custom,
  fields: [
    ...envelope('customer'),
    customerRow('birthday', 'birthday'),
    customerRow('company_name', 'companyName'),
    customerRow('creation_date', 'creationDate', { access: 'readOnly' }),
    {
      name: 'credentials',
      at: ['credentials'],
      needed: true,
      fields: [
        deletions,
        customerRow('enabled', 'active', { needed: true }),
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
    customerRow('customer_no', 'customerNo', { needed: true, trims: true }),
    customerRow('email', 'email', { schema: { type: 'string' } }),
    customerRow('fax', 'fax'),
    customerRow('first_name', 'firstName'),
    customerRow('gender', 'gender'),
    customerRow('job_title', 'jobTitle'),
    neverShown('last_login_time'),
    customerRow('last_name', 'lastName'),
    neverShown('last_visit_time'),
    customerRow('phone_business', 'phoneBusiness'),
    customerRow('phone_home', 'phoneHome'),
    customerRow('phone_mobile', 'phoneMobile'),
    customerRow('preferred_locale', 'preferredLocale'),
    neverShown('previous_login_time'),
    neverShown('previous_visit_time'),
    customerRow('salutation', 'salutation'),
    customerRow('second_name', 'secondName'),
    customerRow('suffix', 'suffix'),
    customerRow('title', 'title'),
  ],
})

/** Rows of an address but its etag, which is computed from them (decision 2.6). */
const addressFields: readonly Row<Address>[] = [
  ...envelope('customer_address'),
  addressRow('address1', 'address1'),
  addressRow('address2', 'address2'),
  addressRow('address_id', 'addressId', { needed: true }),
  addressRow('city', 'city'),
  addressRow('company_name', 'companyName'),
  addressRow('country_code', 'countryCode', { schema: { ...inAddress.countryCode, maxLength: 2 } }),
  addressRow('first_name', 'firstName'),
  { name: 'full_name', access: 'ignored', show: (address) => fullNameOf(address) ?? address.contactName },
  addressRow('job_title', 'jobTitle'),
  addressRow('last_name', 'lastName'),
  addressRow('phone', 'phone'),
  addressRow('post_box', 'postBox'),
  addressRow('postal_code', 'postalCode'),
  addressRow('salutation', 'salutation'),
  addressRow('second_name', 'secondName'),
  addressRow('state_code', 'stateCode'),
  addressRow('suffix', 'suffix'),
  addressRow('suite', 'suite'),
  addressRow('title', 'title'),
]

const bareAddress: Table<Address, AddressCreate, AddressChange> = table({
  name: 'customer_address',
  open: custom,
  fields: addressFields,
})

/** CustomerAddress (ocapi.md 2.3). */
export const addressTable: Table<Address, AddressCreate, AddressChange> = table({
  name: 'customer_address',
  open: custom,
  fields: addressFields.toSpliced(9, 0, { name: 'etag', access: 'ignored', show: addressTag }),
})

const tags = new WeakMap<object, string>()

function tagOf<R extends object>(record: R, show: (record: R) => object): string {
  const known = tags.get(record)
  if (known !== undefined) return known
  const tag = hash('sha256', JSON.stringify(show(record)), 'hex')
  tags.set(record, tag)
  return tag
}

/** ETag of a customer: of its whole document; computed once per frozen record (decision 2.6). */
export function customerTag(customer: Customer): string {
  return tagOf(customer, customerTable.toDocument)
}

/** ETag of an address. */
export function addressTag(address: Address): string {
  return tagOf(address, bareAddress.toDocument)
}

/** Names of customer and address for `explainMapping`. */
export const namings: Namings = {
  customer: { toDocument: customerTable.toDocument, namesOf: namesOf(customerTable) },
  address: { toDocument: addressTable.toDocument, namesOf: namesOf(addressTable) },
}

/** A document as a reply carries it. */
export type Document = { readonly [name: string]: unknown }

/** The reply document of a customer. */
export function customerDocument(customer: Customer): Document {
  return customerTable.toDocument(customer, { _v: version, _type: 'customer' })
}

/** The reply document of an address. */
export function addressDocument(address: Address): Document {
  return addressTable.toDocument(address, { _v: version, _type: 'customer_address' })
}

/** The reply document of a customer list. */
export function listDocument(list: CustomerList): Document {
  return { _v: version, _type: 'customer_list', id: list.id }
}

/** The password that a request document holds, null if it removes it; one that is no text is refused with the document. */
export function passwordOf(body: unknown): Secret | null | undefined {
  const { credentials } = (isObject(body) ? withDeletions(body) : {}) as { readonly credentials?: unknown }
  const password = isObject(credentials) ? credentials['password'] : undefined
  if (password === null) return null
  return typeof password === 'string' ? new Secret(password) : undefined
}

/** A document turned round. Throws documentInvalid. */
function accepted<C>(name: string, { document, violations }: Decoded<C>): C {
  if (violations.length > 0) throw fail('documentInvalid', { document: name, violations })
  return document
}

/** Which properties of a document may be written: those that the selector leaves, and the envelope. */
function permission(document: unknown, write: Selector | undefined): ((path: Path) => boolean) | undefined {
  const allowed = write && isObject(document) ? write.apply(document) : undefined
  return allowed && ((path) => path.at(-1)?.startsWith('_') === true || valueAt(allowed, path) !== undefined)
}

function decodeCreate<R, C, U>(rows: Table<R, C, U>, body: unknown, write: Selector | undefined): Decoded<C> {
  const document = withDeletions(body)
  return rows.decode(document, 'create', undefined, permission(document, write))
}

function decodeChange<R, C, U>(
  rows: Table<R, C, U>,
  body: unknown,
  current: R,
  write: Selector | undefined,
): Decoded<U> {
  const document = withDeletions(body)
  return rows.decode(document, 'change', current, permission(document, write))
}

/** What creates a customer. */
export function decodeCustomer(body: unknown, write?: Selector): { create: CustomerCreate } {
  return { create: accepted('customer', decodeCreate(customerTable, body, write)) }
}

/** What changes a customer. */
export function decodeCustomerChange(body: unknown, current: Customer, write?: Selector): { update: CustomerChange } {
  return { update: accepted('customer', decodeChange(customerTable, body, current, write)) }
}

/** What creates an address. */
export function decodeAddress(body: unknown, write?: Selector): { create: AddressCreate } {
  return { create: accepted('customer_address', decodeCreate(addressTable, body, write)) }
}

/** What changes an address. */
export function decodeAddressChange(body: unknown, current: Address, write?: Selector): { update: AddressChange } {
  return { update: accepted('customer_address', decodeChange(addressTable, body, current, write)) }
}

/**
 * A change document with every name in `_delete` as a null property in its place, in nested objects too; a name that is
 * both set and deleted keeps the set value (decision 2.8). A `_delete` that is no list of names stays as it is, so that
 * it is refused.
 */
function withDeletions(body: unknown): unknown {
  if (!isObject(body)) return body
  const credentials = body['credentials']
  if (!Object.hasOwn(body, '_delete') && !(isObject(credentials) && Object.hasOwn(credentials, '_delete'))) return body
  const result = Object.create(null) as Record<string, unknown>
  for (const [name, value] of Object.entries(body)) {
    if (name !== '_delete') result[name] = name === 'credentials' ? withDeletions(value) : value
    else if (!Array.isArray(value) || !value.every((each) => typeof each === 'string')) result[name] = value
    else for (const each of value) if (!Object.hasOwn(body, each)) result[each] = null
  }
  return result
}
