/** The door for whatever speaks Request and Response: Hono, Next route handlers, Bun, Deno. */
import { Readable } from 'node:stream'
import type { ReadableStream } from 'node:stream/web'
import type { Clientele } from '../../core/clientele.js'
import { checkApi, doorLimits, handlerOptions } from './api-options.js'
import type { HandlerOptions } from './api-options.js'
import { readBody } from './body.js'
import type { ApiRequest, RawBody, Reply, RequestHeaders, Tokens } from './protocol.js'
import { firstOf, hasNoBody, isLoopback, plainPath, prefixOf, queryOf, servedBy } from './serving.js'

export type { CustomerApiOptions, HandlerOptions } from './api-options.js'
export { explainMapping } from './mapping.js'
export type { MappedField, ShownField } from './mapping.js'
export type { Authenticate, Credentials, Tokens } from './protocol.js'
export type { DiagnosticsOptions } from './diagnostics.js'
export type { AnsweredRequest, Observer } from '../../core/ports/observer.js'

/** What a Request does not say, and the host may know. */
export interface RequestFacts {
  /** Address of the peer: `127.0.0.1`. Without it the peer counts as another machine (decision 2.22). */
  readonly peer?: string
  /** What the host has cut off the front of the path; links keep it. */
  readonly mountPath?: string
}

/** A handler of requests; undefined for paths that are not ours. */
export type FetchHandler = (request: Request, facts?: RequestFacts) => Promise<Response | undefined>

/**
 * The customer APIs as a function from Request to Response. Answers every request below the paths of its flavours, errors
 * too; gives undefined for all else.
 *
 * ```ts
 * const handle = toFetchHandler(clientele, { flavours: [ocapi()], authenticate })
 * app.use(async (c, next) => (await handle(c.req.raw)) ?? next())
 * ```
 */
export function toFetchHandler<M extends Tokens = 'required'>(
  clientele: Clientele,
  options: HandlerOptions<Request, M>,
): FetchHandler {
  checkApi('toFetchHandler', clientele, options, handlerOptions)
  const { maxBody = doorLimits.maxBody, trustProxy = false } = options
  const served = servedBy(clientele, options)
  return async (request, facts = {}) => {
    const url = new URL(request.url)
    const path = plainPath(url.pathname)
    const flavour = served(path)
    if (!flavour) return undefined
    const asked = new FetchRequest(request, url, path, { ...facts, maxBody, trustProxy })
    const reply = await flavour.answer(asked, request)
    asked.dropRest()
    return responseOf(reply)
  }
}

function responseOf({ status, headers, body }: Reply): Response {
  return new Response(hasNoBody(status) ? null : (body ?? ''), { status, headers })
}

type Settings = RequestFacts & Required<Pick<HandlerOptions, 'maxBody' | 'trustProxy'>>

class FetchRequest implements ApiRequest {
  readonly method: string
  readonly path: string
  readonly mountPath: string
  readonly headers: RequestHeaders
  readonly #request: Request
  readonly #url: URL
  readonly #settings: Settings
  #query: URLSearchParams | undefined
  #source: Readable | undefined
  constructor(request: Request, url: URL, path: string, settings: Settings) {
    this.method = request.method
    this.path = path
    this.headers = Object.fromEntries(request.headers)
    this.mountPath = (settings.trustProxy ? prefixOf(this.headers) : '') + (settings.mountPath ?? '')
    this.#request = request
    this.#url = url
    this.#settings = settings
  }
  get query(): URLSearchParams {
    return (this.#query ??= queryOf(this.#url.search.slice(1)))
  }
  get origin(): string {
    const forwarded = this.#settings.trustProxy ? firstOf(this.headers['x-forwarded-host']) : ''
    return `${this.secure ? 'https' : 'http'}://${forwarded === '' ? this.#url.host : forwarded}`
  }
  get secure(): boolean {
    if (this.#url.protocol === 'https:') return true
    return this.#settings.trustProxy && firstOf(this.headers['x-forwarded-proto']) === 'https'
  }
  get loopback(): boolean {
    return this.#settings.peer !== undefined && isLoopback(this.#settings.peer)
  }
  async body(): Promise<RawBody> {
    const { body, bodyUsed } = this.#request
    if (bodyUsed) throw new Error('the request body was read already: give toFetchHandler the request before that')
    if (!body) return { text: '' }
    this.#source = Readable.fromWeb(body as ReadableStream<Uint8Array>)
    return readBody(this.#source, this.headers, this.#settings.maxBody)
  }
  onGone(listener: () => void): void {
    this.#request.signal.addEventListener('abort', listener, { once: true })
  }
  /** Stops reading what an answer has left of the body. */
  dropRest(): void {
    this.#source?.destroy()
  }
}
