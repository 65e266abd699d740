/** Client settings of the OCAPI flavour (decision 2.20). */
import { expect } from 'chai'
import { after, before, describe, it } from 'mocha'
import { ocapi } from '../adapters/ocapi/index.js'
import type { OcapiSettings } from '../adapters/ocapi/index.js'
import { SetupError } from '../core/index.js'
import { serve } from './support/api.js'
import type { Service } from './support/api.js'
import type { Answer } from './support/http.js'

const root = '/dw/data/v16_2/customer_lists/SiteGenesis'
const typeOf = (answer: Answer) => answer.json<{ fault?: { type: string } }>().fault?.type

const all = { read_attributes: '(**)', write_attributes: '(**)' }
const settings: OcapiSettings = {
  _v: '23.2',
  clients: [
    {
      client_id: 'ocapi-client',
      allowed_origins: ['https://shop.example.com'],
      response_headers: { 'X-Served-By': 'clientele' },
      resources: [
        { resource_id: '/customer_lists/*', methods: ['get'], read_attributes: '(*)' },
        { resource_id: '/customer_lists/{list_id}/customers', methods: ['post'], ...all },
        {
          resource_id: '/customer_lists/*/customers/{customer_no}',
          methods: ['get', 'patch'],
          read_attributes: '(**,-email,-credentials.login)',
          write_attributes: '(title,c_a,credentials.(enabled))',
        },
        { resource_id: '/customer_lists/*/customers/blocked', methods: ['delete'] },
        { resource_id: '/customer_lists/*/customers/*/addresses', methods: ['post', 'get'], ...all },
        {
          resource_id: '/customer_lists/*/customers/*/addresses/*',
          methods: ['get'],
          ...all,
          version_range: { until: '15.9' },
        },
        { resource_id: '/customer_lists/*/customer_search', methods: ['post'], ...all },
        { resource_id: '/sites/*', methods: ['get'], ...all },
      ],
    },
  ],
}

