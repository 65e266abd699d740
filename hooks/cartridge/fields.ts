/** The platform's names of properties, from OCAPI's field tables: `postal_code` there is `postalCode` here. */
import { addressTable, customerTable } from '../../adapters/ocapi/documents.js'
import type { Field } from '../../adapters/http/field.js'

/** Where a property of the platform stands in the library's document. */
export interface Place {
  /** Absent: a nested document. */
  readonly at?: readonly string[]
  readonly fields?: Places
  /** OCAPI's spelling. */
  readonly alias: string
  readonly isDate: boolean
  readonly isReadOnly: boolean
}
/** Properties by the platform's name. */
export type Places = ReadonlyMap<string, Place>

const camel = (name: string): string => name.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())
const dates = ['birthday', 'creation_date']
/** The contact name is what YaaS calls it; on the platform it is the full name. */
const fullName: Place = { at: ['contactName'], alias: 'full_name', isDate: false, isReadOnly: false }

function placesOf(fields: readonly Field<never>[]): Places {
  const places = new Map<string, Place>()
  for (const { name, at, access, fields: inner } of fields) {
    const isDate = dates.includes(name)
    const isReadOnly = access === 'readOnly'
    if (name === 'full_name') places.set('fullName', fullName)
    else if (inner) places.set(camel(name), { fields: placesOf(inner), alias: name, isDate, isReadOnly })
    else if (at) places.set(camel(name), { at, alias: name, isDate, isReadOnly })
  }
  return places
}

/** Properties of a customer document. */
export const customerPlaces: Places = placesOf(customerTable.fields)
/** Properties of an address document. */
export const addressPlaces: Places = placesOf(addressTable.fields)
