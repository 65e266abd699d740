/** JSON Schemas of what a host declares. */
import type { AttributeDeclaration } from '../../core/rules/custom-attributes.js'
import type { Keywords } from './field.js'

/** The schema of a custom attribute; null removes it. */
export function attributeSchema({ type, set, maxLength, enum: values }: AttributeDeclaration): Keywords {
  const one: Record<string, unknown> = type === 'date' ? { type: 'string', format: 'date' } : { type }
  if (maxLength !== undefined) one['maxLength'] = maxLength
  if (set) return { type: ['array', 'null'], items: values ? { ...one, enum: values } : one }
  const single = { ...one, type: [one['type'], 'null'] }
  return values ? { ...single, enum: [...values, null] } : single
}
