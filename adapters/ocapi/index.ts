/** The OCAPI flavour: Data API 16.2, resource CustomerLists. */
import type { Caller } from '../../core/model/documents.js'
import { SetupError } from '../../core/model/setup-error.js'
import { checkHost, checkToken, flavour, matchPath, refuse, runRow } from '../http/flavour.js'
import type { ApiRequest, Flavour, Reply, Step } from '../http/flavour.js'
import { parseJson } from '../http/json.js'
import { namings } from './documents.js'
import { OcapiExchange, replyWithFault } from './exchange.js'
import type { OcapiOptions, ResolvedOptions } from './exchange.js'
import { faultOfError, ownFault } from './faults.js'
import type { Fault } from './faults.js'
import { askedFormatOf, bodyFormatOf, checkCharset, isDataPath, methodOf, pageOf, resourceOf } from './query.js'
import { ocapiProfile } from './profile.js'
import { ocapiRows } from './routes.js'
import { selectorOf } from './select.js'
import { accessOf } from './settings.js'
import type { Access, ClientAccess } from './settings.js'
import { documentShape } from './shapes.js'
import { readXml } from './xml.js'

export type { OcapiOptions } from './exchange.js'
export type { ClientSettings, OcapiSettings, ResourceSettings, VersionRange } from './settings.js'

const defaults: Required<Omit<OcapiOptions, 'settings'>> = {
  createStatus: 200,
  pageSize: 25,
  ifMatch: 'optional',
  faultArguments: 'plain',
  plainHttp: 'loopback',
  xmlNamespace: '',
}

/** The order of checks (decision 2.24). What follows the body is the core's: 404, document, If-Match, handlers, uniqueness. */
const steps: readonly Step<OcapiExchange>[] = [
  checkTransport,
  checkHost,
  overrideMethod,
  findResource,
  checkToken('ocapi'),
  checkClient,
  negotiate,
  readBody,
  runRow,
]

/**
 * The OCAPI Data API 16.2 for customer lists, to be served by `customerApi`.
 *
 * ```ts
 * app.use(customerApi(clientele, { flavours: [ocapi()], authenticate }))
 * ```
 */
export function ocapi(options: OcapiOptions = {}): Flavour {
  const { settings, ...given } = options
  const access =
    settings &&
    accessOf(
      settings,
      ocapiRows.map(({ path }) => path),
    )
  const resolved: ResolvedOptions = { ...defaults, ...given, access }
  if (!(Number.isInteger(resolved.pageSize) && resolved.pageSize >= 1 && resolved.pageSize <= 200))
    throw new SetupError('ocapi: pageSize must be a whole number from 1 to 200')
  return flavour<OcapiExchange, Fault>({
    name: 'ocapi',
    profile: ocapiProfile,
    documents: namings,
    claims: isDataPath,
    rows: ocapiRows,
    begin(request, surroundings) {
      const x = new OcapiExchange(request, surroundings, resolved)
      x.added = originHeaders(request, access)
      return x
    },
    steps,
    fault: (error, x) => replyWithFault(x, faultOfError(error)),
  })
}

/** Plain http is refused (decision 2.22). */
function checkTransport({ request, options }: OcapiExchange): void {
  const { plainHttp } = options
  if (
    !request.secure &&
    plainHttp !== 'allowed' &&
    !(plainHttp === 'loopback' && request.loopback && !isForwarded(request.headers))
  )
    throw refuse('insecure', {})
}

function isForwarded(headers: Readonly<Record<string, unknown>>): boolean {
  for (const name in headers) if (name === 'forwarded' || name.startsWith('x-forwarded-')) return true
  return false
}

function overrideMethod(x: OcapiExchange): void {
  x.method = methodOf(x.request)
}

/** Finds the row; OPTIONS ends here, a CORS preflight too (decision 1.13). */
function findResource(x: OcapiExchange): Reply | undefined {
  x.resource = resourceOf(x.request.path)
  const reply = matchPath(x, x.resource)
  return reply && { ...reply, headers: { ...reply.headers, ...preflightHeaders(x, reply) } }
}

