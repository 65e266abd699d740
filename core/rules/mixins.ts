/**
 * Mixins: free data at a customer, each under a name with the URL of its JSON Schema (decision 3.12). The host fills a
 * registry of schemas; nothing is fetched unless the host passes a source that does.
 */
import { createHash } from 'node:crypto'
import { Deadline, Timer } from '../extension/deadline.js'
import type { Violation } from '../model/problems.js'
import { Recent } from '../model/recent.js'
import { isEqual } from '../model/json.js'
import { SetupError } from '../model/setup-error.js'
import type { Json } from '../model/documents.js'
import type { SchemaSource } from '../ports/host.js'
import { TooMuchWork, compileForeign } from './foreign-schema.js'
import type { ForeignCheck } from './foreign-schema.js'

/** Where the schemas of mixins come from. */
export interface MixinOptions {
  /**
   * JSON Schemas by URL (draft-04, -06, -07 or 2020-12, as `$schema` says; draft-07 without it), or a look-up function.
   * A schema that changes must be a new object; a request that began before may still be checked with the old one.
   */
  readonly schemas?: { readonly [url: string]: object } | SchemaSource
  /** Asked for URLs that `schemas` does not know, such as `schemaFetcher` of `clientele/yaas`. Default: nothing is fetched. */
  readonly fetch?: SchemaSource
  /** Schemas that one write may ask `fetch` for; those beyond count as unknown. Default 20. */
  readonly fetchLimit?: number
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
interface PreparedSchema {
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

/** Tells the host of a schema that cannot be used. */
type Warn = (message: string, fields: Readonly<Record<string, unknown>>) => void

/** Makes the checks; a source has `limit` milliseconds to answer. Throws a SetupError for a registered schema that is no object. */
export function mixinSchemas(options: MixinOptions = {}, limit = 10_000, warn: Warn = () => undefined): MixinSchemas {
  const { schemas } = options
  if (schemas && typeof schemas !== 'function')
    for (const [url, schema] of Object.entries(schemas))
      if (typeof schema !== 'object' || schema === null)
        throw new SetupError(`mixins: the schema of ${url} is no object`)
  return new SchemaRegistry(options, limit, warn)
}

/** Schemas by URL, as the host's sources give them, and their compiled checks by content. */
class SchemaRegistry implements MixinSchemas {
  readonly #registered: SchemaSource
  readonly #fetch: SchemaSource | undefined
  readonly #fetchLimit: number
  readonly #timer: Timer
  readonly #prepared: Recent<string, PreparedSchema>
  readonly #checks: Recent<string, Promise<ForeignCheck>>
  readonly #told: Recent<string, object>
  readonly #warn: Warn

  constructor({ schemas, fetch, fetchLimit = 20, cacheSize = 100 }: MixinOptions, limit: number, warn: Warn) {
    this.#registered =
      typeof schemas === 'function'
        ? schemas
        : (url) => (schemas && Object.hasOwn(schemas, url) ? schemas[url] : undefined)
    this.#fetch = fetch
    this.#fetchLimit = fetchLimit
    this.#timer = new Timer(limit)
    this.#prepared = new Recent(Math.max(cacheSize, mostMixins))
    this.#checks = new Recent(cacheSize)
    this.#told = new Recent(cacheSize)
    this.#warn = warn
  }

  async prepare(urls: readonly string[]): Promise<void> {
    const wanted = [...new Set(urls)].filter((url) => url.length <= longestUrl).slice(0, mostMixins)
    const fetched = new Set<string>()
    await Promise.allSettled(
      wanted.map(async (url) => {
        const schema = await this.#loadAhead(url, fetched)
        if (schema) await this.#compiled(url, schema, (other) => this.#loadAhead(other, fetched))
      }),
    )
  }

  async check(customer: Mixed, given: Iterable<string>): Promise<readonly Violation[]> {
    const names = [...new Set(given)]
    if (names.length > mostMixins)
      return [{ path: ['mixins'], rule: 'constraint', message: `are more than ${mostMixins}` }]
    const violations: Violation[] = []
    const fetched = new Set<string>()
    for (const name of names) violations.push(...(await this.#checkOne(customer, name, fetched)))
    return violations
  }

  async #checkOne(customer: Mixed, name: string, fetched: Set<string>): Promise<readonly Violation[]> {
    const data = own(customer.mixins, name)
    const url = own(customer.mixinSchemas, name)
    const reference = ['mixinSchemas', name]
    if (data === undefined && url === undefined) return []
    if (name === reservedMixin) return [{ path: reference, rule: 'constraint', message: 'is a reserved name' }]
    if (url === undefined) return [{ path: reference, rule: 'missing', message: 'names no schema for this mixin' }]
    const schema = await this.#schemaOf(url, fetched)
    if (!schema) return [{ path: reference, rule: 'constraint', message: 'is the URL of no known schema' }]
    try {
      const check = await this.#compiled(url, schema, (other) => this.#schemaOf(other, fetched))
      const violations = data === undefined ? [] : check(data)
      return violations.map((violation) => ({ ...violation, path: ['mixins', name, ...violation.path] }))
    } catch (error) {
      if (error instanceof TooMuchWork)
        return [
          { path: ['mixins', name], rule: 'constraint', message: 'has too much text for the patterns of its schema' },
        ]
      return [{ path: reference, rule: 'constraint', message: 'is the URL of a schema that cannot be used' }]
    }
  }

  /** The schema that was loaded ahead, or that a source gives now. */
  #schemaOf(url: string, fetched: Set<string>): Promise<object | undefined> {
    const known = this.#prepared.get(url)
    return known && known.until > performance.now() ? known.schema : this.#load(url, fetched)
  }

  #loadAhead(url: string, fetched: Set<string>): Promise<object | undefined> {
    const schema = this.#load(url, fetched)
    this.#prepared.set(url, { schema, until: performance.now() + this.#timer.ms + preparedFor })
    return schema
  }

  /** Asks the sources; `fetched` holds what one write has asked `fetch` for. */
  async #load(url: string, fetched: Set<string>): Promise<object | undefined> {
    const known = await this.#ask(this.#registered, url)
    if (known || !this.#fetch || fetched.add(url).size > this.#fetchLimit) return known
    return this.#ask(this.#fetch, url)
  }

  async #ask(source: SchemaSource, url: string): Promise<object | undefined> {
    try {
      const schema = await new Deadline().race(source(url), this.#timer)
      return typeof schema === 'object' && schema !== null ? schema : undefined
    } catch {
      // A source that fails knows no schema now; the answer is the same.
      return undefined
    }
  }

  #compiled(url: string, schema: object, load: (url: string) => Promise<object | undefined>): Promise<ForeignCheck> {
    const key = `${hashOf(schema)} ${url}`
    let check = this.#checks.get(key)
    if (!check) {
      check = compileForeign(url, schema, load)
      check.catch((error: unknown) => {
        this.#checks.delete(key)
        if (this.#told.get(key) === undefined)
          this.#warn(`mixins: the schema of ${url} cannot be used: ${(error as Error).message}`, { url })
        this.#told.set(key, schema)
      })
      this.#checks.set(key, check)
    }
    return check
  }
}

const hashes = new WeakMap<object, string>()

function hashOf(schema: object): string {
  let hash = hashes.get(schema)
  if (hash === undefined) {
    hash = createHash('sha256').update(JSON.stringify(schema)).digest('base64')
    hashes.set(schema, hash)
  }
  return hash
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
