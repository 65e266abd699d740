/** Token endpoints of the example server (examples/README.md, Tokens; RFC 6749). */
import { expect } from 'chai'
import Koa from 'koa'
import { after, before, describe, it } from 'mocha'
import { Throttle, serverLimits } from '../adapters/command/server/protection.js'
import { tokenEndpoints } from '../adapters/command/server/token-endpoints.js'
import type { FlavourName } from '../core/model/documents.js'
import { listen, send, type Answer, type Listening, type Sent } from './support/http.js'
import { askToken, tokenOf } from './support/tokens.js'

const grant = { grant_type: 'client_credentials' }
const client = { client_id: 'demo', client_secret: 'demo' }
const scope = 'hybris.tenant=acme hybris.cecentercustomer_view'

describe('token endpoints', () => {
  const { middleware, authenticate } = tokenEndpoints({ clientId: 'demo', clientSecret: 'demo', tenants: ['acme'] })
  let server: Listening
  before(async () => {
    server = await listen(new Koa().use(middleware))
  })
  after(() => server.close())

  const callerOf = async (flavour: FlavourName, answer: Answer) =>
    authenticate({
      flavour,
      method: 'GET',
      path: '/',
      request: undefined,
      headers: {},
      token: answer.json<{ access_token: string }>().access_token,
    })

  it('OCAPI: HTTP Basic gives a token that is good for OCAPI alone', async () => {
    const answer = await askToken(server.origin, 'ocapi', grant, 'demo:demo')
    expect(answer.status).to.equal(200)
    expect(answer.headers).to.include({ 'cache-control': 'no-store', pragma: 'no-cache' })
    expect(answer.headers['content-type']).to.match(/^application\/json/)
    expect(Object.keys(answer.json())).to.deep.equal(['access_token', 'token_type', 'expires_in'])
    expect(answer.json()).to.include({ token_type: 'Bearer', expires_in: 1799 })
    expect(await callerOf('ocapi', answer)).to.deep.equal({ clientId: 'demo', flavours: ['ocapi'] })
  })

  it('YaaS: a token carries exactly the tenant and the scopes asked for, and is good for YaaS alone', async () => {
    const answer = await askToken(server.origin, 'yaas', { ...grant, ...client, scope })
    expect(answer.json()).to.include({ token_type: 'Bearer', expires_in: 3600, scope })
    expect(await callerOf('yaas', answer)).to.deep.equal({
      clientId: 'demo',
      flavours: ['yaas'],
      tenant: 'acme',
      scopes: ['hybris.tenant=acme', 'hybris.cecentercustomer_view'],
    })
    const basic = await askToken(server.origin, 'yaas', { ...grant, scope }, 'demo:demo')
    expect(basic.status).to.equal(200)
  })

  it('its server waits for a request no longer than a minute', () => {
    expect(serverLimits).to.deep.include({ requestTimeout: 60_000, headersTimeout: 10_000 })
  })

  it('who guesses secrets is told to come again later, with the right one too', async () => {
    let now = 0
    const throttle = new Throttle(() => now)
    const options = { clientId: 'demo', clientSecret: 'demo', tenants: ['acme'], throttle }
    const guarded = await listen(new Koa().use(tokenEndpoints(options).middleware))
    try {
      const ask = (secret: string) => askToken(guarded.origin, 'ocapi', grant, `demo:${secret}`)
      for (let at = 0; at < 19; at++) expect((await ask(`wrong-${at}`)).status).to.equal(401)
      expect((await ask('demo')).status, 'forgiven by the right one').to.equal(200)
      for (let at = 0; at < 20; at++) expect((await ask(`wrong-${at}`)).status).to.equal(401)
      const refused = await ask('demo')
      expect(refused.status).to.equal(429)
      expect(refused.headers['retry-after']).to.equal('6')
      expect(refused.json()).to.include({ error: 'temporarily_unavailable' })
      now += 6_000
      expect((await ask('demo')).status).to.equal(200)
    } finally {
      await guarded.close()
    }
  })

  it('a token of another start is not good', async () => {
    const other = await listen(
      new Koa().use(tokenEndpoints({ clientId: 'demo', clientSecret: 'demo', tenants: ['acme'] }).middleware),
    )
    try {
      const token = await tokenOf(other.origin, 'ocapi')
      const asked = { flavour: 'ocapi', method: 'GET', path: '/', headers: {}, token, request: undefined }
      expect(await authenticate(asked)).to.equal(undefined)
    } finally {
      await other.close()
    }
  })

  it('takes a client id and secret with special characters, form-encoded or not (RFC 6749, 2.3.1)', async () => {
    const special = tokenEndpoints({ clientId: 'a b', clientSecret: 'x%+&=é:ü', tenants: [] })
    const strange = await listen(new Koa().use(special.middleware))
    try {
      const encoded = `${encodeURIComponent('a b')}:${encodeURIComponent('x%+&=é:ü')}`
      for (const basic of ['a b:x%+&=é:ü', encoded])
        expect((await askToken(strange.origin, 'ocapi', grant, basic)).status, basic).to.equal(200)
      expect((await askToken(strange.origin, 'ocapi', grant, 'a b:x')).status).to.equal(401)
    } finally {
      await strange.close()
    }
  })

  const form = { 'Content-Type': 'application/x-www-form-urlencoded' }
  const paths = { ocapi: '/dw/oauth2/access_token', yaas: '/hybris/oauth2/v1/token' }
  const refused: readonly (readonly [string, number, string, () => Promise<Answer>])[] = [
    ['OCAPI without authentication', 401, 'invalid_client', () => askToken(server.origin, 'ocapi', grant)],
    ['OCAPI with a wrong secret', 401, 'invalid_client', () => askToken(server.origin, 'ocapi', grant, 'demo:x')],
    ['OCAPI with a wrong client', 401, 'invalid_client', () => askToken(server.origin, 'ocapi', grant, 'x:demo')],
    [
      'OCAPI with a Basic header without colon',
      401,
      'invalid_client',
      () => askToken(server.origin, 'ocapi', grant, 'demo'),
    ],
    [
      'OCAPI with the secret in the form',
      401,
      'invalid_client',
      () => askToken(server.origin, 'ocapi', { ...grant, ...client }),
    ],
    ['OCAPI without a grant', 400, 'invalid_request', () => askToken(server.origin, 'ocapi', {}, 'demo:demo')],
    [
      'OCAPI with another grant',
      400,
      'unsupported_grant_type',
      () => askToken(server.origin, 'ocapi', { grant_type: 'password' }, 'demo:demo'),
    ],
    [
      'YaaS with a wrong secret',
      401,
      'invalid_client',
      () => askToken(server.origin, 'yaas', { ...grant, client_id: 'demo', client_secret: 'x', scope }),
    ],
    ['YaaS without a client', 401, 'invalid_client', () => askToken(server.origin, 'yaas', { ...grant, scope })],
    [
      'YaaS with two authentications',
      400,
      'invalid_request',
      () => askToken(server.origin, 'yaas', { ...grant, ...client, scope }, 'demo:demo'),
    ],
    [
      'YaaS with another grant',
      400,
      'unsupported_grant_type',
      () => askToken(server.origin, 'yaas', { ...client, grant_type: 'x', scope }),
    ],
    ...[
      '',
      'hybris.cecentercustomer_view',
      'hybris.tenant=other',
      'hybris.tenant=acme hybris.tenant=other',
      'hybris.tenant=acme hybris.no_tenant',
      'hybris.tenant=acme hybris.order_view',
      'hybris.tenant=',
    ].map(
      (asked) =>
        [
          `YaaS with the scope '${asked}'`,
          400,
          'invalid_scope',
          () => askToken(server.origin, 'yaas', { ...grant, ...client, scope: asked }),
        ] as const,
    ),
    ['a GET', 405, 'invalid_request', () => send(server.origin, { path: paths.yaas })],
    [
      'JSON',
      400,
      'invalid_request',
      () => send(server.origin, { path: paths.yaas, json: { ...grant, ...client, scope } }),
    ],
    [
      'a parameter twice',
      400,
      'invalid_request',
      () => send(server.origin, { path: paths.yaas, headers: form, body: 'grant_type=a&grant_type=b' }),
    ],
    [
      'a long form',
      413,
      'invalid_request',
      () => send(server.origin, { path: paths.ocapi, headers: form, body: 'a='.padEnd(9_000, 'x') } satisfies Sent),
    ],
  ]
  for (const [name, status, error, ask] of refused)
    it(`refuses ${name}: ${status} ${error} (RFC 6749, 5.2)`, async () => {
      const answer = await ask()
      expect(answer.status, answer.text).to.equal(status)
      expect(answer.json()).to.have.all.keys('error', 'error_description')
      expect(answer.json()['error']).to.equal(error)
      expect(answer.headers['cache-control']).to.equal('no-store')
      expect(answer.headers['www-authenticate']).to.equal(
        status === 401 ? 'Basic realm="clientele", charset="UTF-8"' : undefined,
      )
      expect(answer.headers.allow).to.equal(status === 405 ? 'POST' : undefined)
    })

  it('leaves other paths to the host', async () => {
    expect((await send(server.origin, { path: '/dw/oauth2' })).status).to.equal(404)
  })
})
