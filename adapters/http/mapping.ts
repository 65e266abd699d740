/**
 * Explains how the flavours show one record, from the very tables that do the mapping (decision 1.2): what a property of
 * the domain is called in each API, what it shows there, and what an API computes.
 */
import type { Address, Customer, FlavourName } from '../../core/model/documents.js'
import { isObject } from '../../core/model/json.js'
import { valueAt } from '../../core/ports/storage.js'
import type { Path } from '../../core/ports/storage.js'
import type { Flavour } from './flavour.js'
import type { Naming, Namings } from './namings.js'

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
    return path.length === 0 && isObject(value) ? leavesOf(value, here) : [here]
  })
}
