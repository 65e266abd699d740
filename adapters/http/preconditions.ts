/** If-Match and If-None-Match: what they may look like, and whether they name the state of a record (decisions 1.16, 2.7, 3.3). */
import { fail } from '../../core/model/problems.js'
import type { Exchange } from './exchange.js'
import { headerOf } from './protocol.js'
import type { Reply, RequestHeaders } from './protocol.js'

/** In what flavours differ. */
export interface IfMatchRules {
  /** Whether a request must have the header; default no. */
  readonly required?: boolean
  /** Whether `*` counts in a list of tags too; default only where it stands alone. */
  readonly starInLists?: boolean
}

/**
 * Throws preconditionFailed if there is an If-Match header that does not name the tag, or an If-None-Match header that
 * does, and preconditionRequired. The tag costs something: it is asked for when it is needed.
 */
export function checkMatches(headers: RequestHeaders, tagOf: () => string, rules: IfMatchRules = {}): void {
  const sent = headerOf(headers, 'if-match')
  if (sent === undefined) {
    if (rules.required) throw fail('preconditionRequired', {})
  } else if (!namesTag(sent, tagOf(), rules)) throw fail('preconditionFailed', { how: 'ifMatch', sent })
  const known = headerOf(headers, 'if-none-match')
  if (known !== undefined && namesTag(known, tagOf(), rules))
    throw fail('preconditionFailed', { how: 'ifNoneMatch', sent: known })
}

/** The reply to a read whose client knows the document already: 304, with all headers and no body (decision 1.16). */
export function unlessKnown({ method, request }: Exchange, reply: Reply, rules: IfMatchRules = {}): Reply {
  const { ETag: tag } = reply.headers
  if (tag === undefined || reply.status !== 200 || (method !== 'GET' && method !== 'HEAD')) return reply
  const known = headerOf(request.headers, 'if-none-match')
  return known !== undefined && namesTag(known, tag, rules) ? { status: 304, headers: reply.headers } : reply
}

/** True if a header names the tag: bare, quoted, weak, one of a list, or `*` for any. */
function namesTag(header: string, tag: string, { starInLists = false }: IfMatchRules): boolean {
  if (header === tag) return true
  const sent = header.split(',').map((each) => each.trim().replace(/^W\//, ''))
  const isAny = starInLists ? sent.includes('*') : header.trim() === '*'
  return isAny || sent.some((each) => bare(each) === bare(tag))
}

function bare(tag: string): string {
  return /^"(.*)"$/.exec(tag)?.[1] ?? tag
}
