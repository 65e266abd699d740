/** Query parameters of lists and items: paging, sort, fields, expand, and the Link header (decisions 3.9, 3.11). */
import { patternCompiler } from '../../core/model/pattern.js'
import type { PatternCompiler } from '../../core/model/pattern.js'
import type { Query } from '../../core/ports/storage.js'
import { OwnFault } from '../http/flavour.js'
import type { ApiRequest } from '../http/flavour.js'
import { validationFault } from './faults.js'
import type { YaasFault } from './faults.js'
import { conditionOf } from './filter.js'
import type { QueryFields } from './filter.js'
import { parse, QueryMistake } from './query.js'

/** A 400 that names a query parameter. */
export function parameterFault(parameter: string, message: string): OwnFault<YaasFault> {
  return new OwnFault(validationFault([{ field: parameter, type: 'invalid_query_parameter', message }]))
}

/** One page of a list. */
export interface PageRequest {
  readonly pageNumber: number
  readonly pageSize: number
}

/** Limits of a page's size. */
export interface PageLimits {
  readonly pageSize: number
  readonly maxPageSize: number
}

/** Highest page number; such a page is empty on any storage. */
const maxPageNumber = 1_000_000_000

/** Reads `partial` of a PUT: true merges, absent or false replaces (decision 3.2). Throws a 400 for anything else. */
export function partialOf(query: URLSearchParams): boolean {
  const text = query.get('partial') ?? 'false'
  if (text !== 'true' && text !== 'false') throw parameterFault('partial', 'must be true or false')
  return text === 'true'
}

/** Reads pageNumber, pageSize and totalCount; hybris-Count is sent whatever totalCount says. Throws a 400. */
export function pageOf(query: URLSearchParams, limits: PageLimits): PageRequest {
  const total = query.get('totalCount')
  if (total !== null && total !== 'true' && total !== 'false') throw parameterFault('totalCount', 'must be a boolean')
  return {
    pageNumber: positiveNumber(query, 'pageNumber', 1, maxPageNumber),
    pageSize: positiveNumber(query, 'pageSize', limits.pageSize, limits.maxPageSize),
  }
}

function positiveNumber(query: URLSearchParams, parameter: string, absent: number, max: number): number {
  const text = query.get(parameter)
  if (text === null) return absent
  const value = /^\d{1,15}$/.test(text) ? Number(text) : 0
  if (value < 1) throw parameterFault(parameter, 'must be a positive number')
  if (value > max) throw parameterFault(parameter, `must be at most ${max}`)
  return value
}

/** The storage query that paging, `sort` and `q` ask for. Throws a 400 that says where the mistake is. */
export function queryOf(query: URLSearchParams, page: PageRequest, fields: QueryFields): Query {
  const where = whereOf(query, fields)
  const sort = sortOf(query, fields)
  return {
    ...(where && { where }),
    ...(sort.length > 0 && { sort }),
    offset: (page.pageNumber - 1) * page.pageSize,
    limit: page.pageSize,
  }
}

function whereOf(query: URLSearchParams, fields: QueryFields): Query['where'] {
  const text = query.get('q')
  if (text === null) return undefined
  try {
    return conditionOf(parse(text), fields)
  } catch (error) {
    throw queryFault(error)
  }
}

function queryFault(error: unknown): unknown {
  return error instanceof QueryMistake ? parameterFault('q', `not a valid query, ${error.message}`) : error
}

/** Refuses a regular expression of `q` that is none, with its position; the engine is loaded for that. */
export async function checkPatterns(query: URLSearchParams): Promise<void> {
  const text = query.get('q')
  if (!text?.includes('~')) return
  const compiler = await patternCompiler()
  try {
    for (const { predicate } of parse(text)) if (predicate.is === 'like') compilePattern(compiler, predicate)
  } catch (error) {
    throw queryFault(error)
  }
}

function compilePattern(compiler: PatternCompiler, like: { readonly pattern: string; readonly at: number }) {
  try {
    compiler.compile(like.pattern)
  } catch (error) {
    throw new QueryMistake(like.at, `invalid regular expression: ${(error as Error).message}`)
  }
}

