/** What the query of a request asks for: paging, sort, `q`, fields, expand, partial (decisions 3.2, 3.9 to 3.11). */
import type { Query, Totals } from '../../core/ports/storage.js'
import { integerOf } from '../http/paging.js'
import type { NumberRules } from '../http/paging.js'
import type { ShownMixins } from './documents.js'
import { parameterFault } from './faults.js'
import type { QueryLimits } from './q-grammar.js'
import { whereOf } from './q-parameter.js'
import type { QueryFields } from './q-conditions.js'

/** One page of a list. */
export interface PageAsked {
  readonly pageNumber: number
  readonly pageSize: number
}

/** `pageSize` without a parameter, the largest that is allowed, and how much `q` may hold. */
export interface PageSizes {
  readonly pageSize: number
  readonly maxPageSize: number
  readonly query: QueryLimits
}

/** What the host says of lists. */
export interface ListRules {
  readonly sizes: PageSizes
  /** How totals are told where the client wants one. */
  readonly totals: Totals
}

/** What `expand` adds to a customer. */
export interface Expansion {
  readonly accounts: boolean
  readonly addresses: boolean
  readonly defaultAddress: boolean
  readonly mixins: ShownMixins
}

/** What a request asks for in its query. */
export interface Asked {
  /** Leaves of a document what `fields` names. */
  readonly cut: (document: { readonly [name: string]: unknown }) => object
  readonly expansion: Expansion
  /** A PUT merges instead of replacing (decision 3.2). */
  readonly isPartial: boolean
  readonly page: PageAsked
  /** The storage query of a list: its page, `sort` and `q`. */
  readonly query: Query
}

/** What a request without parameters asks for. */
export const nothingAsked: Asked = {
  cut: (document) => document,
  expansion: { accounts: false, addresses: false, defaultAddress: false, mixins: new Set() },
  isPartial: false,
  page: { pageNumber: 1, pageSize: 1 },
  query: {},
}

/** Reads what may be asked of one document. Throws a 400 that names the parameter, as all below. */
export function asksForItem(query: URLSearchParams): Asked {
  return query.size === 0 ? nothingAsked : { ...nothingAsked, cut: cutOf(query), expansion: expansionOf(query) }
}

/** Reads what may be asked of a PUT. */
export function asksForChange(query: URLSearchParams): Asked {
  return query.size === 0 ? nothingAsked : { ...asksForItem(query), isPartial: partialOf(query) }
}

/** Gives the reader of what may be asked of a list whose records have these properties. */
export function asksForList(fields: QueryFields) {
  return async (query: URLSearchParams, { sizes, totals: most }: ListRules): Promise<Asked> => {
    const asked = asksForItem(query)
    const page = pageOf(query, sizes)
    const totals = isTotalWanted(query) ? most : 'none'
    const where = await whereOf(query.get('q'), fields, sizes.query)
    const sort = sortOf(query, fields)
    const wanted: Query = { sort, offset: (page.pageNumber - 1) * page.pageSize, limit: page.pageSize, totals }
    return { ...asked, page, query: where ? { ...wanted, where } : wanted }
  }
}

/** Highest page number; such a page is empty on any storage. */
const maxPageNumber = 1_000_000_000

/** Reads `partial` of a PUT, or `patch`, its newer name: true merges, absent or false replaces (decision 3.2). */
function partialOf(query: URLSearchParams): boolean {
  const said = ['partial', 'patch'].map((name) => {
    const text = query.get(name) ?? 'false'
    if (text !== 'true' && text !== 'false') throw parameterFault(name, 'must be true or false')
    return text === 'true'
  })
  return said.includes(true)
}

const positive: NumberRules = {
  form: /^\d{1,15}$/,
  refusal: (parameter, _, { max }, mistake) =>
    parameterFault(parameter, mistake === 'tooLarge' ? `must be at most ${max}` : 'must be a positive number'),
}

/** Reads `totalCount`: false wants no total, which then is not counted (decision 3.9). */
function isTotalWanted(query: URLSearchParams): boolean {
  const said = query.get('totalCount') ?? 'true'
  if (said !== 'true' && said !== 'false') throw parameterFault('totalCount', 'must be a boolean')
  return said === 'true'
}

/** Reads pageNumber and pageSize. */
function pageOf(query: URLSearchParams, { pageSize, maxPageSize }: PageSizes): PageAsked {
  return {
    pageNumber: integerOf(query, 'pageNumber', { absent: 1, min: 1, max: maxPageNumber }, positive),
    pageSize: integerOf(query, 'pageSize', { absent: pageSize, min: 1, max: maxPageSize }, positive),
  }
}

/** `sort=lastName,firstName:desc`; unknown properties are ignored, as the platform's guideline says (adapters/yaas/README.md, Lists). */
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
 * What `fields` leaves of a document: the named properties, dotted names too, and always the id. Unknown names are
 * ignored. Throws a 400 for an empty value.
 */
function cutOf(query: URLSearchParams): Asked['cut'] {
  const text = query.get('fields')
  if (text === null) return nothingAsked.cut
  const names = text
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '')
  if (names.length === 0) throw parameterFault('fields', 'must name at least one property')
  if (names.length > 100) throw parameterFault('fields', 'must name at most 100 properties')
  const selection: Selection = Object.create(null) as Selection
  for (const name of ['id', ...names]) {
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

/**
 * Reads `expand`, which may be repeated: `accounts`, `addresses`, `defaultAddress`, `mixin:name`, `mixin:*`,
 * `mixin:{name,name}`; others are ignored.
 */
function expansionOf(query: URLSearchParams): Expansion {
  if (!query.has('expand')) return nothingAsked.expansion
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
