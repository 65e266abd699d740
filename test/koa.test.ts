/** The way in: one middleware as a guest in the host's app, bodies, other frameworks (adapters/README.md, In the host's app; decision 1.13). */
import http from 'node:http'
import type { IncomingMessage } from 'node:http'
import net from 'node:net'
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib'
import { expect } from 'chai'
import type Koa from 'koa'
import { koaBody } from 'koa-body'
import { describe, it } from 'mocha'
import { customerApi, toNodeHandler } from '../adapters/http/koa.js'
import { ocapi } from '../adapters/ocapi/index.js'
import { callers, serve } from './support/api.js'
import type { Service, ServiceOptions } from './support/api.js'
import { listen, send } from './support/http.js'
import type { Answer } from './support/http.js'
import { openShop } from './support/shop.js'

const customers = '/dw/data/v16_2/customer_lists/SiteGenesis/customers'
const authorization = { Authorization: 'Bearer ocapi' }
const json = { ...authorization, 'Content-Type': 'application/json' }
const typeOf = (answer: Answer) => answer.json<{ fault?: { type: string } }>().fault?.type
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

  it('works below a mount prefix, and its links keep the prefix (2.3)', async () => {
    const app = (host: Koa) =>
      host.use(async (ctx, next) => {
        if (!ctx.path.startsWith('/api/v1/')) return next()
        ctx.path = ctx.path.slice('/api/v1'.length)
        return next()
      })
    await withService({ app }, async (service) => {
      await service.shop.createCustomer({ create: { customerNo: 'c' } })
      for (const addressId of ['a', 'b']) await service.shop.createAddress({ customerNo: 'c', create: { addressId } })
      const page = await service.call('GET', `/api/v1${customers}/c/addresses?count=1`)
      const next = page.json<{ next: string }>().next
      expect(next).to.equal(`${service.origin}/api/v1${customers}/c/addresses?count=1&start=1`)
      expect((await service.call('GET', next.slice(service.origin.length))).json()).to.include({ start: 1, count: 1 })
    })
  })

  it('takes an encoded character that needs no encoding for itself (RFC 3986)', () =>
    withService({}, async (service) => {
      await service.shop.createCustomer({ create: { customerNo: 'c-1' } })
      for (const addressId of ['a', 'b']) await service.shop.createAddress({ customerNo: 'c-1', create: { addressId } })
      const list = '/%73/%2D/dw/data/v16%5f2/customer%5Flists/SiteGenesis/customers/c%2D1/addresses'
      const page = await service.call('GET', `${list}?count=1`)
      expect(page.status, page.text).to.equal(200)
      const next = page.json<{ next: string }>().next
      expect(next).to.equal(`${service.origin}/s/-${customers}/c-1/addresses?count=1&start=1`)
      expect((await service.call('GET', next.slice(service.origin.length))).status).to.equal(200)
    }))

  it('answers HTTP/1.0 without a Host, and links to the address that was called', () =>
    withService({}, async (service) => {
      await service.shop.createCustomer({ create: { customerNo: 'c' } })
      for (const addressId of ['a', 'b']) await service.shop.createAddress({ customerNo: 'c', create: { addressId } })
      const text = await new Promise<string>((resolve, reject) => {
        const chunks: Buffer[] = []
        const socket = net.connect(Number(new URL(service.origin).port), '127.0.0.1', () =>
          socket.write(`GET ${customers}/c/addresses?count=1 HTTP/1.0\r\nAuthorization: Bearer ocapi\r\n\r\n`),
        )
        socket.on('data', (chunk: Buffer) => chunks.push(chunk)).on('error', reject)
        socket.on('close', () => resolve(Buffer.concat(chunks).toString()))
      })
      expect(text).to.match(/^HTTP\/1\.1 200 /)
      expect(text).to.include(`"next":"http://127.0.0.1:${new URL(service.origin).port}${customers}/c/addresses?`)
    }))

  it('believes a proxy that the host app trusts, and no other (2.22)', async () => {
    const forwarded = { 'X-Forwarded-Proto': 'https', 'X-Forwarded-Host': 'shop.example.com' }
    const app = (host: Koa) => void (host.proxy = true)
    await withService({}, async (service) => {
      const answer = await service.call('GET', customers.slice(0, -10), { headers: forwarded })
      expect(typeOf(answer)).to.equal('SecureCommunicationRequiredException')
    })
    await withService({ app }, async (service) => {
      await service.shop.createCustomer({ create: { customerNo: 'c' } })
      for (const addressId of ['a', 'b']) await service.shop.createAddress({ customerNo: 'c', create: { addressId } })
      const page = await service.call('GET', `${customers}/c/addresses?count=1`, { headers: forwarded })
      expect(page.json()['next']).to.match(/^https:\/\/shop\.example\.com\/dw\//)
    })
  })

  it('two instances share nothing', () =>
    withService({}, (one) =>
      withService({ flavours: [ocapi({ createStatus: 201 })] }, async (two) => {
        const answers = [one, two].map((service) =>
          service.call('POST', customers, { headers: json, body: customer() }),
        )
        expect((await Promise.all(answers)).map(({ status }) => status)).to.deep.equal([200, 201])
        expect(await one.shop.findCustomers({})).to.include({ total: 1 })
      }),
    ))
})

