/**
 * One field table per document: from its rows come the way out (`toDocument`), the way in (`decode`) and the JSON Schema
 * of the request document. A request is checked and turned round in one pass over its properties, so that what is wrong
 * comes in document order and costs no more than it must; `test/documents.test.ts` proves the pass and the schema equal.
 */
import type { Violation } from '../../core/model/problems.js'
import { isEqual } from '../../core/model/json.js'
import type { Path } from '../../core/ports/storage.js'
import { valueAt } from '../../core/ports/storage.js'
import { isObject, mostViolations, none, violationsOf, wrongType } from './values.js'
import type { ValueSchema } from './values.js'

export { isObject } from './values.js'
export type { ValueSchema } from './values.js'

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
  /** Blanks at the ends of a text are no part of it. */
  readonly trims?: boolean
  /** In a replacement, absent keeps the stored value. */
  readonly kept?: boolean
  /** Computes what is shown instead of the value at `at`. Deterministic; undefined leaves the property out. */
  readonly show?: (record: R) => unknown
  /** Turns a checked value of a request into the domain's. */
  readonly take?: (value: never) => unknown
  /** Further checks of a value that has the right type; gives the violations of what lies at `path`. */
  readonly check?: (value: never, path: Path) => readonly Violation[]
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

/** What a table is made of. */
export interface TableParts<R> {
  /** Name of the document in violations and faults: `customer`. */
  readonly name: string
  readonly fields: readonly Field<R>[]
  readonly open?: OpenFields
  /** What becomes of a property that no row has; default `refuse`. */
  readonly unknown?: 'refuse' | 'ignore'
}

/**
 * create: absent and null properties are left out. change: null removes, nested objects merge. replace: absent and null
 * properties are removed, unless their row is `kept`; what equals the stored value is left out.
 */
export type Mode = 'create' | 'change' | 'replace'

/** A request document, turned round. */
export interface Decoded<C> {
  /** A document of the domain: `CustomerCreate`, `CustomerChange`… Use it only if `violations` is empty. */
  readonly document: C
  /** Values of rows with access `aside`, by name. */
  readonly aside: { readonly [name: string]: unknown }
  /** In document order; what is mandatory and missing comes last. At most 100. */
  readonly violations: readonly Violation[]
}

/** A field table at work. `C` and `U` are the domain's create and change documents. */
export interface Table<R, C, U> {
  readonly name: string
  readonly fields: readonly Field<R>[]
  readonly open: OpenFields | undefined
  /**
   * The document that shows a record, added to `document` if one is given. Property order is that of the rows, then open
   * properties by name.
   */
  readonly toDocument: (record: R, document?: { [name: string]: unknown }) => { [name: string]: unknown }
  /**
   * Checks and turns a request document round. `current` is the stored record, absent on create. A property that `may`
   * refuses is read-only. What a change names with its stored value is not checked again, so that a document that was read
   * can be sent back.
   */
  decode(body: unknown, mode: 'create', current?: undefined, may?: (path: Path) => boolean): Decoded<C>
  decode(body: unknown, mode: 'change' | 'replace', current: R, may?: (path: Path) => boolean): Decoded<U>
  /** JSON Schema (2020-12) of the request document. */
  schema(mode: 'create' | 'change'): Keywords
}

/** Makes a table of its rows. */
export function table<R extends object, C extends object, U extends object>(parts: TableParts<R>): Table<R, C, U> {
  const { name, fields, open, unknown = 'refuse' } = parts
  const toDocument = shower(fields, open)
  const rows = rowsByName(fields)
  return {
    name,
    fields,
    open,
    toDocument,
    decode(body: unknown, mode: Mode, current?: R, may?: (path: Path) => boolean): Decoded<never> {
      const work: Work<R> = { mode, current, may, unknown, document: {}, aside: {}, violations: [] }
      if (isObject(body)) takeProperties(work, body, rows, open, [])
      else work.violations.push(wrongType([], ['object'], body))
      if (mode === 'replace' && current && isObject(body)) removeAbsent(work, body, fields, current)
      return { document: work.document as never, aside: work.aside, violations: work.violations }
    },
    schema: (mode) => ({
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      ...objectSchema(fields, open, unknown, mode),
    }),
  }
}

