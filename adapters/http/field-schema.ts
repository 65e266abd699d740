/** The JSON Schema of the documents that a field table takes. */
import type { Field, Keywords, OpenFields } from './field.js'

/** JSON Schema of a request document: what decoding accepts. */
export function objectSchema<R>(
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
