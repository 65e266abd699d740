/** Documents against schemas of ours, and the checks on text and depth that no schema can say. */
import type { Ajv, ErrorObject, ValidateFunction } from 'ajv'
import { jsonTypeOf } from './json.js'
import type { Violation } from './problems.js'
import type { Schema } from './schemas.js'

/** Documents nested deeper than this are refused, in both flavours. */
export const maxDepth = 64

/** Characters that XML 1.0 cannot carry, and lone surrogates (decision 1.9). */
const unusable = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|\p{Surrogate}/u

/**
 * The first string, number or property name that a document may not hold, or the place where it is too deep (decisions
 * 1.9, 1.15). A value that stands at the same place in `known` is not judged again.
 */
export function findUnusable(value: unknown, path: readonly string[] = [], known?: unknown): Violation | undefined {
  return typeof value === 'string' && !unusable.test(value) ? undefined : unusableIn(value, [...path], known)
}

/** `path` is the way to the value; it is the same array all the way down, since most documents are fine. */
function unusableIn(value: unknown, path: string[], known: unknown): Violation | undefined {
  if (value === known) return undefined
  if (typeof value === 'string')
    return unusable.test(value)
      ? { path: [...path], rule: 'characters', message: 'holds a character that cannot be stored' }
      : undefined
  if (typeof value === 'number' && !isNumberKept(value))
    return { path: [...path], rule: 'constraint', message: 'is not a finite number, or whole and beyond ±(2^53 − 1)' }
  if (value === null || typeof value !== 'object') return undefined
  if (path.length >= maxDepth) return { path: path.slice(0, 8), rule: 'depth', message: 'is nested too deep' }
  const isList = Array.isArray(value)
  for (const name of isList ? value.keys() : Object.keys(value)) {
    const inner = (value as Record<string | number, unknown>)[name]
    if (!isList && unusable.test(name as string))
      return {
        path: [...path],
        rule: 'characters',
        message: 'has a property name with a character that cannot be stored',
      }
    path.push(String(name))
    const found = unusableIn(inner, path, (known as Record<string | number, unknown> | null | undefined)?.[name])
    if (found) return found
    path.pop()
  }
  return undefined
}

/** A whole number of 2^53 or more may have changed on its way; others are kept as they are (decision 1.15). */
function isNumberKept(value: number): boolean {
  return Number.isSafeInteger(value) || (Number.isFinite(value) && !Number.isInteger(value))
}

/** True for a date of the calendar, `YYYY-MM-DD`. */
export function isDate(text: string): boolean {
  if (!/^\d{4}-\d\d-\d\d$/.test(text)) return false
  const [year, month, day] = [Number(text.slice(0, 4)), Number(text.slice(5, 7)), Number(text.slice(8))]
  return month >= 1 && month <= 12 && day >= 1 && day <= daysOf(month, year)
}

function daysOf(month: number, year: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28
  return [4, 6, 9, 11].includes(month) ? 30 : 31
}

let loading: Promise<Ajv> | undefined
const compiled = new WeakMap<object, ValidateFunction>()

async function ajv(): Promise<Ajv> {
  loading ??= import('ajv').then(
    ({ Ajv }) =>
      new Ajv({
        allErrors: true,
        ownProperties: true,
        verbose: true,
        allowUnionTypes: true,
        formats: { date: isDate, 'date-time': (text: string) => !Number.isNaN(Date.parse(text)) },
      }),
  )
  return loading
}

/** Loads ajv and compiles these schemas, so that the next checks are quick. */
export async function prepare(...schemas: readonly Schema[]): Promise<void> {
  const instance = await ajv()
  for (const schema of schemas) if (!compiled.has(schema)) compiled.set(schema, instance.compile(schema))
}

/** Whether a schema is compiled: `checkNow` takes it. */
export function isPrepared(schema: Schema): boolean {
  return compiled.has(schema)
}

/**
 * What is wrong with a document, in document order; empty when it is valid. Schemas are compiled when first used and
 * kept with the schema object. Texts and numbers that `known` has at the same place are not judged again.
 */
export async function check(schema: Schema, document: unknown, known?: unknown): Promise<readonly Violation[]> {
  if (!isPrepared(schema)) await prepare(schema)
  return checkNow(schema, document, known)
}

/** As `check`, for a schema that is prepared. */
export function checkNow(schema: Schema, document: unknown, known?: unknown): readonly Violation[] {
  const bad = findUnusable(document, [], known)
  if (bad) return [bad]
  const validate = compiled.get(schema) as ValidateFunction
  return validate(document) ? [] : violationsOf(validate.errors ?? [], document)
}

/** A document's violations are told up to this number. */
export const mostViolations = 100

/** ajv's errors as violations, in document order; the first of them. */
export function violationsOf(errors: readonly ErrorObject[], document: unknown): Violation[] {
  const places = new Places()
  return errors
    .filter((error) => error.propertyName === undefined)
    .map((error) => violationOf(error))
    .map((violation) => ({ violation, position: places.of(violation.path, document) }))
    .toSorted((a, b) => comparePositions(a.position, b.position))
    .slice(0, mostViolations)
    .map((each) => each.violation)
}

function violationOf(error: ErrorObject): Violation {
  const path = error.instancePath
    .split('/')
    .slice(1)
    .map((name) => name.replaceAll('~1', '/').replaceAll('~0', '~'))
  const params = error.params as Record<string, unknown>
  const inside = (name: string): readonly string[] => [...path, String(params[name])]
  const typed = (form: string, expected: unknown): Violation => ({
    path,
    rule: 'type',
    message: form,
    expected: [expected].flat().map(String),
    actual: jsonTypeOf(error.data),
  })
  const message = error.message ?? 'is invalid'
  switch (error.keyword) {
    case 'additionalProperties':
      return { path: inside('additionalProperty'), rule: 'unknown', message: 'is no property of this document' }
    case 'required':
      return { path: inside('missingProperty'), rule: 'missing', message: 'is missing' }
    case 'type':
      return typed(message, params['type'])
    case 'format':
      return typed(`does not have the form of ${String(params['format'])}`, params['format'])
    case 'enum':
      return { path, rule: 'enum', message: 'is not one of the allowed values', value: error.data }
    case 'propertyNames':
      return { path: inside('propertyName'), rule: 'custom', message: 'is no name that is allowed here' }
    default:
      return { path, rule: 'constraint', message }
  }
}

/** Where properties stand in their objects; each object is looked through once, however many violations it has. */
class Places {
  readonly #known = new Map<object, ReadonlyMap<string, number>>()

  /** Where a path stands in the document, key by key; absent properties come after the present ones. */
  of(path: readonly string[], document: unknown): number[] {
    let value = document
    return path.map((name) => {
      if (value === null || typeof value !== 'object') return 0
      const places = this.#in(value)
      value = (value as Record<string, unknown>)[name]
      return places.get(name) ?? places.size
    })
  }

  #in(value: object): ReadonlyMap<string, number> {
    const known = this.#known.get(value) ?? new Map(Object.keys(value).map((name, at) => [name, at]))
    this.#known.set(value, known)
    return known
  }
}

function comparePositions(a: readonly number[], b: readonly number[]): number {
  for (let i = 0; i < Math.min(a.length, b.length); i++) {
    const difference = (a[i] as number) - (b[i] as number)
    if (difference !== 0) return difference
  }
  return a.length - b.length
}
