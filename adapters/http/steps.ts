/** What a step is, and the two that every flavour has: finding the route and running it. */
import type { Exchange } from './exchange.js'
import { refuse } from './protocol.js'
import type { Reply } from './protocol.js'
import type { Route } from './route-matcher.js'

/** One step: gives a reply to end the request, or nothing to go on. Throws what the flavour's `fault` answers. */
export type Step<X> = (exchange: X) => Reply | undefined | void | Promise<Reply | undefined | void>

/** Finds the route; HEAD runs as GET. Throws pathNotFound and methodNotAllowed; OPTIONS answers 204 with Allow (decision 1.13). */
export function matchRoute<X extends Exchange<Route<X>>>(x: X, path: string): Reply | undefined {
  const method = x.method === 'HEAD' ? 'GET' : x.method
  const match = x.surroundings.match(method, path)
  if (!match) throw refuse('pathNotFound', { path: x.request.path })
  x.params = match.params
  x.route = match.route
  if (x.method === 'OPTIONS') return { status: 204, headers: { Allow: match.allow.join(', ') } }
  if (!match.route) throw refuse('methodNotAllowed', { method: x.method, allow: match.allow })
  return undefined
}

/** Step: runs the matched route. */
export function runRoute<X extends Exchange<Route<X>>>(x: X): Reply | Promise<Reply> {
  return (x.route as Route<X>).run(x)
}
