/** The order of checks (decision 2.24). What follows the body is the core's: 404, document, If-Match, handlers, uniqueness. */
import type { Caller } from '../../core/model/documents.js'
import { checkToken, noteRefusal } from '../http/authentication.js'
import { inTimeOf } from '../http/gate.js'
import { parseJson } from '../http/json.js'
import { checkAcceptCharset } from '../http/media-types.js'
import { headerOf, refuse } from '../http/protocol.js'
import type { Reply } from '../http/protocol.js'
import { matchRoute, runRoute } from '../http/steps.js'
import type { Step } from '../http/steps.js'
import { checkHost, checkTransport } from '../http/transport.js'
import type { OcapiExchange } from './exchange.js'
import { ownFault } from './faults.js'
import { askedFormatOf, bodyFormatOf } from './formats.js'
import type { ResolvedOptions } from './options.js'
import { checkOrigin, preflightHeaders } from './origins.js'
import { pageOf, selectOf } from './parameters.js'
import { resourceOf } from './paths.js'
import { readXml } from './xml.js'
import { checkSize, checkText } from '../http/sizes.js'
import { documentShape } from './xml-shapes.js'

/** The steps, in their order. */
export function stepsOf({ plainHttp }: ResolvedOptions): readonly Step<OcapiExchange>[] {
  return [
    checkTransport(plainHttp),
    checkHost,
    overrideMethod,
    findRoute,
    checkToken('ocapi'),
    checkClient,
    readAsked,
    readBody,
    runRoute,
  ]
}

const overrides = ['PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS']

/** The method to run: on POST, the query parameter `method` or the header that overrides it (decision 2.18). */
function overrideMethod(x: OcapiExchange): void {
  const { method, query, headers } = x.request
  if (method !== 'POST') return
  const override = query.get('method') ?? headerOf(headers, 'x-dw-http-method-override')
  if (override === undefined) return
  if (!overrides.includes(override)) throw ownFault('IllegalHttpMethodOverrideException', { method: override })
  x.method = override
}

/** Finds the route; OPTIONS ends here, a CORS preflight too (decision 1.13). */
function findRoute(x: OcapiExchange): Reply | undefined {
  x.resource = resourceOf(x.request.path)
  const reply = matchRoute(x, x.resource)
  if (!reply) return undefined
  const preflight = preflightHeaders(x.request, x.options.access, reply.headers['Allow'] ?? '')
  return { ...reply, headers: { ...reply.headers, ...preflight } }
}

/** The client may use the resource, from the origin it comes from (decisions 1.12, 2.20). */
function checkClient(x: OcapiExchange): void {
  const { request, params } = x
  const { clientId, lists } = x.caller as Caller
  const named = request.query.get('client_id') ?? headerOf(request.headers, 'x-dw-client-id')
  if (named !== undefined && named !== clientId) throw ownFault('InvalidClientIdException', { clientId: named })
  const about = { method: x.method, path: request.path }
  if (lists && !lists.includes(params['list_id'] as string)) {
    noteRefusal(x, 'ocapi', 'lists', `it is good for the customer lists ${lists.join(', ') || 'of nobody'} alone`)
    throw ownFault('ClientAccessForbiddenException', about)
  }
  if (!x.options.access) return
  const client = x.options.access.client(clientId)
  if (!client) throw ownFault('ClientAccessForbiddenException', about)
  checkOrigin(request, client)
  x.added = { ...client.headers, ...x.added }
  const method = x.method === 'HEAD' ? 'GET' : x.method
  x.access = client.resource(method, x.resource.split('/').slice(1).map(decodeURIComponent))
  if (!x.access) throw ownFault('ClientAccessForbiddenException', about)
  if (method === 'GET' && !x.access.read) throw ownFault('UnauthorizedReadAccessException', about)
  if (x.route?.takes && !x.access.write) throw ownFault('UnauthorizedWriteAccessException', about)
}

/** What the request asks for: selector, page, format of the reply, media type (decision 2.15). */
function readAsked(x: OcapiExchange): void {
  const { request, route, options } = x
  const select = selectOf(request.query, options.maxSelectItems)
  const page = route?.hasPages ? pageOf(request.query, options.pageSize) : x.asked.page
  const asked = askedFormatOf(request)
  const bodyFormat = route?.takes && bodyFormatOf(request.headers)
  checkAcceptCharset(request.headers)
  x.asked = { format: bodyFormat ?? asked, bodyFormat, select, page }
}

function readBody(x: OcapiExchange): Promise<void> | undefined {
  return x.route?.takes && takeBody(x, x.route.takes)
}

async function takeBody(x: OcapiExchange, type: string): Promise<void> {
  const body = await inTimeOf(x, x.request.body())
  const { clientele } = x.surroundings
  const isJson = x.asked.bodyFormat !== 'xml'
  if (isJson) {
    checkText(clientele, type, body)
    x.body = parseJson(body)
  } else if ('text' in body) x.body = await readXml(body.text, documentShape(type), clientele.limits)
  else throw new Error('a parser of the host has turned the XML body into an object: it must leave the text')
  if (x.body === undefined) throw refuse('bodyMalformed', { line: 1, column: 1 })
  checkSize(clientele, type, x.body, isJson ? body : undefined)
}
