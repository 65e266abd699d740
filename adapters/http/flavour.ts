/**
 * What an API flavour is: a value with routes, an ordered list of steps and a reply for whatever goes wrong. Knows HTTP,
 * but no framework: a door (`koa.ts`) turns a framework's request into an ApiRequest and sends the Reply.
 */
import type { FlavourName } from '../../core/model/documents.js'
import { CustomerError } from '../../core/model/problems.js'
import type { Profile } from '../../core/model/profile.js'
import type { Exchange, Surroundings } from './exchange.js'
import type { Namings } from './namings.js'
import { OwnFault, ProtocolError } from './protocol.js'
import type { ApiRequest, Reply } from './protocol.js'
import type { Route } from './route-matcher.js'
import type { Step } from './steps.js'

/** An API flavour, ready to be served by `customerApi`. */
export interface Flavour {
  readonly name: FlavourName
  /** The rules that travel with its calls (decision 1.7). */
  readonly profile: Profile
  /** Routes for the matcher, in the order of preference. */
  readonly routes: readonly { readonly method: string; readonly path: string }[]
  /** How it shows records, for `explainMapping`. */
  readonly documents: Namings
  /** Cheap check whether a path is this flavour's; all else goes on to the host (decision 1.13). */
  claims(path: string): boolean
  /** Answers a claimed request. Never throws. */
  answer(request: ApiRequest, surroundings: Surroundings): Promise<Reply>
}

/** What makes a flavour: its exchange `X`, its routes `R` and its form of a fault `F`. */
export interface FlavourParts<X extends Exchange<R>, R extends Route<X>, F> {
  readonly name: FlavourName
  readonly profile: Profile
  readonly documents: Namings
  readonly claims: (path: string) => boolean
  readonly routes: readonly R[]
  readonly begin: (request: ApiRequest, surroundings: Surroundings<R>) => X
  /** The order of checks, the one place where it stands (decisions 2.24, 3.17). The last step replies. */
  readonly steps: readonly Step<X>[]
  /** The reply for anything thrown; an error that nobody expected comes as CustomerError of kind `internal`. */
  readonly fault: (error: CustomerError | ProtocolError | OwnFault<F>, exchange: X) => Reply
}

/** Makes a flavour of its parts. */
export function flavour<X extends Exchange<R>, R extends Route<X>, F>(parts: FlavourParts<X, R, F>): Flavour {
  const { name, profile, documents, claims, routes, begin, steps, fault } = parts
  return {
    name,
    profile,
    documents,
    claims,
    routes,
    async answer(request, surroundings) {
      const exchange = begin(request, surroundings as Surroundings<R>)
      let reply: Reply
      try {
        reply = await replyOf(steps, exchange)
      } catch (error) {
        reply = fault(isKnown<F>(error) ? error : incidentOf(error, name, exchange), exchange)
      }
      const isOverridden = exchange.method === 'HEAD' && request.method !== 'HEAD'
      return isOverridden ? { status: reply.status, headers: reply.headers } : reply
    },
  }
}

async function replyOf<X>(steps: readonly Step<X>[], exchange: X): Promise<Reply> {
  for (const step of steps) {
    const given = step(exchange)
    const reply = given instanceof Promise ? await given : given
    if (reply) return reply
  }
  throw new Error('no step gave a reply')
}

function isKnown<F>(error: unknown): error is CustomerError | ProtocolError | OwnFault<F> {
  return error instanceof CustomerError || error instanceof ProtocolError || error instanceof OwnFault
}

function incidentOf(error: unknown, flavour: FlavourName, x: Exchange): CustomerError {
  return x.surroundings.clientele.incident(error, {
    flavour,
    method: x.method,
    route: x.route?.path,
    requestId: x.requestId,
  })
}
