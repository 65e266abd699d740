/** The way in over HTTP: one Koa middleware. The only file that knows koa, @koa/router and koa-body. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { Router } from '@koa/router'
import Koa from 'koa'
import type { Clientele } from '../../core/clientele.js'
import { checkKind, checkOptions } from '../../core/model/options.js'
import { checkApi } from './api-options.js'
import type { CustomerApiOptions } from './api-options.js'
import { diagnose } from './diagnostics.js'
import { refuse } from './protocol.js'
import type { ApiRequest, RawBody, Reply, RequestHeaders } from './protocol.js'
import { decodedParams, routesByPath } from './route-matcher.js'
import type { PathRoutes, RouteMatcher } from './route-matcher.js'

export { explainMapping } from './mapping.js'
export type { MappedField, ShownField } from './mapping.js'

export type { CustomerApiOptions } from './api-options.js'
export type { DiagnosticsOptions } from './diagnostics.js'

/** The part of a Koa context that is used here, so that a host needs no types of Koa. */
export interface KoaContext {
  readonly req: IncomingMessage
  readonly res: ServerResponse
  readonly method: string
  readonly path: string
  readonly querystring: string
  readonly originalUrl: string
  readonly protocol: string
  readonly host: string
  readonly request: { readonly url: string; body?: unknown }
  status: number
  body: unknown
}

/** A Koa middleware. */
export type KoaMiddleware = (ctx: KoaContext, next: () => Promise<unknown>) => Promise<unknown>

/** A handler of node:http servers; Express and Fastify (`@fastify/express`, `fastify.use`) give `next` too. */
export type NodeHandler = (request: IncomingMessage, response: ServerResponse, next?: (error?: unknown) => void) => void

/**
 * The customer APIs as one middleware. Answers every request below the paths of its flavours, errors too; all else goes
 * on to the host. A body that a parser of the host has read is taken from `ctx.request.body`.
 *
 * ```ts
 * app.use(customerApi(clientele, { flavours: [ocapi(), yaas()], authenticate }))
 * ```
 */
export function customerApi(clientele: Clientele, options: CustomerApiOptions): KoaMiddleware {
  checkApi('customerApi', clientele, options)
  const { authenticate, flavours, maxBody = 5 * 1024 * 1024, diagnostics = {} } = options
  const served = flavours.map((flavour) => ({
    flavour,
    surroundings: { clientele, authenticate, match: matcherOf(flavour.routes) },
  }))
  for (const { notices = [] } of flavours) for (const notice of notices) clientele.warn(notice)
  return (ctx, next) => {
    const path = plainPath(ctx.path)
    for (const { flavour, surroundings } of served) {
      if (!flavour.claims(path)) continue
      const asked = diagnose(clientele, ctx.req.headers, diagnostics)
      const served = asked ? { ...surroundings, clientele: asked.clientele } : surroundings
      return flavour.answer(new KoaRequest(ctx, path, maxBody), served).then((reply) => {
        if (reply.status === 413) hangUp(ctx, maxBody)
        send(ctx, asked ? { ...reply, headers: { ...reply.headers, ...asked.headers() } } : reply)
      })
    }
    return next()
  }
}

/**
 * The middleware as a handler for Express, Fastify and plain node:http. What is not ours goes to `next`, or is a 404.
 * `trustProxy`: believe `X-Forwarded-Proto` and `X-Forwarded-Host`, for servers that only a proxy can reach.
 *
 * ```ts
 * http.createServer(toNodeHandler(customerApi(clientele, { flavours: [ocapi()], authenticate }))).listen(3000)
 * ```
 */
