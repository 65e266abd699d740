/** What every door does: a guest in the host's app, bodies, early refusals (adapters/README.md, In the host's app; decision 1.13). */
import { once } from 'node:events'
import net from 'node:net'
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib'
import { expect } from 'chai'
import { describe, it } from 'mocha'
import { ocapi } from '../adapters/ocapi/index.js'
import { yaas } from '../adapters/yaas/index.js'
import { serve } from './support/api.js'
import type { Service, ServiceOptions } from './support/api.js'
import { doors, fetchDoor } from './support/doors.js'
import type { Answer } from './support/http.js'

const customers = '/dw/data/v16_2/customer_lists/SiteGenesis/customers'
const authorization = { Authorization: 'Bearer ocapi' }
const json = { ...authorization, 'Content-Type': 'application/json' }
const typeOf = (answer: Answer) => answer.json<{ fault?: { type: string } }>().fault?.type
let count = 0
const customer = () => JSON.stringify({ credentials: { login: `door-${++count}` } })

async function withService(options: Partial<ServiceOptions>, work: (service: Service) => Promise<void>): Promise<void> {
  const service = await serve({ flavours: [ocapi()], ...options })
  try {
    await work(service)
  } finally {
    await service.stop()
  }
}

/** A customer with two addresses. */
async function withAddresses({ shop }: Service): Promise<void> {
  await shop.createCustomer({ create: { customerNo: 'c' } })
  for (const addressId of ['a', 'b']) await shop.createAddress({ customerNo: 'c', create: { addressId } })
}