describe('koa: request bodies', () => {
  const post = (service: Service, body: string | Uint8Array, headers: Record<string, string> = {}) =>
    service.call('POST', customers, { headers: { 'Content-Type': 'application/json', ...headers }, body })

  it('reads JSON without a Content-Type (1.13), with a byte order mark, and compressed', () =>
    withService({}, async (service) => {
      expect((await service.call('POST', customers, { body: customer() })).status).to.equal(200)
      expect((await post(service, `\ufeff${customer()}`)).status).to.equal(200)
      for (const [encoding, compress] of [
        ['gzip', gzipSync],
        ['deflate', deflateSync],
        ['br', brotliCompressSync],
        ['GZIP', gzipSync],
        ['x-gzip', gzipSync],
      ] as const) {
        const answer = await post(service, compress(customer()), { 'Content-Encoding': encoding })
        expect(answer.status, encoding).to.equal(200)
      }
    }))

  it('refuses broken compression, broken UTF-8, broken JSON and nothing as BodyDecodingException', () =>
    withService({}, async (service) => {
      const gzip = gzipSync(customer())
      const answers = [
        await post(service, 'no gzip', { 'Content-Encoding': 'gzip' }),
        await post(service, gzip.subarray(0, -12), { 'Content-Encoding': 'gzip' }),
        await post(service, 'no brotli', { 'Content-Encoding': 'br' }),
        await post(service, Buffer.from([0x22, 0xc3, 0x28, 0x22])),
        await post(service, ''),
        await post(service, '  '),
        await post(service, '{"a":1,}'),
        await post(service, '{} {}'),
        await post(service, '['.repeat(100_000)),
        await service.call('POST', customers),
      ]
      expect(answers.map((answer) => [answer.status, typeOf(answer)])).to.deep.equal(
        answers.map(() => [400, 'BodyDecodingException']),
      )
    }))

  it('says where JSON breaks', () =>
    withService({}, async (service) => {
      const places = {
        '{"a":1,}': 'line 1, column 8',
        '{\n  "a": tru\n}': 'line 2, column 8',
        '{"a":1': 'line 1, column 7',
        '{"a" 1}': 'line 1, column 6',
        '[1,2': 'line 1, column 5',
        '[1 2]': 'line 1, column 4',
        '{"a":"\u0001"}': 'line 1, column 6',
        '{"a":"\\x"}': 'line 1, column 6',
        '{}x': 'line 1, column 3',
        '{"a":01}': 'line 1, column 7',
        "{'a':1}": 'line 1, column 2',
      }
      for (const [text, place] of Object.entries(places))
        expect((await post(service, text)).json(), text).to.have.nested.property('fault.arguments.position', place)
    }))

  it('refuses documents that are no objects, and names that come from nowhere', () =>
    withService({}, async (service) => {
      for (const [text, type] of [
        ['null', 'TypeDecodingException'],
        ['1', 'TypeDecodingException'],
        ['"x"', 'TypeDecodingException'],
        ['[]', 'TypeDecodingException'],
        ['{"__proto__":{"title":"x"}}', 'UnknownPropertyException'],
        ['{"constructor":1}', 'UnknownPropertyException'],
        ['{"credentials":{"__proto__":1}}', 'UnknownPropertyException'],
        ['{"_delete":["__proto__"]}', 'UnknownPropertyException'],
        ['{"_delete":"title"}', 'TypeDecodingException'],
        ['{"_delete":[1]}', 'TypeDecodingException'],
        ['{"gender":1e400}', 'TypeDecodingException'],
        ['{"c_a":1e400}', 'InvalidCustomPropertyException'],
        [`{"title":${'['.repeat(50_000)}${']'.repeat(50_000)}}`, 'TypeDecodingException'],
        [`{"c_a":${'['.repeat(50_000)}${']'.repeat(50_000)}}`, 'InvalidCustomPropertyException'],
        [`{${Array.from({ length: 50_000 }, (_, n) => `"p${n}":1`).join()}}`, 'UnknownPropertyException'],
      ] as const)
        expect(typeOf(await post(service, text)), text.slice(0, 40)).to.equal(type)
    }))

  it('answers a body that is too large while the client still sends, and goes on serving', () =>
    withService({}, async (service) => {
      for (const length of [6_000_000, 20_000_000]) {
        const answer = await post(service, Buffer.alloc(length, ' '))
        expect([answer.status, typeOf(answer)]).to.deep.equal([413, 'RequestEntityTooLargeException'])
      }
      expect((await post(service, customer())).status).to.equal(200)
    }))

  it('takes what a parser of the host has read: an object, a text, bytes', async () => {
    await withService({ app: (host) => host.use(koaBody()) }, async (service) => {
      expect((await post(service, customer())).status).to.equal(200)
      const text = `<customer><credentials><login>host</login></credentials></customer>`
      expect((await post(service, text, { 'Content-Type': 'text/xml' })).status).to.equal(200)
    })
    for (const give of [(bytes: Buffer) => bytes, (bytes: Buffer) => bytes.toString()])
      await withService(
        {
          app: (host) =>
            host.use(async (ctx, next) => {
              const chunks: Buffer[] = []
              for await (const chunk of ctx.req) chunks.push(chunk as Buffer)
              ;(ctx.request as { body?: unknown }).body = give(Buffer.concat(chunks))
              return next()
            }),
        },
        async (service) => {
          expect((await post(service, customer())).status).to.equal(200)
          expect((await post(service, '{')).status).to.equal(400)
        },
      )
  })

  it('fails fast with an incident when a host has read the body and kept it', async () => {
    const errors: unknown[] = []
    const app = (host: Koa) =>
      host.use(async (ctx, next) => {
        for await (const _ of ctx.req);
        return next()
      })
    await withService({ app, library: { onError: (error) => errors.push(error) } }, async (service) => {
      expect((await post(service, customer())).status).to.equal(500)
      expect(String(errors[0])).to.include('was read already')
    })
  })

  it('survives clients that go away in the middle of a body, compressed or not', () =>
    withService({ app: (host) => void (host.silent = true) }, async (service) => {
      const { port } = new URL(service.origin)
      for (const encoding of ['', 'Content-Encoding: gzip\r\n'])
        await new Promise<void>((resolve, reject) => {
          const socket = net.connect(Number(port), '127.0.0.1', () => {
            socket.write(
              `POST ${customers} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ocapi\r\n${encoding}Content-Length: 1000\r\n\r\n{"a`,
              () => setImmediate(() => socket.destroy()),
            )
          })
          socket.once('error', reject).once('close', () => resolve())
        })
      expect((await post(service, customer())).status).to.equal(200)
    }))
})

describe('koa: other frameworks (toNodeHandler)', () => {
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
