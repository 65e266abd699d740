/**
 * Mixins: free data at a customer, each under a name with the URL of its JSON Schema (decision 3.12). The host fills a
 * registry of schemas; nothing is fetched unless the host passes a source that does.
 */
import { createHash } from 'node:crypto'
import { Deadline } from '../extension/deadline.js'
import type { Violation } from '../model/problems.js'
import { isEqual } from '../model/json.js'
import type { Json } from '../model/documents.js'
import { compileForeign } from '../model/validation.js'
import type { ForeignCheck } from '../model/validation.js'

/** Gives the JSON Schema of a URL; undefined when there is none. A throw counts as none, and so does what takes longer than a handler may. */
export type SchemaSource = (url: string) => object | undefined | Promise<object | undefined>

/** Where the schemas of mixins come from. */
export interface MixinOptions {
  /**
   * JSON Schemas by URL (draft-04, -06, -07 or 2020-12, as `$schema` says; draft-07 without it), or a look-up function.
   * A schema that changes must be a new object; a request that began before may still be checked with the old one.
   */
  readonly schemas?: { readonly [url: string]: object } | SchemaSource
  /** Asked for URLs that `schemas` does not know, such as `schemaFetcher` of `clientele/yaas`. Default: nothing is fetched. */
  readonly fetch?: SchemaSource
  /** Compiled schemas to keep; default 100. */
  readonly cacheSize?: number
}

/** The part of a customer that mixins are. */
export interface Mixed {
  readonly mixins?: { readonly [name: string]: Json }
  readonly mixinSchemas?: { readonly [name: string]: string }
}

/** Most mixins that one write may touch. */
export const mostMixins = 100

/** Longest URL that is prepared. */
const longestUrl = 8_192
/** Milliseconds that a check may come after its preparation, so that it asks no source again. */
const preparedFor = 30_000

/** What a source gave for the checks to come. */
interface Prepared {
  readonly schema: Promise<object | undefined>
  readonly until: number
}

/** Checks mixins against their schemas. */
export interface MixinSchemas {
  /** Loads and compiles the schemas of these URLs, so that the next check need not wait. Never fails. */
  prepare(urls: readonly string[]): Promise<void>
  /**
   * What is wrong with the named mixins of a customer: data without a schema URL, a URL without a known schema, data that
   * breaks its schema. A URL without data is fine. Paths lead from the customer: `['mixins', 'loyalty', 'tier']`.
   */
  check(customer: Mixed, names: Iterable<string>): Promise<readonly Violation[]>
}

/** The name that custom attributes have among YaaS mixins; no mixin may have it. */
export const reservedMixin = 'custom'

/** Makes the registry; a source has `limit` milliseconds to answer. Throws for a registered schema that is no object. */
export function mixinSchemas(options: MixinOptions = {}, limit = 10_000): MixinSchemas {
  const { schemas, fetch, cacheSize = 100 } = options
  if (schemas && typeof schemas !== 'function')
    for (const [url, schema] of Object.entries(schemas))
      if (typeof schema !== 'object' || schema === null) throw new Error(`mixins: the schema of ${url} is no object`)

  const registered: SchemaSource =
    typeof schemas === 'function'
      ? schemas
      : (url) => (schemas && Object.hasOwn(schemas, url) ? schemas[url] : undefined)
  const load = async (url: string): Promise<object | undefined> => {
    for (const source of [registered, fetch]) {
      try {
        const schema = source && (await new Deadline().race(source(url), limit))
        if (typeof schema === 'object' && schema !== null) return schema
      } catch {
        // A source that fails knows no schema now; the answer is the same.
      }
    }
    return undefined
  }

  const prepared = new Map<string, Prepared>()
  const schemaOf = (url: string): Promise<object | undefined> => {
    const known = prepared.get(url)
    return known && known.until > performance.now() ? known.schema : load(url)
  }
  const loadAhead = (url: string): Promise<object | undefined> => {
    const schema = load(url)
    prepared.delete(url)
    prepared.set(url, { schema, until: performance.now() + limit + preparedFor })
    for (const oldest of prepared.keys()) {
      if (prepared.size <= Math.max(cacheSize, mostMixins)) break
      prepared.delete(oldest)
    }
    return schema
  }

  const hashes = new WeakMap<object, string>()
  const hashOf = (schema: object): string => {
    const hash = hashes.get(schema) ?? createHash('sha256').update(JSON.stringify(schema)).digest('base64')
    hashes.set(schema, hash)
    return hash
  }
  const byContent = new Map<string, Promise<ForeignCheck>>()
  const compile = (url: string, schema: object, other: typeof load): Promise<ForeignCheck> => {
    const key = `${hashOf(schema)} ${url}`
    const known = byContent.get(key)
    byContent.delete(key)
    const check = known ?? compileForeign(url, schema, other)
    byContent.set(key, check)
    if (!known) check.catch(() => byContent.delete(key))
    for (const oldest of byContent.keys()) {
      if (byContent.size <= cacheSize) break
      byContent.delete(oldest)
    }
    return check
  }

  const checkOne = async (customer: Mixed, name: string): Promise<readonly Violation[]> => {
    const data = own(customer.mixins, name)
    const url = own(customer.mixinSchemas, name)
    const reference = ['mixinSchemas', name]
    if (data === undefined && url === undefined) return []
    if (name === reservedMixin) return [{ path: reference, rule: 'constraint', message: 'is a reserved name' }]
    if (url === undefined) return [{ path: reference, rule: 'missing', message: 'names no schema for this mixin' }]
    const schema = await schemaOf(url)
    if (!schema) return [{ path: reference, rule: 'constraint', message: 'is the URL of no known schema' }]
    try {
      const check = await compile(url, schema, schemaOf)
      const violations = data === undefined ? [] : check(data)
      return violations.map((violation) => ({ ...violation, path: ['mixins', name, ...violation.path] }))
    } catch {
      return [{ path: reference, rule: 'constraint', message: 'is the URL of a schema that cannot be used' }]
    }
  }

  return {
    async prepare(urls) {
      const wanted = [...new Set(urls)].filter((url) => url.length <= longestUrl).slice(0, mostMixins)
      await Promise.allSettled(
        wanted.map(async (url) => {
          const schema = await loadAhead(url)
          if (schema) await compile(url, schema, loadAhead)
        }),
      )
    },
    async check(customer, given) {
      const names = [...new Set(given)]
      if (names.length > mostMixins)
        return [{ path: ['mixins'], rule: 'constraint', message: `are more than ${mostMixins}` }]
      const violations: Violation[] = []
      for (const name of names) violations.push(...(await checkOne(customer, name)))
      return violations
    },
  }
}

/** Names of the mixins whose data or schema URL two states of a customer do not share. */
export function changedMixins(before: Mixed, after: Mixed): string[] {
  if (before.mixins === after.mixins && before.mixinSchemas === after.mixinSchemas) return []
  const names = [before.mixins, before.mixinSchemas, after.mixins, after.mixinSchemas].flatMap((part) =>
    Object.keys(part ?? {}),
  )
  return [...new Set(names)].filter(
    (name) =>
      !isEqual(own(before.mixins, name), own(after.mixins, name)) ||
      own(before.mixinSchemas, name) !== own(after.mixinSchemas, name),
  )
}

function own<T>(record: { readonly [name: string]: T } | undefined, name: string): T | undefined {
  return record && Object.hasOwn(record, name) ? record[name] : undefined
}