/** `sort=lastName,firstName:desc`; unknown properties are ignored, as the platform's guideline says (yaas.md 3.3). */
function sortOf(query: URLSearchParams, fields: QueryFields): NonNullable<Query['sort']> {
  const text = query.get('sort')
  if (text === null || text.trim() === '') return []
  const steps = text.split(',')
  if (steps.length > 16) throw parameterFault('sort', 'must name at most 16 properties')
  return steps.flatMap((step) => {
    const [name = '', direction = 'asc', ...rest] = step.trim().split(':')
    if (rest.length > 0 || !/^(asc|desc)$/i.test(direction))
      throw parameterFault('sort', 'must be a list of property, property:asc or property:desc')
    const field = fields(name.split('.'))
    return field && field.type !== 'whole' ? [{ path: field.path, descending: direction.toLowerCase() === 'desc' }] : []
  })
}

/** A tree of names: `metadata.version,firstName`. */
interface Selection {
  [name: string]: Selection | true
}

/**
 * What `fields` leaves of a document: the named properties, dotted names too, and always those in `kept`. Unknown names
 * are ignored. Throws a 400 for an empty value; gives undefined without the parameter.
 */
export function fieldsOf(
  query: URLSearchParams,
  kept: readonly string[],
): ((document: { readonly [name: string]: unknown }) => object) | undefined {
  const text = query.get('fields')
  if (text === null) return undefined
  const names = text
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '')
  if (names.length === 0) throw parameterFault('fields', 'must name at least one property')
  if (names.length > 100) throw parameterFault('fields', 'must name at most 100 properties')
  const selection: Selection = Object.create(null) as Selection
  for (const name of [...kept, ...names]) {
    let inner = selection
    const segments = name.split('.')
    for (const [i, segment] of segments.entries()) {
      const known = inner[segment]
      if (known === true) break
      if (i === segments.length - 1) inner[segment] = true
      else inner = inner[segment] = known ?? (Object.create(null) as Selection)
    }
  }
  return (document) => pick(document, selection) as object
}

function pick(value: unknown, selection: Selection): unknown {
  if (Array.isArray(value)) return value.map((each) => pick(each, selection))
  if (value === null || typeof value !== 'object') return value
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, inner]): [string, unknown][] => {
      const chosen = selection[name]
      return chosen === undefined ? [] : [[name, chosen === true ? inner : pick(inner, chosen)]]
    }),
  )
}

/** What `expand` adds to a customer. `mixins`: all, or those with these names. */
export interface Expansion {
  readonly accounts: boolean
  readonly addresses: boolean
  readonly defaultAddress: boolean
  readonly mixins: 'all' | ReadonlySet<string>
}

/** Nothing expanded. */
const plain: Expansion = { accounts: false, addresses: false, defaultAddress: false, mixins: new Set() }

/**
 * Reads `expand`, which may be repeated: `accounts`, `addresses`, `defaultAddress`, `mixin:name`, `mixin:*`,
 * `mixin:{name,name}`; others are ignored.
 */
export function expansionOf(query: URLSearchParams): Expansion {
  if (!query.has('expand')) return plain
  const text = query.getAll('expand').join(',')
  const elements = (text.match(/(?:[^,{]|\{[^}]*\}?)+/g) ?? []).map((element) => element.trim())
  const mixins = elements.flatMap((element) => {
    const name = /^mixin:(?:\{(.+)\}|(.+))$/.exec(element)
    return name?.[1]?.split(',').map((each) => each.trim()) ?? name?.[2] ?? []
  })
  return {
    accounts: elements.includes('accounts'),
    addresses: elements.includes('addresses'),
    defaultAddress: elements.includes('defaultAddress'),
    mixins: mixins.includes('*') ? 'all' : new Set(mixins),
  }
}

/** The Link header of a page: self always, next and prev where there is such a page; other parameters stay (yaas.md 3.2). */
export function linksOf(request: ApiRequest, url: string, page: PageRequest, total: number): string {
  const last = Math.ceil(total / page.pageSize)
  const link = (pageNumber: number, rel: string): string => {
    const query = new URLSearchParams(request.query)
    query.set('pageNumber', String(pageNumber))
    query.set('pageSize', String(page.pageSize))
    return `<${url}?${query.toString()}>; rel="${rel}"`
  }
  const links = [link(page.pageNumber, 'self')]
  if (page.pageNumber < last) links.push(link(page.pageNumber + 1, 'next'))
  if (page.pageNumber > 1) links.push(link(Math.max(1, Math.min(page.pageNumber - 1, last)), 'prev'))
  return links.join(', ')
}
