/** Single values of request documents, checked against the part of JSON Schema that field tables use. */
import { isObject, jsonTypeOf } from '../../core/model/json.js'
import type { Violation } from '../../core/model/problems.js'
import { isLonger, lengthOf } from '../../core/rules/policies.js'
import type { Path } from '../../core/ports/storage.js'
import { findUnusable, isDate, mostViolations } from '../../core/model/validation.js'

/** What a value may be: the part of JSON Schema that documents use. Lengths count code points. */
export interface ValueSchema {
  readonly type?: 'string' | 'integer' | 'number' | 'boolean' | 'object' | 'array'
  readonly minLength?: number
  readonly maxLength?: number
  readonly pattern?: string
  /** `date`: a date of the calendar, `YYYY-MM-DD`. */
  readonly format?: 'date' | 'date-time'
  readonly enum?: readonly (string | number)[]
  readonly minimum?: number
  readonly items?: ValueSchema
}

/** The violation of a value that has another type. */
export const wrongType = (path: Path, expected: readonly string[], value: unknown): Violation => ({
  path,
  rule: 'type',
  message: `is not of type ${expected.join(' or ')}`,
  expected,
  actual: jsonTypeOf(value),
})

/** No violations. */
export const none: readonly Violation[] = []

/** Reads a text without the blanks at its ends. */
export function trimmed(given: unknown): unknown {
  return typeof given === 'string' ? given.trim() : given
}

/** Reads a date that typed clients send as midnight, or with `Z`, as that date (decision 2.10). */
export function dateOf(given: unknown): unknown {
  if (typeof given !== 'string' || given.length <= 'YYYY-MM-DD'.length) return given
  const form = /^(\d{4}-\d\d-\d\d)(?:Z|T00:00:00(?:\.0+)?(?:Z|[+-](?:0\d|1[0-4]):?[0-5]\d)?)$/
  return form.exec(given)?.[1] ?? given
}

/** Reads an instant, whatever its offset and its precision of zeros, as instants are kept (decisions 1.8, 2.8). */
export function instantOf(given: unknown): unknown {
  const form = /^(\d{4}-\d\d-\d\d)(T\d\d:\d\d:\d\d(?:\.\d{1,3})?)0*(Z|[+-]\d\d:?\d\d)$/
  const [, date, time, zone = ''] = (typeof given === 'string' && form.exec(given)) || []
  if (date === undefined || !isDate(date)) return given
  const instant = new Date(`${date}${time}${zone.replace(/(\d\d)(\d\d)$/, '$1:$2')}`)
  return Number.isNaN(instant.getTime()) ? given : instant.toISOString()
}

/** What is wrong with a value that is not null and lies at `path`. */
export type ValueCheck = (value: unknown, path: Path) => readonly Violation[]

/** The check that a schema asks for: made once, so that a request looks at no schema. Without a schema, any value that can be stored. */
export function valueCheck(schema: ValueSchema = {}): ValueCheck {
  const { type, items, enum: allowed, minimum } = schema
  const itemsCheck = items && listCheck(items)
  const brokenBy = textRule(schema)
  return (value, path) => {
    if (type !== undefined && !isOfType(type, value)) return [wrongType(path, [type], value)]
    const unusable = findUnusable(value, path)
    if (unusable) return [unusable]
    if (itemsCheck && Array.isArray(value)) return itemsCheck(value, path)
    const broken = typeof value === 'string' ? brokenBy(value) : undefined
    if (broken === 'type') return [wrongType(path, [schema.format as string], value)]
    if (broken !== undefined) return [{ path, rule: 'constraint', message: broken }]
    if (allowed && !allowed.includes(value as string | number))
      return [{ path, rule: 'enum', message: 'is not one of the allowed values', value }]
    if (minimum !== undefined && (value as number) < minimum)
      return [{ path, rule: 'constraint', message: `is less than ${minimum}` }]
    return none
  }
}

function isOfType(type: NonNullable<ValueSchema['type']>, value: unknown): boolean {
  switch (type) {
    case 'integer':
      return Number.isInteger(value)
    case 'object':
      return isObject(value)
    case 'array':
      return Array.isArray(value)
    default:
      return typeof value === type
  }
}

function listCheck(items: ValueSchema): (list: readonly unknown[], path: Path) => readonly Violation[] {
  const itemCheck = valueCheck(items)
  const expected = [items.type ?? 'string']
  return (list, path) => {
    const found: Violation[] = []
    for (const [index, item] of list.entries()) {
      if (found.length >= mostViolations) break
      const here = [...path, String(index)]
      found.push(...(item === null ? [wrongType(here, expected, item)] : itemCheck(item, here)))
    }
    return found
  }
}

/** Gives what a string breaks: the message of a constraint, `type` for a text that is no date, or nothing. */
function textRule({ maxLength, minLength, pattern, format }: ValueSchema): (text: string) => string | undefined {
  const form = pattern === undefined ? undefined : new RegExp(pattern, 'u')
  return (text) => {
    if (format === 'date' && !isDate(text)) return 'type'
    if (maxLength !== undefined && isLonger(text, maxLength)) return `is longer than ${maxLength} characters`
    if (minLength !== undefined && lengthOf(text) < minLength) return `is shorter than ${minLength} characters`
    if (form && !form.test(text)) return text.trim() === '' ? 'is blank' : 'does not have the form it needs'
    return undefined
  }
}
