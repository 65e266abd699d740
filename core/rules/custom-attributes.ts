/** Custom attributes: what can be kept, and those that a host declares: then only those are allowed, in every flavour. */
import { fail } from '../model/problems.js'
import type { Violation } from '../model/problems.js'
import { isEqual } from '../model/json.js'
import type { CustomAttributes, Json, SentAttributes } from '../model/documents.js'
import { isLonger } from './policies.js'
import { isAttributeName } from '../model/schemas.js'
import { SetupError } from '../model/setup-error.js'
import { isDate } from '../model/validation.js'

/** What one custom attribute may hold. */
export interface AttributeDeclaration {
  /** `date` is a calendar date, `YYYY-MM-DD`. */
  readonly type: 'string' | 'integer' | 'number' | 'boolean' | 'date'
  /** Holds a list of such values; default one. */
  readonly set?: boolean
  /** Longest string, in code points. */
  readonly maxLength?: number
  /** The only values allowed. */
  readonly enum?: readonly (string | number)[]
}

/** Declarations by name, without OCAPI's `c_`. A document without declarations takes any attribute. */
export interface CustomAttributeOptions {
  readonly customer?: { readonly [name: string]: AttributeDeclaration }
  readonly address?: { readonly [name: string]: AttributeDeclaration }
}

/** Checks custom attributes: that they can be kept, and against their declarations. */
export interface DeclaredAttributes {
  /** What is wrong with the attributes that two states of a document do not share; paths lead from the document. */
  check(
    document: 'customer' | 'address',
    now: SentAttributes | undefined,
    before: SentAttributes | undefined,
  ): readonly Violation[]
  /** A document whose attributes can be kept: judged when before handlers have dropped what they would. Throws. */
  kept<T extends WithSent>(document: 'customer' | 'address', now: T, before: SentAttributes | undefined): Kept<T>
}

interface WithSent {
  readonly custom?: SentAttributes
}
/** A document whose custom attributes were found good. */
export type Kept<T extends WithSent> = Omit<T, 'custom'> & { readonly custom?: CustomAttributes }

const types = ['string', 'integer', 'number', 'boolean', 'date']

/** Makes the checks. Throws a SetupError for a declaration that cannot be meant. */
export function declaredAttributes(options: CustomAttributeOptions = {}): DeclaredAttributes {
  for (const [document, declared] of Object.entries(options))
    for (const [name, { type, maxLength, enum: allowed }] of Object.entries(
      declared as Readonly<Record<string, AttributeDeclaration>>,
    )) {
      const where = `customAttributes.${document}.${name}`
      if (!isAttributeName(name)) throw new SetupError(`${where} is no name for an attribute`)
      if (!types.includes(type)) throw new SetupError(`${where}.type must be one of ${types.join(', ')}`)
      if (maxLength !== undefined && !(Number.isInteger(maxLength) && maxLength > 0))
        throw new SetupError(`${where}.maxLength must be a whole number above 0`)
      if (allowed !== undefined && !(Array.isArray(allowed) && allowed.length > 0))
        throw new SetupError(`${where}.enum must be a list of values`)
    }
  const check: DeclaredAttributes['check'] = (document, now = {}, before = {}) => {
    if (now === before) return []
    const violations: Violation[] = []
    for (const name of Object.keys(now)) {
      const value = now[name] as Json
      if (isEqual(value, Object.hasOwn(before, name) ? before[name] : undefined)) continue
      const message = mistakeIn(name, value, options[document])
      if (message !== undefined) violations.push({ path: ['custom', name], rule: 'custom', message })
    }
    return violations
  }
  return {
    check,
    kept<T extends WithSent>(document: 'customer' | 'address', now: T, before: SentAttributes | undefined) {
      const violations = check(document, now.custom, before)
      if (violations.length === 0) return now as Kept<T>
      throw fail('documentInvalid', { document: document === 'customer' ? document : 'customer_address', violations })
    },
  }
}

function mistakeIn(name: string, value: Json, declared: CustomAttributeOptions['customer']): string | undefined {
  if (!isScalar(value) && !(Array.isArray(value) && value.every(isScalar)))
    return 'is neither a text, a number or a flag nor a list of these'
  if (!declared) return undefined
  return Object.hasOwn(declared, name) ? wrongWith(value, declared[name] as AttributeDeclaration) : 'is not declared'
}

function isScalar(value: unknown): boolean {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
}

function wrongWith(value: unknown, { type, set = false, maxLength, enum: allowed }: AttributeDeclaration) {
  if (Array.isArray(value) !== set) return set ? 'is no list' : 'is a list'
  for (const each of set ? (value as readonly unknown[]) : [value]) {
    if (!isOf(type, each)) return `is not of type ${type}`
    if (maxLength !== undefined && typeof each === 'string' && isLonger(each, maxLength))
      return `is longer than ${maxLength} characters`
    if (allowed && !allowed.includes(each as string | number)) return 'is not one of the allowed values'
  }
  return undefined
}

function isOf(type: AttributeDeclaration['type'], value: unknown): boolean {
  if (type === 'integer') return Number.isInteger(value)
  if (type === 'date') return typeof value === 'string' && isDate(value)
  return typeof value === type
}
