/** The plain handler: what it alone has (adapters/README.md, In the host's app); `doors.test.ts` has the rest. */
import http from 'node:http'
import http2 from 'node:http2'
import net from 'node:net'
import { expect } from 'chai'
import { describe, it } from 'mocha'
import { toNodeHandler } from '../adapters/http/node.js'
import type { AnsweredRequest, NodeHandler, HandlerOptions } from '../adapters/http/node.js'
import { ocapi } from '../adapters/ocapi/index.js'
import { callers } from './support/api.js'
import { listen, send } from './support/http.js'
import { openShop, problemOf } from './support/shop.js'

const customers = '/dw/data/v16_2/customer_lists/SiteGenesis/customers'
const authorization = { Authorization: 'Bearer ocapi' }

async function handlerWith(options: Partial<HandlerOptions> = {}): Promise<NodeHandler> {
  const { clientele } = await openShop()
  return toNodeHandler(clientele, { flavours: [ocapi()], authenticate: ({ token }) => callers[token], ...options })
}

describe('node: a handler for node:http', () => {
  it('answers 404 to what is not ours when there is nobody else', async () => {
    const service = await listen(http.createServer(await handlerWith()))
    expect((await send(service.origin, { path: customers.slice(0, -10), headers: authorization })).status).to.equal(200)
    const other = await send(service.origin, { path: '/else' })
    expect([other.status, other.text]).to.deep.equal([404, 'Not Found'])
    await service.close()
  })

  it('gives what is not ours to next, untouched, and what a host throws there stays the host’s', async () => {
    const handler = await handlerWith()
    expect(() =>
      handler({ url: '/else' } as http.IncomingMessage, {} as http.ServerResponse, () => {
        throw new Error('of the host')
      }),
    ).to.throw('of the host')
  })

  it('keeps headers that the host has set', async () => {
    const handler = await handlerWith()
    const service = await listen((request, response) => {
      response.setHeader('X-Host', 'yes')
      handler(request, response)
    })
    const answer = await send(service.origin, { path: customers.slice(0, -10), headers: authorization })
    expect(answer.headers).to.include({ 'x-host': 'yes', 'content-type': 'application/json;charset=UTF-8' })
    await service.close()
  })

  it('leaves a response alone that the host has answered meanwhile', async () => {
    const handler = await handlerWith({
      authenticate: async ({ token }) => {
        await new Promise((resolve) => setImmediate(resolve))
        return callers[token]
      },
    })
    const service = await listen((request, response) => {
      handler(request, response)
      response.writeHead(503).end('of the host')
    })
    const answer = await send(service.origin, { path: customers.slice(0, -10), headers: authorization })
    expect([answer.status, answer.text]).to.deep.equal([503, 'of the host'])
    await service.close()
  })

  it('ends the request of a client that goes away before its body is read', async () => {
    const { clientele } = await openShop()
    let socket: net.Socket | undefined
    const handler = toNodeHandler(clientele, {
      flavours: [ocapi()],
      authenticate: () =>
        new Promise((resolve) => {
          gone = () => resolve(callers['ocapi'])
          socket?.destroy()
        }),
    })
    let gone: () => void = () => undefined
    const server = http.createServer((request, response) => {
      request.once('close', () => gone())
      const end = response.end.bind(response)
      response.end = ((...args: []) => {
        server.emit('answered')
        return end(...args)
      }) as typeof response.end
      handler(request, response)
    })
    const answered = new Promise((resolve) => server.once('answered', resolve))
    const service = await listen(server)
    socket = net.connect(Number(new URL(service.origin).port), '127.0.0.1')
    const head = `POST ${customers} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ocapi\r\nContent-Length: 100\r\n\r\n`
    socket.write(`${head}{`)
    await answered
    await service.close()
  })
})

describe('node: over HTTP/2', () => {
  it('a client that cancels its request is noticed: its handler is told, and nothing is stored', async () => {
    let asked = (): void => undefined
    const isAsked = new Promise<void>((resolve) => (asked = resolve))
    const beforePOST = (_create: unknown, _list: string, { signal }: { readonly signal: AbortSignal }) => {
      asked()
      return new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()))
    }
    const hooks = { 'dw.ocapi.data.customer_list.customers.beforePOST': beforePOST }
    const { clientele, shop } = await openShop({ plugins: [{ name: 'waiting', hooks }] })
    let ended!: (facts: AnsweredRequest) => void
    const hasEnded = new Promise<AnsweredRequest>((resolve) => (ended = resolve))
    const handler = toNodeHandler(clientele, {
      flavours: [ocapi()],
      authenticate: ({ token }) => callers[token],
      observe: { onRequest: () => ended },
    })
    const server = http2.createServer((request, response) => handler(request as never, response as never))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const client = http2.connect(`http://127.0.0.1:${(server.address() as net.AddressInfo).port}`)
    const head = {
      ':method': 'POST',
      ':path': customers,
      authorization: 'Bearer ocapi',
      'content-type': 'application/json',
    }
    const request = client.request(head).on('error', () => undefined)
    request.end('{"customer_no":"C1"}')
    try {
      await isAsked
      request.close(http2.constants.NGHTTP2_CANCEL)
      expect(await hasEnded).to.include({ problem: 'clientGone' })
      expect(await problemOf(shop.getCustomer({ customerNo: 'C1' }))).to.equal('customerNotFound')
    } finally {
      client.destroy()
      server.close()
    }
  })
})
