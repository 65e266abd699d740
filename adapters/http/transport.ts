/** How a request has come: over TLS or plain http, and under which host. */
import type { Exchange } from './exchange.js'
import { headerOf, refuse } from './protocol.js'
import type { RequestHeaders } from './protocol.js'

/** Who may come without TLS: nobody, peers on this machine without a proxy, or all. */
export type PlainHttp = 'refused' | 'loopback' | 'allowed'

/** Gives the step that refuses plain http (decision 2.22). It throws insecure. */
export function checkTransport(plainHttp: PlainHttp): (x: Exchange) => undefined {
  return ({ request }) => {
    if (request.secure || plainHttp === 'allowed') return
    if (plainHttp === 'loopback' && request.loopback && !isForwarded(request.headers)) return
    throw refuse('insecure', {})
  }
}

/** A proxy has passed it on: the peer is not the client. */
function isForwarded(headers: RequestHeaders): boolean {
  for (const name in headers) if (name === 'forwarded' || name.startsWith('x-forwarded-')) return true
  return false
}

const hostForm = /^(?:\[[\da-f:.]+\]|[\w-]+(?:\.[\w-]+)*\.?)(?::\d{1,5})?$/i

/** Step: refuses a Host that no link can be made of, or that is none of ours (decision 1.17). Throws hostMalformed. */
export function checkHost({ request: { origin, headers }, surroundings: { hosts } }: Exchange): void {
  const named = origin.slice(origin.indexOf('//') + 2)
  const sent = headerOf(headers, 'host') || named
  if (!hostForm.test(sent)) throw refuse('hostMalformed', { host: sent })
  if (sent !== named && !hostForm.test(named)) throw refuse('hostMalformed', { host: named })
  if (hosts && !hosts.includes(named.toLowerCase())) throw refuse('hostMalformed', { host: named })
}
