/** A request of node:http as flavours see it, for the doors that stand on it: Koa's and the plain one. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { ApiRequest, RawBody, RequestHeaders } from './protocol.js'
import { isLoopback, plainPath, queryOf } from './serving.js'

/** A handler of node:http servers; Express and Fastify (`@fastify/middie`) give `next` too. */
export type NodeHandler = (request: IncomingMessage, response: ServerResponse, next?: (error?: unknown) => void) => void

/** What a door says of a request: as its framework sees it. What costs something is found out when it is asked for. */
export abstract class IncomingRequest implements ApiRequest {
  abstract readonly path: string
  abstract readonly method: string
  protected abstract readonly incoming: IncomingMessage
  protected abstract readonly querystring: string
  /** The Host that the client names; empty without one. */
  protected abstract readonly host: string
  /** The path and query before a host has cut off its prefix. */
  protected abstract readonly originalUrl: string
  abstract readonly secure: boolean
  abstract body(): Promise<RawBody>
  #query: URLSearchParams | undefined

  get headers(): RequestHeaders {
    return this.incoming.headers
  }
  get query(): URLSearchParams {
    return (this.#query ??= queryOf(this.querystring))
  }
  get origin(): string {
    return `${this.secure ? 'https' : 'http'}://${this.host === '' ? calledHost(this.incoming) : this.host}`
  }
  get mountPath(): string {
    const [original = ''] = this.originalUrl.split('?', 1)
    const whole = plainPath(original)
    return whole.endsWith(this.path) ? whole.slice(0, -this.path.length).replace(/^[a-z]+:\/\/[^/]*/i, '') : ''
  }
  get loopback(): boolean {
    const peer = this.incoming.socket.remoteAddress
    return peer === undefined || isLoopback(peer)
  }
}

/** The address that a client without Host (HTTP/1.0) has called. */
function calledHost({ socket: { localAddress = '', localPort } }: IncomingMessage): string {
  return `${localAddress.includes(':') ? `[${localAddress}]` : localAddress}:${localPort}`
}

/**
 * Reads and drops what an answer has left of its request, so that the connection can be used again; before the answer is
 * sent. A rest without an end to be seen ends the connection.
 */
export function dropRest(incoming: IncomingMessage, response: ServerResponse, maxBody: number): void {
  if (incoming.complete) return
  let most = 10 * maxBody
  if (Number(incoming.headers['content-length'] ?? 0) > most) response.setHeader('Connection', 'close')
  incoming
    .unpipe()
    .on('data', (chunk: Uint8Array) => {
      most -= chunk.length
      if (most < 0) incoming.destroy()
    })
    .resume()
}
