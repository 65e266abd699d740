/** Browser scripts: from which origins clients may be called, and what a browser is told of it (decisions 1.13, 2.20). */
import { headerOf } from '../http/protocol.js'
import type { ApiRequest, Reply } from '../http/protocol.js'
import type { Access, ClientAccess } from './client-access.js'
import { ownFault } from './faults.js'

/** A script of a browser is let in only from an origin of the client, or from our own. */
export function checkOrigin(request: ApiRequest, client: ClientAccess): void {
  const origin = headerOf(request.headers, 'origin')
  if (origin === undefined || origin === request.origin || client.origins.has(origin)) return
  throw ownFault('UnauthorizedOriginException', { origin })
}

/** What lets a browser show a reply, a fault of any step too, to scripts of an origin that some client allows. */
export function originHeaders(request: ApiRequest, access: Access | undefined): Reply['headers'] | undefined {
  const origin = headerOf(request.headers, 'origin')
  if (origin === undefined || !access?.allowsOrigin(origin)) return undefined
  return { Vary: 'Origin', 'Access-Control-Allow-Origin': origin, 'Access-Control-Expose-Headers': 'ETag' }
}

/** What a browser asks before it lets a script call; nothing for an origin that no client allows. */
export function preflightHeaders(request: ApiRequest, access: Access | undefined, allow: string): Reply['headers'] {
  const origin = headerOf(request.headers, 'origin')
  if (origin === undefined || !access) return {}
  if (!access.allowsOrigin(origin)) return { Vary: 'Origin' }
  const headers: Record<string, string> = {
    Vary: 'Origin',
    'Access-Control-Allow-Origin': origin,
    'Access-Control-Allow-Methods': allow,
    'Access-Control-Max-Age': '3600',
  }
  const asked = headerOf(request.headers, 'access-control-request-headers')
  if (asked !== undefined && /^[\w\-, ]*$/.test(asked)) headers['Access-Control-Allow-Headers'] = asked
  return headers
}