describe('ocapi: client settings (2.20)', () => {
  let service: Service
  before(async () => {
    service = await serve({ flavours: [ocapi({ settings })] })
    await service.shop.createCustomer({
      create: { customerNo: 'c1', email: 'a@example.com', title: 'x', credentials: { login: 'first' } },
    })
    await service.shop.createCustomer({ create: { customerNo: 'blocked' } })
    await service.shop.createAddress({ customerNo: 'c1', create: { addressId: 'a1' } })
  })
  after(() => service.stop())
  const c1 = `${root}/customers/c1`

  it('forbids a client, a resource, a method and a version that are not listed', async () => {
    for (const [method, path, token] of [
      ['GET', root, 'limited'],
      ['DELETE', c1, 'ocapi'],
      ['GET', `${c1}/addresses/a1`, 'ocapi'],
      ['PATCH', `${c1}/addresses/a1`, 'ocapi'],
    ] as const) {
      const answer = await service.call(method, path, { token, ...(method === 'PATCH' && { json: {} }) })
      expect([answer.status, typeOf(answer)], path).to.deep.equal([403, 'ClientAccessForbiddenException'])
    }
    expect((await service.call('DELETE', `${root}/customers/blocked`)).status).to.equal(204)
  })

  it('shows what may be read, after every method, and the tag of the whole', async () => {
    const shown = await service.call('GET', c1)
    expect(shown.json()).to.not.have.property('email')
    expect(shown.json()).to.have.property('credentials').that.deep.equals({ enabled: true, locked: false })
    expect((await service.call('HEAD', c1)).status).to.equal(200)
    const selected = await service.call('GET', `${c1}?select=(email,title)`)
    expect(selected.json()).to.deep.equal({ _v: '16.2', _type: 'customer', title: 'x' })
    const patched = await service.call('PATCH', c1, { json: { title: 'y' } })
    expect(patched.json()).to.include({ title: 'y' }).and.not.have.property('email')
    expect(patched.headers.etag).to.not.equal(shown.headers.etag)
  })

  it('refuses what may not be written, in document order', async () => {
    const fault = async (json: object) => (await service.call('PATCH', c1, { json })).json()['fault']
    expect(await fault({ email: 'b@example.com' })).to.deep.include({
      type: 'PropertyNotPermittedException',
      arguments: { property: 'email', document: 'customer' },
    })
    expect(await fault({ credentials: { login: 'x' } })).to.have.nested.property(
      'arguments.property',
      'credentials.login',
    )
    expect(await fault({ _delete: ['suffix'] })).to.have.nested.property('arguments.property', 'suffix')
    expect(await fault({ c_b: 1 })).to.have.property('type', 'PropertyNotPermittedException')
    expect(await fault({ nonsense: 1, email: 'x' })).to.have.property('type', 'UnknownPropertyException')
    expect(await fault({ email: 'x', nonsense: 1 })).to.have.property('type', 'PropertyNotPermittedException')
    const fine = await service.call('PATCH', c1, {
      json: { title: 'z', c_a: 1, credentials: { enabled: false }, _v: '16.2' },
    })
    expect(fine.status, fine.text).to.equal(200)
  })

  it('ignores what may not be written and is as it was, so that a document that was read can be sent back (2.8)', async () => {
    const read = await service.shop.updateCustomer({ customerNo: 'c1', update: { custom: { a: 1, b: 2 } } })
    expect(read.custom).to.deep.equal({ a: 1, b: 2 })
    const shown = (await service.call('GET', c1)).json()
    expect(shown).to.include({ c_b: 2 })
    const back = await service.call('PATCH', c1, { json: { ...shown, title: 'sent back' } })
    expect([back.status, back.json()], back.text).to.deep.equal([200, { ...shown, title: 'sent back' }])
    expect(typeOf(await service.call('PATCH', c1, { json: { ...shown, c_b: 3 } }))).to.equal(
      'PropertyNotPermittedException',
    )
  })

  it('lets nobody touch credentials who may not write any of them', async () => {
    const resource_id = '/customer_lists/*/customers/*'
    const resources = [
      { resource_id, methods: ['get', 'patch'], read_attributes: '(**)', write_attributes: '(email)' },
    ] as const
    const narrow = await serve({
      flavours: [ocapi({ settings: { clients: [{ client_id: 'ocapi-client', resources }] } })],
    })
    await narrow.shop.createCustomer({ create: { customerNo: 'c1', credentials: { login: 'first' } } })
    const patch = (json: object) => narrow.call('PATCH', c1, { json })
    for (const credentials of [{}, null, { enabled: false }, { password: 'x' }])
      expect(typeOf(await patch({ credentials })), JSON.stringify(credentials)).to.equal(
        'PropertyNotPermittedException',
      )
    const shown = (await narrow.call('GET', c1)).json()
    const changed = await patch({ ...shown, email: 'new@example.com' })
    expect(changed.json(), changed.text).to.include({ email: 'new@example.com' })
    await narrow.stop()
  })

  it('adds its headers to every reply to the client', async () => {
    for (const [method, path] of [
      ['GET', root],
      ['GET', `${root}/customers/no`],
      ['DELETE', c1],
    ] as const)
      expect((await service.call(method, path)).headers, path).to.include({ 'x-served-by': 'clientele' })
  })

  it('lets scripts of allowed origins in, answers their preflight without a token, and refuses others (1.13)', async () => {
    const origin = { Origin: 'https://shop.example.com' }
    const preflight = await service.call('OPTIONS', c1, {
      token: '',
      headers: { ...origin, 'Access-Control-Request-Method': 'PATCH', 'Access-Control-Request-Headers': 'if-match' },
    })
    expect(preflight.status).to.equal(204)
    expect(preflight.headers).to.include({
      'access-control-allow-origin': 'https://shop.example.com',
      'access-control-allow-methods': 'GET, PATCH, DELETE, HEAD, OPTIONS',
      'access-control-allow-headers': 'if-match',
      vary: 'Origin',
    })
    const called = await service.call('GET', c1, { headers: origin })
    expect(called.headers).to.include({
      'access-control-allow-origin': 'https://shop.example.com',
      'access-control-expose-headers': 'ETag',
    })
    expect((await service.call('GET', c1, { headers: { Origin: service.origin } })).status).to.equal(200)
    for (const [method, path, token] of [
      ['GET', c1, ''],
      ['GET', c1, 'unknown'],
      ['GET', c1, 'limited'],
      ['PUT', c1, 'ocapi'],
      ['GET', `${root}/nonsense`, ''],
      ['GET', '/dw/data/v17_1/x', ''],
    ] as const) {
      const early = await service.call(method, path, { token, headers: origin })
      expect(early.status).to.be.above(399)
      expect(early.headers, `${method} ${path}`).to.include({
        'access-control-allow-origin': 'https://shop.example.com',
        vary: 'Origin',
      })
    }
    const evil = { Origin: 'https://evil.example.com' }
    expect((await service.call('OPTIONS', c1, { token: '', headers: evil })).headers).to.not.have.property(
      'access-control-allow-origin',
    )
    const refused = await service.call('GET', c1, { headers: evil })
    expect([refused.status, typeOf(refused)]).to.deep.equal([401, 'UnauthorizedOriginException'])
    expect(refused.headers).to.not.have.property('access-control-allow-origin')
  })
})

