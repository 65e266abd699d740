/** What a request says besides its body: override, path, format, media type, page. */
import { integerOf, refuse } from '../http/flavour.js'
import type { ApiRequest } from '../http/flavour.js'
import { ownFault } from './faults.js'

/** Formats of bodies. */
export type Format = 'json' | 'xml'

const overrides = ['PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS']

/** The method to run: on POST, the query parameter `method` or the header that overrides it (decision 2.18). */
export function methodOf(request: ApiRequest): string {
  if (request.method !== 'POST') return request.method
  const method = request.query.get('method') ?? request.headers['x-dw-http-method-override']
  if (method === undefined) return 'POST'
  if (!overrides.includes(String(method))) throw ownFault('IllegalHttpMethodOverrideException', { method })
  return String(method)
}

const base = /^(?:\/s\/([^/]*))?\/dw\/data(?:\/([^/]*))?(.*)$/

/** True for the paths of the Data API, with and without a site part (decision 1.13). */
export function isDataPath(path: string): boolean {
  return path.startsWith('/dw/data/') || (path.startsWith('/s/') && /^\/s\/[^/]*\/dw\/data\//.test(path))
}

/** The path below the version. Throws for a site, a bad version and broken percent-encoding (decision 2.1). */
export function resourceOf(path: string): string {
  const [, site, version = '', resource = ''] = base.exec(path) ?? []
  if (site !== undefined && site !== '-') throw ownFault('SiteAccessForbiddenException', { siteId: decoded(site) })
  if (version !== 'v16_2') {
    if (/^v\d{1,2}_\d{1,2}$/.test(version))
      throw ownFault('VersionNotFoundException', { version: version.slice(1).replace('_', '.') })
    throw ownFault('InvalidVersionException')
  }
  if (resource.includes('%')) decoded(resource)
  return resource
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw ownFault('ResourcePathException', { message: 'it has a malformed percent-encoding' })
  }
}

const token = String.raw`[!#$%&'*+.^_\`|~0-9A-Za-z-]+`
/** Every blank has one place to go to, so that it takes linear time. */
const mediaType = new RegExp(
  `^\\s*(${token}/${token})\\s*((?:;\\s*(?:${token}=(?:${token}|"(?:[^"\\\\]|\\\\.)*")\\s*)?)*)$`,
)
const formats: Readonly<Record<string, Format>> = {
  'application/json': 'json',
  'application/xml': 'xml',
  'text/xml': 'xml',
}

/** The format of a request's body; undefined when there is no Content-Type (decisions 1.13, 2.15). */
export function bodyFormatOf(request: ApiRequest): Format | undefined {
  const contentType = request.headers['content-type'] as string | undefined
  if (contentType === undefined || contentType === '') return undefined
  if (contentType === 'application/json') return 'json'
  const [, type, parameters = ''] = mediaType.exec(contentType) ?? []
  if (type === undefined) throw refuse('contentTypeMalformed', { contentType })
  const format = formats[type.toLowerCase()]
  const charset = /;\s*charset="?([^";\s]*)/i.exec(parameters)?.[1]
  if (!format || (charset !== undefined && !/^utf-?8$/i.test(charset)))
    throw refuse('contentTypeUnsupported', { contentType })
  return format
}

/** The format that the query or, failing that, Accept asks for. */
export function askedFormatOf(request: ApiRequest): Format {
  const format = request.query.get('format')
  if (format !== null) {
    if (format !== 'json' && format !== 'xml') throw ownFault('UnsupportedFormatException', { format })
    return format
  }
  const accept = request.headers['accept'] as string | undefined
  return accept !== undefined && accept !== '*/*' ? preferredFormat(accept) : 'json'
}

/** The format that an Accept header likes best: of each type, the weight of the range that names it most closely. */
function preferredFormat(accept: string): Format {
  const weights = new Map<string, number>()
  for (const range of accept.toLowerCase().split(',')) {
    const [type = '', ...parameters] = range.split(';').map((part) => part.trim())
    weights.set(type, Number(parameters.find((parameter) => parameter.startsWith('q='))?.slice(2) ?? 1))
  }
  const weightOf = (type: string) =>
    weights.get(type) ?? weights.get(type.replace(/\/.*/, '/*')) ?? weights.get('*/*') ?? 0
  return Math.max(weightOf('application/xml'), weightOf('text/xml')) > weightOf('application/json') ? 'xml' : 'json'
}

/** Throws if the client does not take UTF-8. */
export function checkCharset(request: ApiRequest): void {
  const value = request.headers['accept-charset'] as string | undefined
  if (value === undefined || value.trim() === '') return
  const takes = value.split(',').some((range) => /^\s*(utf-?8|\*)\s*(;\s*q=(?!0(\.0*)?\s*$)[\d.]+\s*)?$/i.test(range))
  if (!takes) throw refuse('notAcceptable', { header: 'accept-charset', value })
}

/** A page of a list. */
export interface PageAsked {
  readonly start: number
  readonly count: number
}

/** The page that the query asks for (decision 2.3). */
export function pageOf(query: URLSearchParams, pageSize: number): PageAsked {
  return {
    count: integerOf(query, 'count', { absent: pageSize, min: 1, max: 200 }),
    start: integerOf(query, 'start', { absent: 0, min: 0, max: Number.MAX_SAFE_INTEGER }),
  }
}

/** Absolute URL of another page: keeps path form, mount prefix, `select` and `format`. */
export function pageLink(request: ApiRequest, page: PageAsked): string {
  const query = new URLSearchParams({ count: String(page.count) })
  for (const name of ['format', 'select']) {
    const value = request.query.get(name)
    if (value !== null) query.set(name, value)
  }
  query.set('start', String(page.start))
  return `${request.origin}${request.mountPath}${request.path}?${query.toString()}`
}

/** Throws unless an If-Match header is absent or names the tag: bare, quoted, weak, `*`, or one of a list (decision 2.7). */
export function isMatch(header: string, tag: string): boolean {
  return header.split(',').some((each) => {
    const sent = each.trim().replace(/^W\//, '')
    return sent === '*' || sent === tag || sent === `"${tag}"`
  })
}
