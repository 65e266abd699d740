/** The OCAPI flavour: Data API 16.2, resource CustomerLists. */
import { checkToken, flavour, matchPath, refuse, runRow } from '../flavour.js'
import type { Flavour, Step } from '../flavour.js'
import { parseJson } from '../json.js'
import { OcapiExchange, replyWithFault } from './exchange.js'
import type { OcapiOptions, OcapiSettings } from './exchange.js'
import { faultOfError, ownFault } from './faults.js'
import type { Fault } from './faults.js'
import { askedFormatOf, bodyFormatOf, checkCharset, isDataPath, methodOf, pageOf, resourceOf } from './query.js'
import { ocapiRows } from './routes.js'
import { selectorOf } from './select.js'
import { documentShape } from './shapes.js'
import { readXml } from './xml.js'

export type { OcapiOptions } from './exchange.js'

const defaults: OcapiSettings = {
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
  overrideMethod,
  (x) => matchPath(x, resourceOf(x.request.path)),
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
  const settings = { ...defaults, ...options }
  return flavour<OcapiExchange, Fault>({
    name: 'ocapi',
    claims: isDataPath,
    rows: ocapiRows,
    begin: (request, surroundings) => new OcapiExchange(request, surroundings, settings),
    steps,
    fault: (error, x) => replyWithFault(x, faultOfError(error)),
  })
}

/** Plain http is refused (decision 2.22), and so is a Host header that no link can be made of. */
function checkTransport({ request, settings }: OcapiExchange): void {
  const { plainHttp } = settings
  if (
    !request.secure &&
    plainHttp !== 'allowed' &&
    !(plainHttp === 'loopback' && request.loopback && !isForwarded(request.headers))
  )
    throw refuse('insecure', {})
  if (!/^https?:\/\/[\w.:[\]-]+$/.test(request.origin))
    throw ownFault('InvalidHostHeaderException', { host: request.headers['host'] })
}

function isForwarded(headers: Readonly<Record<string, unknown>>): boolean {
  for (const name in headers) if (name === 'forwarded' || name.startsWith('x-forwarded-')) return true
  return false
}

function overrideMethod(x: OcapiExchange): void {
  x.method = methodOf(x.request)
}

/** The client may use the resource, from the origin it comes from (decisions 1.12, 2.20). */
function checkClient(x: OcapiExchange): void {
  const { lists } = x.caller ?? {}
  const list = x.params['list_id']
  if (lists && list !== undefined && !lists.includes(list))
    throw ownFault('ClientAccessForbiddenException', { method: x.method, path: x.request.path })
}

/** Format of the reply, page and media type (decision 2.15). */
function negotiate(x: OcapiExchange): void {
  const { request, row } = x
  const select = request.query.get('select')
  if (select !== null) {
    x.select = selectorOf(select)
    if (!x.select) throw ownFault('MalformedSelectorException', { selector: select })
  }
  if (row?.runs === 'findAddresses') x.page = pageOf(request.query, x.settings.pageSize)
  const asked = askedFormatOf(request)
  x.bodyFormat = row?.takes && bodyFormatOf(request)
  x.format = x.bodyFormat ?? asked
  checkCharset(request)
}

async function readBody(x: OcapiExchange): Promise<void> {
  const { row, bodyFormat } = x
  if (!row?.takes) return
  const body = await x.request.body()
  if (bodyFormat !== 'xml') x.body = parseJson(body)
  else if ('text' in body) x.body = await readXml(body.text, documentShape(row.takes))
  else throw new Error('a parser of the host has turned the XML body into an object: it must leave the text')
  if (x.body === undefined) throw refuse('bodyMalformed', { line: 1, column: 1 })
}
