/** The id of a request: what the client, a gateway or a trace calls it, so that logs of all of them meet. */
import { randomUUID } from 'node:crypto'
import type { RequestHeaders } from './protocol.js'

/** Headers that bring an id, beside the flavour's own. */
const known = ['x-request-id', 'hybris-request-id'] as const

/**
 * The id that came with a request: in the header `own`, else in `x-request-id` or `hybris-request-id`, else the trace id of
 * a W3C `traceparent`; a new one if none came that is harmless in headers and logs.
 */
export function requestIdOf(headers: RequestHeaders, own: string): string {
  return (
    harmless(headers[own]) ??
    harmless(headers[known[0]]) ??
    harmless(headers[known[1]]) ??
    traceIdOf(headers) ??
    randomUUID()
  )
}

/** One line of plain characters. */
function harmless(sent: RequestHeaders[string]): string | undefined {
  return typeof sent === 'string' && /^[\x21-\x7e]{1,128}$/.test(sent) ? sent : undefined
}

/** The trace id of `traceparent`; a header of a later version may have more parts (W3C Trace Context, 3.2). */
function traceIdOf({ traceparent }: RequestHeaders): string | undefined {
  if (typeof traceparent !== 'string') return undefined
  const [, version, trace, parent] =
    /^([\da-f]{2})-([\da-f]{32})-([\da-f]{16})-[\da-f]{2}(?:-|$)/.exec(traceparent) ?? []
  return version === 'ff' || /^0*$/.test(trace ?? '') || /^0*$/.test(parent ?? '') ? undefined : trace
}
