/** The door for Koa: one middleware. The only file that knows koa and koa-body. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import Koa from 'koa'
import type { Clientele } from '../../core/clientele.js'
import { checkKind, checkOptions } from '../../core/model/options.js'
import { apiOptions, checkApi, doorLimits } from './api-options.js'
import type { CustomerApiOptions } from './api-options.js'
import { bodyOfHost, textOf } from './body.js'
import { dropRest, IncomingRequest } from './incoming.js'
import type { NodeHandler } from './incoming.js'
import { refuse } from './protocol.js'
import type { RawBody, Reply, Tokens } from './protocol.js'
import { hasNoBody, plainPath, prefixOf, servedBy } from './serving.js'
import type { Served } from './serving.js'

export { explainMapping } from './mapping.js'
export type { MappedField, ShownField } from './mapping.js'

export type { CustomerApiOptions } from './api-options.js'
export type { Authenticate, Credentials, Tokens } from './protocol.js'
export type { DiagnosticsOptions } from './diagnostics.js'
export type { AnsweredRequest, Observer } from '../../core/ports/observer.js'
export type { NodeHandler } from './incoming.js'

/** The part of a Koa context that is used here, so that a host needs no types of Koa. */
export interface KoaContext {
  readonly req: IncomingMessage
  readonly res: ServerResponse
  readonly app?: { readonly proxy?: boolean }
  readonly method: string
  readonly path: string
  readonly querystring: string
  readonly originalUrl: string
  readonly protocol: string
  readonly host: string
  readonly request: { readonly url: string; body?: unknown }
  /** Where `status` and `body` are kept. */
  readonly response?: Pick<KoaContext, 'status' | 'body'>
  /** What middlewares before have found out: who has a session, for `authenticate`. */
  readonly state?: Readonly<Record<string, unknown>>
  status: number
  body: unknown
}

/** A Koa middleware. */
export type KoaMiddleware<C extends KoaContext = KoaContext> = (
  ctx: C,
  next: () => Promise<unknown>,
) => Promise<unknown>

/**
 * The customer APIs as one middleware. Answers every request below the paths of its flavours, errors too; all else goes
 * on to the host. A body that a parser of the host has read is taken from `ctx.request.body`.
 *
 * ```ts
 * app.use(customerApi(clientele, { flavours: [ocapi(), yaas()], authenticate }))
 * ```
 */
export function customerApi<C extends KoaContext = KoaContext, M extends Tokens = 'required'>(
  clientele: Clientele,
  options: CustomerApiOptions<C, M>,
): KoaMiddleware<C> {
  checkApi('customerApi', clientele, options, apiOptions)
  const { maxBody = doorLimits.maxBody } = options
  const served = servedBy(clientele, options)
  return (ctx, next) => {
    const path = plainPath(ctx.path)
    const flavour = served(path)
    return flavour ? respond(flavour, ctx, path, maxBody) : next()
  }
}

async function respond<C extends KoaContext, M extends Tokens>(
  flavour: Served<C, M>,
  ctx: C,
  path: string,
  maxBody: number,
): Promise<void> {
  const reply = await flavour.answer(new KoaRequest(ctx, path, maxBody), ctx)
  dropRest(ctx.req, ctx.res, reply, maxBody)
  send(ctx, reply)
}

/**
 * The middleware as a handler for Express, Fastify and plain node:http, for hosts that have Koa anyway; `clientele/node`
 * needs none. What is not ours goes to `next`, or is a 404.
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

/** A Koa request as flavours see it. */
class KoaRequest extends IncomingRequest {
  readonly #ctx: KoaContext
  readonly #maxBody: number
  constructor(ctx: KoaContext, path: string, maxBody: number) {
    super(ctx.req, ctx.res, ctx.req.method ?? 'GET', path)
    this.#ctx = ctx
    this.#maxBody = maxBody
  }
  protected get querystring(): string {
    return this.incoming.url?.includes('?') ? this.#ctx.querystring : ''
  }
  protected get host(): string {
    return this.#ctx.host
  }
  protected get prefix(): string {
    return this.#ctx.app?.proxy === true ? prefixOf(this.headers) : ''
  }
  protected get originalUrl(): string {
    return (this.incoming as { originalUrl?: string }).originalUrl ?? this.#ctx.originalUrl
  }
  get secure(): boolean {
    return this.#ctx.protocol === 'https'
  }
  body(): Promise<RawBody> {
    return this.incoming.readableDidRead ? readByHost(this.#ctx) : readBody(this.incoming, this.#maxBody)
  }
}

/** What a parser of the host has made of the body. */
async function readByHost({ req, request }: KoaContext): Promise<RawBody> {
  const given = bodyOfHost(request.body ?? (req as { body?: unknown }).body)
  if (given) return given
  throw new Error(
    'the request body was read already, and ctx.request.body is not set: serve customerApi before what reads it',
  )
}

type Parser = (ctx: never, next: () => Promise<void>) => Promise<void>
const parsers = new Map<number, Parser>()

/** The reader of bodies up to a limit. */
async function parserOf(limit: number): Promise<Parser> {
  const { koaBody } = await import('koa-body')
  const parser = koaBody({ textLimit: limit, json: false, urlencoded: false, encoding: '' })
  parsers.set(limit, parser)
  return parser
}

const isText = (): string => 'text'
const nothing = (): Promise<void> => Promise.resolve()

/**
 * Reads a body with koa-body, which limits, inflates and collects it. Every body is read as text, so that one parser of
 * ours decides what is JSON, and without an encoding, which gives its bytes: UTF-8 is decoded strictly.
 */
async function readBody(req: IncomingMessage, limit: number): Promise<RawBody> {
  const parse = parsers.get(limit) ?? (await parserOf(limit))
  const { 'content-encoding': encoding } = req.headers
  if (encoding !== undefined) req.headers['content-encoding'] = encoding.toLowerCase().replace(/^x-gzip$/, 'gzip')
  const request: { body?: Uint8Array } = {}
  try {
    const read = parse({ method: 'POST', req, request, is: isText } as never, nothing)
    await (encoding === undefined ? read : Promise.race([read, cutOff(req)]))
  } catch (error) {
    throw problemOf(error, req, limit)
  }
  return { text: request.body ? textOf(request.body) : '' }
}

/** Rejects when the client goes away: a decompressing stream is not told of it. */
function cutOff(req: IncomingMessage): Promise<never> {
  return new Promise((_, reject) => req.once('aborted', () => reject(new Error('the client went away'))))
}

/** What is wrong with a body that cannot be read. The error of koa-body holds the body, so it is not passed on. */
function problemOf(error: unknown, req: IncomingMessage, limit: number): unknown {
  const { type, status, code } = error as { type?: string; status?: number; code?: string }
  if (status === 413) return refuse('bodyTooLarge', { limit })
  if (status === 415) return refuse('encodingUnsupported', { encoding: String(req.headers['content-encoding']) })
  const isCutOff = req.destroyed && !req.complete
  if (isCutOff || type?.startsWith('request.') || /^(Z_|ERR_)/.test(code ?? '')) return refuse('bodyMalformed', {})
  return error
}

function send(ctx: KoaContext, reply: Reply): void {
  const { status, headers, body } = reply
  const { res, response = ctx } = ctx
  response.status = status
  for (const name of Object.keys(headers)) res.setHeader(name, headers[name] as string)
  response.body = body ?? (hasNoBody(status) ? null : '')
  if (body === undefined && headers['Content-Type'] === undefined) res.removeHeader('Content-Type')
}
