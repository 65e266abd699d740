/** 1.12: the host's own authentication, at every door: a session, a certificate or a gateway decides where no token came. */
import type { IncomingMessage } from 'node:http'
import { expect } from 'chai'
import { describe, it } from 'mocha'
import type { Credentials, KoaContext } from '../adapters/http/koa.js'
import { staticTokens } from '../adapters/oauth/index.js'
import { ocapi } from '../adapters/ocapi/index.js'
import { yaas } from '../adapters/yaas/index.js'
import type { Caller } from '../core/index.js'
import { callers, serve } from './support/api.js'
import type { Service } from './support/api.js'
import { doors } from './support/doors.js'
import type { Answer } from './support/http.js'
import { yaasBase } from './support/yaas.js'

const customers = '/dw/data/v16_2/customer_lists/SiteGenesis/customers'
const yaasCustomers = `${yaasBase}/sitegenesis/customers`
const session = { Cookie: 'session=1' }
const json = { ...session, 'Content-Type': 'application/json' }

/** What each door gives as `request`, asked for its cookie. */
const cookieOf: Readonly<Record<string, (request: unknown) => unknown>> = {
  koa: (request) => (request as KoaContext).req.headers.cookie,
  node: (request) => (request as IncomingMessage).headers.cookie,
  fetch: (request) => (request as Request).headers.get('cookie') ?? undefined,
}

const both: Caller = { ...callers['yaas'], clientId: 'browser', flavours: ['ocapi', 'yaas'] }
const bodyOf = (login: string) => JSON.stringify({ credentials: { login } })
const typeOf = (answer: Answer) => answer.json<{ fault?: { type: string }; type?: string }>()
const faultOf = (answer: Answer) => [answer.status, typeOf(answer).fault?.type ?? typeOf(answer).type]

