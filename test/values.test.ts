/** Values that requests, libraries and handlers send: one rule, one place, whichever way they come. */
import { expect } from 'chai'
import { after, before, describe, it } from 'mocha'
import { ocapi } from '../adapters/ocapi/index.js'
import { memoryStorage } from '../adapters/storage/local/memory.js'
import { CustomerError, definePlugin } from '../core/index.js'
import type { Json, Plugin } from '../core/index.js'
import { problemOf } from './support/shop.js'
import { serve } from './support/api.js'
import { errorOf, serveYaas } from './support/yaas.js'
import type { YaasService } from './support/yaas.js'
import type { Answer } from './support/http.js'

const list = '/dw/data/v16_2/customer_lists/SiteGenesis'
const customers = `${list}/customers`

interface Fault {
  readonly type: string
  readonly message: string
  readonly arguments?: Readonly<Record<string, unknown>>
}
const faultOf = (answer: Answer) => answer.json<{ fault?: Fault }>().fault
const login = (name: string) => ({ credentials: { login: name } })

describe('1.15: numbers in free values are finite and, where whole, within ±(2^53 − 1)', () => {
  const schema = 'https://schemas.example.com/any.json'
  let service: YaasService
  before(async () => {
    service = await serveYaas({}, { library: { mixins: { schemas: { [schema]: {} } } } })
    await service.shop.createCustomer({ create: { customerNo: 'n', credentials: { login: 'n' } } })
    await service.shop.createAddress({ customerNo: 'n', create: { addressId: 'a' } })
  })
  after(() => service.stop())
  const refused = ['9007199254740993', '-9007199254740992', '1e300', '1e16', '[1,9007199254740993]', '1e400']
  const accepted = ['9007199254740991', '-9007199254740991', '0.1', '5e-324', '[1.5,-3]']

  it('in OCAPI, as c_ of customers and addresses, in JSON and XML: InvalidCustomPropertyException', async () => {
    for (const value of refused)
      for (const path of [`${customers}/n`, `${customers}/n/addresses/a`]) {
        const body = `{"c_n":${value}}`
        const answer = await service.call('PATCH', path, { body, headers: { 'Content-Type': 'application/json' } })
        expect([answer.status, faultOf(answer)?.type], body).to.deep.equal([400, 'InvalidCustomPropertyException'])
      }
    for (const type of ['integer', 'double']) {
      const body = `<customer><c_n type="${type}">9007199254740993</c_n></customer>`
      const xml = await service.call('PATCH', `${customers}/n`, { body, headers: { 'Content-Type': 'text/xml' } })
      expect(xml.status, xml.text).to.equal(400)
      expect(xml.text).to.include('InvalidCustomPropertyException')
    }
    for (const value of accepted) {
      const body = `{"c_n":${value}}`
      const answer = await service.call('PATCH', `${customers}/n`, { body })
      expect(answer.json(), answer.text).to.deep.include({ c_n: JSON.parse(value) })
    }
  })

  it('in YaaS, as custom attribute and in mixins, on POST and PUT: invalid_field', async () => {
    const metadata = { mixins: { m: schema } }
    for (const value of refused)
      for (const body of [
        `{"mixins":{"custom":{"n":${value}}}}`,
        `{"mixins":{"m":{"deep":[{"n":${value}}]}},"metadata":${JSON.stringify(metadata)}}`,
      ])
        for (const [method, path] of [
          ['POST', '/customers'],
          ['PUT', '/customers/n'],
          ['PUT', '/customers/n?patch=true'],
        ] as const) {
          const answer = await service.at(method, path, { body, headers: { 'Content-Type': 'application/json' } })
          expect(errorOf(answer), body).to.match(
            /^400 validation_violation; mixins\.(custom\.n|m\.deep\[0\]\.n)(\[1\])? invalid_field$/,
          )
        }
  })

  it('in the library and in what handlers make: documentInvalid with the path', async () => {
    for (const n of [2 ** 53, 1e300, -1e17, Number.NaN]) {
      const deep = { mixins: { m: [{ n }] }, mixinSchemas: { m: schema } }
      for (const call of [
        service.shop.createCustomer({ create: { custom: { n } } }),
        service.shop.createCustomer({ create: deep }),
        service.shop.updateCustomer({ customerNo: 'n', update: deep }),
        service.shop.createAddress({ customerNo: 'n', create: { custom: { n: [n] } } }),
        service.shop.updateAddress({ customerNo: 'n', addressId: 'a', update: { custom: { n } } }),
        service.shop.importSocialMediaUsers({ users: [{ id: 'x', referenceCustomerNumber: 'n', n }] }),
      ]) {
        const error = await call.catch((error: unknown) => error as CustomerError)
        expect(error).to.be.instanceOf(CustomerError)
        expect((error as CustomerError).problem.kind).to.equal('documentInvalid')
        expect((error as CustomerError).message).to.match(/\bn\b/)
      }
    }
  })

  it('one that was stored before stays, shows in XML as double, and does not stand in the way of other changes', async () => {
    const storage = memoryStorage()
    const touching = definePlugin({
      name: 'touching',
      hooks: { 'dw.ocapi.data.customer_list.customer.beforePATCH': (customer) => void (customer.title = 'set') },
    })
    const old = await serveYaas({}, { library: { storage, plugins: [touching] } })
    await old.shop.createCustomer({ create: { customerNo: 'old', custom: { n: 5 }, credentials: { login: 'old' } } })
    await storage.write('SiteGenesis', async (unit) => {
      const found = await unit.customers.get({ customerNo: 'old' })
      if (found) await unit.customers.update({ ...found, custom: { n: 1e300 } })
    })
    const path = `${customers}/old`
    expect((await old.call('GET', `${path}?format=xml`)).text).to.include('<c_n type="double">1e+300</c_n>')
    const whole = (await old.call('GET', path)).json()
    const back = await old.call('PATCH', path, { json: { ...whole, last_name: 'x' } })
    expect(back.status, back.text).to.equal(200)
    expect(back.json()).to.include({ title: 'set', last_name: 'x', c_n: 1e300 })
    expect((await old.call('PATCH', path, { json: { c_n: 1e299 } })).status).to.equal(400)
    await old.stop()
  })

  it('−0 is 0', async () => {
    await service.shop.updateCustomer({ customerNo: 'n', update: { custom: { zero: -0, list: [-0] } } })
    const { custom = {} } = await service.shop.getCustomer({ customerNo: 'n' })
    expect([custom['zero'], ...[custom['list'] ?? []].flat()].map((each) => Object.is(each, 0))).to.deep.equal([
      true,
      true,
    ])
    await service.call('PATCH', `${customers}/n`, { body: '{"c_zero":-0}' })
    const again = (await service.shop.getCustomer({ customerNo: 'n' })).custom
    expect(Object.is(again?.['zero'], 0)).to.equal(true)
    expect((await service.call('GET', `${customers}/n?format=xml`)).text).to.include(
      '<c_zero type="integer">0</c_zero>',
    )
  })
})

