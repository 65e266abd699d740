/** Every error of the YaaS table, provoked over HTTP, and the settings that change errors and callers. */
import { readFile } from 'node:fs/promises'
import { gzipSync } from 'node:zlib'
import { expect } from 'chai'
import { after, before, describe, it } from 'mocha'
import { memoryStorage } from '../adapters/storage/local/memory.js'
import { yaas } from '../adapters/yaas/index.js'
import { Status } from '../core/index.js'
import type { Plugin } from '../core/index.js'
import { faultyStorage } from './faulty-storage.js'
import type { Answer } from './support/http.js'
import { errorOf, serveYaas, yaasBase, yaasCallers } from './support/yaas.js'
import type { YaasError, YaasService } from './support/yaas.js'

/** A plug-in that does what the first name of a customer, or the city of an address, asks for. */
const provoker: Plugin = {
  name: 'provoker',
  hooks: {
    'dw.ocapi.data.customer_list.customers.beforePOST': (create) => {
      switch (create.firstName) {
        case 'refuse':
          return Status.error('E42', 'not on Sundays', { day: 'Sunday', hours: [1, 2] })
        case 'refuse quietly':
          return Status.ERROR
        case 'throw':
          throw new Error('secret cause')
        case 'login':
          create.credentials = { login: 'a/b' }
          return undefined
        case 'question':
          create.credentials = { passwordQuestion: 'why?' }
          return undefined
        case 'number':
          create.customerNo = 'C-taken'
          return undefined
        default:
          return undefined
      }
    },
    'dw.ocapi.data.customer_list.customer.addresses.beforePOST': (_customer, create) => {
      if (create.city?.startsWith('id ')) create.addressId = create.city.slice(3)
      if (create.city === 'throw') throw new Error('secret cause')
    },
  },
}

