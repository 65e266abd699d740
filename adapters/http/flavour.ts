/**
 * What an API flavour is: a value with route rows, an ordered list of steps and a total map from problems to replies.
 * Knows HTTP, but no framework: `koa.ts` turns a framework's request into an ApiRequest and sends the Reply.
 */
import type { Clientele } from '../../core/clientele.js'
import { CustomerError } from '../../core/model/problems.js'
import type { Caller, FlavourName } from '../../core/model/documents.js'
import type { Profile } from '../../core/model/profile.js'
import type { Namings } from './mapping.js'
import { OwnFault, ProtocolError, refuse } from './protocol.js'
import type { ApiRequest, Authenticate, Reply, RequestHeaders } from './protocol.js'
import type { Row } from './routes.js'

export * from './protocol.js'
export * from './routes.js'

/** What a path leads to. `row` is undefined when the path is known and the method is not. */
export interface Match<R> {
  readonly row: R | undefined
  /** Path parameters, percent-decoded. */
  readonly params: Readonly<Record<string, string>>
  /** Methods that the path knows. */
  readonly allow: readonly string[]
}

/** Finds the row of a method and a path relative to the flavour's base; undefined when no row has the path. */
export type Matcher<R> = (method: string, path: string) => Match<R> | undefined

/** What a flavour needs from its surroundings. */
export interface Surroundings<R = unknown> {
  readonly clientele: Clientele
  readonly authenticate: Authenticate
  /** Matches the flavour's own rows; a path with broken percent-encoding matches nothing. */
  readonly match: Matcher<R>
}

/** An API flavour, ready to be served by `customerApi`. */
export interface Flavour {
  readonly name: FlavourName
  /** The rules that travel with its calls (decision 1.7). */
  readonly profile: Profile
  /** Rows for the matcher, in the order of preference. */
  readonly rows: readonly { readonly method: string; readonly path: string }[]
  /** How it shows records, for `explainMapping`. */
  readonly documents: Namings
  /** Cheap check whether a path is this flavour's; all else goes on to the host (decision 1.13). */
  claims(path: string): boolean
  /** Answers a claimed request. Never throws. */
  answer(request: ApiRequest, surroundings: Surroundings): Promise<Reply>
}

/** One request on its way through the steps. A flavour extends it with what its own steps find out. */
export class Exchange<R extends Row = Row> {
  readonly request: ApiRequest
  readonly surroundings: Surroundings<R>
  /** Method to run: the request's, unless a step overrides it; HEAD runs as GET. */
  method: string
  row: R | undefined
  params: Readonly<Record<string, string>> = {}
  caller: Caller | undefined
  /** Correlates log lines, incidents and events; the library makes one when it is absent. */
  requestId: string | undefined
  constructor(request: ApiRequest, surroundings: Surroundings<R>) {
    this.request = request
    this.surroundings = surroundings
    this.method = request.method
  }
}

/** One step: gives a reply to end the request, or nothing to go on. Throws what the flavour's `fault` answers. */
export type Step<X> = (exchange: X) => Reply | undefined | void | Promise<Reply | undefined | void>

/** Step: finds the row; HEAD runs as GET. Throws pathNotFound and methodNotAllowed; OPTIONS answers 204 with Allow (decision 1.13). */
export function matchPath<X extends Exchange<Row<X>>>(x: X, path: string): Reply | undefined {
  const method = x.method === 'HEAD' ? 'GET' : x.method
  const match = x.surroundings.match(method, path)
  if (!match) throw refuse('pathNotFound', { path: x.request.path })
  x.params = match.params
  x.row = match.row
  if (x.method === 'OPTIONS') return { status: 204, headers: { Allow: match.allow.join(', ') } }
  if (!match.row) throw refuse('methodNotAllowed', { method: x.method, allow: match.allow })
  return undefined
}

const hostForm = /^(?:\[[\da-f:.]+\]|[\w-]+(?:\.[\w-]+)*\.?)(?::\d{1,5})?$/i

/** Step: refuses a Host that no link can be made of. Throws hostMalformed. */
export function checkHost({ request: { origin, headers } }: Exchange): void {
  const named = origin.slice(origin.indexOf('//') + 2)
  const sent = headers['host'] as string | undefined
  for (const host of [sent === undefined || sent === '' ? named : sent, named])
    if (!hostForm.test(host)) throw refuse('hostMalformed', { host })
}

/** The token of an `Authorization: Bearer` header. Throws tokenMissing and tokenMalformed. */
export function bearerToken(headers: RequestHeaders): string {
  const header = headers['authorization']
  if (header === undefined || header === '') throw refuse('tokenMissing', {})
  const token = typeof header === 'string' ? /^bearer +([^\s,]+) *$/i.exec(header)?.[1] : undefined
  if (token === undefined) throw refuse('tokenMalformed', {})
  return token
}