describe('2.8, 2.10: what typed clients send', () => {
  let service: YaasService
  before(async () => {
    service = await serveYaas()
    await service.shop.createCustomer({ create: { customerNo: 't', credentials: { login: 't' } } })
  })
  after(() => service.stop())
  const patch = (json: object) => service.call('PATCH', `${customers}/t`, { json })

  it('gender 0 is "not set", a value like 1 and 2; others are refused', async () => {
    for (const gender of [0, 1, 2, 0]) {
      const answer = await patch({ gender })
      expect(answer.json(), answer.text).to.include({ gender })
    }
    const body = '<customer><gender>0</gender></customer>'
    const xml = await service.call('PATCH', `${customers}/t`, { body, headers: { 'Content-Type': 'text/xml' } })
    expect(xml.text).to.include('<gender>0</gender>')
    const made = await service.call('POST', customers, { json: { gender: 0, ...login('g') } })
    expect(made.json()).to.include({ gender: 0 })
    for (const gender of [-1, 3])
      expect(faultOf(await patch({ gender }))?.type).to.equal('EnumConstraintViolationException')
    expect((await service.shop.createCustomer({ create: { gender: 0 } })).gender).to.equal(0)
  })

  it('a birthday as midnight, with or without fraction, zone or offset, and with Z, is that date', async () => {
    for (const spelt of [
      '1970-02-03',
      '1970-02-03Z',
      '1970-02-03T00:00:00',
      '1970-02-03T00:00:00.000',
      '1970-02-03T00:00:00Z',
      '1970-02-03T00:00:00.0Z',
      '1970-02-03T00:00:00.000Z',
      '1970-02-03T00:00:00+02:00',
      '1970-02-03T00:00:00.000-0800',
    ]) {
      await patch({ birthday: null })
      const answer = await patch({ birthday: spelt })
      expect(answer.json(), spelt).to.include({ birthday: '1970-02-03' })
      const xml = await service.call('PATCH', `${customers}/t`, {
        body: `<customer><birthday>${spelt}</birthday></customer>`,
        headers: { 'Content-Type': 'application/xml' },
      })
      expect(xml.text).to.include('<birthday>1970-02-03</birthday>')
      const { etag } = answer.headers
      expect(xml.headers.etag, 'equal: nothing is stored').to.equal(etag)
    }
    for (const wrong of [
      '1970-02-30',
      '1970-02-30T00:00:00Z',
      '1970-02-03T00:00:01Z',
      '1970-02-03T01:00:00Z',
      '1970-02-03T00:00:00.001Z',
      '1970-02-03T00:00',
      '1970-02-03 00:00:00',
      '1970-02-03T00:00:00+25:00',
      '1970-2-3',
      '',
      0,
    ])
      expect(faultOf(await patch({ birthday: wrong }))?.type, String(wrong)).to.equal('TypeDecodingException')
  })

  it('a read-only instant may be sent back with another offset or precision of zeros, another instant may not', async () => {
    const { creation_date } = (await service.call('GET', `${customers}/t`)).json<{ creation_date: string }>()
    const millis = /\.(\d{3})Z$/.exec(creation_date)?.[1] ?? ''
    const shifted = new Date(Date.parse(creation_date) + 7_200_000).toISOString().replace('Z', '+02:00')
    for (const same of [
      creation_date,
      shifted,
      shifted.replace('02:00', '0200'),
      creation_date.replace('Z', '000000Z'),
    ])
      expect((await patch({ creation_date: same, title: 'x' })).status, same).to.equal(200)
    for (const other of [
      creation_date.replace('Z', '1Z'),
      creation_date.replace(`.${millis}`, `.${millis === '500' ? '501' : '500'}`),
      creation_date.replace('Z', '+01:00'),
      creation_date.replace('Z', ''),
      'x',
    ])
      expect(faultOf(await patch({ creation_date: other }))?.type, other).to.equal('PropertyNotPermittedException')
  })

  it('_type and _v are accepted in nested documents, and a whole document of a typed client can be sent back', async () => {
    const read = (await service.call('GET', `${customers}/t`)).json<{ credentials: object }>()
    const credentials = { ...read.credentials, _type: 'customer_credentials', _v: '16.2' }
    const whole = { ...read, credentials, birthday: '1970-02-03T00:00:00.000Z', gender: 0 }
    const back = await patch(whole)
    expect(back.status, back.text).to.equal(200)
    expect(back.json()).to.have.deep.property('credentials', read.credentials)
    const made = await service.call('POST', customers, { json: { credentials: { login: 'typed', _type: 'x' } } })
    expect(made.status, made.text).to.equal(200)
    const wrong = await patch({ credentials: { _v: '15.8' } })
    expect(faultOf(wrong)?.type).to.equal('UnexpectedVersionException')
    const { _type: _, ...body } = (await service.call('GET', `${customers}/t?format=json`)).json()
    expect((await patch(body)).status).to.equal(200)
  })
})

