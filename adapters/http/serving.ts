/** What all doors share: which flavour a request belongs to, and how it is answered. Knows no framework. */
import type { Clientele } from '../../core/clientele.js'
import { guardedObserver } from '../../core/ports/observer.js'
import { doorLimits } from './api-options.js'
import type { CustomerApiOptions } from './api-options.js'
import { diagnose } from './diagnostics.js'
import type { DiagnosticsOptions } from './diagnostics.js'
import type { Surroundings } from './exchange.js'
import type { Flavour } from './flavour.js'
import { Gate } from './gate.js'
import type { ApiRequest, Reply, RequestHeaders, Tokens } from './protocol.js'
import { matcherOf } from './route-matcher.js'

/** A flavour, served at a door whose host has requests of type `H`. */
export class Served<H, M extends Tokens> {
  readonly #flavour: Flavour
  readonly #surroundings: Surroundings
  readonly #diagnostics: DiagnosticsOptions
  constructor(flavour: Flavour, clientele: Clientele, gate: Gate, options: CustomerApiOptions<H, M>) {
    const { authenticate, diagnostics = {}, publicUrl, hosts, observe, maxAnswer = doorLimits.maxAnswer } = options
    const tokens: Tokens = options.tokens ?? 'required'
    this.#flavour = flavour
    // a step before refuses what has no token where one is required; the door gives its own kind of request
    const ask = authenticate as Surroundings['authenticate']
    const observer = observe
      ? guardedObserver(observe, (step, error) => clientele.incident(error, { step }))
      : clientele.observer
    const match = matcherOf(flavour.routes)
    this.#surroundings = { clientele, authenticate: ask, tokens, match, gate, maxAnswer, publicUrl, hosts, observer }
    this.#diagnostics = diagnostics
  }
  /** Whether a path, as `plainPath` gives it, is the flavour's. */
  claims(path: string): boolean {
    return this.#flavour.claims(path)
  }
  /** Answers a request that it has claimed; `host` is the host's own form of it. Never rejects. */
  answer(request: ApiRequest, host: H): Promise<Reply> {
    const surroundings = this.#surroundings
    const asked = diagnose(surroundings.clientele, request.headers, this.#diagnostics)
    if (!asked) return this.#flavour.answer(request, surroundings, host)
    const answered = this.#flavour.answer(request, { ...surroundings, clientele: asked.clientele }, host)
    return answered.then((reply) => ({ ...reply, headers: { ...reply.headers, ...asked.headers() } }))
  }
}

/**
 * Makes what finds the flavour that a path belongs to; it gives undefined for a path of the host (decision 1.13). Logs what
 * the flavours have to tell the host.
 */
export function servedBy<H, M extends Tokens>(
  clientele: Clientele,
  options: CustomerApiOptions<H, M>,
): (path: string) => Served<H, M> | undefined {
  const gate = new Gate({ ...doorLimits, ...options })
  const all = options.flavours.map((flavour) => new Served(flavour, clientele, gate, options))
  for (const { notices = [] } of options.flavours) for (const notice of notices) clientele.warn(notice)
  return (path) => {
    for (const served of all) if (served.claims(path)) return served
    return undefined
  }
}

/**
 * A path whose unreserved characters stand for themselves: `%2D` is `-` (RFC 3986, 2.3). Broken percent-encoding stays as
 * it is, so that it is refused and not decoded to something else.
 */
export function plainPath(path: string): string {
  if (!path.includes('%') || /%(?![\da-f]{2})/i.test(path)) return path
  return path.replaceAll(/%(?:2[de]|3\d|[46][1-9a-f]|[57][\da]|5f|7e)/gi, (encoded) => decodeURIComponent(encoded))
}

/** What a trusted proxy says that it has cut off the front of the path: `X-Forwarded-Prefix` (decision 1.17). */
export function prefixOf(headers: RequestHeaders): string {
  const prefix = firstOf(headers['x-forwarded-prefix']).replace(/\/$/, '')
  return /^(?:\/[\w.~%-]+)+$/.test(prefix) ? prefix : ''
}

/** Whether replies of a status never have a body. */
export function hasNoBody(status: number): boolean {
  return status === 204 || status === 304
}

const noQuery = new URLSearchParams()

/** The parameters of a query; one shared object for none. */
export function queryOf(text: string): URLSearchParams {
  return text === '' ? noQuery : new URLSearchParams(text)
}

/** Whether an address is of this machine. */
export function isLoopback(address: string): boolean {
  return address === '::1' || /^(::ffff:)?127\./.test(address)
}

/** The first of what proxies have written into a header, each before the next. */
export function firstOf(header: string | readonly string[] | undefined): string {
  const text = typeof header === 'string' ? header : (header?.[0] ?? '')
  const end = text.indexOf(',')
  return (end < 0 ? text : text.slice(0, end)).trim()
}
