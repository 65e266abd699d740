/** How a flavour shows records: their documents, and where those show a property of the domain. */
import type { Address, Customer } from '../../core/model/documents.js'
import type { Path } from '../../core/ports/storage.js'
import type { Field, OpenFields } from './field.js'

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

/** The `namesOf` of a field table; `more` adds places that no field has. */
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