interface Work<R> {
  readonly mode: Mode
  readonly current: R | undefined
  readonly may: ((path: Path) => boolean) | undefined
  readonly unknown: 'refuse' | 'ignore'
  readonly document: Record<string, unknown>
  readonly aside: Record<string, unknown>
  readonly violations: Violation[]
}

type Rows<R> = ReadonlyMap<string, { readonly field: Field<R>; readonly path: Path; readonly rows?: Rows<R> }>

function rowsByName<R>(fields: readonly Field<R>[], parent: Path = []): Rows<R> {
  return new Map(
    fields.map((field) => {
      const path = [...parent, field.name]
      return [field.name, field.fields ? { field, path, rows: rowsByName(field.fields, path) } : { field, path }]
    }),
  )
}

function takeProperties<R>(
  work: Work<R>,
  body: Readonly<Record<string, unknown>>,
  rows: Rows<R>,
  open: OpenFields | undefined,
  path: Path,
): void {
  for (const name of Object.keys(body)) {
    if (work.violations.length >= mostViolations) return
    const row = rows.get(name)
    if (row?.rows) takeNested(work, body[name], row.field, row.rows, row.path)
    else if (row) takeValue(work, body[name], row.field, row.path)
    else if (open && name.startsWith(open.prefix))
      takeOpen(work, body[name], open, name.slice(open.prefix.length), [...path, name])
    else if (work.unknown === 'refuse')
      work.violations.push({ path: [...path, name], rule: 'unknown', message: 'is no property of this document' })
  }
}

function takeNested<R>(work: Work<R>, value: unknown, field: Field<R>, rows: Rows<R>, path: Path): void {
  if (field.access === 'ignored') return
  if (work.may?.(path) === false && !(isObject(value) && Object.keys(value).length > 0)) {
    work.violations.push(readOnly(path))
    return
  }
  if (value === null) {
    if (field.needed && work.mode === 'change') work.violations.push(cannotBeRemoved(path))
    return
  }
  if (!isObject(value)) {
    work.violations.push(wrongType(path, ['object'], value))
    return
  }
  if (work.mode === 'create' && field.at) setAt(work.document, field.at, {})
  takeProperties(work, value, rows, undefined, path)
}

function takeValue<R>(work: Work<R>, given: unknown, field: Field<R>, path: Path): void {
  const { access, at, name } = field
  const value = field.trims && typeof given === 'string' ? given.trim() : given
  if (access === 'ignored') return
  if (access === 'readOnly') {
    if (value === null && work.mode !== 'change') return
    if (!work.current || !isEqual(value, shownBy(field)(work.current))) work.violations.push(readOnly(path))
    return
  }
  const isStored = work.mode === 'change' && isEqual(value, shownBy(field)(work.current as R))
  if (work.may?.(path) === false) {
    if (!isStored) work.violations.push(readOnly(path))
    return
  }
  if (value === null) {
    if (work.mode !== 'change') return
    if (field.needed) work.violations.push(cannotBeRemoved(path))
    else if (access === 'aside') work.aside[name] = null
    else if (at) setAt(work.document, at, null)
    return
  }
  let found = isStored ? none : violationsOf(value, field.schema, path)
  if (!isStored && found.length === 0 && field.check) found = field.check(value as never, path)
  if (found.length > 0) {
    work.violations.push(...found)
    return
  }
  const taken = field.take ? field.take(value as never) : value
  if (access === 'aside') work.aside[name] = taken
  else if (at && !(work.mode === 'replace' && isEqual(taken, valueAt(work.current as object, at))))
    setAt(work.document, at, taken)
}

function takeOpen<R>(work: Work<R>, value: unknown, open: OpenFields, name: string, path: Path): void {
  const isStored = work.mode === 'change' && isEqual(value, valueAt(work.current as object, [...open.at, name]))
  if (work.may?.(path) === false) {
    if (!isStored) work.violations.push(readOnly(path))
    return
  }
  let found = value === null || isStored ? none : violationsOf(value, undefined, path)
  if (!isStored && found.length === 0) found = open.check(name, value ?? undefined, path)
  if (found.length > 0) work.violations.push(...found)
  else if (value !== null || work.mode !== 'create') setAt(work.document, [...open.at, name], value)
}