describe('yaas 3.19: every error', () => {
  const storage = faultyStorage(memoryStorage())
  let service: YaasService
  let id: string
  before(async () => {
    service = await serveYaas(
      { maxPageSize: 50 },
      {
        maxBody: 4_000,
        authenticate: ({ token }) => {
          if (token === 'broken') throw new Error('secret cause')
          return yaasCallers[token]
        },
        library: {
          storage,
          plugins: [provoker],
          breaker: { window: 4, failures: 3, openMs: 60_000 },
          socialMediaUsers: () => Promise.reject(new Error('secret cause')),
        },
      },
    )
    id = await service.create({ contactEmail: 'taken@example.com' })
    await service.create({ firstName: 'number' })
    await service.createAddress(id, { city: 'id home' })
  })
  after(() => service.stop())

  const post = (json: object) => service.at('POST', '/customers', { json })
  const raw = (body: string | Uint8Array, headers: Record<string, string> = {}) =>
    service.at('POST', '/customers', { body, headers })
  const get = (path: string, token = 'yaas') => service.at('GET', path, { token })
  const address = (json: object) => service.at('POST', `/customers/${id}/addresses`, { json })
  const put = (json: object, headers = {}) => service.at('PUT', `/customers/${id}`, { json, headers })
  const failing = async (step: 'read' | 'commit' | 'committed', work: () => Promise<Answer>): Promise<Answer> => {
    storage.inject({ step, does: 'fail' })
    try {
      return await work()
    } finally {
      storage.heal()
    }
  }
  const conflict = '409 conflict_resource'
  const invalid = '400 validation_violation'

  const table: [what: string, expected: string, provoke: () => Promise<Answer>][] = [
    ['no token', '401 insufficient_credentials', () => get('/customers', '')],
    ['an unknown token', '401 insufficient_credentials', () => get('/customers', 'unknown')],
    ['a token that cannot be checked', '503 service_temporarily_unavailable', () => get('/customers', 'broken')],
    ['a token of the other API', '403 insufficient_permissions', () => get('/customers', 'ocapi')],
    ['a token of another tenant', '403 insufficient_permissions', () => get('/customers', 'stranger')],
    ['no scope', '403 insufficient_permissions', () => get('/customers', 'manager')],
    ['an unknown path', '404 element_resource_non_existing', () => get('/nowhere')],
    ['an unknown method', '405 unsupported_method', () => service.at('PATCH', `/customers/${id}`)],
    ['an unknown customer', '404 element_resource_non_existing', () => get('/customers/C404')],
    ['an unknown address', '404 element_resource_non_existing', () => get(`/customers/${id}/addresses/x`)],
    ['an unknown mapping', '404 element_resource_non_existing', () => service.at('DELETE', '/sdCustomerMappings/C404')],
    ...['..:::', 'user@evil', 'a"b', 'a:b', '[::1'].map((host): [string, string, () => Promise<Answer>] => [
      `the host ${host}`,
      '400 validation_violation; Host invalid_header',
      () => service.at('POST', '/customers', { headers: { Host: host }, json: {} }),
    ]),
    [
      'another type asked for',
      '406 unsupported_response_content_type',
      () => service.at('GET', '/customers', { headers: { Accept: 'text/xml, application/json;q=0' } }),
    ],
    ['a long URI', '414 uri_too_long', () => get(`/customers?q=${'a'.repeat(8200)}`)],
    [
      'another type sent',
      '415 unsupported_request_content_type',
      () => raw('<a/>', { 'Content-Type': 'application/xml' }),
    ],
    ['a malformed type', '415 unsupported_request_content_type', () => raw('{}', { 'Content-Type': 'json' })],
    [
      'another charset',
      '415 unsupported_request_content_type',
      () => raw('{}', { 'Content-Type': 'application/json; charset=utf-16' }),
    ],
    ['an unknown encoding', '415 unsupported_request_content_type', () => raw('{}', { 'Content-Encoding': 'zip' })],
    ['a large body', '413 bad_payload_size', () => raw(`{"firstName":"${'x'.repeat(4_000)}"}`)],
    [
      'a body that is large when unpacked',
      '413 bad_payload_size',
      () => raw(gzipSync(' '.repeat(100_000)), { 'Content-Encoding': 'gzip' }),
    ],
    ['a broken body', '400 bad_payload_syntax', () => raw('{"a":')],
    ['a broken packed body', '400 bad_payload_syntax', () => raw('{}', { 'Content-Encoding': 'gzip' })],
    ['a body that is not UTF-8', '400 bad_payload_syntax', () => raw(Buffer.from([123, 255, 125]))],
    ['no body', '400 bad_payload_syntax', () => service.at('POST', '/customers')],
    ['a body that is no object', `${invalid}; invalid_field`, () => raw('"x"')],
    ['an unknown property', `${invalid}; colour invalid_field`, () => post({ colour: 1 })],
    [
      'a missing property',
      `${invalid}; email missing_field`,
      async () => service.at('POST', `/customers/${await service.create()}/accounts/internal`),
    ],
    ['a bad email', `${invalid}; contactEmail invalid_field`, () => post({ contactEmail: 'x' })],
    ['a bad parameter', `${invalid}; pageSize invalid_query_parameter`, () => get('/customers?pageSize=51')],
    ['a bad query', `${invalid}; q invalid_query_parameter`, () => get('/customers?q=x')],
    ['a bad pattern', `${invalid}; q invalid_query_parameter`, () => get('/customers?q=title:~%28%3F%3Da%29')],
    [
      'a login that a handler made unusable',
      `${invalid}; contactEmail invalid_field`,
      () => post({ firstName: 'login' }),
    ],
    ['a question without login', `${invalid}; accounts missing_field`, () => post({ firstName: 'question' })],
    ['an address id that a handler made unusable', `${invalid}; id invalid_field`, () => address({ city: 'id ..' })],
    [
      'a taken email',
      `${conflict}; contactEmail unique_index_violation`,
      () => post({ contactEmail: 'taken@example.com' }),
    ],
    ['a taken number', `${conflict}; customerNumber unique_index_violation`, () => post({ firstName: 'number' })],
    ['a taken address id', `${conflict}; id unique_index_violation`, () => address({ city: 'id home' })],
    [
      'a second account',
      `${conflict}; accounts unique_index_violation`,
      () => service.at('POST', `/customers/${id}/accounts/internal`, { json: { email: 'second@example.com' } }),
    ],
    ['an old version', `${conflict}; metadata.version invalid_field`, () => put({ metadata: { version: 9 } })],
    ['an old tag', '412 precondition_failed', () => put({}, { 'If-Match': '"9"' })],
    [
      'a refusal of a handler',
      '400 business_error; extensionPoint extension_point; statusCode status_code; statusMsg status_message; ' +
        'statusDetails.day status_detail; statusDetails.hours status_detail',
      () => post({ firstName: 'refuse' }),
    ],
    [
      'a refusal without words',
      '400 business_error; extensionPoint extension_point',
      () => post({ firstName: 'refuse quietly' }),
    ],
    [
      'a storage that cannot read',
      '503 service_temporarily_unavailable',
      () => failing('read', () => get('/customers')),
    ],
    ['a storage that cannot write', '503 service_temporarily_unavailable', () => failing('commit', () => post({}))],
    [
      'a write whose outcome is unknown',
      '503 service_temporarily_unavailable',
      () => failing('committed', () => post({})),
    ],
    ['a source that fails', '500 backing_service_unavailable', () => get(`/customers/${id}/socialMediaUsers`)],
    ['a handler that throws', '500 internal_service_error', () => post({ firstName: 'throw' })],
    [
      'an open circuit breaker',
      '503 circuit_breaker_open',
      async () => {
        for (let i = 0; i < 4; i++) await address({ city: 'throw' })
        return address({})
      },
    ],
  ]

  const seen = new Set<string>()
  for (const [what, expected, provoke] of table)
    it(`${what}: ${expected}`, async () => {
      const answer = await provoke()
      expect(errorOf(answer), answer.text).to.equal(expected)
      expect(answer.text).to.not.include('secret cause')
      if (answer.status === 503 && !expected.includes('breaker'))
        expect(Number(answer.headers['retry-after'])).to.be.within(1, 60)
      const error = answer.json<YaasError>()
      for (const { type } of [error, ...error.details]) seen.add(type)
    })

  it('leaves no type of the fault maps unprovoked', async () => {
    const source = await readFile(new URL('../../adapters/yaas/faults.ts', import.meta.url), 'utf8')
    const types = [...source.matchAll(/type: '([a-z_]+)'/g)].map(([, type]) => type)
    expect(types).to.have.length.above(15)
    for (const type of types) expect(seen, type).to.include(type)
  })

  it('is none for a change that is stored, even if what expand asks for cannot be read then', async () => {
    storage.inject({ step: 'find', kind: 'addresses', does: 'fail' })
    const answer = await service.at('PUT', `/customers/${id}?expand=addresses`, { json: { lastName: 'stored' } })
    storage.heal()
    expect([answer.status, answer.text]).to.deep.equal([204, ''])
    expect((await get(`/customers/${id}`)).json()).to.include({ lastName: 'stored' })
  })

  it('tells the position of a syntax error, and of an incident nothing but its id', async () => {
    expect((await raw('{\n  "a": 1,\n}')).json()['message']).to.equal(
      'The payload is not valid JSON, see line 3, column 1.',
    )
    const incident = (await post({ firstName: 'throw' })).json<YaasError>()
    expect(incident.message).to.match(/^Internal service error, incident [0-9a-f]+\.$/)
    expect(incident.details).to.deep.equal([])
  })

  it('gives the facts of a refusal as details', async () => {
    const { message, details } = (await post({ firstName: 'refuse' })).json<YaasError>()
    expect(message).to.equal('not on Sundays')
    expect(details.map((detail) => [detail.field, detail.message])).to.deep.equal([
      ['extensionPoint', 'dw.ocapi.data.customer_list.customers.beforePOST'],
      ['statusCode', 'E42'],
      ['statusMsg', 'not on Sundays'],
      ['statusDetails.day', 'Sunday'],
      ['statusDetails.hours', '[1,2]'],
    ])
  })
})

