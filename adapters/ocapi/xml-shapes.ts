/** How the documents look in XML: from the same tables that say how they look in JSON. */
import type { Field } from '../http/field.js'
import { addressTable, customerTable } from './documents.js'
import type { Document } from './documents.js'
import type { DocumentShape, Shape } from './xml.js'

function shapeOf(field: Pick<Field<never>, 'fields' | 'schema'>): Shape {
  if (field.fields) return propertiesOf(field.fields)
  const { type, items } = field.schema ?? {}
  if (type === 'array') return { list: shapeOf({ schema: items ?? {} }) }
  return type === 'integer' || type === 'boolean' ? type : 'string'
}

function propertiesOf(fields: readonly Field<never>[]): Shape {
  return { properties: new Map(fields.map((field) => [field.name, shapeOf(field)])) }
}

const addressShape = propertiesOf(addressTable.fields)
const of = (properties: Readonly<Record<string, Shape>>): Shape => ({ properties: new Map(Object.entries(properties)) })

const shapes: Readonly<Record<string, Shape>> = {
  customer: propertiesOf(customerTable.fields),
  customer_address: addressShape,
  customer_address_result: of({
    count: 'integer',
    data: { list: addressShape },
    next: 'string',
    previous: 'string',
    select: 'string',
    start: 'integer',
    total: 'integer',
    total_at_least: 'integer',
  }),
  customer_list: of({ id: 'string' }),
  fault: of({ fault: of({ type: 'string', message: 'string', arguments: { map: 'free' } }) }),
}

/** Shape of the document with this `_type`. */
export function documentShape(type: string): DocumentShape {
  return { root: type, shape: shapes[type] as Shape }
}

/** Shape of a reply document, by its `_type`. */
export function replyShape(document: Document): DocumentShape {
  return documentShape(document['_type'] as string)
}