describe('2.16: custom attributes may be any JSON until before handlers have run', () => {
  const beforeCreate = 'dw.ocapi.data.customer_list.customers.beforePOST'
  const beforeChange = 'dw.ocapi.data.customer_list.customer.beforePATCH'
  const seen: Json[] = []
  const captcha: Plugin = definePlugin({
    name: 'captcha',
    hooks: {
      [beforeCreate](create) {
        take(create)
      },
      [beforeChange](_, update) {
        take(update)
      },
      'dw.ocapi.data.customer_list.customer.addresses.beforePOST'(_, create) {
        take(create)
      },
      'dw.ocapi.data.customer_list.customer.address.beforePATCH'(_, __, update) {
        take(update)
      },
    },
  })
  const take = ({ custom }: { custom?: { [name: string]: Json | undefined } | null }) => {
    if (!custom || !('captcha' in custom)) return
    seen.push(custom['captcha'] as Json)
    delete custom['captcha']
    if ('spoil' in custom) custom['spoil'] = { by: 'handler' }
  }
  let service: YaasService
  before(async () => {
    service = await serveYaas({}, { library: { plugins: [captcha] } })
    await service.shop.createCustomer({ create: { customerNo: 'c', credentials: { login: 'c' } } })
    await service.shop.createAddress({ customerNo: 'c', create: { addressId: 'a' } })
  })
  after(() => service.stop())
  const value = { token: 'x', scores: [0.5, { deep: [null, true] }] }
  const paths: readonly (readonly [string, string, object])[] = [
    ['POST', customers, login('p')],
    ['PATCH', `${customers}/c`, {}],
    ['POST', `${customers}/c/addresses`, { address_id: 'b' }],
    ['PATCH', `${customers}/c/addresses/a`, {}],
  ]

  it('reach handlers of OCAPI, JSON and XML, which read and drop them', async () => {
    for (const [method, path, json] of paths) {
      seen.length = 0
      const answer = await service.call(method, path, { json: { ...json, c_captcha: value, c_kept: [1, 'a', true] } })
      expect(answer.status, answer.text).to.equal(200)
      expect(seen).to.deep.equal([value])
      expect(answer.json()).to.deep.include({ c_kept: [1, 'a', true] })
      expect(answer.json()).to.not.have.property('c_captcha')
    }
    seen.length = 0
    const body = '<customer><c_captcha type="map"><argument name="token">x</argument></c_captcha></customer>'
    const xml = await service.call('PATCH', `${customers}/c`, { body, headers: { 'Content-Type': 'text/xml' } })
    expect([xml.status, seen], xml.text).to.deep.equal([200, [{ token: 'x' }]])
  })

  it('reach handlers of YaaS and of the library', async () => {
    seen.length = 0
    const id = await service.create({ mixins: { custom: { captcha: value, kept: 1 } } })
    const put = await service.at('PUT', `/customers/${id}?expand=mixin:custom`, {
      json: { mixins: { custom: { captcha: value, kept: 2 } } },
    })
    expect(put.json(), put.text).to.deep.include({ mixins: { custom: { kept: 2 } } })
    await service.shop.updateCustomer({ customerNo: id, update: { custom: { captcha: value, kept: 3 } } })
    expect(seen).to.deep.equal([value, value, value])
  })

  it('what is left is judged: the client sent it, so it is 400, and the message names property and reason', async () => {
    for (const bad of [{ a: 1 }, [null], [[1]], [{}]]) {
      for (const [method, path, json] of paths) {
        const answer = await service.call(method, path, { json: { ...json, ...login('q'), c_bad: bad } })
        const fault = faultOf(
          path.includes('addresses')
            ? await service.call(method, path, { json: { ...json, address_id: 'z', c_bad: bad } })
            : answer,
        )
        expect(fault).to.deep.include({
          type: 'InvalidCustomPropertyException',
          message: "Custom property 'c_bad' is neither a text, a number or a flag nor a list of these.",
        })
      }
      const custom = { mixins: { custom: { bad } } }
      for (const answer of [
        await service.at('POST', '/customers', { json: custom }),
        await service.at('PUT', '/customers/c', { json: custom }),
        await service.at('PUT', '/customers/c?partial=true', { json: custom }),
      ])
        expect(errorOf(answer)).to.equal('400 validation_violation; mixins.custom.bad invalid_field')
      expect(await problemOf(service.shop.createCustomer({ create: { custom: { bad } } }))).to.equal('documentInvalid')
      const update = { custom: { bad } }
      expect(await problemOf(service.shop.updateCustomer({ customerNo: 'c', update }))).to.equal('documentInvalid')
    }
    const named = await service.call('PATCH', `${customers}/c`, { json: { 'c_1 x': 1 } })
    expect(faultOf(named)?.message).to.equal("Custom property 'c_1 x' is no name for a custom attribute.")
    const big = await service.call('PATCH', `${customers}/c`, { body: '{"c_big":1e300}' })
    expect(faultOf(big)?.message).to.match(/^Custom property 'c_big' is not a finite number/)
    expect(faultOf(big)).to.not.have.property('arguments')
    expect((await service.shop.getCustomer({ customerNo: 'c' })).custom ?? {}).to.not.have.property('bad')
  })

  it('what a handler made bad is the 500 of its plug-in', async () => {
    for (const [method, path, json] of paths) {
      const answer = await service.call(method, path, {
        json: {
          ...json,
          ...(method === 'POST' && !path.includes('addresses') ? login('r') : {}),
          c_captcha: 1,
          c_spoil: 1,
        },
      })
      expect([answer.status, faultOf(answer)?.type], answer.text).to.deep.equal([500, 'InternalServerErrorException'])
    }
    const id = await service.create({})
    const put = await service.at('PUT', `/customers/${id}`, { json: { mixins: { custom: { captcha: 1, spoil: 1 } } } })
    expect(put.status).to.equal(500)
  })

  it('declarations are judged after handlers too', async () => {
    const customAttributes = { customer: { size: { type: 'integer' } } } as const
    const declared = await serveYaas({}, { library: { plugins: [captcha], customAttributes } })
    seen.length = 0
    const fine = await declared.call('POST', customers, { json: { ...login('a'), c_captcha: value, c_size: 1 } })
    expect([fine.status, seen], fine.text).to.deep.equal([200, [value]])
    const bad = await declared.call('POST', customers, { json: { ...login('b'), c_captcha: value, c_other: 1 } })
    expect(faultOf(bad)?.message).to.equal("Custom property 'c_other' is not declared.")
    const wrong = await declared.at('POST', '/customers', { json: { mixins: { custom: { size: 'x' } } } })
    expect(errorOf(wrong)).to.equal('400 validation_violation; mixins.custom.size invalid_field')
    await declared.stop()
  })
})