describe('yaas 3.17: the gateway mode reads hybris-* headers instead of a token', () => {
  let service: YaasService
  before(async () => {
    service = await serveYaas({ gateway: true })
  })
  after(() => service.stop())
  const headers = {
    'hybris-tenant': 'sitegenesis',
    'hybris-client': 'myproject.shop',
    'hybris-scopes': 'hybris.tenant=sitegenesis hybris.cecentercustomer_view hybris.cecentercustomer_manage',
  }
  const call = (more: Record<string, string | undefined>, method = 'GET', sent = {}) => {
    const all = Object.entries({ ...headers, ...more }).flatMap(([name, value]): [string, string][] =>
      value === undefined ? [] : [[name, value]],
    )
    return service.call(method, `${yaasBase}/sitegenesis/customers`, { token: '', headers: all, ...sent })
  }

  it('takes tenant, scopes and client from them', async () => {
    expect((await call({})).status).to.equal(200)
    expect(errorOf(await call({ 'hybris-tenant': 'elsewhere' }))).to.equal('403 insufficient_permissions')
    expect(errorOf(await call({ 'hybris-scopes': 'hybris.cecentercustomer_manage' }))).to.equal(
      '403 insufficient_permissions',
    )
    expect(errorOf(await call({ 'hybris-scopes': undefined }))).to.equal('403 insufficient_permissions')
    expect(errorOf(await call({ 'hybris-scopes': '' }))).to.equal('403 insufficient_permissions')
  })

  it('names a header that is missing or wrong', async () => {
    for (const [more, expected] of [
      [{ 'hybris-tenant': undefined }, 'hybris-tenant missing_header'],
      [{ 'hybris-client': undefined }, 'hybris-client missing_header'],
      [{ 'hybris-tenant': 'Upper' }, 'hybris-tenant invalid_header'],
      [{ 'hybris-tenant': 'x' }, 'hybris-tenant invalid_header'],
      [{ 'hybris-client': 'nodot' }, 'hybris-client invalid_header'],
      [{ 'hybris-scopes': 'a  b' }, 'hybris-scopes invalid_header'],
      [{ 'hybris-scopes': 'x'.repeat(129) }, 'hybris-scopes invalid_header'],
    ] as const)
      expect(errorOf(await call(more))).to.equal(`400 validation_violation; ${expected}`)
  })

  it('builds links from hybris-external-url, if it is the public URL of this request', async () => {
    const external = 'https://api.example.com/shop/v1'
    const create = async (url: string) => {
      const made = await call({ 'hybris-external-url': url }, 'POST', { json: {} })
      return made.json<{ link: string }>().link
    }
    expect(await create(`${external}/sitegenesis/customers`)).to.match(
      /^https:\/\/api\.example\.com\/shop\/v1\/sitegenesis\/customers\/C\d{10}$/,
    )
    for (const wrong of [
      'https://api.example.com/other',
      'javascript:/sitegenesis/customers',
      '/sitegenesis/customers',
    ])
      expect(await create(wrong), wrong).to.match(new RegExp(`^${service.origin}${yaasBase}/sitegenesis/customers/C`))
    const page = await call({ 'hybris-external-url': `${external}/sitegenesis/customers` })
    expect(page.headers['link']).to.match(/^<https:\/\/api\.example\.com\/shop\/v1\/sitegenesis\/customers\?/)
  })

  it('is off by default: the headers mean nothing then', async () => {
    const own = await serveYaas()
    const answer = await own.call('GET', `${yaasBase}/sitegenesis/customers`, { token: '', headers })
    expect(errorOf(answer)).to.equal('401 insufficient_credentials')
    const made = await own.at('POST', '/customers', {
      json: {},
      headers: { 'hybris-external-url': 'https://evil.example/sitegenesis/customers' },
    })
    expect(made.headers['location']).to.match(new RegExp(`^${own.origin}/`))
    await own.stop()
  })

  it('tells the user of a deletion in its event (adapters/yaas/README.md, Events)', async () => {
    const made = await call({}, 'POST', { json: { contactEmail: 'gone@example.com' } })
    const { id } = made.json<{ id: string }>()
    const payloads: unknown[] = []
    service.clientele.subscribe(({ payload }) => void payloads.push(payload))
    await service.call('DELETE', `${yaasBase}/sitegenesis/customers/${id}`, {
      token: '',
      headers: { ...headers, 'hybris-user-id': 'u-1' },
    })
    await new Promise((resolve) => setImmediate(resolve))
    expect(payloads).to.deep.equal([{ customerNumber: id, email: 'gone@example.com', user: 'u-1' }])
  })
})

