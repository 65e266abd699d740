/** Single values of request documents, checked against the part of JSON Schema that field tables use. */
import { jsonTypeOf } from '../../core/model/json.js'
import type { Violation } from '../../core/model/problems.js'
import { lengthOf } from '../../core/rules/policies.js'
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
  const form = /^(\d{4}-\d\d-\d\d)(?:Z|T00:00:00(?:\.0+)?(?:Z|[+-](?:0\d|1[0-4]):?[0-5]\d)?)$/
  return (typeof given === 'string' && form.exec(given)?.[1]) || given
}

/** Reads an instant, whatever its offset and its precision of zeros, as instants are kept (decisions 1.8, 2.8). */
export function instantOf(given: unknown): unknown {
  const form = /^(\d{4}-\d\d-\d\d)(T\d\d:\d\d:\d\d(?:\.\d{1,3})?)0*(Z|[+-]\d\d:?\d\d)$/
  const [, date, time, zone = ''] = (typeof given === 'string' && form.exec(given)) || []
  if (date === undefined || !isDate(date)) return given
  const instant = new Date(`${date}${time}${zone.replace(/(\d\d)(\d\d)$/, '$1:$2')}`)
  return Number.isNaN(instant.getTime()) ? given : instant.toISOString()
}

/** What is wrong with a value that is not null. */
export function violationsOf(value: unknown, schema: ValueSchema | undefined, path: Path): readonly Violation[] {
  const type = schema?.type
  if (type !== undefined && type !== jsonTypeOf(value) && !(type === 'number' && typeof value === 'number'))
    return [wrongType(path, [type], value)]
  const unusable = findUnusable(value, path)
  if (unusable) return [unusable]
  if (!schema) return none
  if (schema.items && Array.isArray(value)) {
    const { items } = schema
    const found: Violation[] = []
    for (const [index, item] of value.entries()) {
      if (found.length >= mostViolations) break
      const here = [...path, String(index)]
      found.push(
        ...(item === null ? [wrongType(here, [items.type ?? 'string'], item)] : violationsOf(item, items, here)),
      )
    }
    return found
  }
  const broken = typeof value === 'string' ? brokenBy(value, schema) : undefined
  if (broken === 'type') return [wrongType(path, [schema.format as string], value)]
  if (broken) return [{ path, rule: 'constraint', message: broken }]
  if (schema.enum && !schema.enum.includes(value as string | number))
    return [{ path, rule: 'enum', message: 'is not one of the allowed values', value }]
  if (schema.minimum !== undefined && (value as number) < schema.minimum)
    return [{ path, rule: 'constraint', message: `is less than ${schema.minimum}` }]
  return none
}

/** What a string breaks: the message of a constraint, `type` for a text that is no date, or nothing. */
function brokenBy(text: string, schema: ValueSchema): string | undefined {
  const { maxLength, minLength, pattern, format } = schema
  if (format === 'date' && !isDate(text)) return 'type'
  if (maxLength !== undefined && text.length > maxLength && lengthOf(text) > maxLength)
    return `is longer than ${maxLength} characters`
  if (minLength !== undefined && lengthOf(text) < minLength) return `is shorter than ${minLength} characters`
  if (pattern !== undefined && !patternOf(pattern).test(text))
    return text.trim() === '' ? 'is blank' : 'does not have the form it needs'
  return undefined
}

const patterns = new Map<string, RegExp>()
function patternOf(source: string): RegExp {
  const known = patterns.get(source) ?? new RegExp(source, 'u')
  patterns.set(source, known)
  return known
}
