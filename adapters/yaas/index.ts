/** The YaaS flavour: Engagement Center Customer v1 over the core's operations. */
import { randomUUID } from 'node:crypto'
import { fail } from '../../core/model/problems.js'
import type { Profile } from '../../core/model/profile.js'
import { checkHost, checkToken, flavour, matchPath, OwnFault, refuse, runRow } from '../http/flavour.js'
import type { Flavour, Reply, Step } from '../http/flavour.js'
import { parseJson } from '../http/json.js'
import { fieldOf, namings } from './documents.js'
import { scopeName, YaasExchange } from './exchange.js'
import type { YaasRow, YaasSettings } from './exchange.js'
import { faultOf, scopeMissing, tenantForbidden, uriTooLong, validationFault } from './faults.js'
import type { YaasFault } from './faults.js'
import { callerFromGateway, externalBase } from './gateway.js'
import { fieldsOf, partialOf } from './parameters.js'
import { yaasProfile } from './profile.js'
import { rows } from './routes.js'

export { schemaFetcher } from './schema-fetcher.js'
export type { SchemaFetcherOptions } from './schema-fetcher.js'

/** Settings of the flavour; each has the value of the decisions as its default. */
export interface YaasOptions {
  /** Path that all resources lie under; default `/hybris/cecentercustomer/v1`. */
  readonly basePath?: string
  /** `pageSize` without a parameter, and the largest that is allowed; defaults 16 and 1000. */
  readonly pageSize?: number
  readonly maxPageSize?: number
  /** What a new or replaced customer gets if nothing sets it; default `en_US`, `USD`, `default`. */
  readonly defaults?: {
    readonly preferredLanguage?: string
    readonly preferredCurrency?: string
    readonly preferredSite?: string
  }
  /** Status of a PUT: 200 with the document (default) or 204. */
  readonly putStatus?: 200 | 204
  /** Status of a body that is not valid: 400 (default), or 409 as the service's tutorial says. Parameters keep 400. */
  readonly validationStatus?: 400 | 409
  /**
   * True: a gateway in front has checked the token; caller, tenant and scopes come from its `hybris-*` headers, and links
   * are built from `hybris-external-url`. Only for apps that nobody but the gateway can reach. Default false.
   */
  readonly gateway?: boolean
  /** Refuse plain http, as OCAPI does; default false (decision 2.22). */
  readonly requireHttps?: boolean
  /** Value of `moreInfo` in errors. */
  readonly moreInfo?: string
}

/** Longest path with query that is served. */
const maxUriLength = 8192

/**
 * The flavour, to be given to `customerApi`:
 *
 * ```ts
 * app.use(customerApi(clientele, { flavours: [yaas()], authenticate }))
 * ```
 */
export function yaas(options: YaasOptions = {}): Flavour {
  const { gateway = false, requireHttps = false, validationStatus = 400 } = options
  const { moreInfo = 'https://api.yaas.io/patterns/errortypes.html' } = options
  const settings = settingsOf(options)
  const prefix = `${settings.basePath}/`

  const steps: readonly Step<YaasExchange>[] = [
    checkLength,
    checkHost,
    answerOptions,
    ...(requireHttps ? [checkTransport] : []),
    gateway ? callerFromGateway : checkToken('yaas'),
    checkTenant,
    (x) => matchPath(x, pathBelow(x)),
    checkScope,
    checkAccept,
    findList,
    (x) => x.row?.find?.(x),
    (x) => (x.row?.body ? readBody(x, x.row.body) : undefined),
    (x) => x.row?.check?.(x),
    async (x) => withRequestId(x, await runRow(x)),
  ]

  return flavour<YaasExchange, YaasFault>({
    name: 'yaas',
    profile: settings.profile,
    documents: namings,
    claims: (path) => path.startsWith(prefix) || path === settings.basePath,
    rows,
    begin(request, surroundings) {
      const x = new YaasExchange(request, surroundings as never, settings)
      x.requestId = requestIdOf(request.headers['hybris-request-id'])
      if (gateway) x.base = externalBase(x, pathBelow(x)) ?? x.base
      return x
    },
    steps,
    fault(error, x) {
      const emailField = x.row?.runs === 'createInternalAccount' ? 'email' : 'contactEmail'
      const fault = faultOf(error, { emailField, fieldOf })
      const isOfDocument = fault.details?.every(({ type }) => type === 'missing_field' || type === 'invalid_field')
      const status = fault.type === 'validation_violation' && isOfDocument ? validationStatus : fault.status
      const details = (fault.details ?? []).map((detail) => ({ ...detail, moreInfo }))
      const body = JSON.stringify({ status, type: fault.type, message: fault.message, moreInfo, details })
      const headers = { 'Content-Type': 'application/json;charset=UTF-8', ...fault.headers }
      return withRequestId(x, { status, headers, body })
    },
  })
}