/** Step: finds out who calls. Throws tokenMissing, tokenMalformed, tokenInvalid, tokenForOtherFlavour, tokenUnchecked. */
export function checkToken(flavour: FlavourName): (x: Exchange) => undefined | Promise<undefined> {
  const accept = (x: Exchange, caller: Caller | undefined): undefined => {
    if (!caller) throw refuse('tokenInvalid', {})
    if (!isCaller(caller)) fail(x, new TypeError('authenticate gave something that is no Caller'))
    if (!caller.flavours.includes(flavour)) throw refuse('tokenForOtherFlavour', {})
    x.caller = caller
    return undefined
  }
  const fail = (x: Exchange, cause: unknown): never => {
    const { problem } = x.surroundings.clientele.incident(cause, { flavour, step: 'authenticate' })
    throw refuse('tokenUnchecked', { incident: problem.kind === 'internal' ? problem.incident : '' }, { cause })
  }
  return (x) => {
    const { path, headers } = x.request
    const token = bearerToken(headers)
    let given
    try {
      given = x.surroundings.authenticate({ flavour, method: x.method, path, headers, token })
    } catch (error) {
      return fail(x, error)
    }
    if (!isThenable(given)) return accept(x, given)
    return Promise.resolve(given)
      .catch((error: unknown) => fail(x, error))
      .then((caller) => accept(x, caller))
  }
}

function isThenable<T>(given: T | PromiseLike<T>): given is PromiseLike<T> {
  return typeof given === 'object' && given !== null && 'then' in given
}

/** A host without types may give anything. */
function isCaller(given: Partial<Caller>): boolean {
  const isList = (value: unknown) => value === undefined || Array.isArray(value)
  return Array.isArray(given.flavours) && isList(given.lists) && isList(given.scopes)
}

/** Step: runs the matched row. */
export function runRow<X extends Exchange<Row<X>>>(x: X): Reply | Promise<Reply> {
  return (x.row as Row<X>).run(x)
}

/** A whole number of the query. Throws parameterMalformed and parameterOutOfRange. */
export function integerOf(
  query: URLSearchParams,
  parameter: string,
  limits: { readonly absent: number; readonly min: number; readonly max: number },
): number {
  const value = query.get(parameter)
  if (value === null) return limits.absent
  const number = /^[+-]?\d{1,15}$/.test(value) ? Number(value) : Number.NaN
  if (Number.isNaN(number)) throw refuse('parameterMalformed', { parameter, value })
  if (number < limits.min || number > limits.max) {
    const expected = limits.max < Number.MAX_SAFE_INTEGER ? `${limits.min}..${limits.max}` : `>= ${limits.min}`
    throw refuse('parameterOutOfRange', { parameter, value, expected })
  }
  return number
}

/** What makes a flavour. */
export interface FlavourParts<X extends Exchange<Row<X>>, F> {
  readonly name: FlavourName
  readonly profile: Profile
  readonly documents: Namings
  readonly claims: (path: string) => boolean
  readonly rows: readonly Row<X>[]
  readonly begin: (request: ApiRequest, surroundings: Surroundings<Row<X>>) => X
  /** The order of checks, the one place where it stands (decisions 2.24, 3.17). The last step replies. */
  readonly steps: readonly Step<X>[]
  /** The reply for anything thrown; an error that nobody expected comes as CustomerError of kind `internal`. */
  readonly fault: (error: CustomerError | ProtocolError | OwnFault<F>, exchange: X) => Reply
}

/** Makes a flavour of its parts. */
export function flavour<X extends Exchange<Row<X>>, F>(parts: FlavourParts<X, F>): Flavour {
  const { name, profile, documents, claims, rows, begin, steps, fault } = parts
  return {
    name,
    profile,
    documents,
    claims,
    rows,
    async answer(request, surroundings) {
      const exchange = begin(request, surroundings as Surroundings<Row<X>>)
      let reply: Reply | undefined | void
      try {
        for (const step of steps) {
          const given = step(exchange)
          reply = given instanceof Promise ? await given : given
          if (reply) break
        }
        if (!reply) throw new Error('no step gave a reply')
      } catch (error) {
        reply = fault(known<F>(error) ? error : incidentOf(error, name, exchange), exchange)
      }
      const isOverridden = exchange.method === 'HEAD' && request.method !== 'HEAD'
      return isOverridden ? { status: reply.status, headers: reply.headers } : reply
    },
  }
}

function known<F>(error: unknown): error is CustomerError | ProtocolError | OwnFault<F> {
  return error instanceof CustomerError || error instanceof ProtocolError || error instanceof OwnFault
}

function incidentOf(error: unknown, flavour: FlavourName, x: Exchange): CustomerError {
  return x.surroundings.clientele.incident(error, {
    flavour,
    method: x.method,
    route: x.row?.path,
    requestId: x.requestId,
  })
}