describe('ocapi: a mistake in the settings is a start-up error that names its path (2.20)', () => {
  const resource = { resource_id: '/customer_lists/*', methods: ['get'] }
  const withResource = (more: object) => ({
    clients: [{ client_id: 'a', resources: [resource, { ...resource, ...more }] }],
  })
  const withClient = (more: object) => ({ clients: [{ client_id: 'a', resources: [resource], ...more }] })
  const mistakes: Readonly<Record<string, unknown>> = {
    settings: [],
    clients: {},
    'settings.client': { client: [], clients: [] },
    'clients[0]': { clients: [1] },
    'clients[0].client_id': { clients: [{ resources: [resource] }] },
    'clients[1].client_id': { clients: [withClient({}).clients[0], withClient({}).clients[0]] },
    'clients[0].resources': { clients: [{ client_id: 'a', resources: [] }] },
    'clients[0].resource': withClient({ resource: [] }),
    'clients[0].allowed_origins[0]': withClient({ allowed_origins: ['shop.example.com'] }),
    'clients[0].response_headers.Content-Type': withClient({ response_headers: { 'Content-Type': 'a' } }),
    'clients[0].response_headers.X-A': withClient({ response_headers: { 'X-A': 'a\r\nb: c' } }),
    'clients[0].resources[1].resource_id': withResource({ resource_id: 'customer_lists/*' }),
    'clients[0].resources[1].resource_id ': withResource({ resource_id: '/customer_lists/*/customer' }),
    'clients[0].resources[1].resource_id  ': withResource({ resource_id: '/customer_lists/*/customer_groups/**' }),
    'clients[0].resources[1].resource_id   ': withResource({ resource_id: '/customer_lists/*/*/*/*/*/*' }),
    'clients[0].resources[1].methods': withResource({ methods: [] }),
    'clients[0].resources[1].methods[0]': withResource({ methods: ['GET'] }),
    'clients[0].resources[1].read_attributes': withResource({ read_attributes: '**' }),
    'clients[0].resources[1].write_attributes': withResource({ write_attributes: '(a' }),
    'clients[0].resources[1].write_attribute': withResource({ write_attribute: '(**)' }),
    'clients[0].resources[1].version_range.from': withResource({ version_range: { from: 'v16_2' } }),
    'clients[0].resources[1].version_range[0]': withResource({ version_range: [{ from: '17.1', until: '16.2' }] }),
  }
  for (const [path, wrong] of Object.entries(mistakes))
    it(path, () =>
      expect(() => ocapi({ settings: wrong as OcapiSettings }))
        .to.throw(SetupError)
        .with.property('message')
        .that.matches(new RegExp(`^ocapi settings: ${path.trim().replaceAll(/[[\].]/g, '\\$&')} `)),
    )
  it('and so is a page size that no page can have', () =>
    expect(() => ocapi({ pageSize: 0 })).to.throw(SetupError, 'pageSize'))
})