export function toNodeHandler(middleware: KoaMiddleware, options: { readonly trustProxy?: boolean } = {}): NodeHandler {
  checkKind('toNodeHandler: the middleware', middleware, 'function')
  checkOptions<{ readonly trustProxy?: boolean }>('toNodeHandler', options, { trustProxy: 'boolean' })
  const app = new Koa({ proxy: options.trustProxy === true })
  // what goes wrong is answered and logged by the middleware; Koa would print clients that go away
  app.silent = true
  const takers = new WeakSet<IncomingMessage>()
  const notOurs = new WeakSet<IncomingMessage>()
  app.use(middleware).use((ctx) => {
    if (!takers.has(ctx.req)) return
    ctx.respond = false
    ctx.res.statusCode = 200
    notOurs.add(ctx.req)
  })
  const handle = app.callback()
  return (request, response, next) => {
    if (next) takers.add(request)
    // outside of Koa, so that an error of the host stays the host's
    void handle(request, response).then(() => notOurs.has(request) && next?.())
  }
}

/** Matches routes with one router; each path is registered once with all its methods. */
function matcherOf<R extends { readonly method: string; readonly path: string }>(
  routes: readonly R[],
): RouteMatcher<R> {
  const router = new Router({ sensitive: true, strict: true })
  const known = new Map<unknown, PathRoutes<R>>()
  for (const [path, ofPath] of routesByPath(routes)) {
    const methods = [...ofPath.byMethod.keys()]
    known.set(
      router.register(path.replaceAll(/\{(\w+)\}/g, ':$1'), methods, () => undefined),
      ofPath,
    )
  }
  return (method, path) => {
    const layer = router.match(path, method).path[0]
    const found = known.get(layer)
    if (!layer || !found) return undefined
    const [, ...values] = layer.regexp.exec(path) as RegExpExecArray
    const params = decodedParams(found.params, values)
    return params && { route: found.byMethod.get(method), params, allow: found.allow }
  }
}

/** The address that a client without Host (HTTP/1.0) has called. */
function localHost({ socket: { localAddress = '', localPort } }: IncomingMessage): string {
  return `${localAddress.includes(':') ? `[${localAddress}]` : localAddress}:${localPort}`
}

/** A path whose unreserved characters stand for themselves: `%2D` is `-` (RFC 3986, 2.3). */
function plainPath(path: string): string {
  if (!path.includes('%')) return path
  return path.replaceAll(/%(?:2[de]|3\d|[46][1-9a-f]|[57][\da]|5f|7e)/gi, (encoded) => decodeURIComponent(encoded))
}

const noQuery = new URLSearchParams()