for (const door of doors) {
  const open = async (lines: string[] = []) => {
    const asked: (string | undefined)[] = []
    const authenticate = ({ token, request, explain }: Credentials<unknown, string | undefined>) => {
      asked.push(token)
      if (token !== undefined) return callers[token]
      if (cookieOf[door.name]?.(request) === session.Cookie) return both
      explain?.('expiry', 'the session has ended')
      return undefined
    }
    const log = (message: string) => void lines.push(message)
    const logger = { debug: log, info: log, warn: log, error: log }
    const service = await serve({
      door,
      flavours: [ocapi(), yaas()],
      tokens: 'optional',
      authenticate,
      library: { logger },
    })
    return { service, asked, lines }
  }
  const call = (
    service: Service,
    method: string,
    path: string,
    headers: Readonly<Record<string, string>>,
    body?: string,
  ) => service.call(method, path, { token: '', headers, ...(body !== undefined && { body }) })

  describe(`1.12: the host's own authentication at ${door.name}`, () => {
    it("gets the host's request, and is asked without a token where tokens are optional", async () => {
      const { service, asked } = await open()
      await service.shop.createCustomer({ create: { customerNo: 'c' } })
      for (const path of [`${customers}/c`, `${yaasCustomers}/c`])
        expect((await call(service, 'GET', path, session)).status).to.equal(200)
      expect(asked).to.deep.equal([undefined, undefined])
      expect((await service.call('GET', `${customers}/c`)).status).to.equal(200)
      expect(asked).to.deep.equal([undefined, undefined, 'ocapi'])
      await service.stop()
    })

    it('the answer to nothing stays 401, and a header that is not Bearer is no token', async () => {
      const { service, lines } = await open()
      const faults: unknown[] = []
      for (const path of [customers.replace('/customers', ''), yaasCustomers])
        for (const headers of [{}, { Authorization: 'Basic dXNlcjpwYXNz' }])
          faults.push(faultOf(await call(service, 'GET', path, headers)))
      const none = [401, 'AuthorizationHeaderMissingException']
      const noToken = [401, 'insufficient_credentials']
      expect(faults).to.deep.equal([none, none, noToken, noToken])
      expect(lines).to.deep.equal(Array(4).fill('token refused: the session has ended'))
      const post = await call(service, 'POST', customers, { Origin: 'https://evil.example' }, bodyOf('a'))
      expect(faultOf(post)).to.deep.equal(none)
      const basic = { ...session, Authorization: 'Basic dXNlcjpwYXNz' }
      expect((await call(service, 'GET', yaasCustomers, basic)).status).to.equal(200)
      const broken = await call(service, 'GET', yaasCustomers, { ...session, Authorization: 'Bearer a b' })
      expect(faultOf(broken)).to.deep.equal(noToken)
      await service.stop()
    })

    it('without a token, a change needs JSON or XML', async () => {
      const { service, lines } = await open()
      const refused = [415, 'UnsupportedContentTypeException']
      const form = { ...session, 'Content-Type': 'application/x-www-form-urlencoded' }
      const faults: unknown[] = []
      for (const headers of [session, form, { ...session, 'Content-Type': 'text/plain' }])
        faults.push(faultOf(await call(service, 'POST', customers, headers, bodyOf('a'))))
      faults.push(faultOf(await call(service, 'POST', `${customers}/c?method=DELETE`, form, 'a=b')))
      faults.push(faultOf(await call(service, 'DELETE', `${customers}/c`, session)))
      expect(faults).to.deep.equal(Array.from({ length: 5 }, () => refused))
      const line = 'a change without a token was refused: its Content-Type must be JSON or XML'
      expect(lines.filter((said) => said === line)).to.have.length.greaterThan(1)
      expect(faultOf(await call(service, 'DELETE', `${yaasCustomers}/c`, session))[0]).to.equal(415)
      expect((await call(service, 'POST', customers, json, bodyOf('a'))).status).to.equal(200)
      const xml = '<customer version="16.2"><credentials><login>b</login></credentials></customer>'
      const xmlType = { ...session, 'Content-Type': 'application/xml; charset=utf-8' }
      expect((await call(service, 'POST', customers, xmlType, xml)).status).to.equal(200)
      expect((await service.call('POST', customers, { body: bodyOf('c') })).status).to.equal(200)
      await service.stop()
    })

    it('without a token, a change comes from a page of our own, where the browser says so', async () => {
      const { service, lines } = await open()
      const foreign = [
        { Origin: 'https://evil.example' },
        { Origin: 'null' },
        { Origin: service.origin.replace('http:', 'https:') },
        { 'Sec-Fetch-Site': 'cross-site' },
        { 'Sec-Fetch-Site': 'same-site' },
        { Origin: service.origin, 'Sec-Fetch-Site': 'cross-site' },
      ]
      for (const headers of foreign) {
        const sent = { ...json, ...headers }
        const ocapiAnswer = await call(service, 'POST', customers, sent, bodyOf('x'))
        expect(faultOf(ocapiAnswer)).to.deep.equal([401, 'UnauthorizedOriginException'])
        const yaasAnswer = await call(service, 'POST', yaasCustomers, sent, '{}')
        expect(faultOf(yaasAnswer)).to.deep.equal([403, 'insufficient_permissions'])
        expect((await call(service, 'GET', yaasCustomers, sent)).status).to.equal(200)
      }
      const own = [{ Origin: service.origin, 'Sec-Fetch-Site': 'same-origin' }, { 'Sec-Fetch-Site': 'none' }]
      for (const [at, headers] of own.entries())
        expect((await call(service, 'POST', customers, { ...json, ...headers }, bodyOf(`own${at}`))).status).to.equal(
          200,
        )
      const said = new Set(lines.map((line) => line.replace('a change without a token was refused: its ', '')))
      const origin = `Origin must be ${service.origin} (publicUrl says what that is behind a proxy)`
      expect([...said]).to.deep.equal([origin, 'Sec-Fetch-Site must be same-origin'])
      const byToken = { Authorization: 'Bearer ocapi', Origin: 'https://evil.example' }
      expect((await call(service, 'POST', customers, byToken, bodyOf('token'))).status).to.equal(200)
      await service.stop()
    })

    it('by default, nobody is asked without a token', async () => {
      let asked = 0
      const authenticate = () => (asked++, both)
      const service = await serve({ door, flavours: [ocapi(), yaas()], authenticate })
      for (const path of [customers, yaasCustomers])
        expect((await call(service, 'GET', path, session)).status).to.equal(path === customers ? 405 : 401)
      expect((await call(service, 'GET', `${customers}/c`, session)).status).to.equal(401)
      expect(asked).to.equal(0)
      await service.stop()
    })
  })
}

describe("1.12: the host's own authentication beside the functions of clientele/oauth", () => {
  it('they know nobody without a token', async () => {
    const authenticate = staticTokens({ good: both })
    const service = await serve({ flavours: [yaas()], authenticate, tokens: 'optional' })
    expect((await service.call('GET', yaasCustomers, { token: '' })).status).to.equal(401)
    expect((await service.call('GET', yaasCustomers, { token: 'good' })).status).to.equal(200)
    await service.stop()
  })

  it('behind a proxy, our own pages are those of publicUrl', async () => {
    const publicUrl = 'https://shop.example.com/api'
    const service = await serve({ flavours: [yaas()], authenticate: () => both, tokens: 'optional', publicUrl })
    const status = async (origin: string) => {
      const headers = { 'Content-Type': 'application/json', Origin: origin }
      return (await service.call('POST', yaasCustomers, { token: '', headers, body: '{}' })).status
    }
    expect([await status('https://shop.example.com'), await status(service.origin)]).to.deep.equal([201, 403])
    await service.stop()
  })

  it('another word for `tokens` is a start-up error', async () => {
    const tokens = 'none' as 'optional'
    const opening = serve({ flavours: [yaas()], authenticate: () => both, tokens })
    await opening.then(
      () => expect.fail('started'),
      (error: Error) => expect(error.message).to.equal("customerApi: tokens must be 'required' or 'optional'"),
    )
  })
})
