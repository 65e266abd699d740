/** The doors of HTTP, each in a small host of its own, so that one table of tests runs over all. */
import type { IncomingMessage, RequestListener } from 'node:http'
import { getRequestListener } from '@hono/node-server'
import Koa from 'koa'
import { toFetchHandler } from '../../adapters/http/fetch.js'
import { customerApi } from '../../adapters/http/koa.js'
import type { CustomerApiOptions, Tokens } from '../../adapters/http/koa.js'
import { toNodeHandler } from '../../adapters/http/node.js'
import type { Clientele } from '../../core/index.js'

/** What the host does around the door. */
export interface HostOptions {
  readonly trustProxy?: boolean | undefined
  /** A prefix that the host cuts off the front of paths. */
  readonly mount?: string | undefined
  /** The host reads bodies first, and leaves what this makes of them. */
  readonly parses?: ((bytes: Buffer) => unknown) | undefined
  /** Prepares the app; for Koa alone. */
  readonly app?: ((app: Koa) => void) | undefined
}

/** A door. Its host answers 404 with `of the host` to what is not ours. */
export interface Door {
  readonly name: string
  serve<M extends Tokens>(
    clientele: Clientele,
    options: CustomerApiOptions<unknown, M>,
    host: HostOptions,
  ): RequestListener
}

const notOurs = 'of the host'

async function bytesOf(request: AsyncIterable<Buffer>): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk)
  return Buffer.concat(chunks)
}

/** `customerApi` in a Koa app. */
export const koaDoor: Door = {
  name: 'koa',
  serve(clientele, options, { app: prepare, trustProxy = false, mount = '', parses }) {
    const app = new Koa({ proxy: trustProxy })
    app.silent = true
    prepare?.(app)
    if (parses)
      app.use(async (ctx, next) => {
        ;(ctx.request as { body?: unknown }).body = parses(await bytesOf(ctx.req))
        return next()
      })
    app.use((ctx, next) => {
      if (ctx.path.startsWith(mount)) ctx.path = ctx.path.slice(mount.length)
      return next()
    })
    app.use(customerApi(clientele, options))
    app.use((ctx) => {
      ctx.status = 404
      ctx.body = notOurs
    })
    const handle = app.callback()
    return (request, response) => void handle(request, response)
  },
}

/** `toNodeHandler`, as Express calls it. */
export const nodeDoor: Door = {
  name: 'node',
  serve(clientele, options, { trustProxy = false, mount = '', parses }) {
    const handler = toNodeHandler(clientele, { ...options, trustProxy })
    return (request: IncomingMessage & { originalUrl?: string }, response) => {
      const go = (): void => handler(request, response, () => response.writeHead(404).end(notOurs))
      if (mount !== '') {
        request.originalUrl = String(request.url)
        request.url = request.originalUrl.replace(mount, '')
      }
      if (!parses) return go()
      void bytesOf(request).then((bytes) => {
        Object.assign(request, { body: parses(bytes) })
        go()
      })
    }
  },
}

/** `toFetchHandler`, on the node server of Hono. */
export const fetchDoor: Door = {
  name: 'fetch',
  serve(clientele, options, { trustProxy = false, mount = '' }) {
    const handle = toFetchHandler(clientele, { ...options, trustProxy })
    const listener = getRequestListener(async (request, { incoming }) => {
      const facts = { peer: incoming.socket.remoteAddress ?? '', mountPath: mount }
      const inner = mount === '' ? request : new Request(request.url.replace(mount, ''), request)
      return (await handle(inner, facts)) ?? new Response(notOurs, { status: 404 })
    })
    return (request, response) => void listener(request, response)
  },
}

/** All of them. */
export const doors: readonly Door[] = [koaDoor, nodeDoor, fetchDoor]
