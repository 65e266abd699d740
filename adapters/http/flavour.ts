/**
 * What an API flavour is: a value with routes, an ordered list of steps and a reply for whatever goes wrong. Knows HTTP,
 * but no framework: a door (`koa.ts`) turns a framework's request into an ApiRequest and sends the Reply.
 */
import { TimeLimit } from '../../core/extension/deadline.js'
import type { FlavourName } from '../../core/model/documents.js'
import { CustomerError } from '../../core/model/problems.js'
import { copyMark, thisCopy } from '../../core/model/copy.js'
import type { Profile } from '../../core/model/profile.js'
import { errorOf } from '../../core/model/thrown.js'
import type { AnsweredRequest } from '../../core/ports/observer.js'
import type { Declared, Description } from './description.js'
import type { Exchange, Surroundings } from './exchange.js'
import { ClientGone, throwIfOver } from './gate.js'
import type { Namings } from './namings.js'
import { requestIdOf } from './request-id.js'
import { OwnFault, ProtocolError } from './protocol.js'
import type { ApiRequest, Reply } from './protocol.js'
import type { Route } from './route-matcher.js'
import type { Step } from './steps.js'

/** An API flavour, ready to be served by `customerApi`. */
export interface Flavour {
  readonly name: FlavourName
  /** The rules that travel with its calls (decision 1.7). */
  readonly profile: Profile
  /** What the host should know at start: the door logs each as a warning. */
  readonly notices?: readonly string[]
  /** Routes for the matcher, in the order of preference. */
  readonly routes: readonly { readonly method: string; readonly path: string }[]
  /** How it shows records, for `explainMapping`. */
  readonly documents: Namings
  /** What it says of itself, for `clientele/openapi`; loaded when it is asked for. */
  describe?(declared: Declared): Promise<Description>
  /** Cheap check whether a path is this flavour's; all else goes on to the host (decision 1.13). */
  claims(path: string): boolean
  /** Answers a claimed request; `host` is the host's own form of it. Never throws. */
  answer(request: ApiRequest, surroundings: Surroundings, host: unknown): Promise<Reply>
}

/** What makes a flavour: its exchange `X`, its routes `R` and its form of a fault `F`. */
export interface FlavourParts<X extends Exchange<R>, R extends Route<X>, F> {
  readonly name: FlavourName
  readonly profile: Profile
  readonly documents: Namings
  readonly describe?: (declared: Declared) => Promise<Description<R>>
  readonly notices?: readonly string[]
  readonly claims: (path: string) => boolean
  /** The header that tells the id of a request in every reply, in lower case; what it brings is echoed. */
  readonly requestIdHeader: string
  readonly routes: readonly R[]
  readonly begin: (request: ApiRequest, surroundings: Surroundings<R>) => X
  /** The order of checks, the one place where it stands (decisions 2.24, 3.17). The last step replies. */
  readonly steps: readonly Step<X>[]
  /** The last word on what a step replies; faults do not come here. */
  readonly finish?: (reply: Reply, exchange: X) => Reply
  /** The reply for anything thrown; an error that nobody expected comes as CustomerError of kind `internal`. */
  readonly fault: (error: CustomerError | ProtocolError | OwnFault<F>, exchange: X) => Reply
  /** The reply when nothing else can be said: an internal error in the flavour's own form (decision 4.12). */
  readonly lastResort: Reply
}

/** Makes a flavour of its parts. */
export function flavour<X extends Exchange<R>, R extends Route<X>, F>(parts: FlavourParts<X, R, F>): Flavour {
  const { name, profile, documents, notices = [], claims, routes, describe } = parts
  const answer: Flavour['answer'] = (request, surroundings, host) =>
    answerWith(parts, request, surroundings as Surroundings<R>, host)
  const made = { [copyMark]: thisCopy, name, profile, documents, notices, claims, routes, answer }
  return describe ? { ...made, describe } : made
}