/** A replacement removes what it does not name. */
function removeAbsent<R extends object>(
  work: Work<R>,
  body: Readonly<Record<string, unknown>>,
  fields: readonly Field<R>[],
  current: R,
): void {
  for (const field of fields) {
    const sent: unknown = Object.hasOwn(body, field.name) ? body[field.name] : null
    if (field.fields) removeAbsent(work, isObject(sent) ? sent : {}, field.fields, current)
    else if (sent === null && field.at && !field.kept && (field.access ?? 'write') === 'write') {
      if (valueAt(current, field.at) !== undefined) setAt(work.document, field.at, null)
    }
  }
}

const readOnly = (path: Path): Violation => ({ path, rule: 'readOnly', message: 'is read-only' })

const cannotBeRemoved = (path: Path): Violation => ({ path, rule: 'constraint', message: 'cannot be removed' })

function setAt(document: Record<string, unknown>, path: Path, value: unknown): void {
  let place = document
  const last = path.length - 1
  for (let at = 0; at < last; at++) place = (place[path[at] as string] ??= {}) as Record<string, unknown>
  place[path[last] as string] = value
}

/** Reads what a row shows of a record; compiled once. */
function shownBy<R>(field: Field<R>): (record: R) => unknown {
  const { show, at, fields } = field
  if (field.access === 'aside') return () => undefined
  if (fields) {
    const inner = shower(fields, undefined)
    return (record) => {
      const shown = inner(record)
      return Object.keys(shown).length > 0 ? shown : undefined
    }
  }
  if (show) return show
  if (!at) return () => undefined
  const [first, second] = at as [string, string]
  if (at.length === 1) return (record) => (record as Record<string, unknown>)[first]
  if (at.length === 2) return (record) => (record as Record<string, Record<string, unknown>>)[first]?.[second]
  return (record) => valueAt(record as object, at)
}

function shower<R>(fields: readonly Field<R>[], open: OpenFields | undefined) {
  const shown = fields.map((field) => ({ name: field.name, value: shownBy(field) }))
  return (record: R, document: Record<string, unknown> = {}): { [name: string]: unknown } => {
    for (const { name, value } of shown) {
      const found = value(record)
      if (found !== undefined) document[name] = found
    }
    const more = open && (valueAt(record as object, open.at) as Readonly<Record<string, unknown>> | undefined)
    if (more) for (const name of Object.keys(more).toSorted()) document[open.prefix + name] = more[name]
    return document
  }
}

function objectSchema<R>(
  fields: readonly Field<R>[],
  open: OpenFields | undefined,
  unknown: 'refuse' | 'ignore',
  mode: 'create' | 'change',
): Keywords {
  const properties: Record<string, unknown> = {}
  for (const field of fields) {
    const { name, schema, access, needed } = field
    if (access === 'ignored') properties[name] = { readOnly: true }
    else if (access === 'readOnly') properties[name] = { ...schema, readOnly: true }
    else {
      const inner: Keywords = field.fields ? objectSchema(field.fields, undefined, unknown, mode) : { ...schema }
      properties[name] = {
        ...(mode === 'change' && needed ? inner : nullable(inner)),
        ...(access === 'aside' && { writeOnly: true }),
      }
    }
  }
  return {
    type: 'object',
    properties,
    ...(open && { patternProperties: { [`^${open.prefix}${open.names}$`]: nullable(open.schema) } }),
    ...(unknown === 'refuse' && { additionalProperties: false }),
  }
}

/** The same schema, and null. */
function nullable(schema: Keywords): Keywords {
  const { type, enum: values } = schema
  return {
    ...schema,
    ...(type !== undefined && { type: [type, 'null'].flat() }),
    ...(Array.isArray(values) && { enum: [...(values as unknown[]), null] }),
  }
}
