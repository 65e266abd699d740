/** Bodies that are larger than a document may be, whatever they hold: counted before anything that costs more. */
import type { Clientele } from '../../core/clientele.js'
import type { CustomerError } from '../../core/model/problems.js'
import { fail } from '../../core/model/problems.js'
import { findTooLarge } from '../../core/model/sizes.js'
import type { DocumentLimits } from '../../core/model/sizes.js'
import type { RawBody } from './protocol.js'

/** How many values of a text are made out, so that what is wrong can be named; one with more is refused as a whole. */
export const mostRead = ({ values }: DocumentLimits): number => 10 * values

/** The refusal of a document with more values than are made out. */
export function tooManyValues(document: string, { values }: DocumentLimits): CustomerError {
  const message = `has more than ${values} values in all`
  return fail('documentInvalid', { document, violations: [{ path: [], rule: 'constraint', message }] })
}

/** Counts the commas and brackets of a JSON text, since parsing a text full of them holds the process. Throws documentInvalid. */
export function checkText({ limits }: Clientele, document: string, body: RawBody): void {
  if (!('text' in body)) return
  const most = mostRead(limits)
  if (body.text.length > most && hasMoreValues(body.text, most)) throw tooManyValues(document, limits)
}

/** Whether a JSON text has more commas and opening brackets, outside of strings, than so many. */
function hasMoreValues(text: string, most: number): boolean {
  let count = 0
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === quote) at = endOfString(text, at)
    else if ((code === comma || code === bracket || code === brace) && ++count > most) return true
  }
  return false
}

const [comma, bracket, brace, quote, backslash] = [0x2c, 0x5b, 0x7b, 0x22, 0x5c]

/** Where the string that begins here ends; the end of the text for one that does not. */
function endOfString(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); end >= 0; end = text.indexOf('"', end + 1)) {
    let escapes = 0
    while (text.charCodeAt(end - 1 - escapes) === backslash) escapes++
    if (escapes % 2 === 0) return end
  }
  return text.length
}

/**
 * Counts what is in a body before anything else looks into it; `json` is what it was read from, if that
 * is JSON. Throws documentInvalid; `document` names it there.
 */
export function checkSize({ limits }: Clientele, document: string, body: unknown, json?: RawBody): void {
  if (json && 'text' in json && isSmall(json.text, limits)) return
  const large = findTooLarge(body, limits)
  if (large) throw fail('documentInvalid', { document, violations: [large] })
}

/** Whether a JSON text is too short to say more than is allowed: a value takes two characters, and each level is opened by one. */
function isSmall(text: string, { values, properties, listItems, textLength, nesting }: DocumentLimits): boolean {
  if (text.length > Math.min(2 * values, 2 * properties, 2 * listItems, textLength)) return false
  let left = nesting
  for (const opening of ['{', '['])
    for (let at = text.indexOf(opening); at >= 0; at = text.indexOf(opening, at + 1)) if (--left < 0) return false
  return true
}
