/** Request documents: checked, turned round, and put together from what tables and mixins say. */
import type {
  Address,
  AddressChange,
  Customer,
  CustomerChange,
  CustomerCreate,
  MappingCreate,
} from '../../core/model/documents.js'
import { isObject } from '../../core/model/json.js'
import { keyOf } from '../../core/model/keys.js'
import { fail } from '../../core/model/problems.js'
import type { Violation } from '../../core/model/problems.js'
import type { Profile } from '../../core/model/profile.js'
import type { Decoded } from '../http/field.js'
import { addressTable, customerTable, mappingTable } from './documents.js'
import type { YaasExchange } from './exchange.js'
import { payload } from './faults.js'
import { createMixins, mergeMixins, replaceMixins, sentMixins } from './mixins.js'

type Body = YaasExchange['body']

/** The document, if nothing is wrong with it. Throws documentInvalid, with all that is wrong in the order of the body. */
export function accepted<C>({ body, violations: found }: YaasExchange, { document, violations }: Decoded<C>): C {
  const all = [...violations, ...found]
  if (all.length === 0) return document
  const names = Object.keys(body)
  const position = ({ path }: Violation): number => {
    const at = names.indexOf(path[0] ?? '')
    return at < 0 ? names.length : at
  }
  throw fail('documentInvalid', { document: payload, violations: all.toSorted((a, b) => position(a) - position(b)) })
}

/** What creates a customer, and what is wrong with it; worked out once. */
export function decodeCustomer(x: YaasExchange): Decoded<CustomerCreate> {
  return (x.create ??= createOf(x))
}

function createOf({ body }: YaasExchange): Decoded<CustomerCreate> {
  const { document, aside, violations } = customerTable.decode(body, 'create')
  const plain = withoutReferences(document)
  const sent = areMixinsGood(violations) ? sentMixins(body) : undefined
  return {
    document: sent ? { ...plain, ...createMixins(sent) } : plain,
    aside,
    violations: [...violations, ...customerViolations(body, undefined)],
  }
}

/** The document without the references of mixins, which come with their data. */
function withoutReferences<C extends CustomerCreate | CustomerChange>(document: C): Omit<C, 'mixinSchemas'> {
  if (!Object.hasOwn(document, 'mixinSchemas')) return document
  const { mixinSchemas: _, ...plain } = document
  return plain
}

/** What changes a customer, and what is wrong with it; worked out once for one state of the customer. */
export function decodeCustomerChange(x: YaasExchange, current: Customer): Decoded<CustomerChange> {
  if (x.change?.of !== current) x.change = { of: current, decoded: changeOf(x, current) }
  return x.change.decoded
}

function changeOf(x: YaasExchange, current: Customer): Decoded<CustomerChange> {
  const { body, asked, options } = x
  const { document, aside, violations } = customerTable.decode(body, asked.isPartial ? 'change' : 'replace', current)
  const plain = withoutReferences(document)
  const change = (): CustomerChange => {
    const sent = sentMixins(body)
    const fields = asked.isPartial ? kept(plain, 'active') : withDefaults(plain, current, options.profile.defaults)
    if (!sent) return fields
    return { ...fields, ...(asked.isPartial ? mergeMixins(current, sent) : replaceMixins(current, sent)) }
  }
  return {
    document: areMixinsGood(violations) ? change() : plain,
    aside,
    violations: [...violations, ...customerViolations(body, current.customerNo)],
  }
}

/** Mixins that are no objects, or nested too deep, are not looked into. */
function areMixinsGood(violations: readonly Violation[]): boolean {
  return !violations.some(({ path }) => path[0] === 'mixins' || path[0] === 'metadata')
}

/** What changes an address. Throws documentInvalid. */
export function decodeAddressChange(x: YaasExchange, current: Address): AddressChange {
  const decoded = addressTable.decode(x.body, x.asked.isPartial ? 'change' : 'replace', current)
  return kept(accepted(x, decoded), 'isDefault')
}

/** What creates a mapping. Throws documentInvalid. */
export function decodeMapping(x: YaasExchange): MappingCreate {
  const decoded = mappingTable.decode(x.body, 'create')
  const missing = ['customerNumber', 'sdCustomerNumber'].filter((name) => (x.body[name] ?? null) === null)
  const violations = missing.map((name): Violation => ({ path: [name], rule: 'missing', message: 'is missing' }))
  return accepted(x, { ...decoded, violations: [...decoded.violations, ...violations] })
}

/** The change without a flag that is always there, if it is null: that leaves it as it is. */
function kept<C extends object>(change: C, flag: keyof C): C {
  if (change[flag] !== null) return change
  const { [flag]: _, ...rest } = change
  return rest as C
}

/**
 * Violations that need the whole request: a customer number that may not be sent or is another customer's, addresses
 * in a create, a version that is no number.
 */
function customerViolations(body: Body, customerNo: string | undefined): Violation[] {
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
  const version = isObject(metadata) ? (metadata['version'] ?? undefined) : undefined
  if (customerNo !== undefined && version !== undefined && !Number.isInteger(version))
    violations.push({ path: ['metadata', 'version'], rule: 'type', message: 'is not of type integer' })
  return violations
}

/** In a replacement, what falls back to a default is set to it instead of removed (decision 3.2). */
function withDefaults(update: CustomerChange, current: Customer, defaults: Profile['defaults']): CustomerChange {
  const standards: Readonly<Record<string, unknown>> = defaults
  const storedAt = (name: string): unknown => current[name as keyof Profile['defaults']]
  const result: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(update)) {
    const standard = value === null ? standards[name] : undefined
    if (standard === undefined) result[name] = value
    else if (storedAt(name) !== standard) result[name] = standard
  }
  for (const name of Object.keys(standards))
    if (storedAt(name) === undefined && !Object.hasOwn(update, name)) result[name] = standards[name]
  return result
}
