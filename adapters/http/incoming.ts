/** A request of node:http as flavours see it, for the doors that stand on it: Koa's and the plain one. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { ApiRequest, RawBody, Reply, RequestHeaders } from './protocol.js'
import { isLoopback, plainPath, queryOf } from './serving.js'

/** A handler of node:http servers; Express and Fastify (`@fastify/middie`) give `next` too. */
export type NodeHandler = (request: IncomingMessage, response: ServerResponse, next?: (error?: unknown) => void) => void

/** What a door says of a request: as its framework sees it. What costs something is found out when it is asked for. */
export abstract class IncomingRequest implements ApiRequest {
  readonly method: string
  readonly path: string
  readonly headers: RequestHeaders
  readonly incoming: IncomingMessage
  protected readonly outgoing: ServerResponse
  protected abstract readonly querystring: string
  /** The Host that the client names; empty without one. */
  protected abstract readonly host: string
  /** What a trusted proxy has cut off the front of the path; empty for nothing. */
  protected abstract readonly prefix: string
  /** The path and query before a host has cut off its prefix. */
  protected abstract readonly originalUrl: string
  abstract readonly secure: boolean
  abstract body(): Promise<RawBody>
  #query: URLSearchParams | undefined

  constructor(incoming: IncomingMessage, outgoing: ServerResponse, method: string, path: string) {
    this.method = method
    this.path = path
    this.headers = incoming.headers
    this.incoming = incoming
    this.outgoing = outgoing
  }
  get query(): URLSearchParams {
    return (this.#query ??= queryOf(this.querystring))
  }
  get origin(): string {
    const host = combinedHosts(this.incoming) ?? this.host
    return `${this.secure ? 'https' : 'http'}://${host === '' ? calledHost(this.incoming) : host}`
  }
  get mountPath(): string {
    const [original = ''] = this.originalUrl.split('?', 1)
    const whole = plainPath(original)
    const mounted = whole.endsWith(this.path) ? whole.slice(0, -this.path.length) : ''
    return this.prefix + mounted.replace(/^[a-z]+:\/\/[^/]*/i, '')
  }
  onGone(listener: () => void): void {
    const { outgoing } = this
    outgoing.on('close', () => outgoing.writableEnded || listener())
  }
  get loopback(): boolean {
    const peer = this.incoming.socket.remoteAddress
    return peer === undefined || isLoopback(peer)
  }
}

/** The value of more than one Host header, which names no host: a proxy may have believed another one (RFC 9112, 3.2). */
function combinedHosts({ rawHeaders }: IncomingMessage): string | undefined {
  let first: string | undefined
  let combined: string | undefined
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] as string
    if (name.length !== 'host'.length || name.toLowerCase() !== 'host') continue
    const host = rawHeaders[at + 1]
    if (first === undefined) first = host
    else combined = `${combined ?? first}, ${host}`
  }
  return combined
}

/** The address that a client without Host (HTTP/1.0) has called. */
function calledHost({ socket: { localAddress = '', localPort } }: IncomingMessage): string {
  return `${localAddress.includes(':') ? `[${localAddress}]` : localAddress}:${localPort}`
}

/**
 * Reads and drops what an answer has left of its request, so that the connection can be used again; before the answer is
 * sent. A rest without an end to be seen ends the connection, and so does one of a request that came at a bad time.
 */
export function dropRest(
  incoming: IncomingMessage,
  response: ServerResponse,
  { status }: Reply,
  maxBody: number,
): void {
  if (incoming.complete) return
  let most = 10 * maxBody
  if (status === 503 || Number(incoming.headers['content-length'] ?? 0) > most)
    response.setHeader('Connection', 'close')
  incoming
    .unpipe()
    .on('data', (chunk: Uint8Array) => {
      most -= chunk.length
      if (most < 0) incoming.destroy()
    })
    .resume()
}
