/** Opaque tokens: their issuer is asked (RFC 7662), a bounded number of times. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { inspect } from 'node:util'
import { expect } from 'chai'
import { afterEach, describe, it } from 'mocha'
import type { Authenticate } from '../adapters/http/protocol.js'
import { introspection, type IntrospectionOptions } from '../adapters/oauth/index.js'
import type { CustomerError } from '../core/index.js'
import { listen, type Listening } from './support/http.js'

const request = { flavour: 'ocapi', method: 'GET', path: '/', headers: {}, request: undefined }
const ask = async (authenticate: Authenticate, token: string) => authenticate({ ...request, token })

const start = Date.parse('2026-01-01T00:00:00Z')
const issuer = 'https://login.example.com/'
const audience = 'https://customers.example.com'

const servers: Listening[] = []
const serve = async (handler: (request: IncomingMessage, response: ServerResponse) => void): Promise<string> => {
  const server = await listen(handler)
  servers.push(server)
  return server.origin
}
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()))
})

/** The error of a promise; fails if there is none. */
const errorOf = (promise: Promise<unknown>): Promise<Error> =>
  promise.then(
    () => expect.fail('no error'),
    (error: Error) => error,
  )

describe('introspection (RFC 7662, remembered to min(exp, 60 s))', () => {
  /** An introspection endpoint that knows the token `good`. */
  const endpoint = async (answer: Record<string, unknown>, handle?: (response: ServerResponse) => void) => {
    const state = { asked: 0, authorization: '', body: '', now: start, status: 200 }
    const origin = await serve((request, response) => {
      state.asked++
      state.authorization = request.headers.authorization ?? ''
      state.body = ''
      request.setEncoding('utf8').on('data', (chunk: string) => (state.body += chunk))
      request.on('end', () => {
        if (handle) return handle(response)
        const known = new URLSearchParams(state.body).get('token') === 'good'
        response.writeHead(state.status, { 'Content-Type': 'application/json' })
        response.end(JSON.stringify(known ? answer : { active: false }))
      })
    })
    const make = (change: Partial<IntrospectionOptions> = {}): Authenticate =>
      introspection({
        endpoint: new URL(`${origin}/introspect`),
        issuer,
        clientId: 'clientele',
        clientSecret: 's3cret',
        flavours: ['ocapi'],
        clock: () => new Date(state.now),
        ...change,
      })
    return Object.assign(state, { make })
  }

  it('asks with HTTP Basic and maps the answer', async () => {
    const server = await endpoint({ active: true, client_id: 'crm', scope: 'a b', exp: start / 1_000 + 300 })
    expect(await ask(server.make(), 'good')).to.deep.equal({ clientId: 'crm', flavours: ['ocapi'], scopes: ['a', 'b'] })
    expect(server.authorization).to.equal(`Basic ${Buffer.from('clientele:s3cret').toString('base64')}`)
    expect(new URLSearchParams(server.body).get('token')).to.equal('good')
  })

  it('refuses what is not active, expired, of another issuer or for another audience', async () => {
    const base = { active: true, client_id: 'crm', iss: issuer, aud: [audience] }
    const good = await endpoint(base)
    expect(await ask(good.make({ audience }), 'good')).to.exist
    expect(await ask(good.make(), 'other')).to.equal(undefined)
    expect(await ask(good.make({ audience: 'https://else.example.com' }), 'good')).to.equal(undefined)
    for (const change of [
      { active: false },
      { exp: start / 1_000 - 1 },
      { iss: 'https://evil.example.com/' },
      { client_id: undefined },
    ]) {
      const server = await endpoint({ ...base, ...change })
      expect(await ask(server.make(), 'good'), JSON.stringify(change)).to.equal(undefined)
    }
  })

  it('asks again after 60 s, and no later than the token expires', async () => {
    for (const [life, remembered] of [
      [300, 60],
      [10, 10],
    ] as const) {
      const server = await endpoint({ active: true, client_id: 'crm', exp: start / 1_000 + life })
      const authenticate = server.make()
      await Promise.all(Array.from({ length: 20 }, () => ask(authenticate, 'good')))
      server.now = start + remembered * 1_000 - 1
      await ask(authenticate, 'good')
      expect(server.asked).to.equal(1)
      server.now = start + remembered * 1_000
      await ask(authenticate, 'good')
      expect(server.asked).to.equal(2)
    }
  })

  it('remembers for 10 s that a token is not good, and that pushes no good one out', async () => {
    const server = await endpoint({ active: true, client_id: 'crm' })
    const authenticate = server.make({ cacheSize: 2 })
    await ask(authenticate, 'good')
    for (let at = 0; at < 5; at++) expect(await ask(authenticate, `junk-${at}`)).to.equal(undefined)
    expect(await ask(authenticate, 'junk-4')).to.equal(undefined)
    expect(await ask(authenticate, 'good')).to.exist
    expect(server.asked).to.equal(6)
    server.now = start + 10_000
    expect(await ask(authenticate, 'junk-4')).to.equal(undefined)
    expect(server.asked).to.equal(7)
  })

  it('asks a bounded number of questions at once; what does not fit is unavailable', async () => {
    const open: ServerResponse[] = []
    const busy = await endpoint({}, (response) => void open.push(response))
    const authenticate = busy.make({ atOnce: 2, waiting: 3 })
    const junk = (from: number, to: number) => Array.from({ length: to - from }, (_, at) => `junk-${from + at}`)
    const asked = junk(0, 5).map((token) => ask(authenticate, token))
    const errors = await Promise.all(junk(5, 1_000).map((token) => errorOf(ask(authenticate, token))))
    const refused = errors.map((error) => (error as CustomerError).problem.kind)
    expect(new Set(refused)).to.deep.equal(new Set(['unavailable']))
    while (open.length < 2) await new Promise((resolve) => setImmediate(resolve))
    expect(busy.asked).to.equal(2)
    for (let done = 0; done < 5; done++) {
      while (!open[done]) await new Promise((resolve) => setImmediate(resolve))
      open[done]?.writeHead(200, { 'Content-Type': 'application/json' }).end('{"active":false}')
    }
    await Promise.all(asked)
    expect(busy.asked).to.equal(5)
  })

  it('throws within its time limit and shows no token', async () => {
    const hanging = await endpoint({}, () => {})
    const began = performance.now()
    const failures = [await errorOf(ask(hanging.make({ timeout: 50 }), 'secret-token'))]
    expect(performance.now() - began).to.be.lessThan(2_000)
    const echo = (response: ServerResponse): unknown => response.writeHead(500).end('secret-token')
    const broken = await endpoint({}, echo)
    failures.push(await errorOf(ask(broken.make(), 'secret-token')))
    for (const error of failures) {
      expect(error.message).to.match(/^the introspection endpoint gave no answer: \w+/)
      expect(inspect(error, { depth: 10 })).not.to.contain('secret-token')
    }
  })

  it('refuses plain http to another machine, and missing options, at start-up', async () => {
    const server = await endpoint({})
    expect(() => server.make({ endpoint: new URL('http://login.example.com/') })).to.throw(
      'neither https nor on this machine',
    )
    expect(() => server.make({ clientSecret: '' })).to.throw('clientSecret is missing')
  })
})
