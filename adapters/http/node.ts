/** The door for node:http, Express and Fastify: a plain handler, without Koa. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Clientele } from '../../core/clientele.js'
import { checkApi, doorLimits, handlerOptions } from './api-options.js'
import type { HandlerOptions } from './api-options.js'
import { bodyOfHost, readBody } from './body.js'
import { dropRest, IncomingRequest } from './incoming.js'
import type { NodeHandler } from './incoming.js'
import type { RawBody, Reply, Tokens } from './protocol.js'
import { firstOf, hasNoBody, plainPath, prefixOf, servedBy } from './serving.js'
import type { Served } from './serving.js'

export type { CustomerApiOptions, HandlerOptions } from './api-options.js'
export { explainMapping } from './mapping.js'
export type { MappedField, ShownField } from './mapping.js'
export type { Authenticate, Credentials, Tokens } from './protocol.js'
export type { DiagnosticsOptions } from './diagnostics.js'
export type { AnsweredRequest, Observer } from '../../core/ports/observer.js'
export type { NodeHandler } from './incoming.js'

/**
 * The customer APIs as a handler for plain node:http, Express and Fastify. Answers every request below the paths of its
 * flavours, errors too. What is not ours goes to `next`, or is a 404. A body that a parser of the host has read is taken
 * from `request.body`.
 *
 * ```ts
 * http.createServer(toNodeHandler(clientele, { flavours: [ocapi()], authenticate })).listen(3000)
 * ```
 */
export function toNodeHandler<M extends Tokens = 'required'>(
  clientele: Clientele,
  options: HandlerOptions<IncomingMessage, M>,
): NodeHandler {
  checkApi('toNodeHandler', clientele, options, handlerOptions)
  const { maxBody = doorLimits.maxBody, trustProxy = false } = options
  const settings = { maxBody, trustProxy }
  const served = servedBy(clientele, options)
  return (incoming, response, next) => {
    const url = targetOf(incoming.url ?? '/')
    const query = url.indexOf('?')
    const path = plainPath(query < 0 ? url : url.slice(0, query))
    const flavour = served(path)
    if (flavour) void respond(flavour, new NodeRequest(incoming, response, url, path, settings), response, next)
    else if (next) next()
    else response.writeHead(404, { 'Content-Type': 'text/plain; charset=utf-8' }).end('Not Found')
  }
}

/** Path and query of a request target, without the scheme and host that a proxy's client sends. */
function targetOf(url: string): string {
  return url.startsWith('/') ? url : url.replace(/^[a-z][a-z\d+.-]*:\/\/[^/?]*/i, '')
}

type Settings = Required<Pick<HandlerOptions, 'maxBody' | 'trustProxy'>>

/** Answers a request. Only what a host has done to the response can fail here. */
async function respond<M extends Tokens>(
  flavour: Served<IncomingMessage, M>,
  request: NodeRequest,
  response: ServerResponse,
  next: ((error?: unknown) => void) | undefined,
): Promise<void> {
  let failure: unknown
  try {
    const reply = await flavour.answer(request, request.incoming)
    request.dropRest(reply)
    if (!response.headersSent) send(response, reply)
    return
  } catch (error) {
    failure = error
  }
  if (next) next(failure)
  else if (response.headersSent) response.destroy()
  else response.writeHead(500).end()
}

function send(response: ServerResponse, { status, headers, body }: Reply): void {
  if (hasNoBody(status)) response.writeHead(status, headers).end()
  else {
    const text = body ?? ''
    response.writeHead(status, { ...headers, 'Content-Length': Buffer.byteLength(text) }).end(text)
  }
}

class NodeRequest extends IncomingRequest {
  readonly #url: string
  readonly #settings: Settings
  constructor(incoming: IncomingMessage, outgoing: ServerResponse, url: string, path: string, settings: Settings) {
    super(incoming, outgoing, incoming.method ?? 'GET', path)
    this.#url = url
    this.#settings = settings
  }
  protected get querystring(): string {
    const start = this.#url.indexOf('?')
    return start < 0 ? '' : this.#url.slice(start + 1)
  }
  protected get host(): string {
    const { headers } = this.incoming
    const forwarded = this.#settings.trustProxy ? firstOf(headers['x-forwarded-host']) : ''
    return forwarded === '' ? firstOf(headers[':authority'] ?? headers.host) : forwarded
  }
  get secure(): boolean {
    const { socket, headers } = this.incoming
    if ('encrypted' in socket && socket.encrypted === true) return true
    return this.#settings.trustProxy && firstOf(headers['x-forwarded-proto']) === 'https'
  }
  protected get prefix(): string {
    return this.#settings.trustProxy ? prefixOf(this.incoming.headers) : ''
  }
  protected get originalUrl(): string {
    return (this.incoming as { originalUrl?: string }).originalUrl ?? this.#url
  }
  body(): Promise<RawBody> {
    const { incoming } = this
    return incoming.readableDidRead
      ? readByHost(incoming)
      : readBody(incoming, incoming.headers, this.#settings.maxBody)
  }
  dropRest(reply: Reply): void {
    dropRest(this.incoming, this.outgoing, reply, this.#settings.maxBody)
  }
}

/** What a parser of the host has made of the body. */
async function readByHost({ body }: IncomingMessage & { readonly body?: unknown }): Promise<RawBody> {
  const given = bodyOfHost(body)
  if (given) return given
  throw new Error(
    'the request body was read already, and request.body is not set: serve toNodeHandler before what reads it',
  )
}
