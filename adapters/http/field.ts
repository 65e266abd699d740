/** What field tables are made of and give: fields, open properties, and request documents turned round. */
import type { Violation } from '../../core/model/problems.js'
import type { Path } from '../../core/ports/storage.js'
import type { ValueSchema } from './values.js'

/** A JSON Schema as data. */
export type Keywords = { readonly [keyword: string]: unknown }

/** One property of a document. `R` is the record it shows. */
export interface Field<R> {
  readonly name: string
  /** Where its value stands in the domain's document. Absent: computed by `show`, or taken aside. */
  readonly at?: Path
  /** Absent: any JSON value. */
  readonly schema?: ValueSchema
  /**
   * write (default): read and written. readOnly: a request may hold it only with its current value. ignored: a request
   * may hold anything in it. aside: written but never shown; `decode` gives it in `aside` under its name, and
   * `toDocument` leaves it out.
   */
  readonly access?: 'write' | 'readOnly' | 'ignored' | 'aside'
  /** It cannot be removed: null in a change is a violation. On create, null is the same as absent. */
  readonly needed?: boolean
  /** Reads other spellings of a value as the one that is checked, compared and kept: a text without blanks at its ends. */
  readonly reads?: (given: unknown) => unknown
  /** In a replacement, absent keeps the stored value. */
  readonly kept?: boolean
  /** Computes what is shown instead of the value at `at`. Deterministic; undefined leaves the property out. */
  readonly show?: (record: R) => unknown
  /** Turns a value of a request, which is what `schema` says, into the domain's. */
  take?(value: unknown): unknown
  /** Further checks of a value that is what `schema` says; gives the violations of what lies at `path`. */
  check?(value: unknown, path: Path): readonly Violation[]
  /** Properties of a nested object; `at` and `schema` are then absent, and a change merges property by property. */
  readonly fields?: readonly Field<R>[]
}

/** Properties whose names share a prefix, such as `c_`: each is a property of the object at `at`. */
export interface OpenFields {
  readonly prefix: string
  readonly at: Path
  /** Pattern of the names, without prefix, and JSON Schema of the values: what `check` accepts, for the document's schema. */
  readonly names: string
  readonly schema: Keywords
  /** Checks a name (without prefix) and a value; the value is undefined when a change removes the property. */
  readonly check: (name: string, value: unknown, path: Path) => readonly Violation[]
}

/** What a field table is made of. */
export interface TableParts<R> {
  /** Name of the document in violations and faults: `customer`. */
  readonly name: string
  readonly fields: readonly Field<R>[]
  readonly open?: OpenFields
  /** What becomes of a property that no field has; default `refuse`. */
  readonly unknown?: 'refuse' | 'ignore'
}

/**
 * create: absent and null properties are left out. change: null removes, nested objects merge. replace: absent and null
 * properties are removed, unless their field is `kept`; what equals the stored value is left out.
 */
export type Mode = 'create' | 'change' | 'replace'

/** Which properties of a document the client may read, and which it may write. */
export interface Rights {
  readonly read: (path: Path) => boolean
  readonly write: (path: Path) => boolean
}

/** A request document, turned round. */
export interface Decoded<C> {
  /** A document of the domain: `CustomerCreate`, `CustomerChange`… Use it only if `violations` is empty. */
  readonly document: C
  /** Values of fields with access `aside`, by name. */
  readonly aside: { readonly [name: string]: unknown }
  /** In document order; what is mandatory and missing comes last. At most 100. */
  readonly violations: readonly Violation[]
}
