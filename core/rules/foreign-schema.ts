/** Schemas that somebody else wrote: mixins are checked against them (decision 3.12). */
import { createRequire } from 'node:module'
import type { Ajv, AnySchemaObject, KeywordDefinition, Options } from 'ajv'
import { isObject } from '../model/json.js'
import type { Violation } from '../model/problems.js'
import { findUnusable, violationsOf } from '../model/validation.js'
import { patternCompiler } from '../model/pattern.js'
import type { Pattern } from '../model/pattern.js'

/** What is wrong with a value; paths lead from the value. */
export type ForeignCheck = (value: unknown) => readonly Violation[]

/** Longest JSON text of somebody else's schema. */
const maxSchemaLength = 262_144

type Dialect = 'draft-04' | 'draft-06' | 'draft-07' | '2020-12'

/** The dialect that `$schema` names; without it draft-07. */
function dialectOf(schema: object): Dialect {
  const named = (schema as { readonly $schema?: unknown }).$schema ?? 'http://json-schema.org/draft-07/schema#'
  const form = /^https?:\/\/json-schema\.org\/(?:draft\/)?(draft-04|draft-06|draft-07|2020-12)\/schema#?$/
  const dialect = typeof named === 'string' ? form.exec(named)?.[1] : undefined
  if (!dialect) throw new Error('the schema names an unknown draft in $schema')
  return dialect as Dialect
}

/** What each dialect is called in its own meta-schema; spellings with https are read like these. */
const metaSchemas: Readonly<Record<Dialect, string>> = {
  'draft-04': 'http://json-schema.org/draft-04/schema#',
  'draft-06': 'http://json-schema.org/draft-06/schema#',
  'draft-07': 'http://json-schema.org/draft-07/schema#',
  '2020-12': 'https://json-schema.org/draft/2020-12/schema',
}

/** A schema that is short and shallow enough, with the spelling of `$schema` that ajv knows. Throws. */
function readable(schema: object): object {
  if (JSON.stringify(schema).length > maxSchemaLength) throw new Error('the schema is too long')
  if (findUnusable(schema)) throw new Error('the schema is nested too deep or holds unusable characters')
  return '$schema' in schema ? { ...schema, $schema: metaSchemas[dialectOf(schema)] } : schema
}

/** Checks a schema against the meta-schema of its dialect. Throws an Error that says what is wrong. */
export async function checkMeta(schema: object): Promise<void> {
  const instance = await newAjv(dialectOf(schema), { strict: false, logger: false, validateFormats: false })
  if (instance.validateSchema(readable(schema)) !== true)
    throw new Error(instance.errorsText(instance.errors, { dataVar: 'schema' }))
}

async function newAjv(dialect: Dialect, options: Options): Promise<Ajv> {
  switch (dialect) {
    case 'draft-04':
      return new (await import('ajv-draft-04')).default.default(options)
    case '2020-12':
      return new (await import('ajv/dist/2020.js')).Ajv2020(options)
    default: {
      const instance = new (await import('ajv')).Ajv(options)
      if (dialect === 'draft-06')
        instance.addMetaSchema(
          createRequire(import.meta.url)('ajv/dist/refs/json-schema-draft-06.json') as AnySchemaObject,
        )
      return instance
    }
  }
}

/**
 * Compiles a schema that somebody else wrote (a mixin's, decision 3.12): its patterns run in linear time, references to
 * other documents are resolved by `load` alone. Throws for a schema that cannot be used. Each has an ajv of its own,
 * so that dropping the function frees all.
 */
export async function compileForeign(
  url: string,
  schema: object,
  load: (url: string) => Promise<object | undefined>,
): Promise<ForeignCheck> {
  const [patterns, formats] = await Promise.all([patternCompiler(), import('ajv-formats')])
  const dialect = dialectOf(schema)
  const meter = new Meter()
  const instance = await newAjv(dialect, {
    strict: false,
    allErrors: true,
    ownProperties: true,
    verbose: true,
    logger: false,
    code: {
      regExp: Object.assign((pattern: string) => meter.limited(patterns.compileScript(pattern)), { code: 'linear' }),
    },
    loadSchema: async (uri) => {
      const found = await load(uri)
      if (!found) throw new Error('the schema refers to one that is not known')
      return readable(found)
    },
  })
  formats.default.default(instance)
  instance.removeKeyword('uniqueItems').addKeyword(uniqueItems)
  const identified = dialect === 'draft-04' ? { id: url, ...readable(schema) } : { $id: url, ...readable(schema) }
  const validate = await instance.compileAsync(identified as AnySchemaObject)
  if ('$async' in validate) throw new Error('the schema is asynchronous')
  return (value) => {
    meter.start()
    return validate(value) ? [] : violationsOf(validate.errors ?? [], value)
  }
}

/** As the standard says, in linear time: ajv compares each item with each. */
const uniqueItems: KeywordDefinition = {
  keyword: 'uniqueItems',
  type: 'array',
  schemaType: 'boolean',
  validate: (isAsked: boolean, list: readonly unknown[]) =>
    !isAsked || new Set(list.map(canonical)).size === list.length,
  error: { message: 'must NOT have duplicate items' },
}

/** JSON text that is the same for equal values, whatever the order of their properties. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    isObject(inner) ? Object.fromEntries(Object.entries(inner).toSorted(([a], [b]) => (a < b ? -1 : 1))) : inner,
  )
}

/** A value needs more work than one check may take. */
export class TooMuchWork extends Error {
  override readonly name = 'TooMuchWork'
}

/** Work that the patterns of a schema may do in one check: instructions times characters. */
const mostWork = 4_000_000

/** Counts the work of patterns in one check, which runs at once from beginning to end. */
class Meter {
  /** Without a limit while the schema itself is checked. */
  #left = Infinity
  start(): void {
    this.#left = mostWork
  }
  limited(pattern: Pattern): Pattern {
    const { size } = pattern
    return {
      size,
      test: (text) => {
        this.#left -= size * text.length
        if (this.#left < 0) throw new TooMuchWork()
        return pattern.test(text)
      },
    }
  }
}
