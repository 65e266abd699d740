/** A parsed `q` as a condition of the storage port (decision 3.10), and the properties that it may ask for. */
import type { Condition, Path, Scalar } from '../../core/ports/storage.js'
import { isDate } from '../../core/model/validation.js'
import type { Field } from '../http/field.js'
import { addressTable, customerTable, mappingTable } from './documents.js'
import { QueryMistake } from './q-grammar.js'
import type { Bound, Literal, Predicate, Term } from './q-grammar.js'

/** A property that can be asked for: where the domain keeps it, and what an unquoted value of it is. */
export interface QueryField {
  readonly path: Path
  /** whole: an object, which is there or not. free: of any type, such as mixin data; an unquoted `5` then equals the number and the text. */
  readonly type: 'whole' | 'text' | 'time' | 'flag' | 'number' | 'free'
}

/** Finds a property by its name in the API; undefined if there is no such property to ask for. */
export type QueryFields = (field: readonly string[]) => QueryField | undefined

const number = /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/
const operators = { '<': 'lt', '<=': 'lte', '>': 'gt', '>=': 'gte' } as const

/** The condition that all terms hold; undefined without terms. Throws QueryMistake for unknown properties and wrong values. */
export function conditionOf(terms: readonly Term[], fields: QueryFields): Condition | undefined {
  const conditions = terms.map((term) => {
    const field = fields(term.field)
    if (!field)
      throw new QueryMistake(term.at, `there is no property ${JSON.stringify(term.field.join('.'))} to ask for`)
    if (field.type === 'whole' && term.predicate.is !== 'present' && term.predicate.is !== 'absent')
      throw new QueryMistake(term.at, 'this property can be asked for with exists, missing and null only')
    return termCondition(term.predicate, field)
  })
  return conditions.length > 1 ? { op: 'and', of: conditions } : conditions[0]
}

function termCondition(predicate: Predicate, { path, type }: QueryField): Condition {
  switch (predicate.is) {
    case 'present':
      return { op: 'exists', path }
    case 'absent':
      return { op: 'not', of: { op: 'exists', path } }
    case 'equal':
      return among(path, meanings(predicate.value, type))
    case 'among':
      return among(
        path,
        predicate.values.flatMap((value) => meanings(value, type)),
      )
    case 'within': {
      const bounds = predicate.bounds.map((bound) => ordered(path, bound, type))
      return bounds.length > 1 ? { op: 'and', of: bounds } : bounds[0]!
    }
    default:
      if (type === 'flag' || type === 'number')
        throw new QueryMistake(predicate.at, 'a regular expression searches text, and this property is none')
      return { op: 'matches', path, pattern: predicate.pattern }
  }
}

function among(path: Path, values: readonly Scalar[]): Condition {
  return values.length === 1 ? { op: 'eq', path, value: values[0]! } : { op: 'in', path, values }
}

function ordered(path: Path, bound: Bound, type: QueryField['type']): Condition {
  if (type === 'flag') throw new QueryMistake(bound.value.at, 'true and false have no order')
  const values = meanings(bound.value, type)
  return { op: operators[bound.than], path, value: values[values.length - 1]! }
}

/** The values that a literal may stand for; the most special one last. */
function meanings({ text, quoted, at }: Literal, type: QueryField['type']): Scalar[] {
  switch (type) {
    case 'text':
      return [text]
    case 'time':
      return [timeOf(text) ?? refuseTime(at)]
    case 'flag':
      if (text !== 'true' && text !== 'false') throw new QueryMistake(at, 'expected true or false')
      return [text === 'true']
    case 'number':
      return [numberOf(text) ?? refuseNumber(at)]
    default: {
      if (quoted) return [text]
      if (text === 'true' || text === 'false') return [text, text === 'true']
      const value = numberOf(text)
      return value === undefined ? [text] : [text, value]
    }
  }
}

function numberOf(text: string): number | undefined {
  const value = number.test(text) ? Number(text) : NaN
  return Number.isFinite(value) ? value : undefined
}

/** A date, or a date and a time with `Z` or an offset, in the form in which times are stored (decision 1.8). */
function timeOf(text: string): string | undefined {
  const form = /^(\d{4}-\d\d-\d\d)(?:(T\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?)(Z|[+-]\d\d:?\d\d))?$/.exec(text)
  if (!form || !isDate(form[1] as string)) return undefined
  const [, date = '', time = 'T00:00', zone = 'Z'] = form
  const value = new Date(date + time + zone.replace(/(\d\d)(\d\d)$/, '$1:$2'))
  return Number.isNaN(value.getTime()) ? undefined : value.toISOString()
}

function refuseTime(at: number): never {
  throw new QueryMistake(at, 'expected a time such as 2026-01-31T12:00:00.000Z')
}

function refuseNumber(at: number): never {
  throw new QueryMistake(at, 'expected a number')
}

/** The stored properties of a document's table, by their dotted names. Lists and computed properties cannot be asked for. */
function queryFieldsOf(fields: readonly Field<never>[], prefix = ''): [string, QueryField][] {
  return fields.flatMap((field): [string, QueryField][] => {
    const name = prefix + field.name
    if (field.fields) return queryFieldsOf(field.fields, `${name}.`)
    const type = field.schema?.format === 'date-time' ? 'time' : typeOf(field.schema?.type)
    return field.at && !field.show && type ? [[name, { path: field.at, type }]] : []
  })
}

function typeOf(schemaType: string | undefined): QueryField['type'] | undefined {
  switch (schemaType) {
    case 'string':
      return 'text'
    case 'boolean':
      return 'flag'
    case 'integer':
    case 'number':
      return 'number'
    default:
      return undefined
  }
}

function fieldsOf(table: { readonly fields: readonly Field<never>[] }): QueryFields {
  const known = new Map(queryFieldsOf(table.fields))
  return (field) => known.get(field.join('.'))
}

const plainCustomerFields = fieldsOf(customerTable)

/** Properties of customers: the shown ones, `metadata.mixins.<name>`, `mixins.<name>.<path>`, `mixins.custom.<name>`. */
export const customerFields: QueryFields = (field) => {
  const [first, second, ...rest] = field
  if (field.join('.') === 'mixins') return { path: ['mixins'], type: 'whole' }
  if (field.join('.') === 'metadata.mixins') return { path: ['mixinSchemas'], type: 'whole' }
  if (first === 'mixins' && second === 'custom') return { path: ['custom', ...rest], type: 'free' }
  if (first === 'mixins' && second !== undefined) return { path: field, type: 'free' }
  if (first === 'metadata' && second === 'mixins' && rest.length > 0)
    return { path: ['mixinSchemas', rest.join('.')], type: 'text' }
  return plainCustomerFields(field)
}

/** Properties of addresses. */
export const addressFields: QueryFields = fieldsOf(addressTable)

/** Properties of ERP mappings. */
export const mappingFields: QueryFields = fieldsOf(mappingTable)