async function answerWith<X extends Exchange<R>, R extends Route<X>, F>(
  parts: FlavourParts<X, R, F>,
  request: ApiRequest,
  surroundings: Surroundings<R>,
  host: unknown,
): Promise<Reply> {
  const requestId = requestIdOf(request.headers, parts.requestIdHeader)
  const { onRequest } = surroundings.observer
  const start = onRequest ? { flavour: parts.name, method: request.method, requestId } : undefined
  const ended = start && onRequest?.(start)
  const since = ended ? performance.now() : 0
  let exchange: X | undefined
  let reply: Reply
  try {
    exchange = parts.begin(request, surroundings)
    exchange.requestId = requestId
    exchange.host = host
    reply = await replyOf(parts, exchange)
  } catch (thrown) {
    reply = faultReply(parts, thrown, surroundings, exchange)
  }
  const headers = { ...reply.headers, [parts.requestIdHeader]: requestId }
  if (ended) ended({ ...start, ...foundIn(exchange), status: reply.status, ms: performance.now() - since })
  const body = exchange && isHeadByOverride(exchange) ? undefined : reply.body
  return { status: reply.status, headers, body }
}

/** The reply for anything thrown; the last resort where that fails too. */
function faultReply<X extends Exchange<R>, R extends Route<X>, F>(
  { name, fault, lastResort }: FlavourParts<X, R, F>,
  thrown: unknown,
  surroundings: Surroundings<R>,
  exchange: X | undefined,
): Reply {
  try {
    const error = errorOf(thrown)
    const known = isKnown<F>(error) ? error : incidentOf(error, name, surroundings, exchange)
    if (!exchange) return lastResort
    exchange.problem = problemOf(known, exchange)
    if (exchange.time.reason instanceof TimeLimit) noteLate(exchange, name)
    return fault(known, exchange)
  } catch {
    return lastResort
  }
}

function problemOf(error: CustomerError | ProtocolError | OwnFault<unknown>, { time }: Exchange): string {
  if (time.reason instanceof ClientGone) return 'clientGone'
  return error instanceof OwnFault ? 'fault' : error.problem.kind
}

function noteLate({ surroundings, method, route, requestId, time }: Exchange, flavour: FlavourName): void {
  const facts = { flavour, method, route: route?.path, requestId }
  surroundings.clientele.warn(`a request was given up: ${time.reason?.message}`, facts)
}

/** What became known of a request on its way, for the host's observer. */
function foundIn({ route, problem }: Partial<Pick<Exchange, 'route' | 'problem'>> = {}): Partial<AnsweredRequest> {
  return {
    ...(route && { route: route.path }),
    ...(route?.runs && { operation: route.runs }),
    ...(problem !== undefined && { problem }),
  }
}

/** A POST that is a HEAD by override gets no body. */
const isHeadByOverride = ({ method, request }: Exchange): boolean => method === 'HEAD' && request.method !== 'HEAD'

/** Lets a request in with those that came with it, and goes through the steps until one replies. */
async function replyOf<X extends Exchange<R>, R extends Route<X>, F>(
  { steps, finish }: FlavourParts<X, R, F>,
  exchange: X,
): Promise<Reply> {
  const { gate } = exchange.surroundings
  const inside = gate.enter(exchange)
  try {
    await gate.opens()
    for (const step of steps) {
      throwIfOver(exchange)
      const given = step(exchange)
      const reply = given instanceof Promise ? await given : given
      if (reply) return finish ? finish(reply, exchange) : reply
    }
  } finally {
    gate.leave(inside)
  }
  throw new Error('no step gave a reply')
}

function isKnown<F>(error: Error): error is CustomerError | ProtocolError | OwnFault<F> {
  return error instanceof CustomerError || error instanceof ProtocolError || error instanceof OwnFault
}

function incidentOf(error: Error, flavour: FlavourName, { clientele }: Surroundings, x?: Exchange): CustomerError {
  return clientele.incident(error, { flavour, method: x?.method, route: x?.route?.path, requestId: x?.requestId })
}