describe('depth is checked before anything goes down', () => {
  const deep = (open: string, close: string, levels: number) => open.repeat(levels) + '1' + close.repeat(levels)
  it('in lists of names, in custom attributes with rights to write, in mixins and in the library', async () => {
    const resources = [
      {
        resource_id: '/**',
        methods: ['get', 'post', 'patch'],
        read_attributes: '(**)',
        write_attributes: '(**,-email)',
      },
    ] as const
    const service = await serveYaas({}, {})
    const narrow = await serve({
      flavours: [ocapi({ settings: { clients: [{ client_id: 'ocapi-client', resources }] } })],
    })
    for (const api of [service, narrow]) {
      await api.shop.createCustomer({ create: { customerNo: 'd', credentials: { login: 'd' } } })
      for (const body of [
        `{"credentials":{"_delete":${deep('[', ']', 10_000)}}}`,
        `{"_delete":${deep('[', ']', 10_000)}}`,
        `{"c_x":${deep('[', ']', 10_000)}}`,
        `{"c_x":${deep('{"a":', '}', 5000)}}`,
        `{"title":${deep('{"a":', '}', 5000)}}`,
        `{"email":${deep('{"a":', '}', 5000)}}`,
        `{"creation_date":${deep('[', ']', 5000)}}`,
        `{"unknown":${deep('[', ']', 5000)}}`,
        `{"credentials":${deep('{"login":', '}', 5000)}}`,
        deep('[', ']', 10_000),
      ]) {
        const answer = await api.call('PATCH', `${customers}/d`, { body })
        expect(answer.status, body.slice(0, 40)).to.equal(400)
      }
    }
    for (const body of [
      `{"mixins":{"custom":{"x":${deep('[', ']', 10_000)}}}}`,
      `{"mixins":{"m":${deep('{"a":', '}', 10_000)}}}`,
      `{"metadata":{"mixins":{"m":${deep('[', ']', 10_000)}}}}`,
      `{"metadata":${deep('{"version":', '}', 10_000)}}`,
      `{"addresses":${deep('[', ']', 10_000)}}`,
      `{"title":${deep('[', ']', 10_000)}}`,
    ])
      for (const [method, path] of [
        ['POST', '/customers'],
        ['PUT', '/customers/d'],
        ['PUT', '/customers/d?partial=true'],
      ] as const) {
        const { status } = await service.at(method, path, { body, headers: { 'Content-Type': 'application/json' } })
        const isIgnored = /"addresses"|"version"/.test(body)
        expect(status, `${method} ${body.slice(0, 40)}`).to.be.oneOf(isIgnored ? [200, 201, 400] : [400])
      }
    const nested = JSON.parse(deep('[', ']', 10_000)) as Json
    expect(await problemOf(service.shop.createCustomer({ create: { custom: { nested } } }))).to.equal('documentInvalid')
    const mixins = { m: nested }
    expect(await problemOf(service.shop.createCustomer({ create: { mixins } }))).to.equal('documentInvalid')
    await service.stop()
    await narrow.stop()
  })
})

