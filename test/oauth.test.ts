import { createHmac, createSecretKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { inspect } from 'node:util'
import { expect } from 'chai'
import { exportJWK, SignJWT, UnsecuredJWT, type JWTPayload } from 'jose'
import { afterEach, describe, it } from 'mocha'
import type { Authenticate } from '../adapters/http/protocol.js'
import { customerApi, toNodeHandler } from '../adapters/http/koa.js'
import { jwt, staticTokens, type JwtOptions } from '../adapters/oauth/index.js'
import { ocapi } from '../adapters/ocapi/index.js'
import { memoryStorage } from '../adapters/storage/local/memory.js'
import { yaas } from '../adapters/yaas/index.js'
import { createClientele } from '../core/container.js'
import { listen, send, type Listening } from './support/http.js'

const request = { flavour: 'ocapi', method: 'GET', path: '/', headers: {}, request: undefined }
const ask = async (authenticate: Authenticate, token: string) => authenticate({ ...request, token })

const start = Date.parse('2026-01-01T00:00:00Z')
const issuer = 'https://login.example.com/'
const audience = 'https://customers.example.com'
const own = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const foreign = generateKeyPairSync('ec', { namedCurve: 'P-256' })

interface Changes {
  readonly claims?: JWTPayload
  readonly header?: { readonly alg?: string; readonly typ?: string; readonly kid?: string }
  readonly key?: KeyObject
  readonly without?: readonly string[]
}

/** A token that is good but for what a test changes: five minutes old time is `start`. */
const sign = ({ claims, header, key, without = [] }: Changes = {}): Promise<string> => {
  const now = start / 1_000
  const all = { iss: issuer, aud: audience, sub: 'crm', client_id: 'crm', exp: now + 300, ...claims }
  const payload = Object.fromEntries(Object.entries(all).filter(([name]) => !without.includes(name)))
  return new SignJWT(payload).setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', ...header }).sign(key ?? own.privateKey)
}

const options: JwtOptions = { keys: own.publicKey, issuer, audience, flavours: ['ocapi'], clock: () => new Date(start) }

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

describe('static tokens (decision 1.12)', () => {
  it('give the caller of a token and nothing for another', async () => {
    const authenticate = staticTokens({
      'token-1': { clientId: 'a', flavours: ['ocapi'] },
      'token-2': { clientId: 'b', flavours: ['yaas'] },
    })
    expect(await ask(authenticate, 'token-1')).to.deep.equal({ clientId: 'a', flavours: ['ocapi'] })
    expect((await ask(authenticate, 'token-2'))?.clientId).to.equal('b')
    for (const token of ['token-3', 'token-', 'TOKEN-1', '__proto__', 'toString'])
      expect(await ask(authenticate, token), token).to.equal(undefined)
  })

  it('refuse at start-up a token that no header can carry, without showing it', () => {
    expect(() => staticTokens({ 'söme secret': { clientId: 'a', flavours: [] } }))
      .to.throw('token 1')
      .with.property('message')
      .not.contain('secret')
  })
})

describe('JWT (issuer and audience mandatory, algorithms fixed, claims mapped to a Caller)', () => {
  it('accepts a good token and maps its claims', async () => {
    const claims = { scope: 'hybris.tenant=acme hybris.cecentercustomer_view', sub: 'jane', lists: ['4711'] }
    expect(await ask(jwt(options), await sign({ claims }))).to.deep.equal({
      clientId: 'crm',
      flavours: ['ocapi'],
      tenant: 'acme',
      scopes: ['hybris.tenant=acme', 'hybris.cecentercustomer_view'],
      lists: ['4711'],
      user: 'jane',
    })
  })

  const refused: Readonly<Record<string, () => Promise<string> | string>> = {
    'an expired token': () => sign({ claims: { exp: start / 1_000 - 6 } }),
    'a token of the future': () => sign({ claims: { nbf: start / 1_000 + 6 } }),
    'a token of another key': () => sign({ key: foreign.privateKey }),
    'another issuer': () => sign({ claims: { iss: 'https://evil.example.com/' } }),
    'another audience': () => sign({ claims: { aud: 'https://other.example.com' } }),
    'no issuer': () => sign({ without: ['iss'] }),
    'no audience': () => sign({ without: ['aud'] }),
    'no expiry': () => sign({ without: ['exp'] }),
    'no subject': () => sign({ without: ['sub'] }),
    'an ID token': () => sign({ header: { typ: 'JWT' } }),
    'an unsigned token': () =>
      new UnsecuredJWT({ sub: 'crm' }).setIssuer(issuer).setAudience(audience).setExpirationTime('5m').encode(),
    'an unsigned token that claims the right type': () =>
      `${base64({ alg: 'none', typ: 'at+jwt' })}.${base64({ iss: issuer, aud: audience, sub: 'crm', exp: start / 1_000 + 300 })}.`,
    'a token signed with the public key as a secret': async () => {
      const head = `${base64({ alg: 'HS256', typ: 'at+jwt' })}.${(await sign()).split('.')[1]}`
      const secret = own.publicKey.export({ type: 'spki', format: 'pem' })
      return `${head}.${createHmac('sha256', secret).update(head).digest('base64url')}`
    },
    'a changed payload': async () => {
      const [head, , signature] = (await sign()).split('.')
      return `${head}.${base64({ iss: issuer, aud: audience, sub: 'root', exp: start / 1_000 + 300 })}.${signature}`
    },
    'a token that contradicts itself': () => sign({ claims: { scope: 'hybris.tenant=acme hybris.tenant=other' } }),
    'malformed lists': () => sign({ claims: { lists: 'all' } }),
    'no client': () => sign({ claims: { client_id: '', sub: '' } }),
    'an opaque token': () => 'ac734607-c966-44fb-8739-8ea413a2c0a5',
    'three dots': () => '...',
    'an empty header': () => `${base64({})}.${base64({})}.`,
  }
  for (const [name, make] of Object.entries(refused))
    it(`refuses ${name}`, async () => {
      const token = await make()
      expect(await ask(jwt(options), token)).to.equal(undefined)
      const keys = { keys: [{ ...(await exportJWK(own.publicKey)), kty: 'EC' }] }
      expect(await ask(jwt({ ...options, keys }), token)).to.equal(undefined)
    })

  const reasons: readonly (readonly [string, Changes, RegExp])[] = [
    ['expiry', { claims: { exp: start / 1_000 - 65 } }, /expired 65 s ago/],
    ['expiry', { claims: { nbf: start / 1_000 + 60 } }, /not good yet: nbf is 60 s from now/],
    ['signature', { key: foreign.privateKey }, /signature does not fit/],
    ['issuer', { claims: { iss: 'https://evil.example.com/' } }, /'https:\/\/evil.example.com\/', not https:\/\/login/],
    [
      'audience',
      { claims: { aud: ['a', 'b'] } },
      /audience is 'a, b', and https:\/\/customers.example.com is expected/,
    ],
    ['claims', { without: ['sub'] }, /no claim sub/],
    ['claims', { claims: { client_id: '', sub: '' } }, /name no client/],
    ['typ', { header: { typ: 'JWT' } }, /its typ is 'JWT', not 'at\+jwt': .* jwt\(\{ typ: 'JWT', … \}\)/],
  ]
  for (const [check, changes, why] of reasons)
    it(`explains a refusal without the token: ${check} ${why.source}`, async () => {
      const token = await sign(changes)
      const said: string[][] = []
      const explain = (...given: string[]) => void said.push(given)
      expect(await jwt(options)({ ...request, token, explain })).to.equal(undefined)
      expect(said).to.have.lengthOf(1)
      expect(said[0]?.[0]).to.equal(check)
      expect(said[0]?.[1]).to.match(why)
      for (const part of token.split('.')) expect(said[0]?.[1]).not.to.contain(part)
    })

  it('explains a key that is not in the set, an algorithm that does not fit, and what is no JWT', async () => {
    const explain = async (token: string, more: Partial<JwtOptions> = {}) => {
      let said = ''
      await jwt({ ...options, ...more })({ ...request, token, explain: (check, why) => (said = `${check}: ${why}`) })
      return said
    }
    const keys = { keys: [{ ...(await exportJWK(own.publicKey)), kty: 'EC', kid: 'one' }] }
    const missing = await explain(await sign({ header: { kid: 'two' } }), { keys })
    expect(missing).to.equal("key: no key was found for kid 'two' and algorithm 'ES256'")
    const secret = createSecretKey(Buffer.alloc(32))
    const other = await explain(await sign(), { keys: secret })
    expect(other).to.equal("algorithm: its algorithm is 'ES256', and the keys allow HS256")
    expect(await explain('ac734607-c966')).to.equal('form: it is no signed JWT')
  })

  it('a claim `flavours` narrows what the tokens are good for and never widens it', async () => {
    const both: JwtOptions = { ...options, flavours: ['ocapi', 'yaas'] }
    expect((await ask(jwt(both), await sign({ claims: { flavours: ['yaas'] } })))?.flavours).to.deep.equal(['yaas'])
    expect((await ask(jwt(options), await sign({ claims: { flavours: ['yaas'] } })))?.flavours).to.deep.equal([])
  })

  it('a host maps claims itself, and may refuse', async () => {
    const caller: JwtOptions['caller'] = ({ sub }) =>
      sub === 'crm' ? { clientId: 'mapped', flavours: ['yaas'] } : undefined
    expect(await ask(jwt({ ...options, caller }), await sign())).to.deep.equal({
      clientId: 'mapped',
      flavours: ['yaas'],
    })
    expect(await ask(jwt({ ...options, caller }), await sign({ claims: { sub: 'else' } }))).to.equal(undefined)
  })

  it('accepts a secret of 32 bytes, RSA and Ed25519 keys', async () => {
    const secret = createSecretKey(Buffer.alloc(32, 7))
    expect(await ask(jwt({ ...options, keys: secret }), await sign({ key: secret, header: { alg: 'HS256' } }))).to.exist
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
    expect(
      await ask(
        jwt({ ...options, keys: rsa.publicKey }),
        await sign({ key: rsa.privateKey, header: { alg: 'PS256' } }),
      ),
    ).to.exist
    const ed = generateKeyPairSync('ed25519')
    expect(
      await ask(jwt({ ...options, keys: ed.publicKey }), await sign({ key: ed.privateKey, header: { alg: 'EdDSA' } })),
    ).to.exist
  })

  it('options that would accept too much are start-up errors that name the option', () => {
    const wrong =
      (change: object): (() => unknown) =>
      () =>
        jwt({ ...options, ...change })
    expect(wrong({ issuer: undefined })).to.throw('issuer is missing')
    expect(wrong({ issuer: [] })).to.throw('issuer is missing')
    expect(wrong({ audience: '' })).to.throw('audience is missing')
    expect(wrong({ algorithms: ['none'] })).to.throw('algorithms: none')
    expect(wrong({ algorithms: ['HS256'] })).to.throw('algorithms: HS256')
    expect(wrong({ algorithms: [] })).to.throw('algorithms')
    expect(wrong({ keys: own.privateKey })).to.throw('private key')
    expect(wrong({ keys: createSecretKey(Buffer.from('short')) })).to.throw('less than 32 bytes')
    expect(wrong({ keys: { keys: [] } })).to.throw('at least one key')
    expect(wrong({ keys: new URL('http://login.example.com/jwks') })).to.throw('neither https nor on this machine')
  })
})

describe('JWT with a key set at an address (JWKS)', () => {
  /** Serves a key set; counts how often it was fetched. */
  const serveKeys = async (...keys: readonly { key: KeyObject; kid?: string }[]) => {
    const state = { fetched: 0, status: 200, url: new URL('http://127.0.0.1') }
    const set = {
      keys: await Promise.all(
        keys.map(async ({ key, kid }) => ({ ...(await exportJWK(key)), ...(kid ? { kid } : {}) })),
      ),
    }
    const origin = await serve((_, response) => {
      state.fetched++
      response.writeHead(state.status, { 'Content-Type': 'application/json' }).end(JSON.stringify(set))
    })
    state.url = new URL(`${origin}/jwks`)
    return state
  }

  it('fetches the keys once for fifty tokens and for an unknown key', async () => {
    const served = await serveKeys({ key: own.publicKey, kid: 'one' })
    const authenticate = jwt({ ...options, keys: served.url })
    const tokens = await Promise.all(
      Array.from({ length: 50 }, (_, n) => sign({ claims: { jti: String(n) }, header: { kid: 'one' } })),
    )
    const callers = await Promise.all(tokens.map((token) => ask(authenticate, token)))
    expect(callers.every((caller) => caller?.clientId === 'crm')).to.equal(true)
    expect(await ask(authenticate, await sign({ header: { kid: 'two' } }))).to.equal(undefined)
    expect(served.fetched).to.equal(1)
  })

  it('tries each key that fits when tokens name none', async () => {
    const served = await serveKeys({ key: foreign.publicKey }, { key: own.publicKey })
    expect(await ask(jwt({ ...options, keys: served.url }), await sign())).to.exist
    const other = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    expect(await ask(jwt({ ...options, keys: served.url }), await sign({ key: other.privateKey }))).to.equal(undefined)
  })

  it('throws while the keys cannot be had (503), recovers, and shows no token', async () => {
    const served = await serveKeys({ key: own.publicKey })
    served.status = 500
    const authenticate = jwt({ ...options, keys: served.url })
    const token = await sign()
    const error = await errorOf(ask(authenticate, token))
    expect(error.message).to.equal('the keys that verify tokens cannot be had')
    expect(inspect(error, { depth: 10 })).not.to.contain(token.slice(-20))
    served.status = 200
    expect(await ask(authenticate, token)).to.exist
  })
})

describe('verified tokens are remembered by their SHA-256 until they expire, bounded', () => {
  const counting = (change: Partial<JwtOptions> = {}) => {
    const state = { verified: 0, now: start }
    const authenticate = jwt({
      ...options,
      clock: () => new Date(state.now),
      caller: ({ sub = '' }) => (state.verified++, { clientId: sub, flavours: ['ocapi'] }),
      ...change,
    })
    return Object.assign(state, { authenticate })
  }

  it('a token is verified once, and is refused when it has expired', async () => {
    const state = counting()
    const token = await sign()
    for (let n = 0; n < 5; n++) expect(await ask(state.authenticate, token)).to.exist
    expect(state.verified).to.equal(1)
    state.now = start + 304_999
    expect(await ask(state.authenticate, token)).to.exist
    state.now = start + 305_000
    expect(await ask(state.authenticate, token)).to.equal(undefined)
    expect(state.verified).to.equal(1)
  })

  it('answers a known token without a promise, and fifty requests at once with one verification', async () => {
    const state = counting()
    const token = await sign()
    await Promise.all(Array.from({ length: 50 }, () => ask(state.authenticate, token)))
    expect(state.verified).to.equal(1)
    expect(state.authenticate({ ...request, token })).to.deep.equal({ clientId: 'crm', flavours: ['ocapi'] })
  })

  it('forgets the least recently used token first', async () => {
    const state = counting({ cacheSize: 2 })
    const [a, b, c] = await Promise.all(['a', 'b', 'c'].map((sub) => sign({ claims: { sub } })))
    for (const token of [a, b, a, c, a]) await ask(state.authenticate, token as string)
    expect(state.verified).to.equal(3)
    await ask(state.authenticate, b as string)
    expect(state.verified).to.equal(4)
  })

  it('takes no token for another that ends like it', async () => {
    const state = counting()
    const token = await sign()
    for (let n = 0; n < 3; n++) expect(await ask(state.authenticate, token)).to.exist
    const [head, , signature] = token.split('.')
    const [, claims] = (await sign({ claims: { sub: 'somebody else' } })).split('.')
    expect(await ask(state.authenticate, `${head}.${claims}.${signature}`)).to.equal(undefined)
    expect(await ask(state.authenticate, token.slice(1))).to.equal(undefined)
    expect(state.verified).to.equal(1)
  })

  it('remembers nothing with size 0, and no token that was refused', async () => {
    const state = counting({ cacheSize: 0 })
    const token = await sign()
    await ask(state.authenticate, token)
    await ask(state.authenticate, token)
    expect(state.verified).to.equal(2)
    const refusing = counting({ caller: () => (refusing.verified++, undefined) })
    await ask(refusing.authenticate, token)
    await ask(refusing.authenticate, token)
    expect(refusing.verified).to.equal(2)
  })
})

describe('through HTTP (decisions 1.12, 2.21, 3.17): 401 for a token that is not good, 503 when nobody can tell', () => {
  const paths = {
    ocapi: '/dw/data/v16_2/customer_lists/shop/customers/1',
    yaas: '/hybris/cecentercustomer/v1/shop/customers/1',
  }

  /** Serves both APIs with this `authenticate` and keeps all log lines. */
  const api = async (authenticate: Authenticate) => {
    const log: unknown[] = []
    const write = (...line: readonly unknown[]): unknown => log.push(line)
    const logger = { debug: write, info: write, warn: write, error: write }
    const onError = (...line: readonly unknown[]): unknown => log.push(line)
    const customerLists = [{ id: 'shop' }]
    const clientele = await createClientele({ customerLists, storage: memoryStorage(), logger, onError })
    const origin = await serve(toNodeHandler(customerApi(clientele, { flavours: [ocapi(), yaas()], authenticate })))
    const get = (path: string, token: string) => send(origin, { path, headers: { Authorization: `Bearer ${token}` } })
    return { get, shown: () => inspect(log, { depth: 20, maxStringLength: null }) }
  }

  it('a good token reaches the customers of the API that it is good for, and not the other', async () => {
    const claims = { flavours: ['ocapi'] }
    const { get } = await api(jwt({ ...options, flavours: ['ocapi', 'yaas'] }))
    const token = await sign({ claims })
    expect((await get(paths.ocapi, token)).status).to.equal(404)
    expect((await get(paths.yaas, token)).status).to.equal(403)
    const other = await sign({
      claims: { flavours: ['yaas'], scope: 'hybris.tenant=shop hybris.cecentercustomer_view' },
    })
    expect((await get(paths.yaas, other)).status).to.equal(404)
    expect((await get(paths.ocapi, other)).text).to.contain('InvalidAccessTokenException')
    const elsewhere = await sign({ claims: { flavours: ['ocapi'], lists: ['another'] } })
    expect((await get(paths.ocapi, elsewhere)).text).to.contain('ClientAccessForbiddenException')
  })

  it('an expired token is 401 in both, and no log line holds it', async () => {
    const { get, shown } = await api(jwt(options))
    const token = await sign({ claims: { exp: start / 1_000 - 60 } })
    for (const path of Object.values(paths)) {
      const answer = await get(path, token)
      expect(answer.status).to.equal(401)
      expect(answer.text).not.to.contain(token)
    }
    expect(shown()).not.to.contain(token.slice(-30))
  })

  it('keys that cannot be had are 503 with an incident id in both, and no log line holds the token', async () => {
    const down = await serve((_, response) => response.writeHead(500).end())
    const { get, shown } = await api(jwt({ ...options, keys: new URL(down) }))
    const token = await sign()
    for (const path of Object.values(paths)) {
      const answer = await get(path, token)
      expect(answer.status, answer.text).to.equal(503)
      const [incident] = /[0-9a-f]{16}/.exec(answer.text) ?? expect.fail(`no incident id: ${answer.text}`)
      expect(shown()).to.contain(incident)
      expect(answer.text).not.to.contain('keys')
    }
    expect(shown()).to.contain('the keys that verify tokens cannot be had').and.not.contain(token.slice(-30))
  })
})

function base64(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}
