/** The way out: what fields show of a record. */
import { valueAt } from '../../core/ports/storage.js'
import type { Path } from '../../core/ports/storage.js'
import type { Field, OpenFields } from './field.js'

/** Reads what a field shows of a record; compiled once. Undefined for a field that is never shown. */
export function shownBy<R>({ show, at, fields, access }: Field<R>): ((record: R) => unknown) | undefined {
  if (access === 'aside') return undefined
  if (fields) {
    const inner = shower(fields, undefined)
    return (record) => {
      const shown = inner(record)
      return Object.keys(shown).length > 0 ? shown : undefined
    }
  }
  return show ?? (at && readerOf(at))
}

/** Reads the value at a path that a field names. */
export function readerOf(at: Path): (record: unknown) => unknown {
  const [first, second] = at as [string, string]
  if (at.length === 1) return (record) => (record as Record<string, unknown>)[first]
  if (at.length === 2) return (record) => (record as Record<string, Record<string, unknown>>)[first]?.[second]
  return (record) => valueAt(record as object, at)
}

/**
 * Gives the way out: the document that shows a record, added to `document` if one is given. Property order is that of
 * the fields, then open properties by name.
 */
export function shower<R>(fields: readonly Field<R>[], open: OpenFields | undefined) {
  const shown = fields.flatMap((field) => {
    const value = shownBy(field)
    return value ? [{ name: field.name, value }] : []
  })
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