describe('ocapi: rows of the settings (2.20)', () => {
  const c1 = `${root}/customers/c1`
  const serveRows = async (...resources: OcapiSettings['clients'][number]['resources']) => {
    const warnings: string[] = []
    const quiet = { debug: nothing, info: nothing, error: nothing }
    const service = await serve({
      flavours: [ocapi({ settings: { clients: [{ client_id: 'ocapi-client', resources }] } })],
      library: { logger: { ...quiet, warn: (message) => void warnings.push(message) } },
    })
    const credentials = { login: 'first' }
    await service.shop.createCustomer({ create: { customerNo: 'c1', title: 'x', suffix: 'y', credentials } })
    await service.shop.createAddress({ customerNo: 'c1', create: { addressId: 'a1' } })
    return { ...service, warnings }
  }
  const nothing = () => undefined
  const get = { methods: ['get'], read_attributes: '(**)' } as const

  it('`**` stands for any number of segments, anywhere in a resource id; `*` for one', async () => {
    const list = root
    const [c, addresses, a] = [c1, `${c1}/addresses`, `${c1}/addresses/a1`]
    for (const [resource_id, allowed] of [
      ['/**', [list, c, addresses, a]],
      ['/customer_lists/**', [list, c, addresses, a]],
      ['/customer_lists/*/**', [list, c, addresses, a]],
      ['/customer_lists/{list_id}/customers/**', [c, addresses, a]],
      ['/**/addresses/*', [a]],
      ['/**/addresses/**', [addresses, a]],
      ['/customer_lists/**/**/a1', [a]],
      ['/**/customers/c1', [c]],
      ['/*/*', [list]],
      ['/customer_lists/SiteGenesis/customers/blocked/**', []],
    ] as const) {
      const service = await serveRows({ ...get, resource_id })
      for (const path of [list, c, addresses, a]) {
        const { status } = await service.call('GET', path)
        expect(status, `${resource_id} ${path}`).to.equal((allowed as readonly string[]).includes(path) ? 200 : 403)
      }
      await service.stop()
    }
  })

  it('a star in a request stands for itself, not for what a row names', async () => {
    const service = await serveRows({ ...get, resource_id: '/customer_lists/*/customers/blocked' })
    for (const no of ['*', '**', '%2A'])
      expect((await service.call('GET', `${root}/customers/${no}`)).status, no).to.equal(403)
    await service.stop()
  })

  it('a repeated row adds up: methods, and what may be read and written', async () => {
    const resource_id = '/customer_lists/*/customers/*'
    const service = await serveRows(
      { resource_id, methods: ['get'], read_attributes: '(title)' },
      { resource_id: '/customer_lists/*/customers/{no}', methods: ['get', 'patch'], read_attributes: '(suffix)' },
      { resource_id, methods: ['patch'], write_attributes: '(title)' },
      { resource_id, methods: ['patch'], write_attributes: '(**,-title,-email)' },
    )
    expect((await service.call('GET', c1)).json()).to.deep.equal({
      _v: '16.2',
      _type: 'customer',
      title: 'x',
      suffix: 'y',
    })
    const fine = await service.call('PATCH', c1, { json: { title: 'z', suffix: 'y2' } })
    expect([fine.status, fine.json()['suffix']], fine.text).to.deep.equal([200, 'y2'])
    expect(typeOf(await service.call('PATCH', c1, { json: { email: 'a@example.com' } }))).to.equal(
      'PropertyNotPermittedException',
    )
    await service.stop()
  })

  it("rows of other resources are ignored with one warning that names them: a whole organisation's document works", async () => {
    const service = await serveRows(
      { ...get, resource_id: '/sites/*' },
      { ...get, resource_id: '/catalogs/**' },
      { ...get, resource_id: '/sites/*' },
      { ...get, resource_id: '/customer_lists/*/customer_search' },
      { ...get, resource_id: '/customer_lists/*' },
    )
    expect(service.warnings).to.deep.equal([
      'ocapi settings: rows of other resources are ignored: /sites/*, /catalogs/**, /customer_lists/*/customer_search',
    ])
    expect((await service.call('GET', root)).status).to.equal(200)
    await service.stop()
    const silent = await serveRows({ ...get, resource_id: '/customer_lists/*' })
    expect(silent.warnings).to.deep.equal([])
    await silent.stop()
  })
})
