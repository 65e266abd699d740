/** Client settings: who may call what, and what they may read and write (decision 2.20). */
import { SetupError } from '../../core/model/setup-error.js'
import { isObject } from '../../core/model/json.js'
import { selectorOf } from './select.js'
import type { Selector } from './select.js'

/** Versions of the API, such as `16.2`; both ends belong to the range. */
export interface VersionRange {
  readonly from?: string
  readonly until?: string
}

/** One resource that a client may use. */
export interface ResourceSettings {
  /**
   * Path below the version: `/customer_lists/{list_id}/customers/*`. A star or a name in braces stands for one segment,
   * `**` for any number.
   */
  readonly resource_id: string
  readonly methods: readonly ('get' | 'post' | 'put' | 'patch' | 'delete')[]
  /** Selector of the properties that replies show; absent: no right to read. */
  readonly read_attributes?: string
  /** Selector of the properties that requests may hold; absent: no right to write. */
  readonly write_attributes?: string
  readonly version_range?: VersionRange | readonly VersionRange[]
  /** Allowed, and without effect on this API. */
  readonly cache_time?: number
  /** Allowed, and without effect on this API. */
  readonly config?: Readonly<Record<string, unknown>>
  /** Allowed, and without effect on this API. */
  readonly personalized_caching_enabled?: boolean
}

/** What one client may do. */
export interface ClientSettings {
  readonly client_id: string
  readonly resources: readonly ResourceSettings[]
  /** Origins of browser scripts that may call: `https://shop.example.com`. */
  readonly allowed_origins?: readonly string[]
  /** Headers that every reply to the client carries. */
  readonly response_headers?: Readonly<Record<string, string>>
}

/** The settings document of the Data API. What it does not allow is forbidden. */
export interface OcapiSettings {
  /** Version of the settings' own format. */
  readonly _v?: string
  readonly clients: readonly ClientSettings[]
}

/** One resource, ready to be asked. */
export interface ResourceAccess {
  readonly read: Selector | undefined
  readonly write: Selector | undefined
}

/** One client, ready to be asked. */
export interface ClientAccess {
  readonly origins: ReadonlySet<string>
  readonly headers: Readonly<Record<string, string>>
  /** What it may do with a decoded path below the version; undefined if it may not call it so. */
  resource(method: string, path: readonly string[]): ResourceAccess | undefined
}

/** The settings, ready to be asked. */
export interface Access {
  /** Resource ids of rows that are ignored, since they are of other APIs or later versions. */
  readonly foreign: readonly string[]
  client(clientId: string): ClientAccess | undefined
  /** Whether any client may be called from this origin: what a preflight can know. */
  allowsOrigin(origin: string): boolean
}

type Reject = (path: string, why: string) => never
const reject: Reject = (path, why) => {
  throw new SetupError(`ocapi settings: ${path} ${why}`)
}

/** Reads settings; throws a SetupError that names the path of a mistake. `resources` are the paths of the flavour's routes. */
export function accessOf(settings: OcapiSettings, resources: readonly string[]): Access {
  checkNames(settings, 'settings', ['_v', 'clients'])
  if (settings._v !== undefined && typeof settings._v !== 'string') reject('_v', 'must be a string')
  const known = resources.map(patternOf)
  const clients = new Map<string, ClientAccess>()
  const foreign = new Set<string>()
  for (const [at, client] of listOf(settings.clients, 'clients').entries()) {
    const path = `clients[${at}]`
    checkNames(client, path, ['client_id', 'resources', 'allowed_origins', 'response_headers'])
    const { client_id: id } = client
    if (typeof id !== 'string' || id === '') reject(`${path}.client_id`, 'must be a client id')
    if (clients.has(id)) reject(`${path}.client_id`, `names client '${id}' a second time`)
    const rows = listOf(client.resources, `${path}.resources`).map((resource, row) =>
      rowOf(resource, `${path}.resources[${row}]`, known),
    )
    for (const row of rows) if (row.isForeign) foreign.add(row.id)
    clients.set(id, clientOf(client, path, rows))
  }
  return {
    foreign: [...foreign],
    client: (id) => clients.get(id),
    allowsOrigin: (origin) => [...clients.values()].some(({ origins }) => origins.has(origin)),
  }
}

function clientOf(client: ClientSettings, path: string, rows: readonly Row[]): ClientAccess {
  if (rows.length === 0) reject(`${path}.resources`, 'must name at least one resource')
  const origins = listOf(client.allowed_origins ?? [], `${path}.allowed_origins`)
  for (const [at, origin] of origins.entries())
    if (!isOrigin(origin)) reject(`${path}.allowed_origins[${at}]`, 'must be an origin like https://shop.example.com')
  const rules = rulesOf(rows)
  return {
    origins: new Set(origins),
    headers: headersOf(client.response_headers ?? {}, `${path}.response_headers`),
    resource: (method, requested) =>
      rules.find((rule) => rule.method === method && leads(rule.pattern, requested))?.access,
  }
}

/** A row of the settings that was found good. */
interface Row {
  readonly id: string
  readonly isForeign: boolean
  readonly pattern: readonly string[]
  /** In upper case; none if the row is of another version. */
  readonly methods: readonly string[]
  readonly read: string | undefined
  readonly write: string | undefined
}

interface Rule {
  readonly pattern: readonly string[]
  readonly method: string
  readonly access: ResourceAccess
}

