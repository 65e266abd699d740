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
import type { ResourceAccess } from './client-access.js'
import { addressTable, customerTable } from './documents.js'
import type { Document } from './documents.js'

/** The password that a request document holds, null if it removes it; one that is no text is refused with the document. */
export function passwordOf(body: unknown): Secret | null | undefined {
  const document = withDeletions(body)
  const credentials = isObject(document) ? document['credentials'] : undefined
  const password = isObject(credentials) ? credentials['password'] : undefined
  if (password === null) return null
  return typeof password === 'string' ? new Secret(password) : undefined
}

/**
 * What the client may write of a document: what the selector leaves, and the envelope; and what it may read of the record
 * as it is shown.
 */
function rightsTo(document: unknown, shown: Document | undefined, access: ResourceAccess | undefined) {
  if (!access || !isObject(document)) return undefined
  const written = access.write?.apply(outlineOf(document)) ?? {}
  const read = (shown && access.read?.apply(shown)) ?? {}
  return {
    read: (path: Path) => valueAt(read, path) !== undefined,
    write: (path: Path) => path.at(-1)?.startsWith('_') === true || valueAt(written, path) !== undefined,
  }
}

/** Properties, and those of the objects in them; what is deeper counts as a whole, and may be very deep. */
function outlineOf(document: Document, depth = 0): Document {
  const outline = (value: unknown): unknown => {
    if (Array.isArray(value)) return []
    return isObject(value) ? (depth === 0 ? outlineOf(value, 1) : {}) : value
  }
  return Object.fromEntries(Object.entries(document).map(([name, value]) => [name, outline(value)]))
}

function decodeCreate<R, C, U>(table: FieldTable<R, C, U>, body: unknown, access?: ResourceAccess): Decoded<C> {
  const document = withDeletions(body)
  return table.decode(document, 'create', undefined, rightsTo(document, undefined, access))
}

function decodeChange<R, C, U>(
  table: FieldTable<R, C, U>,
  body: unknown,
  current: R,
  access: ResourceAccess | undefined,
): Decoded<U> {
  const document = withDeletions(body)
  return table.decode(document, 'change', current, rightsTo(document, access && table.toDocument(current), access))
}

/** What creates a customer. */
export function decodeCustomer(body: unknown, access?: ResourceAccess): { create: CustomerCreate } {
  return { create: accepted('customer', decodeCreate(customerTable, body, access)) }
}

/** What changes a customer. */
export function decodeCustomerChange(
  body: unknown,
  current: Customer,
  access?: ResourceAccess,
): { update: CustomerChange } {
  return { update: accepted('customer', decodeChange(customerTable, body, current, access)) }
}

/** What creates an address. */
export function decodeAddress(body: unknown, access?: ResourceAccess): { create: AddressCreate } {
  return { create: accepted('customer_address', decodeCreate(addressTable, body, access)) }
}

/** What changes an address. */
export function decodeAddressChange(
  body: unknown,
  current: Address,
  access?: ResourceAccess,
): { update: AddressChange } {
  return { update: accepted('customer_address', decodeChange(addressTable, body, current, access)) }
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
