/** How replies are written: documents, lists, what was created or changed, and faults (decision 3.19). */
import { CustomerError } from '../../core/model/problems.js'
import type { Page } from '../../core/ports/storage.js'
import type { Reply } from '../http/protocol.js'
import { Room } from '../http/room.js'
import { scopeName } from './exchange.js'
import type { YaasExchange } from './exchange.js'
import { parameterFault } from './faults.js'
import type { YaasFault } from './faults.js'
import { pageLinks } from './links.js'
import type { ResolvedOptions } from './options.js'
import { urlOf } from './paths.js'

const json = { 'Content-Type': 'application/json;charset=UTF-8' } as const

/** A reply with a JSON document. */
function answer(status: number, document: unknown, headers?: Reply['headers']): Reply {
  return answerText(status, JSON.stringify(document), headers)
}

/** A reply with the JSON text of a document. */
export function answerText(status: number, body: string, headers?: Reply['headers']): Reply {
  return { status, headers: { ...json, ...headers }, body }
}

/** 201 with id and link, and the link as Location. */
export function created(x: YaasExchange, id: string, path: string, headers: Reply['headers'] = {}): Reply {
  const link = urlOf(x, path)
  return answer(201, { id, link }, { Location: link, ...headers })
}

/** Parts of a list as they are made ready, some at a time. */
type Batches<T> = Iterable<readonly T[]> | AsyncIterable<readonly T[]>

/**
 * A page of a list with its total, where that is wanted, and links; `textOf` gives the JSON text of each part. Throws a 400
 * for a page that is too large.
 */
export async function list<T>(
  x: YaasExchange,
  path: string,
  batches: Batches<T>,
  textOf: (part: T) => string,
  { total, isAtLeast }: Page<unknown>,
): Promise<Reply> {
  const { page, query } = x.asked
  const room = new Room(x.surroundings.maxAnswer)
  const texts: string[] = []
  for await (const batch of batches)
    for (const part of batch) {
      const text = textOf(part)
      if (!room.takes(text)) throw tooLarge(x, room.documents)
      texts.push(text)
    }
  const count = query.totals !== 'none' && { [isAtLeast ? 'hybris-Count-At-Least' : 'hybris-Count']: String(total) }
  const headers = { ...json, ...count, Link: pageLinks(x.request, urlOf(x, path), page, total) }
  return { status: 200, headers, body: `[${texts.join()}]` }
}

/** A page of records that a table shows, each cut down to `fields`. */
export function listOf<R>(
  x: YaasExchange,
  path: string,
  { toDocument }: { readonly toDocument: (record: R) => { [name: string]: unknown } },
  found: Page<R>,
): Promise<Reply> {
  return list(x, path, [found.items], (record) => JSON.stringify(x.asked.cut(toDocument(record))), found)
}

function tooLarge({ surroundings }: YaasExchange, would: number): Error {
  const why = `the page would have more than ${surroundings.maxAnswer} bytes`
  return parameterFault('pageSize', `must be at most ${would}, or expand must name less: ${why}`)
}

/** A list that is not paged. */
export function whole<T>(page: Page<T>): Reply {
  return answer(200, page.items, { 'hybris-Count': String(page.total) })
}

/** One document, cut down to `fields`. */
export function item(x: YaasExchange, document: { [name: string]: unknown }, headers: Reply['headers'] = {}): Reply {
  return answer(200, x.asked.cut(document), headers)
}

/** 200 with the document if the caller may see it and it can be read now, else 204 (decision 3.2): the change is stored. */
export async function changed(
  x: YaasExchange,
  document: () => Reply | Promise<Reply>,
  headers: Reply['headers'] = {},
): Promise<Reply> {
  const maySee = x.caller?.scopes?.includes(scopeName('view')) ?? false
  const silent = { status: 204, headers }
  if (x.options.putStatus === 204 || !maySee) return silent
  try {
    return await document()
  } catch (error) {
    if (error instanceof CustomerError) return silent
    throw error
  }
}

/** The reply of a fault. */
export function replyWithFault(x: YaasExchange, fault: YaasFault): Reply {
  const document = faultDocument(fault, x.options)
  return notStored(answer(document.status, document, fault.headers))
}

/** The reply document of a fault. */
export function faultDocument(
  fault: YaasFault,
  { moreInfo, validationStatus }: Pick<ResolvedOptions, 'moreInfo' | 'validationStatus'>,
) {
  const isOfDocument = fault.details?.every(({ type }) => type === 'missing_field' || type === 'invalid_field')
  const status = fault.type === 'validation_violation' && isOfDocument ? validationStatus : fault.status
  const details = (fault.details ?? []).map((detail) => ({ ...detail, moreInfo }))
  return { status, type: fault.type, message: fault.message, moreInfo, details }
}

/** The reply when not even a fault can be written. */
export function lastResort({ moreInfo }: ResolvedOptions): Reply {
  const document = {
    status: 500,
    type: 'internal_service_error',
    message: 'Internal service error.',
    moreInfo,
    details: [],
  }
  return answer(500, document, { 'Cache-Control': 'no-store' })
}

/** No cache may keep any reply. */
export function notStored(reply: Reply): Reply {
  return { ...reply, headers: { ...reply.headers, 'Cache-Control': 'no-store' } }
}
