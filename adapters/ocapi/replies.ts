/** How replies are written: documents (decision 2.17), nothing, and faults (decision 2.5). */
import { refuse } from '../http/protocol.js'
import type { Reply } from '../http/protocol.js'
import { Room } from '../http/room.js'
import type { ShownRecords } from '../http/shown-records.js'
import { version } from './documents.js'
import type { Document } from './documents.js'
import type { OcapiExchange } from './exchange.js'
import { faultOfType, faultTypes } from './faults.js'
import type { Fault } from './faults.js'
import { askedFormatOf, bodyFormatOf } from './formats.js'
import type { Format } from './formats.js'
import type { ResolvedOptions } from './options.js'
import type { Selector } from './select.js'
import { documentShape, replyShape } from './xml-shapes.js'
import { writeXml } from './xml.js'

const common = {
  'Cache-Control': 'max-age=0,no-cache,no-store,must-revalidate',
  Expires: 'Thu, 01-Jan-1970 00:00:00 GMT',
}
const contentTypes: Readonly<Record<Format, string>> = {
  json: 'application/json;charset=UTF-8',
  xml: 'application/xml;charset=UTF-8',
}

/** A reply with a document, cut down to what the client may read and what it has selected. */
export function replyWith(x: OcapiExchange, status: number, document: Document): Reply {
  const { format = 'json' } = x.asked
  const shown = cutDown(x, document)
  checkPage(x, format, shown)
  return written(x, format, status, textOf(x, format, shown))
}

/** The same with a record and its ETag. */
export function replyShowing<R extends object>(
  x: OcapiExchange,
  status: number,
  records: ShownRecords<R>,
  record: R,
  { text, tag } = records.of(record),
): Reply {
  const { format = 'json', select } = x.asked
  const isWhole = format === 'json' && !select && !x.access
  const body = isWhole ? text : textOf(x, format, cutDown(x, records.document(record)))
  return written(x, format, status, body, tag)
}

/** What of a document the client may read and has selected. */
function cutDown({ access, asked: { select } }: OcapiExchange, document: Document): Document {
  const allowed = access ? selected(document, access.read) : document
  return select ? selected(allowed, select) : allowed
}

/** Refuses a page that is too large, and says which `count` would do. */
function checkPage({ surroundings, asked }: OcapiExchange, format: Format, { data }: Document): void {
  if (!Array.isArray(data)) return
  const room = new Room(surroundings.maxAnswer)
  const shape = documentShape('customer_address')
  for (const each of data as readonly Document[])
    if (!room.takes(format === 'xml' ? writeXml(each, shape) : JSON.stringify(each)))
      throw refuse('parameterOutOfRange', {
        parameter: 'count',
        value: String(asked.page.count),
        expected: `1..${room.documents}`,
      })
}

/** What a selector leaves of a reply document; version and type stay (decision 2.19). */
function selected(document: Document, selector: Selector | undefined): Document {
  const { _v, _type } = document
  return { _v, _type, ...selector?.apply(document) }
}

function textOf(x: OcapiExchange, format: Format, document: Document): string {
  return format === 'xml' ? writeXml(document, replyShape(document), x.options.xmlNamespace) : JSON.stringify(document)
}

function written(x: OcapiExchange, format: Format, status: number, body: string, tag?: string): Reply {
  const headers: Record<string, string> = {
    'Content-Type': contentTypes[format],
    'Cache-Control': common['Cache-Control'],
    Expires: common.Expires,
  }
  if (tag !== undefined) headers['ETag'] = tag
  if (x.added) Object.assign(headers, x.added)
  return { status, headers, body }
}

/** A reply without a body. */
export function replyEmpty(x: OcapiExchange): Reply {
  return { status: 204, headers: x.added ?? {} }
}

/** The reply of a fault. A PATCH that fails still tells the current ETag (decision 2.7). */
export function replyWithFault(x: OcapiExchange, fault: Fault): Reply {
  const document = faultDocument(fault, x.options)
  const format = faultFormatOf(x)
  const body = textOf(x, format, document)
  const reply = written(x, format, faultTypes[fault.type].status, body, x.loadedTag?.())
  return fault.headers ? { ...reply, headers: { ...reply.headers, ...fault.headers } } : reply
}

/** The reply document of a fault. */
export function faultDocument(
  { type, message, arguments: given }: Fault,
  { faultArguments }: Pick<ResolvedOptions, 'faultArguments'>,
): Document {
  const shown: Record<string, unknown> = { type, message }
  const args = Object.entries(given)
  if (args.length > 0) shown['arguments'] = faultArguments === 'typed' ? Object.fromEntries(args.map(typed)) : given
  return { _v: version, _type: 'fault', fault: shown }
}

/** The reply when not even a fault can be written. */
export const lastResort: Reply = {
  status: 500,
  headers: { 'Content-Type': contentTypes.json, ...common },
  body: JSON.stringify({ _v: version, _type: 'fault', fault: faultOfType('InternalServerErrorException') }),
}

/** The agreed format; before it is agreed, what would be: only a body's Content-Type says something. */
function faultFormatOf({ asked, request, method, route }: OcapiExchange): Format {
  if (asked.format) return asked.format
  const takesBody = route ? route.takes !== undefined : ['POST', 'PUT', 'PATCH'].includes(method)
  try {
    return (takesBody ? bodyFormatOf(request.headers) : undefined) ?? askedFormatOf(request)
  } catch {
    return 'json'
  }
}

function typed([name, value]: [string, unknown]): [string, { readonly type: string; readonly value: unknown }] {
  return [name, { type: Array.isArray(value) ? 'array' : typeof value === 'number' ? 'integer' : typeof value, value }]
}
