/**
 * What an API flavour is: a value with route rows, an ordered list of steps and a total map from problems to replies.
 * Knows HTTP, but no framework: `koa.ts` turns a framework's request into an ApiRequest and sends the Reply.
 */
import type { Clientele } from '../core/clientele.js'
import { CustomerError } from '../core/errors.js'
import type { Caller, FlavourName } from '../core/model.js'
import type {
  DocumentOf,
  InputOf,
  Operation,
  PreviousOf,
  Reading,
  ResultOf,
  TargetOf,
  Writing,
} from '../core/operations.js'
import type { Profile } from '../core/profiles.js'
import type { Secret } from '../core/secret.js'
import type { Namings } from './mapping.js'

/** Request headers by lower-case name, as node gives them. */
export type RequestHeaders = Readonly<Record<string, string | readonly string[] | undefined>>

/** A request body: its text, or the value that a body parser of the host has made of it. */
export type RawBody = { readonly text: string } | { readonly parsed: unknown }

/** A request as a flavour sees it. */
export interface ApiRequest {
  /** In upper case. */
  readonly method: string
  /** Path as sent, still percent-encoded, without the host's mount prefix. */
  readonly path: string
  /** The host's mount prefix, as sent; empty when there is none. */
  readonly mountPath: string
  readonly query: URLSearchParams
  readonly headers: RequestHeaders
  /** Scheme and host as the client sees them: `https://example.com`. */
  readonly origin: string
  /** The connection is TLS, or a proxy that the host app trusts says so (decision 2.22). */
  readonly secure: boolean
  /** The peer is on this machine. */
  readonly loopback: boolean
  /** Reads the body. Throws bodyTooLarge, bodyMalformed (not UTF-8, broken compression) and encodingUnsupported. */
  body(): Promise<RawBody>
}

/** What a flavour answers. */
export interface Reply {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
}

/** What an `authenticate` function gets: the token, and the request it came with (decision 1.12). */
export interface Credentials {
  readonly flavour: FlavourName
  /** The method that runs, after an override (decision 2.18). */
  readonly method: string
  readonly path: string
  readonly headers: RequestHeaders
  /** The Bearer token; the form of the Authorization header is checked. */
  readonly token: string
}

/**
 * Says who calls. Nothing returned: the token is not good (401). A throw: nobody can tell now (503 with an incident id).
 *
 * ```ts
 * const authenticate: Authenticate = ({ token }) => callers.get(token)
 * ```
 */
export type Authenticate = (credentials: Credentials) => Caller | undefined | PromiseLike<Caller | undefined>

/** What can be wrong with a request before any operation runs; facts by kind. */
export interface ProtocolProblems {
  readonly pathNotFound: { readonly path: string }
  readonly methodNotAllowed: { readonly method: string; readonly allow: readonly string[] }
  /** No Authorization header. */
  readonly tokenMissing: object
  /** An Authorization header that is not `Bearer` and one token. */
  readonly tokenMalformed: object
  readonly tokenInvalid: object
  /** A good token, but issued for another API (decision 1.12). */
  readonly tokenForOtherFlavour: object
  /** `authenticate` failed: nobody can tell whether the token is good. */
  readonly tokenUnchecked: { readonly incident: string }
  /** Plain http where TLS is needed (decision 2.22). */
  readonly insecure: object
  /** Not JSON, not XML, not UTF-8; line and column start at 1 and are absent when unknown. */
  readonly bodyMalformed: { readonly line?: number; readonly column?: number }
  /** `limit` in bytes. */
  readonly bodyTooLarge: { readonly limit: number }
  /** A Content-Encoding that is not known. */
  readonly encodingUnsupported: { readonly encoding: string }
  readonly contentTypeMalformed: { readonly contentType: string }
  readonly contentTypeUnsupported: { readonly contentType: string }
  readonly notAcceptable: { readonly header: 'accept' | 'accept-charset'; readonly value: string }
  readonly parameterMalformed: { readonly parameter: string; readonly value: string }
  /** `expected` says in words what would do. */
  readonly parameterOutOfRange: { readonly parameter: string; readonly value: string; readonly expected: string }
}
/** Name of a kind of protocol problem. */
export type ProtocolProblemKind = keyof ProtocolProblems

/** One protocol problem: its kind and its facts. */
export type ProtocolProblem = {
  [K in ProtocolProblemKind]: { readonly kind: K } & ProtocolProblems[K]
}[ProtocolProblemKind]

/** The error that the way in throws; a flavour's `fault` answers it. Its message is the kind, so it holds no secret. */
export class ProtocolError extends Error {
  override readonly name = 'ProtocolError'
  readonly problem: ProtocolProblem
  constructor(problem: ProtocolProblem, options?: ErrorOptions) {
    super(problem.kind, options)
    this.problem = problem
  }
}

/** Shortest way to a ProtocolError: `throw refuse('bodyTooLarge', { limit })`. */
export function refuse<K extends ProtocolProblemKind>(
  kind: K,
  facts: ProtocolProblems[K],
  options?: ErrorOptions,
): ProtocolError {
  return new ProtocolError({ kind, ...facts } as unknown as ProtocolProblem, options)
}

