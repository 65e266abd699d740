/** Bodies that are larger than a document may be, whatever they hold. */
import type { Clientele } from '../../core/clientele.js'
import { fail } from '../../core/model/problems.js'
import { findTooLarge } from '../../core/model/sizes.js'

/** Counts what is in a body before anything else looks into it. Throws documentInvalid; `document` names it there. */
export function checkSize({ limits }: Clientele, document: string, body: unknown): void {
  const large = findTooLarge(body, limits)
  if (large) throw fail('documentInvalid', { document, violations: [large] })
}
