/** Schemas that a host registers are checked at start: against their meta-schema, and for what they refer to (decision 3.12). */
import { isObject } from '../model/json.js'
import { SetupError } from '../model/setup-error.js'
import { checkMeta } from './foreign-schema.js'
import type { MixinOptions } from './mixins.js'

/** Checks what a host registers as a map. Throws a SetupError with URL and reason; nothing is compiled. */
export async function checkRegistered({ schemas, fetch }: MixinOptions): Promise<void> {
  if (!schemas || typeof schemas === 'function') return
  const knows = (url: string): boolean => fetch !== undefined || Object.hasOwn(schemas, url)
  for (const [url, schema] of Object.entries(schemas))
    try {
      await checkMeta(schema)
      checkReferences(url, schema, knows)
    } catch (error) {
      throw new SetupError(`mixins: the schema of ${url} cannot be used: ${(error as Error).message}`, { cause: error })
    }
}

/** Values that are data, not schemas. */
const data = ['enum', 'const', 'default', 'examples']

/** Throws for a reference to a document that nobody knows, or to a place that the schema does not have. */
function checkReferences(url: string, schema: object, knows: (url: string) => boolean): void {
  const own = new Map<string, unknown>([[baseOf(url, schema), schema]])
  const references: string[] = []
  const walk = (value: unknown, outer: string): void => {
    if (Array.isArray(value)) for (const each of value as unknown[]) walk(each, outer)
    if (!isObject(value)) return
    const base = baseOf(outer, value)
    if (base !== outer) own.set(base, value)
    if (typeof value['$ref'] === 'string') references.push(resolved(value['$ref'], base))
    for (const [name, inner] of Object.entries(value)) if (!data.includes(name)) walk(inner, base)
  }
  walk(schema, url)
  for (const reference of references) {
    const [document = '', fragment = ''] = reference.split('#', 2)
    if (own.has(document)) checkPlace(own.get(document), fragment, reference)
    else if (!knows(document) && !document.includes('://json-schema.org/'))
      throw new Error(`it refers to ${document}, which is not known`)
  }
}

function baseOf(outer: string, schema: object): string {
  const { $id, id } = schema as { readonly $id?: unknown; readonly id?: unknown }
  const named = $id ?? id
  const isUrl = typeof named === 'string' && !named.startsWith('#') && URL.canParse(named, outer)
  return isUrl ? (new URL(named, outer).href.split('#', 1)[0] as string) : outer
}

function resolved(reference: string, base: string): string {
  return reference.startsWith('#') || !URL.canParse(reference, base)
    ? withFragment(reference, base)
    : new URL(reference, base).href
}

function withFragment(reference: string, base: string): string {
  return reference.startsWith('#') ? `${base}${reference}` : reference
}

/** A pointer must lead somewhere; names of anchors are ajv's business. */
function checkPlace(schema: unknown, fragment: string, reference: string): void {
  if (!fragment.startsWith('/')) return
  let place = schema
  for (const step of fragment.slice(1).split('/')) {
    const name = decodeURIComponent(step).replaceAll('~1', '/').replaceAll('~0', '~')
    const inner = typeof place === 'object' && place !== null && Object.hasOwn(place, name)
    if (!inner) throw new Error(`it refers to ${reference}, which is not there`)
    place = (place as Record<string, unknown>)[name]
  }
}
