/**
 * Explains how the flavours show one record, from the very tables that do the mapping (decision 1.2): what a property of
 * the domain is called in each API, what it shows there, and what an API computes.
 */
import type { Address, Customer, FlavourName } from '../../core/model/documents.js'
import { valueAt } from '../../core/ports/storage.js'
import type { Path } from '../../core/ports/storage.js'
import type { Field, OpenFields } from './field-table.js'
import type { Flavour } from './flavour.js'

/** How a flavour shows a kind of record. */
export interface Naming<R> {
  /** The whole document, everything expanded. */
  readonly toDocument: (record: R) => { readonly [name: string]: unknown }
  /** Where the document shows the domain's property at this path; empty when it does not. */
  readonly namesOf: (path: Path) => readonly Path[]
}

/** The namings of a flavour's documents. */
export interface Namings {
  readonly customer: Naming<Customer>
  readonly address: Naming<Address>
}

/** The part of a field table that names come from. */
interface Named {
  readonly fields: readonly Field<never>[]
  readonly open?: OpenFields | undefined
}

/** The `namesOf` of a table; `more` adds places that no row has. */
export function namesOf(table: Named, more: readonly { readonly at: Path; readonly name: Path }[] = []) {
  const places = [...more]
  const collect = (fields: readonly Field<never>[], prefix: Path): void => {
    for (const { name, at, fields: inner } of fields) {
      if (inner) collect(inner, [...prefix, name])
      else if (at) places.push({ at, name: [...prefix, name] })
    }
  }
  collect(table.fields, [])
  const { open } = table
  return (path: Path): readonly Path[] => {
    const starts = (at: Path): boolean => at.every((segment, i) => path[i] === segment)
    if (open && starts(open.at) && path.length > open.at.length) {
      const [first, ...rest] = path.slice(open.at.length) as [string, ...string[]]
      return [[open.prefix + first, ...rest]]
    }
    return places.filter(({ at }) => starts(at)).map(({ at, name }) => [...name, ...path.slice(at.length)])
  }
}

/** A property as one API shows it. */
export interface ShownField {
  /** Dotted name in the API's document: `metadata.version`. */
  readonly name: string
  readonly value: unknown
}

/** One line of an explanation. */
export interface MappedField {
  /** Dotted name in the domain's document; absent for what an API computes. */
  readonly domain?: string
  readonly value?: unknown
  /** Where each API shows it; empty for an API that keeps it without showing it. */
  readonly shown: { readonly [F in FlavourName]?: readonly ShownField[] }
}

/**
 * Explains a customer or an address field by field.
 *
 * ```ts
 * const customer = await shop.getCustomer({ customerNo })
 * console.table(explainMapping('customer', customer, [ocapi(), yaas()]))
 * ```
 */
export function explainMapping(kind: 'customer', record: Customer, flavours: readonly Flavour[]): MappedField[]
export function explainMapping(kind: 'address', record: Address, flavours: readonly Flavour[]): MappedField[]
export function explainMapping(
  kind: keyof Namings,
  record: Customer | Address,
  flavours: readonly Flavour[],
): MappedField[] {
  const paths = leavesOf(record)
  const parts = flavours.map(({ name, documents }) => {
    const naming = documents[kind] as Naming<Customer | Address>
    const document = naming.toDocument(record)
    const covered = new Set(paths.flatMap((path) => naming.namesOf(path).map(([first]) => first)))
    const show = (place: Path): ShownField => ({ name: place.join('.'), value: valueAt(document, place) })
    return { name, naming, document, covered, show }
  })
  const stored = paths.map((path): MappedField => {
    const shown = parts.map(({ name, naming, show }) => [
      name,
      naming.namesOf(path).flatMap((place) => {
        const field = show(place)
        return field.value === undefined ? [] : [field]
      }),
    ])
    return { domain: path.join('.'), value: valueAt(record, path), shown: Object.fromEntries(shown) as object }
  })
  const computed = parts.flatMap(({ name, document, covered, show }) =>
    Object.keys(document)
      .filter((property) => !covered.has(property))
      .map((property): MappedField => ({ shown: { [name]: [show([property])] } })),
  )
  return [...stored, ...computed]
}

/** Paths of a record's properties; free data is one property under its own name. */
function leavesOf(record: object, path: Path = []): Path[] {
  return Object.entries(record).flatMap(([name, value]): Path[] => {
    const here = [...path, name]
    const isGroup = path.length === 0 && typeof value === 'object' && value !== null && !Array.isArray(value)
    return isGroup ? leavesOf(value as object, here) : [here]
  })
}