/** What a browser asks before it lets a script call; nothing for an origin that no client allows. */
function preflightHeaders({ request, options }: OcapiExchange, { headers }: Reply): Reply['headers'] {
  const { origin } = request.headers as { origin?: string }
  if (origin === undefined || !options.access) return {}
  if (!options.access.allowsOrigin(origin)) return { Vary: 'Origin' }
  const asked = request.headers['access-control-request-headers'] as string | undefined
  return {
    Vary: 'Origin',
    'Access-Control-Allow-Origin': origin,
    'Access-Control-Allow-Methods': headers['Allow'] as string,
    ...(asked !== undefined && /^[\w\-, ]*$/.test(asked) && { 'Access-Control-Allow-Headers': asked }),
    'Access-Control-Max-Age': '3600',
  }
}

/** The client may use the resource, from the origin it comes from (decisions 1.12, 2.20). */
function checkClient(x: OcapiExchange): void {
  const { request, params } = x
  const { clientId, lists } = x.caller as Caller
  const named = request.query.get('client_id') ?? request.headers['x-dw-client-id']
  if (named !== undefined && named !== clientId) throw ownFault('InvalidClientIdException', { clientId: named })
  const about = { method: x.method, path: request.path }
  if (lists && !lists.includes(params['list_id'] as string)) throw ownFault('ClientAccessForbiddenException', about)
  if (!x.options.access) return
  const client = x.options.access.client(clientId)
  if (!client) throw ownFault('ClientAccessForbiddenException', about)
  checkOrigin(request, client)
  x.added = { ...client.headers, ...x.added }
  const method = x.method === 'HEAD' ? 'GET' : x.method
  x.access = client.resource(method, x.resource.split('/').map(decodeURIComponent))
  if (!x.access) throw ownFault('ClientAccessForbiddenException', about)
  if (method === 'GET' && !x.access.read) throw ownFault('UnauthorizedReadAccessException', about)
  if (x.row?.takes && !x.access.write) throw ownFault('UnauthorizedWriteAccessException', about)
}

/** A script of a browser is let in only from an origin of the client, or from our own. */
function checkOrigin(request: ApiRequest, client: ClientAccess): void {
  const { origin } = request.headers as { origin?: string }
  if (origin === undefined || origin === request.origin || client.origins.has(origin)) return
  throw ownFault('UnauthorizedOriginException', { origin })
}

/** What lets a browser show a reply, a fault of any step too, to scripts of an origin that some client allows. */
function originHeaders(request: ApiRequest, access: Access | undefined): Readonly<Record<string, string>> | undefined {
  const { origin } = request.headers as { origin?: string }
  if (origin === undefined || !access?.allowsOrigin(origin)) return undefined
  return { Vary: 'Origin', 'Access-Control-Allow-Origin': origin, 'Access-Control-Expose-Headers': 'ETag' }
}

/** Format of the reply, page and media type (decision 2.15). */
function negotiate(x: OcapiExchange): void {
  const { request, row } = x
  const select = request.query.get('select')
  if (select !== null) {
    x.select = selectorOf(select)
    if (!x.select) throw ownFault('MalformedSelectorException', { selector: select })
  }
  if (row?.runs === 'findAddresses') x.page = pageOf(request.query, x.options.pageSize)
  const asked = askedFormatOf(request)
  x.bodyFormat = row?.takes && bodyFormatOf(request)
  x.format = x.bodyFormat ?? asked
  checkCharset(request)
}

function readBody(x: OcapiExchange): Promise<void> | undefined {
  return x.row?.takes && takeBody(x, x.row.takes)
}

async function takeBody(x: OcapiExchange, type: string): Promise<void> {
  const body = await x.request.body()
  if (x.bodyFormat !== 'xml') x.body = parseJson(body)
  else if ('text' in body) x.body = await readXml(body.text, documentShape(type))
  else throw new Error('a parser of the host has turned the XML body into an object: it must leave the text')
  if (x.body === undefined) throw refuse('bodyMalformed', { line: 1, column: 1 })
}