describe('2.8: a property that a client may not write is refused the same, whatever it guesses', () => {
  it('unless it may read it', async () => {
    const resources = [
      {
        resource_id: '/**',
        methods: ['get', 'patch'],
        read_attributes: '(title,credentials.(enabled))',
        write_attributes: '(last_name)',
      },
    ] as const
    const service = await serve({
      flavours: [ocapi({ settings: { clients: [{ client_id: 'ocapi-client', resources }] } })],
    })
    const create = {
      customerNo: 's',
      email: 's@example.com',
      title: 'Dr',
      custom: { secret: 'x' },
      credentials: { login: 's' },
    }
    const { creationDate } = await service.shop.createCustomer({ create })
    for (const json of [
      { email: 's@example.com' },
      { email: 'other@example.com' },
      { email: null },
      { suffix: null },
      { c_secret: 'x' },
      { c_secret: 'y' },
      { c_other: null },
      { credentials: { login: 's' } },
      { credentials: { login: 't' } },
      { credentials: { locked: false } },
      { creation_date: creationDate },
      { creation_date: '2020-01-01T00:00:00.000Z' },
      { title: 'Prof' },
      { credentials: { enabled: false } },
    ]) {
      const answer = await service.call('PATCH', `${customers}/s`, { json })
      const [property] = Object.entries(json).map(([name, inner]) =>
        name === 'credentials' ? `credentials.${Object.keys(inner as object)[0]}` : name,
      )
      expect(answer.status, answer.text).to.equal(400)
      expect(faultOf(answer), JSON.stringify(json)).to.deep.include({
        type: 'PropertyNotPermittedException',
        arguments: { property, document: 'customer' },
      })
    }
    const readable = { title: 'Dr', credentials: { enabled: true }, last_name: 'x' }
    expect((await service.call('PATCH', `${customers}/s`, { json: readable })).status).to.equal(200)
    await service.stop()
  })
})
