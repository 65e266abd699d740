/** Requests and replies as flavours see them, and what can be wrong with a request before any operation runs. */
import { Answer } from '../../core/model/answer.js'
import type { Caller, FlavourName } from '../../core/model/documents.js'

/** Request headers by lower-case name, as node gives them. */
export type RequestHeaders = Readonly<Record<string, string | readonly string[] | undefined>>

/** The text of a header, named in lower case; several lines of it are one list. */
export function headerOf(headers: RequestHeaders, name: string): string | undefined {
  const value = headers[name]
  return typeof value === 'object' ? value.join(', ') : value
}

/** A request body: its text, or the value that a body parser of the host has made of it. */
export type RawBody = { readonly text: string } | { readonly parsed: unknown }

/** A request as a flavour sees it. */
export interface ApiRequest {
  /** In upper case. */
  readonly method: string
  /** Still percent-encoded, except for characters that need no encoding; without the host's mount prefix. */
  readonly path: string
  /** The host's mount prefix in the same form; empty when there is none. */
  readonly mountPath: string
  readonly query: URLSearchParams
  readonly headers: RequestHeaders
  /** Scheme and host as the client sees them: `https://example.com`; without a Host header, the address that it called. */
  readonly origin: string
  /** The connection is TLS, or a proxy that the host app trusts says so (decision 2.22). */
  readonly secure: boolean
  /** The peer is on this machine. */
  readonly loopback: boolean
  /** Reads the body. Throws bodyTooLarge, bodyMalformed (not UTF-8, broken compression) and encodingUnsupported. */
  body(): Promise<RawBody>
  /** Calls back if the client goes away before it is answered. */
  onGone(listener: () => void): void
}

/** What a flavour answers. */
export interface Reply {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string | undefined
}

/** Whether a request needs a Bearer token, or the host may find another way to tell who calls (decision 1.12). */
export type Tokens = 'required' | 'optional'

/** What `authenticate` gets as token: nothing can come only where tokens are optional. */
export interface TokenWhere {
  readonly required: string
  readonly optional: string | undefined
}

/**
 * What an `authenticate` function gets: the token, and the request it came with (decision 1.12). `H` is the host's own
 * request at the door: Koa's context, the IncomingMessage of node:http, the Request of fetch. `T` is `string | undefined` where
 * tokens are optional.
 */
export interface Credentials<H = unknown, T = string> {
  readonly flavour: FlavourName
  /** The method that runs, after an override (decision 2.18). */
  readonly method: string
  readonly path: string
  readonly headers: RequestHeaders
  /** The Bearer token; the form of the Authorization header is checked. With `tokens: 'optional'`, undefined for none. */
  readonly token: T
  /** The host's own request, with what its middlewares have left there: a session, a certificate, a gateway's headers. */
  readonly request: H
  /** Says for the log which check a token has failed; the client never gets to know it. `why` must not hold the token. */
  readonly explain?: (check: TokenCheck, why: string) => void
}

/** What a token was refused for. */
export type TokenCheck =
  | ('form' | 'typ' | 'algorithm' | 'signature' | 'key' | 'issuer' | 'audience' | 'expiry' | 'claims' | 'unknown')
  | ('flavour' | 'tenant' | 'scope' | 'lists')

/**
 * Says who calls. Nothing returned: the token is not good (401). A throw: nobody can tell now (503 with an incident id).
 *
 * ```ts
 * const authenticate: Authenticate = ({ token }) => callers.get(token)
 * ```
 */
export type Authenticate<H = unknown, T = string> = (
  credentials: Credentials<H, T>,
) => Caller | undefined | PromiseLike<Caller | undefined>

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
  /** A request without a token that another site may have sent: `from` is its origin, or what the browser says of it. */
  readonly crossSite: { readonly from: string }
  /** `authenticate` failed: nobody can tell whether the token is good. */
  readonly tokenUnchecked: { readonly incident: string }
  /** A Host that no link can be made of. */
  readonly hostMalformed: { readonly host: string }
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
  /** A write that asks by this header for a dry run, where the host allows none. */
  readonly dryRunRefused: { readonly header: string }
}
/** Name of a kind of protocol problem. */
export type ProtocolProblemKind = keyof ProtocolProblems

/** One protocol problem: its kind and its facts. */
export type ProtocolProblem = {
  [K in ProtocolProblemKind]: { readonly kind: K } & ProtocolProblems[K]
}[ProtocolProblemKind]

/** The error that the way in throws; a flavour's `fault` answers it. Its message is the kind, so it holds no secret. */
export class ProtocolError extends Answer {
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
  return new ProtocolError({ kind, ...facts } as ProtocolProblem, options)
}

/** A fault that only one flavour knows, in that flavour's own form. */
export class OwnFault<F> extends Answer {
  override readonly name = 'OwnFault'
  readonly fault: F
  constructor(fault: F) {
    super('fault')
    this.fault = fault
  }
}
