/** Queries and pages: what the storage port answers, and what reading operations take. */
import type { Json } from './documents.js'
import { isObject } from './json.js'

/** Where a value stands in a record, segment by segment: `['mixins', 'loyalty', 'tier']`. Never leads through an array. */
export type Path = readonly string[]

/** A value that conditions compare with. */
export type Scalar = string | number | boolean

/**
 * Condition on a record. Only values of one JSON type compare; strings compare by code point. A comparison with an
 * absent or null value, an array or an object is false, and `not` of it is true. `matches` searches with a linear-time
 * regular expression (re2 syntax, unanchored) on every storage.
 */
export type Condition =
  | { readonly op: 'and' | 'or'; readonly of: readonly Condition[] }
  | { readonly op: 'not'; readonly of: Condition }
  | { readonly op: 'eq' | 'lt' | 'lte' | 'gt' | 'gte'; readonly path: Path; readonly value: Scalar }
  | { readonly op: 'in'; readonly path: Path; readonly values: readonly Scalar[] }
  | { readonly op: 'exists'; readonly path: Path }
  | { readonly op: 'matches'; readonly path: Path; readonly pattern: string }

/** One page of the records that meet a condition. Default order is creation, ties broken by id, also after `sort`. */
export interface Query {
  readonly where?: Condition
  /** Absent and null values are lowest; then by type (boolean, number, string, others), then by value. */
  readonly sort?: readonly { readonly path: Path; readonly descending?: boolean }[]
  /** Records to skip; default 0. */
  readonly offset?: number
  /** Records to return at the most; default all. */
  readonly limit?: number
}

/** A page of records and the exact number of all that meet the condition, both of one moment. */
export interface Page<T> {
  readonly items: readonly T[]
  readonly total: number
}

/** The value at a path of a record or document; undefined where there is none. */
export function valueAt(document: object, path: Path): Json | undefined {
  let value: unknown = document
  for (const name of path) {
    if (!isObject(value) || !Object.hasOwn(value, name)) return undefined
    value = value[name]
  }
  return value as Json | undefined
}