/** A fault that only one flavour knows, in that flavour's own form. */
export class OwnFault<F> extends Error {
  override readonly name = 'OwnFault'
  readonly fault: F
  constructor(fault: F) {
    super('fault')
    this.fault = fault
  }
}

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

/** A route whose types are closed over. */
export interface Row<X = never> {
  readonly method: string
  /** Relative to the flavour's base, parameters in braces: `/customer_lists/{list_id}`. */
  readonly path: string
  /** The operation it runs; absent for what needs none. */
  readonly runs?: Operation
  readonly run: (exchange: X) => Reply | Promise<Reply>
}

/** Names of the parameters of a path. */
export type ParametersOf<P extends string> = P extends `${string}{${infer N}}${infer R}` ? N | ParametersOf<R> : never
/** An exchange whose row is matched, with the path's parameters. */
export type At<X, P extends string> = X & { readonly params: Readonly<Record<ParametersOf<P>, string>> }

/** What a flavour says of every call to the core. */
export interface CallFacts {
  readonly list: string
  readonly profile: Profile['name'] | Profile
}

/** A route that reads. */
export interface ReadingRow<X, P extends string, O extends Reading> {
  readonly method: 'GET'
  readonly path: P
  readonly runs: O
  readonly input: (exchange: At<X, P>) => InputOf<O>
  readonly reply: (result: ResultOf<O>, exchange: At<X, P>) => Reply | Promise<Reply>
}

/** A route that writes. */
export type WritingRow<X, P extends string, O extends Writing> = {
  readonly method: 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  readonly path: P
  readonly runs: O
  readonly target: (exchange: At<X, P>) => TargetOf<O>
  /** The password that the document will hold, so that it is hashed before the unit of work opens. */
  readonly password?: (exchange: At<X, P>) => Secret | undefined
  /** Runs inside the unit of work, when the record is loaded. */
  readonly precondition?: (exchange: At<X, P>, current: PreviousOf<O>) => void
  /** Told the stored number of the customer that an address or account is created for. */
  readonly owner?: (exchange: At<X, P>, customerNo: string) => void
  readonly reply: (result: ResultOf<O>, exchange: At<X, P>) => Reply | Promise<Reply>
} & (object extends DocumentOf<O>
  ? { readonly document?: never }
  : {
      /** Runs inside the unit of work, when the record is loaded and before `precondition`; undefined on create. */
      readonly document: (exchange: At<X, P>, current: PreviousOf<O>) => DocumentOf<O>
    })

/** A route that needs no operation. */
export interface PlainRow<X, P extends string> {
  readonly method: 'GET'
  readonly path: P
  readonly answer: (exchange: At<X, P>) => Reply | Promise<Reply>
}

/**
 * Gives the `route` function of a flavour: typed rows in, erased rows out. `E` is what the flavour adds to every row,
 * `facts` what it says of every call.
 *
 * ```ts
 * const route = routes<OcapiExchange, { resource: string }>((x) => ({ list: x.params.list_id, profile: 'ocapi' }))
 * route({ method: 'GET', path: '/customer_lists/{list_id}/customers/{customer_no}', runs: 'getCustomer', … })
 * ```
 */
export function routes<X extends Exchange, E extends object = object>(
  flavour: FlavourName,
  facts: (exchange: X) => CallFacts,
) {
  const options = (x: X) => {
    const call = { ...facts(x), flavour, caller: x.caller as Caller }
    return x.requestId === undefined ? call : { ...call, requestId: x.requestId }
  }
  function reading<const P extends string, const O extends Reading>(row: ReadingRow<X, P, O> & E): Row<X> & E {
    const run = async (x: X): Promise<Reply> => {
      const at = x as At<X, P>
      return row.reply(await x.surroundings.clientele.read(row.runs, { ...options(x), input: row.input(at) }), at)
    }
    return { ...row, run }
  }
  function writing<const P extends string, const O extends Writing>(row: WritingRow<X, P, O> & E): Row<X> & E {
    const run = async (x: X): Promise<Reply> => {
      const at = x as At<X, P>
      const { document, precondition, owner } = row
      const password = row.password?.(at)
      const result = await x.surroundings.clientele.write(row.runs, {
        ...options(x),
        target: row.target(at),
        document: (current) => (document ? document(at, current) : {}) as DocumentOf<O>,
        ...(password && { password }),
        ...(precondition && { precondition: (current: PreviousOf<O>) => precondition(at, current) }),
        ...(owner && { owner: (customerNo: string) => owner(at, customerNo) }),
      })
      return row.reply(result, at)
    }
    return { ...(row as { method: string; path: P; runs: O } & E), run }
  }
  function plain<const P extends string>(row: PlainRow<X, P> & E): Row<X> & E {
    return { ...row, run: row.answer }
  }
  return { reading, writing, plain }
}

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
    if (!isCaller(caller)) return fail(x, new TypeError('authenticate gave something that is no Caller'))
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
  const { name, documents, claims, rows, begin, steps, fault } = parts
  return {
    name,
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