function settingsOf(options: YaasOptions): YaasSettings {
  const { basePath = '/hybris/cecentercustomer/v1', pageSize = 16, maxPageSize = 1000, defaults = {} } = options
  if (!/^(\/[^/?#\s]+)+$/.test(basePath)) throw new Error(`yaas: basePath '${basePath}' is not a path like '/a/b'`)
  const isSize = (size: number): boolean => Number.isInteger(size) && size >= 1
  if (!isSize(pageSize) || !isSize(maxPageSize) || pageSize > maxPageSize)
    throw new Error('yaas: pageSize and maxPageSize are whole numbers, pageSize at most maxPageSize')
  const standard = yaasProfile.defaults
  const profile: Profile = {
    ...yaasProfile,
    defaults: {
      preferredLocale: defaults.preferredLanguage ?? standard.preferredLocale ?? 'en_US',
      preferredCurrency: defaults.preferredCurrency ?? standard.preferredCurrency ?? 'USD',
      preferredSite: defaults.preferredSite ?? standard.preferredSite ?? 'default',
    },
  }
  return { basePath, limits: { pageSize, maxPageSize }, profile, putStatus: options.putStatus ?? 200 }
}

/** The request id to echo: the sent one if it is harmless in a header and a log, else a new one. */
function requestIdOf(sent: string | readonly string[] | undefined): string {
  return typeof sent === 'string' && /^[\x21-\x7e]{1,128}$/.test(sent) ? sent : randomUUID()
}

function withRequestId(x: YaasExchange, reply: Reply): Reply {
  const headers = { ...reply.headers, 'Cache-Control': 'no-store', 'hybris-request-id': x.requestId ?? '' }
  return { ...reply, headers }
}

function pathBelow(x: YaasExchange): string {
  return x.request.path.slice(x.settings.basePath.length)
}

function checkLength(x: YaasExchange): undefined {
  const { path, query } = x.request
  if (path.length > maxUriLength || (query.size > 0 && path.length + query.toString().length > maxUriLength))
    throw new OwnFault(uriTooLong)
}

/** OPTIONS needs no token (decision 1.13). */
function answerOptions(x: YaasExchange): Reply | undefined {
  const reply = x.method === 'OPTIONS' ? matchPath(x, pathBelow(x)) : undefined
  return reply && withRequestId(x, reply)
}

function checkTransport(x: YaasExchange): undefined {
  const { secure, loopback, headers } = x.request
  const isForwarded = Object.keys(headers).some((name) => name === 'forwarded' || name.startsWith('x-forwarded-'))
  if (!secure && !(loopback && !isForwarded)) throw refuse('insecure', {})
}

/** The tenant of the path must be the token's, also when it is malformed or unknown, so that nothing leaks. */
function checkTenant(x: YaasExchange): undefined {
  const tenant = /^\/([^/]+)/.exec(pathBelow(x))?.[1]
  if (tenant !== undefined && decoded(tenant) !== x.caller?.tenant) throw new OwnFault(tenantForbidden)
}

/** A percent-encoded path segment as text; as it stands if it cannot be decoded. */
function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment)
  } catch {
    return segment
  }
}

function checkScope(x: YaasExchange): undefined {
  const { scope } = x.row as YaasRow
  if (!x.caller?.scopes?.includes(scopeName(scope))) throw new OwnFault(scopeMissing)
}

function checkAccept(x: YaasExchange): undefined {
  const { accept } = x.request.headers
  if (typeof accept !== 'string' || accept.trim() === '') return
  const isServed = accept.split(',').some((range) => {
    const [type = '', ...parameters] = range.split(';').map((part) => part.trim().toLowerCase())
    return (
      ['application/json', 'application/*', '*/*'].includes(type) && !parameters.some((p) => /^q=0(\.0*)?$/.test(p))
    )
  })
  if (!isServed) throw refuse('notAcceptable', { header: 'accept', value: accept })
}

async function findList(x: YaasExchange): Promise<undefined> {
  const tenant = x.params['tenant'] ?? ''
  const list = await x.surroundings.clientele.listByTenant(tenant)
  if (!list) throw fail('listNotFound', { listId: tenant })
  x.list = list.id
}

async function readBody(x: YaasExchange, needed: 'needed' | 'optional'): Promise<undefined> {
  if (needed === 'needed') checkContentType(x)
  const raw = await x.request.body()
  const isEmpty = 'text' in raw && raw.text.trim() === ''
  if (!isEmpty) checkContentType(x)
  const body = parseJson(raw)
  if (body === undefined && needed === 'needed') throw refuse('bodyMalformed', { line: 1, column: 1 })
  if (typeof (body ?? {}) !== 'object' || Array.isArray(body) || body === null)
    throw new OwnFault(validationFault([{ type: 'invalid_field', message: 'the payload is not a JSON object' }]))
  x.body = (body ?? {}) as Readonly<Record<string, unknown>>
  if (x.method === 'PUT') {
    fieldsOf(x.request.query, [])
    partialOf(x.request.query)
  }
}

/** JSON, or nothing said, which is read as JSON (decision 1.13). */
function checkContentType(x: YaasExchange): undefined {
  const contentType = x.request.headers['content-type']
  if (typeof contentType !== 'string' || contentType.trim() === '') return
  const [type = '', ...parameters] = contentType.split(';').map((part) => part.trim().toLowerCase())
  if (!/^[\w!#$&^.+-]+\/[\w!#$&^.+-]+$/.test(type)) throw refuse('contentTypeMalformed', { contentType })
  const charset = parameters
    .find((parameter) => parameter.startsWith('charset='))
    ?.slice(8)
    .replaceAll('"', '')
  const isJson = type === 'application/json' || /^application\/[^/]+\+json$/.test(type)
  if (!isJson || (charset !== undefined && !['utf-8', 'utf8', 'us-ascii'].includes(charset)))
    throw refuse('contentTypeUnsupported', { contentType })
}
