/**
 * One field table per document: from its fields come the way out (`toDocument`), the way in (`decode`) and the JSON
 * Schema of the request document. A request is checked and turned round in one pass over its properties, so that what is
 * wrong comes in document order and costs no more than it must; `test/documents.test.ts` proves the pass and the schema
 * equal.
 */
import { decoder } from './field-decoding.js'
import { objectSchema } from './field-schema.js'
import { shower } from './field-showing.js'
import type { Decoded, Field, Keywords, Mode, OpenFields, Rights, TableParts } from './field.js'

/** A field table at work. `C` and `U` are the domain's create and change documents. */
export interface FieldTable<R, C, U> {
  readonly name: string
  readonly fields: readonly Field<R>[]
  readonly open: OpenFields | undefined
  /**
   * The document that shows a record, added to `document` if one is given. Property order is that of the fields, then
   * open properties by name.
   */
  readonly toDocument: (record: R, document?: { [name: string]: unknown }) => { [name: string]: unknown }
  /**
   * Checks and turns a request document round. `current` is the stored record, absent on create. A property that `may`
   * refuses to write is read-only. What a change names with its stored value is not checked again, so that a document that was read
   * can be sent back.
   */
  decode(body: unknown, mode: 'create', current?: undefined, may?: Rights): Decoded<C>
  decode(body: unknown, mode: 'change' | 'replace', current: R, may?: Rights): Decoded<U>
  /** JSON Schema (2020-12) of the request document. */
  schema(mode: 'create' | 'change'): Keywords
}

/** Makes a field table of its parts. */
export function fieldTable<R extends object, C extends object, U extends object>(
  parts: TableParts<R>,
): FieldTable<R, C, U> {
  const { name, fields, open, unknown = 'refuse' } = parts
  const decode = decoder({ fields, open, unknown })
  return {
    name,
    fields,
    open,
    toDocument: shower(fields, open),
    decode: (body: unknown, mode: Mode, current?: R, may?: Rights) =>
      decode(body, mode, current, may) as Decoded<C & U>,
    schema: (mode) => ({
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      ...objectSchema(fields, open, unknown, mode),
    }),
  }
}