describe('yaas: settings', () => {
  it('change base path, page sizes, defaults and statuses', async () => {
    const own = await serveYaas({
      basePath: '/shop/customers/v1',
      pageSize: 2,
      maxPageSize: 3,
      defaults: { preferredLanguage: 'de_DE', preferredSite: 'main' },
      putStatus: 204,
      validationStatus: 409,
      moreInfo: 'https://errors.example',
    })
    const id = await own.create({})
    expect((await own.at('GET', `/customers/${id}`)).json()).to.include({
      preferredLanguage: 'de_DE',
      preferredCurrency: 'USD',
      preferredSite: 'main',
    })
    for (let i = 0; i < 3; i++) await own.create({})
    expect((await own.at('GET', '/customers')).json()).to.have.length(2)
    expect(errorOf(await own.at('GET', '/customers?pageSize=4'))).to.equal(
      '400 validation_violation; pageSize invalid_query_parameter',
    )
    expect((await own.at('PUT', `/customers/${id}`, { json: {} })).status).to.equal(204)
    const wrong = await own.at('POST', '/customers', { json: { firstName: 5 } })
    expect(errorOf(wrong)).to.equal('409 validation_violation; firstName invalid_field')
    expect(wrong.json()['moreInfo']).to.equal('https://errors.example')
    expect((await own.call('GET', `${yaasBase}/sitegenesis/customers`)).status).to.equal(404)
    await own.stop()
  })

  it('may demand https (2.22)', async () => {
    const own = await serveYaas({ requireHttps: true })
    expect((await own.at('GET', '/customers')).status).to.equal(200)
    const forwarded = await own.at('GET', '/customers', { headers: { 'X-Forwarded-For': '1.2.3.4' } })
    expect(errorOf(forwarded)).to.equal('403 insufficient_permissions')
    await own.stop()
  })

  it('that cannot work are refused at once', () => {
    for (const basePath of ['', 'x', '/x/', '/a b', '/a?b'])
      expect(() => yaas({ basePath }), basePath).to.throw('basePath')
    for (const sizes of [{ pageSize: 0 }, { pageSize: 20, maxPageSize: 10 }, { maxPageSize: 1.5 }])
      expect(() => yaas(sizes)).to.throw('pageSize')
  })
})
