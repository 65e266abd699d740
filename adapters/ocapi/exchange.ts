/** One OCAPI request on its way, and how its reply is written. */
import { Exchange } from '../http/flavour.js'
import type { ApiRequest, Reply, Row, Surroundings } from '../http/flavour.js'
import { version } from './documents.js'
import type { Document } from './documents.js'
import { faultTypes } from './faults.js'
import type { Fault } from './faults.js'
import { askedFormatOf, bodyFormatOf } from './query.js'
import type { Format, PageAsked } from './query.js'
import type { Selector } from './select.js'
import type { Access, OcapiSettings, ResourceAccess } from './settings.js'
import { replyShape } from './shapes.js'
import { writeXml } from './xml.js'

/** Options of `ocapi()`. */
export interface OcapiOptions {
  /** Status of a successful POST; default 200, as in the resource's own page (decision 2.2). */
  readonly createStatus?: 200 | 201
  /** Addresses per page when `count` is absent, 1 to 200; default 25 (decision 2.3). */
  readonly pageSize?: number
  /** Whether PATCH and DELETE need an If-Match header; default `optional` (decision 2.7). */
  readonly ifMatch?: 'optional' | 'required'
  /** Fault arguments as plain values, or as `{type, value}`; default `plain` (decision 2.5). */
  readonly faultArguments?: 'plain' | 'typed'
  /** Who may come without TLS: nobody (`refused`), peers on this machine without a proxy (`loopback`, default), or all (`allowed`). */
  readonly plainHttp?: 'refused' | 'loopback' | 'allowed'
  /** Namespace of XML replies; default none (decision 2.16). */
  readonly xmlNamespace?: string
  /** Who may call what (decision 2.20). Default: every caller may use every resource of its lists. */
  readonly settings?: OcapiSettings
}
/** The same, with defaults filled in. */
export type ResolvedOptions = Required<Omit<OcapiOptions, 'settings'>> & { readonly access: Access | undefined }

/** What this flavour says of a row besides: the document that its request body is. */
export interface Takes {
  readonly takes?: 'customer' | 'customer_address'
}
/** A row of this flavour. */
export type OcapiRow = Row<OcapiExchange> & Takes

/** An exchange of this flavour: what its steps have found out. */
export class OcapiExchange extends Exchange<OcapiRow> {
  readonly options: ResolvedOptions
  /** Format of the reply; undefined until it is agreed. */
  format: Format | undefined
  /** Format that the Content-Type names. */
  bodyFormat: Format | undefined
  /** Parsed request body. */
  body: unknown
  page: PageAsked | undefined
  select: Selector | undefined
  /** Path below the version, as sent. */
  resource = ''
  /** What the client may read and write; undefined without settings. */
  access: ResourceAccess | undefined
  /** Headers that the settings add to the reply. */
  added: Readonly<Record<string, string>> | undefined
  /** ETag of the record that a PATCH is about, once it is loaded. */
  tag: string | undefined
  constructor(request: ApiRequest, surroundings: Surroundings<OcapiRow>, options: ResolvedOptions) {
    super(request, surroundings)
    this.options = options
  }
}

const common = {
  'Cache-Control': 'max-age=0,no-cache,no-store,must-revalidate',
  Expires: 'Thu, 01-Jan-1970 00:00:00 GMT',
}
const contentTypes: Readonly<Record<Format, string>> = {
  json: 'application/json;charset=UTF-8',
  xml: 'application/xml;charset=UTF-8',
}

/** A reply with a document (decision 2.17). */
export function replyWith(x: OcapiExchange, status: number, document: Document, tag?: string): Reply {
  const headers: Record<string, string> = { 'Content-Type': contentTypes[x.format ?? 'json'], ...common }
  if (tag !== undefined) headers['ETag'] = tag
  if (x.added) Object.assign(headers, x.added)
  const allowed = x.access && document['_type'] !== 'fault' ? selected(document, x.access.read) : document
  const shown = x.select ? selected(allowed, x.select) : allowed
  const isXml = x.format === 'xml'
  return {
    status,
    headers,
    body: isXml ? writeXml(shown, replyShape(shown), x.options.xmlNamespace) : JSON.stringify(shown),
  }
}

/** What a selector leaves of a reply document; version and type stay (decision 2.19). */
function selected(document: Document, selector: Selector | undefined): Document {
  const { _v, _type } = document
  return { _v, _type, ...selector?.apply(document) }
}

/** A reply without a body. */
export function replyEmpty(x: OcapiExchange): Reply {
  return { status: 204, headers: x.added ?? {} }
}

/** The reply of a fault (decision 2.5). A PATCH that fails still tells the current ETag (decision 2.7). */
export function replyWithFault(x: OcapiExchange, fault: Fault): Reply {
  x.select = undefined
  x.format = faultFormatOf(x)
  const args = Object.entries(fault.arguments)
  const shown = {
    type: fault.type,
    message: fault.message,
    ...(args.length > 0 && {
      arguments: x.options.faultArguments === 'plain' ? fault.arguments : Object.fromEntries(args.map(typed)),
    }),
  }
  const reply = replyWith(x, faultTypes[fault.type].status, { _v: version, _type: 'fault', fault: shown }, x.tag)
  return fault.headers ? { ...reply, headers: { ...reply.headers, ...fault.headers } } : reply
}

/** The agreed format; before it is agreed, what would be: only a body's Content-Type says something. */
function faultFormatOf({ format, request, method, row }: OcapiExchange): Format {
  if (format) return format
  const takesBody = row ? row.takes !== undefined : ['POST', 'PUT', 'PATCH'].includes(method)
  try {
    return (takesBody ? bodyFormatOf(request) : undefined) ?? askedFormatOf(request)
  } catch {
    return 'json'
  }
}

function typed([name, value]: [string, unknown]): [string, { readonly type: string; readonly value: unknown }] {
  return [name, { type: Array.isArray(value) ? 'array' : typeof value === 'number' ? 'integer' : typeof value, value }]
}
