/** If-Match: what it may look like, and whether it names the state of a record (decisions 2.7, 3.3). */
import { fail } from '../../core/model/problems.js'
import { headerOf } from './protocol.js'
import type { RequestHeaders } from './protocol.js'

/** In what flavours differ. */
export interface IfMatchRules {
  /** Whether a request must have the header; default no. */
  readonly required?: boolean
  /** Whether `*` counts in a list of tags too; default only where it stands alone. */
  readonly starInLists?: boolean
}

/**
 * Throws preconditionFailed if there is an If-Match header that does not name the tag, and preconditionRequired. The tag
 * costs something: it is asked for when it is needed.
 */
export function checkIfMatch(headers: RequestHeaders, tagOf: () => string, rules: IfMatchRules = {}): void {
  const sent = headerOf(headers, 'if-match')
  if (sent === undefined) {
    if (rules.required) throw fail('preconditionRequired', {})
  } else if (!namesTag(sent, tagOf(), rules)) throw fail('preconditionFailed', { how: 'ifMatch', sent })
}

/** True if a header names the tag: bare, quoted, weak, one of a list, or `*` for any. */
function namesTag(header: string, tag: string, { starInLists = false }: IfMatchRules): boolean {
  const sent = header.split(',').map((each) => each.trim().replace(/^W\//, ''))
  const isAny = starInLists ? sent.includes('*') : header.trim() === '*'
  return isAny || sent.some((each) => bare(each) === bare(tag))
}

function bare(tag: string): string {
  return /^"(.*)"$/.exec(tag)?.[1] ?? tag
}