/** A Koa request as flavours see it; what costs something is found out when it is asked for. */
class KoaRequest implements ApiRequest {
  readonly method: string
  readonly path: string
  readonly headers: RequestHeaders
  readonly #ctx: KoaContext
  readonly #maxBody: number
  #query: URLSearchParams | undefined
  constructor(ctx: KoaContext, path: string, maxBody: number) {
    this.method = ctx.method
    this.path = path
    this.headers = ctx.req.headers
    this.#ctx = ctx
    this.#maxBody = maxBody
  }
  get query(): URLSearchParams {
    if (this.#query) return this.#query
    const { querystring } = this.#ctx
    this.#query = querystring === '' ? noQuery : new URLSearchParams(querystring)
    return this.#query
  }
  get origin(): string {
    const { protocol, host, req } = this.#ctx
    return `${protocol}://${host === '' ? localHost(req) : host}`
  }
  /** What a mounting host (koa-mount, Express) cut off the front of the path. */
  get mountPath(): string {
    const { req, originalUrl } = this.#ctx
    const [original = ''] = ((req as { originalUrl?: string }).originalUrl ?? originalUrl).split('?', 1)
    const whole = plainPath(original)
    return whole.endsWith(this.path) ? whole.slice(0, -this.path.length).replace(/^[a-z]+:\/\/[^/]*/i, '') : ''
  }
  get secure(): boolean {
    return this.#ctx.protocol === 'https'
  }
  get loopback(): boolean {
    const peer = this.#ctx.req.socket.remoteAddress
    return peer === undefined || peer === '::1' || /^(::ffff:)?127\./.test(peer)
  }
  body(): Promise<RawBody> {
    return bodyOf(this.#ctx, this.#maxBody)
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true })

/** The body of a request: from the stream, or what a parser of the host has made of it. */
async function bodyOf(ctx: KoaContext, limit: number): Promise<RawBody> {
  const { req } = ctx
  try {
    if (!req.readableDidRead) {
      const bytes = await readBytes(req, limit)
      return { text: /[^\u0000-\u007f]/.test(bytes) ? utf8.decode(Buffer.from(bytes, 'latin1')) : bytes }
    }
    const parsed = ctx.request.body ?? (req as { body?: unknown }).body
    if (parsed instanceof Uint8Array) return { text: utf8.decode(parsed) }
    if (typeof parsed === 'string') return { text: parsed }
    if (parsed !== undefined) return { parsed }
  } catch (error) {
    throw problemOf(error, req, limit)
  }
  throw new Error(
    'the request body was read already, and ctx.request.body is not set: serve customerApi before what reads it',
  )
}

type Parser = (ctx: never, next: () => Promise<void>) => Promise<void>
const parsers = new Map<number, Promise<Parser>>()

/**
 * Reads a body with koa-body, which limits, inflates and collects it. Every body is read as text, so that one parser of
 * ours decides what is JSON; as latin1, one character for each byte, so that UTF-8 can be decoded strictly.
 */
async function readBytes(req: IncomingMessage, limit: number): Promise<string> {
  let parser = parsers.get(limit)
  if (!parser) {
    parser = import('koa-body').then(({ koaBody }): Parser =>
      koaBody({ textLimit: limit, json: false, urlencoded: false, encoding: 'latin1' }),
    )
    parsers.set(limit, parser)
  }
  const parse = await parser
  const { 'content-encoding': encoding } = req.headers
  if (encoding !== undefined) req.headers['content-encoding'] = encoding.toLowerCase().replace(/^x-gzip$/, 'gzip')
  const request: { body?: string } = {}
  const ctx = { method: 'POST', req, request, is: () => 'text' } as never
  const read = parse(ctx, () => Promise.resolve())
  await (encoding === undefined ? read : Promise.race([read, cutOff(req)]))
  return request.body ?? ''
}

/** Rejects when the client goes away: a decompressing stream is not told of it. */
function cutOff(req: IncomingMessage): Promise<never> {
  return new Promise((_, reject) => req.once('aborted', () => reject(new TypeError('the client went away'))))
}

/** What is wrong with a body that cannot be read. The error of koa-body holds the body, so it is not passed on. */
function problemOf(error: unknown, req: IncomingMessage, limit: number): unknown {
  const { type, status, code } = error as { type?: string; status?: number; code?: string }
  if (status === 413) return refuse('bodyTooLarge', { limit })
  if (status === 415) return refuse('encodingUnsupported', { encoding: String(req.headers['content-encoding']) })
  const isCutOff = req.destroyed && !req.complete
  if (isCutOff || type?.startsWith('request.') || error instanceof TypeError || /^(Z_|ERR_)/.test(code ?? ''))
    return refuse('bodyMalformed', {})
  return error
}

/** Node reads the rest of a refused body and drops it; not if there is no end of it to be seen. */
function hangUp({ req, res }: KoaContext, limit: number): void {
  const length = Number(req.headers['content-length'] ?? Infinity)
  if (length > 10 * limit) res.setHeader('Connection', 'close')
}

function send(ctx: KoaContext, reply: Reply): void {
  const { status, headers, body } = reply
  const { res } = ctx
  ctx.status = status
  for (const name of Object.keys(headers)) res.setHeader(name, headers[name] as string)
  ctx.body = body ?? (status === 204 ? null : '')
  if (body === undefined && headers['Content-Type'] === undefined) res.removeHeader('Content-Type')
}
