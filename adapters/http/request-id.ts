/** Ids of requests that clients send: they go into headers and logs, so they must be harmless there. */
import { randomUUID } from 'node:crypto'
import type { RequestHeaders } from './protocol.js'

/** The id that a header names, if it is one line of plain characters, else a new one. */
export function requestIdOf(headers: RequestHeaders, name: string): string {
  const sent = headers[name]
  return typeof sent === 'string' && /^[\x21-\x7e]{1,128}$/.test(sent) ? sent : randomUUID()
}