for (const door of doors) {
  describe(`${door.name}: a guest in the host app`, () => {
    it('leaves other paths to the host, and answers its own, errors too', () =>
      withService({ door }, async (service) => {
        const other = await service.call('GET', '/else')
        expect([other.status, other.text]).to.deep.equal([404, 'of the host'])
        const answer = await service.call('GET', `${customers}/no`)
        expect([answer.status, typeOf(answer)]).to.deep.equal([404, 'CustomerListCustomerNotFoundException'])
      }))

    it('sends status, headers and length alike: a document, nothing, HEAD, OPTIONS', () =>
      withService({ door }, async (service) => {
        await service.shop.createCustomer({ create: { customerNo: 'c', lastName: 'Käse' } })
        const got = await service.call('GET', `${customers}/c`)
        expect(got.headers).to.include({
          'content-type': 'application/json;charset=UTF-8',
          'content-length': String(Buffer.byteLength(got.text)),
        })
        expect(got.headers.etag).to.match(/^[\da-f]+$/)
        const head = await service.call('HEAD', `${customers}/c`)
        expect([head.status, head.text, head.headers.etag]).to.deep.equal([200, '', got.headers.etag])
        for (const method of ['OPTIONS', 'DELETE']) {
          const empty = await service.call(method, `${customers}/c`)
          expect([empty.status, empty.text, empty.headers['content-type']], method).to.deep.equal([204, '', undefined])
        }
      }))

    it('tells the trace that a request asks for (4.7)', () =>
      withService({ door, diagnostics: { trace: true } }, async (service) => {
        const answer = await service.call('POST', customers, {
          headers: { 'Content-Type': 'application/json', 'x-clientele-trace': '1' },
          body: customer(),
        })
        expect(answer.headers['x-clientele-trace']).to.contain('"operation":"createCustomer"')
      }))

    it('serves several flavours, each its own paths', () =>
      withService({ door, flavours: [ocapi(), yaas()] }, async (service) => {
        const path = '/hybris/cecentercustomer/v1/sitegenesis/customers?pageSize=1&totalCount=true'
        expect((await service.call('GET', path, { token: 'yaas' })).headers['hybris-count']).to.equal('0')
        expect((await service.call('GET', `${customers}/no`)).status).to.equal(404)
      }))

    it('works below a mount prefix, and its links keep the prefix (2.3)', () =>
      withService({ door, mount: '/api/v1' }, async (service) => {
        await withAddresses(service)
        const page = await service.call('GET', `/api/v1${customers}/c/addresses?count=1`)
        const next = page.json<{ next: string }>().next
        expect(next).to.equal(`${service.origin}/api/v1${customers}/c/addresses?count=1&start=1`)
        expect((await service.call('GET', next.slice(service.origin.length))).json()).to.include({ start: 1, count: 1 })
      }))

    it('takes an encoded character that needs no encoding for itself (RFC 3986)', () =>
      withService({ door }, async (service) => {
        await service.shop.createCustomer({ create: { customerNo: 'c-1' } })
        for (const addressId of ['a', 'b'])
          await service.shop.createAddress({ customerNo: 'c-1', create: { addressId } })
        const list = '/%73/%2D/dw/data/v16%5f2/customer%5Flists/SiteGenesis/customers/c%2D1/addresses'
        const page = await service.call('GET', `${list}?count=1`)
        expect(page.status, page.text).to.equal(200)
        const next = page.json<{ next: string }>().next
        expect(next).to.equal(`${service.origin}/s/-${customers}/c-1/addresses?count=1&start=1`)
        expect((await service.call('GET', next.slice(service.origin.length))).status).to.equal(200)
      }))

    it('believes a proxy that the host app trusts, and no other (2.22)', async () => {
      const forwarded = { 'X-Forwarded-Proto': 'https', 'X-Forwarded-Host': 'shop.example.com, inner' }
      await withService({ door }, async (service) => {
        const answer = await service.call('GET', customers.slice(0, -10), { headers: forwarded })
        expect(typeOf(answer)).to.equal('SecureCommunicationRequiredException')
      })
      await withService({ door, trustProxy: true }, async (service) => {
        await withAddresses(service)
        const page = await service.call('GET', `${customers}/c/addresses?count=1`, { headers: forwarded })
        expect(page.json()['next']).to.match(/^https:\/\/shop\.example\.com\/dw\//)
        const script = { ...forwarded, 'X-Forwarded-Proto': 'javascript' }
        const refused = await service.call('GET', `${customers}/c/addresses?count=1`, { headers: script })
        expect(typeOf(refused)).to.equal('SecureCommunicationRequiredException')
      })
    })

    it('two instances share nothing', () =>
      withService({ door }, (one) =>
        withService({ door, flavours: [ocapi({ createStatus: 201 })] }, async (two) => {
          const answers = [one, two].map((service) =>
            service.call('POST', customers, { token: '', headers: json, body: customer() }),
          )
          expect((await Promise.all(answers)).map(({ status }) => status)).to.deep.equal([200, 201])
          expect(await one.shop.findCustomers({})).to.include({ total: 1 })
        }),
      ))
  })

  describe(`${door.name}: request bodies`, () => {
    const post = (service: Service, body: string | Uint8Array, headers: Record<string, string> = {}) =>
      service.call('POST', customers, { headers: { 'Content-Type': 'application/json', ...headers }, body })

    it('reads JSON without a Content-Type (1.13), with a byte order mark, and compressed', () =>
      withService({ door }, async (service) => {
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
      withService({ door }, async (service) => {
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
      withService({ door }, async (service) => {
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
      withService({ door }, async (service) => {
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
          [`{${Array.from({ length: 50_000 }, (_, n) => `"p${n}":1`).join()}}`, 'PropertyConstraintViolationException'],
        ] as const)
          expect(typeOf(await post(service, text)), text.slice(0, 40)).to.equal(type)
      }))

    it('answers a body that is too large while the client still sends, and goes on serving', () =>
      withService({ door }, async (service) => {
        for (const length of [6_000_000, 20_000_000]) {
          const answer = await post(service, Buffer.alloc(length, ' '))
          expect([answer.status, typeOf(answer)]).to.deep.equal([413, 'RequestEntityTooLargeException'])
        }
        expect((await post(service, customer())).status).to.equal(200)
      }))

    it('survives clients that go away in the middle of a body, compressed or not', () =>
      withService({ door }, async (service) => {
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

  if (door !== fetchDoor)
    describe(`${door.name}: a host of node:http`, () => {
      it('answers HTTP/1.0 without a Host, and links to the address that was called', () =>
        withService({ door }, async (service) => {
          await service.shop.createCustomer({ create: { customerNo: 'c' } })
          for (const addressId of ['a', 'b'])
            await service.shop.createAddress({ customerNo: 'c', create: { addressId } })
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

      it('takes an absolute request target (RFC 9112, 3.2.2)', () =>
        withService({ door }, async (service) => {
          await withAddresses(service)
          const page = await service.call('GET', `${service.origin}${customers}/c/addresses?count=1`)
          expect(page.json()['next']).to.equal(`${service.origin}${customers}/c/addresses?count=1&start=1`)
        }))

      it('takes what a parser of the host has read: an object, a text, bytes', async () => {
        const post = (service: Service, body: string) => service.call('POST', customers, { headers: json, body })
        for (const parses of [(bytes: Buffer) => bytes, String, (bytes: Buffer): unknown => JSON.parse(String(bytes))])
          await withService({ door, parses }, async (service) => {
            expect((await post(service, customer())).status).to.equal(200)
            expect((await post(service, '[]')).status).to.equal(400)
          })
        await withService({ door, parses: (bytes) => bytes }, async (service) => {
          const answer = await service.call('POST', customers, {
            headers: json,
            body: Buffer.from([0x22, 0xc3, 0x28, 0x22]),
          })
          expect(typeOf(answer)).to.equal('BodyDecodingException')
        })
      })

      it('fails fast with an incident when a host has read the body and kept it', async () => {
        const errors: unknown[] = []
        const library = { onError: (error: unknown) => errors.push(error) }
        await withService({ door, parses: () => undefined, library }, async (service) => {
          expect((await service.call('POST', customers, { headers: json, body: customer() })).status).to.equal(500)
          expect(String(errors[0])).to.include('was read already')
        })
      })
    })

  describe(`${door.name}: what an answer leaves of a request`, () => {
    /** Sends a request in two parts and another one behind it, on one connection; gives the status lines. */
    const statuses = async (service: Service, head: string, body: Uint8Array, rest: Uint8Array): Promise<string[]> => {
      const socket = net.connect(Number(new URL(service.origin).port), '127.0.0.1')
      const host = 'Host: a\r\nAuthorization: Bearer ocapi\r\n'
      const length = `Content-Length: ${body.length + rest.length}\r\n\r\n`
      socket.write(Buffer.concat([Buffer.from(`POST ${customers} HTTP/1.1\r\n${host}${head}${length}`), body]))
      let text = ''
      let hasSentRest = false
      socket.setEncoding('latin1').on('data', (chunk: string) => {
        text += chunk
        if (!hasSentRest) {
          hasSentRest = true
          socket.write(rest)
          socket.write(`GET ${customers.slice(0, -10)} HTTP/1.1\r\n${host}Connection: close\r\n\r\n`)
        }
      })
      socket.on('error', () => undefined)
      await once(socket, 'close')
      return text.match(/HTTP\/1\.1 \d+/g) ?? []
    }
    const rubbish = Buffer.alloc(300_000, 'x')

    const zeros = Buffer.alloc(300_000)
    const refused = (seen: readonly string[], status: number) => {
      expect(seen[0]).to.equal(`HTTP/1.1 ${status}`)
      // what becomes of a connection whose request nobody has read is for the server of a fetch host to say
      if (door !== fetchDoor) expect(seen[1]).to.equal('HTTP/1.1 200')
    }

    it('is dropped, so that the connection answers again: rubbish behind compressed bodies, good, bad, too large', () =>
      withService({ door, maxBody: 100_000 }, async (service) => {
        const gzip = 'Content-Type: application/json\r\nContent-Encoding: gzip\r\n'
        for (const [text, behind, status] of [
          [customer(), zeros, 200],
          [customer(), rubbish, 400],
          ['{', zeros, 400],
          [' '.repeat(200_000), rubbish, 413],
        ] as const)
          refused(await statuses(service, gzip, Buffer.concat([gzipSync(text), behind]), behind), status)
      }))

    it('ends the connection when it has no end to be seen', () =>
      withService({ door, maxBody: 1000 }, async (service) => {
        const socket = net.connect(Number(new URL(service.origin).port), '127.0.0.1')
        socket.on('error', () => undefined)
        socket.write(`POST ${customers} HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n`)
        const [answer] = (await once(socket, 'data')) as [Buffer]
        expect(String(answer)).to.match(/^HTTP\/1\.1 401/)
        const more = (): unknown => socket.writable && socket.write(`1000\r\n${'x'.repeat(0x1000)}\r\n`, more)
        more()
        await new Promise((resolve) => socket.once('close', resolve))
      }))

    it('is dropped where a request is refused before its body is read: type, encoding, length', () =>
      withService({ door, maxBody: 100_000 }, async (service) => {
        for (const [head, status] of [
          ['Content-Type: image/png\r\n', 415],
          ['Content-Encoding: compress\r\n', 415],
          ['', 413],
        ] as const)
          refused(await statuses(service, head, rubbish, rubbish), status)
      }))
  })
}
