/** The optional fetcher of mixin schemas: what it asks, and all that it refuses (decision 3.12). */
import type { ServerResponse } from 'node:http'
import https from 'node:https'
import { expect } from 'chai'
import { after, before, describe, it } from 'mocha'
import { isPrivate, schemaFetcher } from '../adapters/yaas/schema-fetcher.js'
import type { SchemaFetcherOptions } from '../adapters/yaas/schema-fetcher.js'
import { selfSigned } from './support/certificate.js'
import { listen } from './support/http.js'
import type { Listening } from './support/http.js'
import { errorOf, serveYaas } from './support/yaas.js'

describe('yaas 3.12: the schema fetcher', () => {
  const { key, cert } = selfSigned()
  const schema = { type: 'object', properties: { code: { type: 'string' } } }
  const asked: string[] = []
  let server: Listening
  let origin: string
  before(async () => {
    const answers: { readonly [path: string]: (response: ServerResponse) => void } = {
      '/schema.json': (response) => response.end(JSON.stringify(schema)),
      '/other.json': (response) => response.end(JSON.stringify(schema)),
      '/moved': (response) => response.writeHead(302, { Location: '/schema.json' }).end(),
      '/error': (response) => response.writeHead(500).end(JSON.stringify(schema)),
      '/list': (response) => response.end('[]'),
      '/text': (response) => response.end('<html>'),
      '/large': (response) => response.end(JSON.stringify({ description: 'x'.repeat(300_000) })),
      '/endless': (response) => {
        response.write('{')
        const more = setInterval(() => response.write(' '.repeat(1000)), 1)
        response.once('close', () => clearInterval(more))
      },
      '/silent': () => undefined,
      '/cut': (response) => {
        response.writeHead(200, { 'Content-Length': '100' }).write('{')
        setImmediate(() => response.destroy())
      },
    }
    server = await listen(
      https.createServer({ key, cert }, (request, response) => {
        asked.push(request.url ?? '')
        const answer = answers[request.url ?? '']
        if (answer) answer(response)
        else response.writeHead(404).end()
      }),
    )
    origin = server.origin
  })
  after(() => server.close())

  const fetcher = (more: Partial<SchemaFetcherOptions> = {}) =>
    schemaFetcher({ origins: [origin], privateAddresses: true, ca: cert, timeout: 300, ...more })

  it('fetches from an allowed origin, once for many who ask at the same time and after', async () => {
    const fetch = fetcher()
    const from = asked.length
    const found = await Promise.all(Array.from({ length: 20 }, () => fetch(`${origin}/schema.json`)))
    for (const each of [...found, await fetch(`${origin}/schema.json#/definitions`)]) expect(each).to.deep.equal(schema)
    expect(asked.slice(from)).to.deep.equal(['/schema.json'])
  })

  it('gives nothing for redirects, errors, what is no JSON object, too much, too slow, cut off', async () => {
    const fetch = fetcher()
    for (const path of ['/moved', '/error', '/list', '/text', '/large', '/endless', '/silent', '/cut', '/unknown'])
      expect(await fetch(origin + path), path).to.equal(undefined)
    const from = asked.length
    expect(await fetch(`${origin}/error`)).to.equal(undefined)
    expect(asked.slice(from), 'a failure is kept, too').to.deep.equal([])
  })

  it('asks again when what it keeps is too old, and keeps a bounded number', async () => {
    const forgetful = fetcher({ keep: 0 })
    const small = fetcher({ cacheSize: 1 })
    const from = asked.length
    for (const fetch of [forgetful, small])
      for (const path of ['/schema.json', '/other.json', '/schema.json']) await fetch(origin + path)
    expect(asked.slice(from)).to.have.length(6)
  })

  it('keeps what it found, however many URLs without a schema are named', async () => {
    const fetch = fetcher({ cacheSize: 2 })
    await fetch(`${origin}/schema.json`)
    const from = asked.length
    for (let at = 0; at < 5; at++) await fetch(`${origin}/none-${at}`)
    expect(await fetch(`${origin}/schema.json`)).to.deep.equal(schema)
    expect(asked.slice(from)).to.have.length(5)
  })

  it('fetches a bounded number at once; what does not fit is no schema, for now', async () => {
    const fetch = fetcher({ atOnce: 2, waiting: 1, timeout: 100 })
    const from = asked.length
    const none = Array.from({ length: 3 }, (_, at) => fetch(`${origin}/silent?${at}`))
    expect(await fetch(`${origin}/schema.json`)).to.equal(undefined)
    await Promise.all(none)
    expect(asked.slice(from)).to.have.length(3)
    expect(await fetch(`${origin}/schema.json`)).to.deep.equal(schema)
  })

  it('one write has a bounded number fetched', async () => {
    const fetched: string[] = []
    const fetch = (url: string) => void fetched.push(url)
    const yaas = await serveYaas({}, { library: { mixins: { fetch, fetchLimit: 5 } } })
    const names = Array.from({ length: 100 }, (_, at) => `m${at}`)
    const mixins = Object.fromEntries(names.map((name) => [name, `${origin}/${name}`]))
    const document = { mixins: Object.fromEntries(names.map((name) => [name, {}])), metadata: { mixins } }
    expect((await yaas.at('POST', '/customers', { json: document })).status).to.equal(400)
    expect(new Set(fetched).size).to.equal(5)
    await yaas.stop()
  })

  it('asks nobody else: other origins, plain http, credentials, what is no URL', async () => {
    const from = asked.length
    const fetch = fetcher()
    const { port, host } = new URL(origin)
    for (const url of [
      `https://localhost:${port}/schema.json`,
      `http://${host}/schema.json`,
      `https://user:pass@${host}/schema.json`,
      `https://${host}.example/schema.json`,
      `https://example.com@${host}/schema.json`,
      'https://schemas.example/schema.json',
      'file:///etc/passwd',
      'data:application/json,{}',
      'schema.json',
      '',
    ])
      expect(await fetch(url), url).to.equal(undefined)
    expect(asked.slice(from)).to.deep.equal([])
  })

  it('refuses private addresses, given or resolved, unless the host allows them', async () => {
    const from = asked.length
    const { port } = new URL(origin)
    const local = `https://localhost:${port}`
    const fetch = schemaFetcher({ origins: [origin, local], ca: cert })
    expect(await fetch(`${origin}/schema.json`)).to.equal(undefined)
    expect(await fetch(`${local}/schema.json`)).to.equal(undefined)
    expect(asked.slice(from)).to.deep.equal([])
    const privateOnes = `
      0.0.0.0 10.1.2.3 100.64.0.1 127.0.0.1 169.254.169.254 172.31.255.255 192.168.1.1
      198.18.0.1 224.0.0.1 255.255.255.255 :: ::1 ::ffff:127.0.0.1 ::ffff:8.8.8.8 64:ff9b::1
      fc00::1 fdff::1 fe80::1 ff02::1 2001:db8::1 2002:7f00:1:: 2001::1`
    for (const address of privateOnes.trim().split(/\s+/)) expect(isPrivate(address), address).to.equal(true)
    for (const address of ['8.8.8.8', '172.32.0.1', '100.128.0.1', '2606:4700::1111', '2a00:1450::1'])
      expect(isPrivate(address), address).to.equal(false)
  })

  it('trusts no certificate that it should not', async () => {
    expect(await schemaFetcher({ origins: [origin], privateAddresses: true })(`${origin}/schema.json`)).to.equal(
      undefined,
    )
  })

  it('refuses origins that are none, by name', () => {
    for (const wrong of [
      'http://schemas.example',
      'https://schemas.example/',
      'schemas.example',
      'https://a@b.example',
      '*',
    ])
      expect(() => schemaFetcher({ origins: [wrong] }), wrong).to.throw(wrong)
  })

  it('asks outside units of work: a slow fetch delays no other write of the customer', async () => {
    const service = await serveYaas({}, { library: { mixins: { fetch: fetcher({ timeout: 400 }) } } })
    const id = await service.create({})
    const order: string[] = []
    const put = async (name: string, json: object) => {
      await service.at('PUT', `/customers/${id}`, { json })
      order.push(name)
    }
    const slow = put('slow', { metadata: { mixins: { extra: `${origin}/silent` } } })
    await put('quick', { firstName: 'A' })
    await slow
    expect(order).to.deep.equal(['quick', 'slow'])
    await service.stop()
  })

  it('is asked once per request, outside the unit of work, for what cannot be fetched too', async () => {
    const asked: string[] = []
    const fetch = (at: string) => {
      asked.push(at)
      return at.endsWith('/good') ? { $ref: `${origin}/none` } : undefined
    }
    const service = await serveYaas({}, { library: { mixins: { fetch } } })
    const create = (path: string) =>
      service.at('POST', '/customers', { json: { metadata: { mixins: { extra: origin + path } } } })
    expect(errorOf(await create('/none'))).to.match(/^400/)
    expect(errorOf(await create('/good'))).to.match(/^400/)
    expect(asked).to.deep.equal([`${origin}/none`, `${origin}/good`, `${origin}/none`])
    await service.stop()
  })

  it('has the time of a handler: a source that never answers is a 400 on the reference', async () => {
    const fetch = () => new Promise<object>(() => undefined)
    const service = await serveYaas({}, { library: { limits: { handler: 100 }, mixins: { fetch } } })
    const answer = await service.at('POST', '/customers', { json: { metadata: { mixins: { extra: origin } } } })
    expect(errorOf(answer)).to.equal('400 validation_violation; metadata.mixins.extra invalid_field')
    await service.stop()
  })

  it('serves mixins: a fetched schema decides, and what cannot be fetched is a 400', async () => {
    const service = await serveYaas({}, { library: { mixins: { fetch: fetcher() } } })
    const create = (path: string, code: unknown) =>
      service.at('POST', '/customers', {
        json: { metadata: { mixins: { extra: origin + path } }, mixins: { extra: { code } } },
      })
    expect((await create('/schema.json', 'A')).status).to.equal(201)
    expect(errorOf(await create('/schema.json', 5))).to.equal(
      '400 validation_violation; mixins.extra.code invalid_field',
    )
    expect(errorOf(await create('/moved', 'A'))).to.equal(
      '400 validation_violation; metadata.mixins.extra invalid_field',
    )
    await service.stop()
  })
})
