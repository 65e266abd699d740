/** The door for Koa: what it alone has (adapters/README.md, In the host's app); `doors.test.ts` has the rest. */
import http from 'node:http'
import type { IncomingMessage } from 'node:http'
import net from 'node:net'
import { expect } from 'chai'
import type Koa from 'koa'
import { koaBody } from 'koa-body'
import { describe, it } from 'mocha'
import { customerApi, toNodeHandler } from '../adapters/http/koa.js'
import { ocapi } from '../adapters/ocapi/index.js'
import { callers, serve } from './support/api.js'
import type { Service, ServiceOptions } from './support/api.js'
import { listen, send } from './support/http.js'
import { openShop } from './support/shop.js'

const customers = '/dw/data/v16_2/customer_lists/SiteGenesis/customers'
const authorization = { Authorization: 'Bearer ocapi' }
const json = { ...authorization, 'Content-Type': 'application/json' }
let count = 0
const customer = () => JSON.stringify({ credentials: { login: `koa-${++count}` } })

async function withService(options: Partial<ServiceOptions>, work: (service: Service) => Promise<void>): Promise<void> {
  const service = await serve({ flavours: [ocapi()], ...options })
  try {
    await work(service)
  } finally {
    await service.stop()
  }
}

describe('koa: a guest in the host app', () => {
  it('leaves other paths and their errors to the host, and lets it see and change its replies', async () => {
    const seen: number[] = []
    const app = (host: Koa) => {
      host.silent = true
      host.use(async (ctx, next) => {
        await next()
        seen.push(ctx.status)
        ctx.set('X-Host', 'yes')
      })
      host.use((ctx, next) => (ctx.path === '/boom' ? Promise.reject(new Error('of the host')) : next()))
    }
    await withService({ app }, async (service) => {
      expect((await service.call('GET', '/boom')).status).to.equal(500)
      expect((await service.call('GET', '/else')).status).to.equal(404)
      const answer = await service.call('GET', `${customers}/no`)
      expect([answer.status, answer.headers['x-host']]).to.deep.equal([404, 'yes'])
      expect(seen).to.deep.equal([404, 404])
    })
  })

  it('takes what koa-body of the host has read: an object, a text', () =>
    withService({ app: (host) => host.use(koaBody()) }, async (service) => {
      expect((await service.call('POST', customers, { headers: json, body: customer() })).status).to.equal(200)
      const text = `<customer><credentials><login>host</login></credentials></customer>`
      const xml = { ...authorization, 'Content-Type': 'text/xml' }
      expect((await service.call('POST', customers, { headers: xml, body: text })).status).to.equal(200)
    }))
})

describe('koa: as a handler (toNodeHandler of clientele/koa)', () => {
  it('serves plain node:http, and answers 404 to what is not ours', async () => {
    const { clientele } = await openShop()
    const authenticate = ({ token }: { token: string }) => callers[token]
    const handler = toNodeHandler(customerApi(clientele, { flavours: [ocapi()], authenticate }))
    const service = await listen(http.createServer(handler))
    expect((await send(service.origin, { path: customers.slice(0, -10), headers: authorization })).status).to.equal(200)
    expect((await send(service.origin, { path: '/else' })).status).to.equal(404)
    await service.close()
  })

  it('prints nothing when a client goes away in the middle of a body', async () => {
    const { clientele } = await openShop()
    const authenticate = ({ token }: { token: string }) => callers[token]
    const handler = toNodeHandler(customerApi(clientele, { flavours: [ocapi()], authenticate }))
    const printed: unknown[] = []
    const { error } = console
    console.error = (...args: readonly unknown[]) => void printed.push(args)
    try {
      await new Promise<void>((resolve, reject) => {
        const server = http.createServer((request, response) => {
          response.once('close', () => setImmediate(() => server.close(() => resolve())))
          handler(request, response)
          request.once('data', () => socket.destroy())
        })
        let socket: net.Socket
        server.listen(0, '127.0.0.1', () => {
          socket = net.connect((server.address() as net.AddressInfo).port, '127.0.0.1', () =>
            socket.write(
              `POST ${customers} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ocapi\r\nContent-Length: 1000\r\n\r\n{"a`,
            ),
          )
          socket.once('error', reject)
        })
      })
    } finally {
      console.error = error
    }
    expect(printed).to.deep.equal([])
  })

  it('passes on what is not ours, keeps the prefix that the framework cut off, and takes its parsed body', async () => {
    const { clientele, shop } = await openShop()
    await shop.createCustomer({ create: { customerNo: 'c' } })
    for (const addressId of ['a', 'b']) await shop.createAddress({ customerNo: 'c', create: { addressId } })
    const handler = toNodeHandler(
      customerApi(clientele, { flavours: [ocapi()], authenticate: ({ token }) => callers[token] }),
      { trustProxy: true },
    )
    type Framed = IncomingMessage & { originalUrl?: string; body?: unknown }
    const service = await listen((request: Framed, response) => {
      request.originalUrl = String(request.url)
      request.url = request.originalUrl.replace('/mounted', '')
      const rest = () => handler(request, response, () => response.end(`${response.statusCode} of the host`))
      if (request.method !== 'POST') return rest()
      let text = ''
      request
        .on('data', (chunk: Buffer) => (text += chunk.toString()))
        .on('end', () => {
          request.body = JSON.parse(text)
          rest()
        })
    })
    expect((await send(service.origin, { path: '/mounted/else' })).text).to.equal('200 of the host')
    const path = `/mounted${customers}/c/addresses?count=1`
    const page = await send(service.origin, { path, headers: { ...authorization, 'X-Forwarded-Proto': 'https' } })
    expect(page.json()['next']).to.equal(`${service.origin.replace('http:', 'https:')}${path}&start=1`)
    const made = await send(service.origin, { path: `/mounted${customers}`, headers: json, body: customer() })
    expect(made.status, made.text).to.equal(200)
    await service.close()
  })
})
