/** The JSON Schemas of the documents that a field table takes and shows. */
import type { Field, Keywords, Mode, OpenFields } from './field.js'

type Unknown = 'refuse' | 'ignore'
/** A replacement takes what a create takes. */
type SchemaMode = Exclude<Mode, 'replace'>

/** JSON Schema of a request document: what decoding accepts. */
export function objectSchema<R>(
  fields: readonly Field<R>[],
  open: OpenFields | undefined,
  unknown: Unknown,
  mode: SchemaMode,
): Keywords {
  const schema: Record<string, unknown> = {
    type: 'object',
    properties: Object.fromEntries(fields.map((field) => [field.name, propertySchema(field, unknown, mode)])),
  }
  if (open) schema['patternProperties'] = { [`^${open.prefix}${open.names}$`]: nullable(open.schema) }
  if (unknown === 'refuse') schema['additionalProperties'] = false
  return schema
}

function propertySchema<R>({ schema, access, needed, fields }: Field<R>, unknown: Unknown, mode: SchemaMode): Keywords {
  if (access === 'ignored') return { readOnly: true }
  if (access === 'readOnly') return { ...schema, readOnly: true }
  const inner: Keywords = fields ? objectSchema(fields, undefined, unknown, mode) : { ...schema }
  const value = mode === 'change' && needed ? inner : nullable(inner)
  return access === 'aside' ? { ...value, writeOnly: true } : value
}

/** The same schema, and null. */
function nullable(schema: Keywords): Keywords {
  const { type, enum: values } = schema
  const result: Record<string, unknown> = { ...schema }
  if (type !== undefined) result['type'] = [type, 'null'].flat()
  if (Array.isArray(values)) result['enum'] = [...(values as unknown[]), null]
  return result
}

/** JSON Schema of what `toDocument` shows. Lengths are judged when a value is written: what is shown may be older, or come from another API. */
export function shownSchema<R>(fields: readonly Field<R>[], open?: OpenFields): Keywords {
  const properties = fields.flatMap(({ name, access, at, show, schema, fields: inner }): [string, Keywords][] => {
    if (inner) return [[name, shownSchema(inner)]]
    if (access === 'aside' || !(at || show)) return []
    const { type, format, enum: values, items } = schema ?? {}
    const known = Object.entries({ type, format, enum: values, items }).filter(([, value]) => value !== undefined)
    return [[name, Object.fromEntries(known)]]
  })
  const schema = { type: 'object', properties: Object.fromEntries(properties), additionalProperties: false }
  return open ? { ...schema, patternProperties: { [`^${open.prefix}${open.names}$`]: open.schema } } : schema
}
