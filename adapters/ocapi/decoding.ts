/** Request documents: checked and turned round, their password aside (decisions 2.8 to 2.10). */
import type {
  Address,
  AddressChange,
  AddressCreate,
  Customer,
  CustomerChange,
  CustomerCreate,
} from '../../core/model/documents.js'
import { isObject } from '../../core/model/json.js'
import { Secret } from '../../core/model/secret.js'
import type { Path } from '../../core/ports/storage.js'
import { valueAt } from '../../core/ports/storage.js'
import { accepted } from '../http/field-decoding.js'
import type { FieldTable } from '../http/field-table.js'
import type { Decoded } from '../http/field.js'
import { addressTable, customerTable } from './documents.js'
import type { Selector } from './select.js'

/** The password that a request document holds, null if it removes it; one that is no text is refused with the document. */
export function passwordOf(body: unknown): Secret | null | undefined {
  const document = withDeletions(body)
  const credentials = isObject(document) ? document['credentials'] : undefined
  const password = isObject(credentials) ? credentials['password'] : undefined
  if (password === null) return null
  return typeof password === 'string' ? new Secret(password) : undefined
}

/** Which properties of a document may be written: those that the selector leaves, and the envelope. */
function permission(document: unknown, write: Selector | undefined): ((path: Path) => boolean) | undefined {
  const allowed = write && isObject(document) ? write.apply(document) : undefined
  return allowed && ((path) => path.at(-1)?.startsWith('_') === true || valueAt(allowed, path) !== undefined)
}

function decodeCreate<R, C, U>(table: FieldTable<R, C, U>, body: unknown, write: Selector | undefined): Decoded<C> {
  const document = withDeletions(body)
  return table.decode(document, 'create', undefined, permission(document, write))
}

function decodeChange<R, C, U>(
  table: FieldTable<R, C, U>,
  body: unknown,
  current: R,
  write: Selector | undefined,
): Decoded<U> {
  const document = withDeletions(body)
  return table.decode(document, 'change', current, permission(document, write))
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
