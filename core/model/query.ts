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

/** How totals are told: exact, exact up to `totalCap`, or only whether there is more than the page. */
export type Totals = 'exact' | 'capped' | 'none'

/** The largest total that is counted where totals are `capped`. */
export const totalCap = 10_000

/** One page of the records that meet a condition. Default order is creation, ties broken by id, also after `sort`. */
export interface Query {
  readonly where?: Condition
  /** Absent and null values are lowest; then by type (boolean, number, string, others), then by value. */
  readonly sort?: readonly { readonly path: Path; readonly descending?: boolean }[]
  /** Records to skip; default 0. */
  readonly offset?: number
  /** Records to return at the most; default all. */
  readonly limit?: number
  /** How exact the total must be at the least; default `exact`. Anything else may spare counting. */
  readonly totals?: Totals
}

/** A page of records and the number of all that meet the condition, both of one moment. */
export interface Page<T> {
  readonly items: readonly T[]
  readonly total: number
  /** Set if the query let the total be inexact, and it is: there are at least so many, and more than the page if there are. */
  readonly isAtLeast?: true
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