/** Rows by pattern and method, in the order of the first of each: repeated ones add up. */
function rulesOf(rows: readonly Row[]): readonly Rule[] {
  const repeated = new Map<string, { readonly method: string; readonly rows: Row[] }>()
  for (const row of rows)
    for (const method of row.methods) {
      const key = `${method} ${row.pattern.join('/')}`
      const same = repeated.get(key)
      if (same) same.rows.push(row)
      else repeated.set(key, { method, rows: [row] })
    }
  const together = (texts: readonly (string | undefined)[]): Selector | undefined => {
    const given = texts.filter((text) => text !== undefined)
    return given.length > 0 ? selectorOf(...given) : undefined
  }
  return [...repeated.values()].map(({ method, rows: same }) => ({
    method,
    pattern: (same[0] as Row).pattern,
    access: { read: together(same.map(({ read }) => read)), write: together(same.map(({ write }) => write)) },
  }))
}

const methods = ['get', 'post', 'put', 'patch', 'delete']
const properties = [
  'resource_id',
  'methods',
  'read_attributes',
  'write_attributes',
  'version_range',
  'cache_time',
  'config',
  'personalized_caching_enabled',
]

/** A resource of later versions that real settings name. */
const later = patternOf('/customer_lists/*/customer_search')

function rowOf(resource: ResourceSettings, path: string, known: readonly Pattern[]): Row {
  checkNames(resource, path, properties)
  const { resource_id: id } = resource
  if (typeof id !== 'string' || !id.startsWith('/')) reject(`${path}.resource_id`, 'must be a path that starts with /')
  const pattern = patternOf(id)
  const isKnown = known.some((each) => leads(pattern, each, '*'))
  if (!isKnown && pattern[0] === 'customer_lists' && !leads(pattern, later, '*'))
    reject(
      `${path}.resource_id`,
      `'${id}' is no resource of this API: ${known.map((each) => `/${each.join('/')}`).join(', ')}`,
    )
  const names = listOf(resource.methods, `${path}.methods`)
  if (names.length === 0) reject(`${path}.methods`, 'must name at least one method')
  for (const [at, name] of names.entries())
    if (!methods.includes(name)) reject(`${path}.methods[${at}]`, `must be one of ${methods.join(', ')}, in lower case`)
  const isInRange = inRange(resource.version_range ?? {}, `${path}.version_range`)
  return {
    id,
    isForeign: !isKnown,
    pattern,
    methods: isInRange ? names.map((name) => name.toUpperCase()) : [],
    read: attributesOf(resource.read_attributes, `${path}.read_attributes`),
    write: attributesOf(resource.write_attributes, `${path}.write_attributes`),
  }
}

type Pattern = readonly string[]

/** `/a/{name}/**` as segments: `a`, `*`, `**`. */
function patternOf(id: string): Pattern {
  const segments = id.replaceAll(/\{\w+\}/g, '*').split('/')
  return segments.slice(1).filter((each, at) => each !== '**' || segments[at] !== '**')
}

/** True if a pattern leads to a path. `wild` stands for any one segment of the path, where that is a pattern too. */
function leads(pattern: Pattern, path: Pattern, wild?: string): boolean {
  const [wanted, ...rest] = pattern
  if (wanted === undefined) return path.length === 0
  if (wanted === '**') return leads(rest, path, wild) || (path.length > 0 && leads(pattern, path.slice(1), wild))
  const [segment, ...others] = path
  const fits = wanted === '*' || wanted === segment || segment === wild
  return segment !== undefined && fits && leads(rest, others, wild)
}

function attributesOf(text: unknown, path: string): string | undefined {
  if (text === undefined) return undefined
  return typeof text === 'string' && selectorOf(text) ? text : reject(path, 'must be a selector like (**)')
}

function inRange(given: VersionRange | readonly VersionRange[], path: string): boolean {
  return [given].flat().some((range, at) => {
    const here = Array.isArray(given) ? `${path}[${at}]` : path
    checkNames(range, here, ['from', 'until'])
    const [from, until] = [
      numberOf(range.from ?? '0.0', `${here}.from`),
      numberOf(range.until ?? '99.99', `${here}.until`),
    ]
    if (from > until) reject(here, 'begins after it ends')
    return from <= 1602 && until >= 1602
  })
}

function numberOf(version: unknown, path: string): number {
  const [, year, number] = (typeof version === 'string' && /^(\d{1,2})\.(\d{1,2})$/.exec(version)) || []
  if (year === undefined) reject(path, 'must be a version like "16.2"')
  return Number(year) * 100 + Number(number)
}

const isOrigin = (text: unknown) => typeof text === 'string' && /^https?:\/\/[\w.:[\]-]+$/.test(text)

const reserved = /^(content-.*|transfer-encoding|connection|etag|date|allow|access-control-.*)$/i

function headersOf(given: Readonly<Record<string, string>>, path: string): Readonly<Record<string, string>> {
  checkNames(given, path)
  for (const [name, value] of Object.entries(given))
    if (!/^[\w-]+$/.test(name) || reserved.test(name) || typeof value !== 'string' || !/^[\t\x20-\x7e]*$/.test(value))
      reject(`${path}.${name}`, 'must be a header that may be added, with a value of ASCII text')
  return given
}

function listOf<T>(value: readonly T[] | undefined, path: string): readonly T[] {
  return Array.isArray(value) ? (value as readonly T[]) : reject(path, 'must be a list')
}

/** Checks that a value is an object with no other names. */
function checkNames(value: unknown, path: string, names?: readonly string[]): void {
  if (!isObject(value)) return reject(path, 'must be an object')
  const odd = Object.keys(value).find((name) => names && !names.includes(name))
  if (odd !== undefined) reject(`${path}.${odd}`, `is unknown; known are ${names?.join(', ')}`)
}
