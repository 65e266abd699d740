/** Limits of documents: counted before anything that costs more, the same in both APIs and formats (adapters/README.md, Limits). */
import { expect } from 'chai'
import { describe, it } from 'mocha'
import { ocapi } from '../adapters/ocapi/index.js'
import { yaas } from '../adapters/yaas/index.js'
import { Secret } from '../core/index.js'
import type { CustomerError } from '../core/index.js'
import { longestKeyText } from '../core/model/keys.js'
import { addressSchema, customerSchema, mappingCreateSchema } from '../core/model/schemas.js'
import type { Schema } from '../core/model/schemas.js'
import { serve } from './support/api.js'
import { openShop, problemOf } from './support/shop.js'
import { yaasBase, yaasCallers } from './support/yaas.js'

const ocapiPath = '/s/-/dw/data/v16_2/customer_lists/SiteGenesis/customers'
const yaasPath = `${yaasBase}/sitegenesis/customers`
const limits = {
  values: 50,
  properties: 20,
  listItems: 10,
  textLength: 300,
  nesting: 8,
  documentBytes: 2_000,
  addresses: 2,
}

const open = (given: object = limits) =>
  serve({
    flavours: [ocapi(), yaas()],
    authenticate: ({ token }) => yaasCallers[token],
    library: {
      limits: given,
      mixins: { schemas: { 'https://a.example/any': {} } },
      hashPassword: async () => '$hash$',
    },
  })

const list = (length: number, item: unknown = 1) => Array.from({ length }, () => item)
const named = (count: number, value: unknown = 1) =>
  Object.fromEntries(list(count).map((_, at) => [`p${at}`, value] as const))
const nested = (depth: number): unknown => (depth === 0 ? 1 : [nested(depth - 1)])

/** Free data by the limit that it is at, and just beyond. */
const edges: readonly (readonly [string, unknown, unknown])[] = [
  ['listItems', list(10), list(11)],
  ['properties', named(20), named(21)],
  ['textLength', 'a'.repeat(300), 'a'.repeat(301)],
  ['values', list(4, named(10)), list(5, named(10))],
  ['nesting', nested(5), nested(8)],
]

describe('limits of a document: at the limit it is taken, beyond it is refused with the place', () => {
  for (const [limit, good, bad] of edges)
    it(limit, async () => {
      const service = await open()
      const mixins = (loyalty: unknown) => ({
        mixins: { loyalty },
        metadata: { mixins: { loyalty: 'https://a.example/any' } },
      })
      const taken = await service.call('POST', yaasPath, { token: 'yaas', json: mixins(good) })
      expect(taken.status, taken.text).to.equal(201)
      const refused = await service.call('POST', yaasPath, { token: 'yaas', json: mixins(bad) })
      expect(refused.status).to.equal(400)
      expect(refused.json<{ details: { type: string }[] }>().details[0]?.type).to.equal('invalid_field')
      const create = (loyalty: unknown) => ({
        create: { mixins: { loyalty: loyalty as never }, mixinSchemas: { loyalty: 'https://a.example/any' } },
      })
      expect(await problemOf(service.shop.createCustomer(create(good)))).to.equal('none')
      expect(await problemOf(service.shop.createCustomer(create(bad)))).to.equal('documentInvalid')
      await service.stop()
    })

  it('documentBytes, of what is stored, by whichever way it grew', async () => {
    const service = await open()
    const create = { custom: Object.fromEntries(list(6).map((_, at) => [`a${at}`, 'x'.repeat(300)] as const)) }
    const { customerNo } = await service.shop.createCustomer({ create })
    const grown = await service.call('PATCH', `${ocapiPath}/${customerNo}`, { json: { c_more: 'ü'.repeat(150) } })
    expect(grown.status, grown.text).to.equal(400)
    expect(grown.json<{ fault: { type: string } }>().fault.type).to.equal('PropertyConstraintViolationException')
    expect(
      await problemOf(service.shop.updateCustomer({ customerNo, update: { custom: { b: 'x'.repeat(299) } } })),
    ).to.equal('documentInvalid')
    expect(
      await problemOf(service.shop.updateCustomer({ customerNo, update: { custom: { a0: null, b: 'x' } } })),
    ).to.equal('none')
    await service.stop()
  })

  it('addresses of a customer', async () => {
    const service = await open()
    const { customerNo } = await service.shop.createCustomer({ create: {} })
    const add = () =>
      service.call('POST', `${yaasPath}/${customerNo}/addresses`, { token: 'yaas', json: { city: 'a' } })
    expect([(await add()).status, (await add()).status, (await add()).status]).to.deep.equal([201, 201, 400])
    const json = { address_id: 'more' }
    expect((await service.call('POST', `${ocapiPath}/${customerNo}/addresses`, { json })).status).to.equal(400)
    await service.stop()
  })

  it('OCAPI: one limit for `_delete`, c_ names and XML elements', async () => {
    const service = await open()
    const { customerNo } = await service.shop.createCustomer({ create: {} })
    const typeOf = async (more: object) => {
      const answer = await service.call('PATCH', `${ocapiPath}/${customerNo}`, more)
      expect(answer.status, answer.text).to.equal(400)
      return answer.text
    }
    expect(await typeOf({ json: { _delete: list(11, 'title') } })).to.include('PropertyConstraintViolationException')
    const many = Object.fromEntries(list(21).map((_, at) => [`c_p${at}`, 1]))
    expect(await typeOf({ json: many })).to.include('PropertyConstraintViolationException')
    const headers = { 'Content-Type': 'application/xml' }
    const elements = list(21).map((_, at) => `<c_p${at}>1</c_p${at}>`)
    const body = `<customer>${elements.join('')}</customer>`
    expect(await typeOf({ headers, body })).to.include('PropertyConstraintViolationException')
    await service.stop()
  })

  it('counts what stands between strings of JSON before it is parsed, and nothing in them', async () => {
    const service = await open({})
    const text = '[",{\\'.repeat(18_000)
    const login = (at: number) => ({ credentials: { login: `user-${at}` } })
    const taken = await service.call('POST', ocapiPath, { json: { ...login(1), c_a: text, c_b: text } })
    expect(taken.status, taken.text.slice(0, 300)).to.equal(200)
    expect(taken.json()).to.include({ c_a: text, c_b: text })
    for (const many of ['['.repeat(100_001), `[${'1,'.repeat(100_001)}`, `["\\\\",${'{'.repeat(100_001)}`]) {
      const refused = await service.call('POST', ocapiPath, { body: many })
      expect([refused.status, refused.text.includes('PropertyConstraintViolationException')]).to.deep.equal([400, true])
      const again = await service.call('POST', yaasPath, { token: 'yaas', body: many })
      expect(again.json()).to.have.property('type', 'validation_violation')
    }
    await service.stop()
  })

  it('are whole numbers from 1, nesting at most 64', async () => {
    for (const wrong of [{ values: 0 }, { documentBytes: 1.5 }, { nesting: 65 }]) {
      const error = await openShop({ limits: wrong }).catch((mistake: unknown) => mistake as Error)
      expect(error)
        .to.be.an('error')
        .with.property('message')
        .that.includes(`limits.${Object.keys(wrong)[0]}`)
    }
  })
})

describe('every text of every document has a maximum, and is measured before it is normalised', () => {
  const textsOf = (schema: Schema, path = ''): string[] => {
    const types = [schema.type].flat()
    const isOpen = types.includes('string') && !schema['maxLength'] && !schema['format'] && !schema['enum']
    return [
      ...(isOpen ? [path] : []),
      ...Object.entries(schema.properties ?? {}).flatMap(([name, inner]) => textsOf(inner, `${path}.${name}`)),
    ]
  }
  it('in the schemas', () => {
    for (const schema of [customerSchema, addressSchema, mappingCreateSchema]) expect(textsOf(schema)).to.deep.equal([])
  })

  const marks = `a${'\u0301'.repeat(40_000)}${'\u0323'.repeat(40_000)}`
  it('a login, email, password, number or path of combining marks is refused at once', async () => {
    const { clientele, shop } = await openShop({
      limits: { textLength: 1_000_000 },
      hashPassword: async () => '$hash$',
    })
    const { customerNo } = await shop.createCustomer({ create: { credentials: { login: 'a' } } })
    const start = performance.now()
    expect(await problemOf(shop.getCustomer({ customerNo: marks }))).to.equal('customerNotFound')
    expect(await problemOf(shop.deleteMappings({ customerNumber: marks }))).to.equal('mappingNotFound')
    for (const create of [{ credentials: { login: marks } }, { email: marks }, { customerNo: marks }])
      expect(await problemOf(shop.createCustomer({ create }))).to.equal('documentInvalid')
    const mapping = { create: { customerNumber: marks, sdCustomerNumber: 'a' } }
    expect(await problemOf(shop.createMapping(mapping))).to.equal('documentInvalid')
    expect(
      await problemOf(shop.createInternalAccount({ customerNo, create: {}, password: new Secret(marks) })),
    ).to.not.equal('none')
    const password = new Secret(marks)
    expect(await problemOf(shop.updateCustomer({ customerNo, update: {}, password }))).to.equal('passwordInvalid')
    expect(performance.now() - start).to.be.lessThan(1_000)
    await clientele.close()
  })

  it('OCAPI answers with the faults of login, email and password', async () => {
    const service = await serve({ flavours: [ocapi()] })
    for (const [json, type] of [
      [{ credentials: { login: marks } }, 'InvalidLoginException'],
      [{ credentials: { login: 'a' }, email: marks }, 'InvalidEmailException'],
      [{ credentials: { login: 'a', password: 'p'.repeat(longestKeyText + 1) } }, 'InvalidPasswordException'],
    ] as const) {
      const answer = await service.call('POST', ocapiPath, { json })
      expect(answer.json<{ fault: { type: string } }>().fault.type).to.equal(type)
    }
    await service.stop()
  })

  it('a value in a path that is too long to be a key is not found', async () => {
    const service = await open()
    const long = 'a'.repeat(2_000)
    expect((await service.call('GET', `${ocapiPath}/${long}`)).status).to.equal(404)
    expect((await service.call('GET', `${ocapiPath}/${long}/addresses/${long}`)).status).to.equal(404)
    expect((await service.call('GET', `${yaasPath}/${long}`, { token: 'yaas' })).status).to.equal(404)
    const mappings = `${yaasBase}/sitegenesis/sdCustomerMappings/${long}`
    expect((await service.call('DELETE', mappings, { token: 'yaas' })).status).to.equal(404)
    await service.stop()
  })

  it('the problem says where and what', async () => {
    const { clientele, shop } = await openShop({ limits })
    const error = await shop.createCustomer({ create: { custom: { a: list(11) as never } } }).catch((e: unknown) => e)
    expect((error as CustomerError).message).to.equal('invalid create: custom.a: has more than 10 items')
    await clientele.close()
  })
})

describe('regular expressions: program size times text length is bounded, on every way', () => {
  const costly = '(\\pL{1,30}){1,30}[xyz]'
  const text = 'a'.repeat(90_000)

  it('a query with one too complex for a text is refused, a simple one is answered', async () => {
    const service = await open({ ...limits, textLength: 100_000, documentBytes: 200_000 })
    await service.shop.createCustomer({ create: { custom: { long: text } } })
    const start = performance.now()
    const ask = (pattern: string) =>
      service.call('GET', `${yaasPath}?q=${encodeURIComponent(`mixins.custom.long:~(${pattern})`)}`, { token: 'yaas' })
    const refused = await ask(costly)
    expect(refused.status, refused.text).to.equal(400)
    expect(refused.text).to.include('too complex')
    expect((await ask('a+$')).status).to.equal(200)
    expect(performance.now() - start).to.be.lessThan(1_000)
    await service.stop()
  })

  it('so are those of mixin schemas', async () => {
    const url = 'https://a.example/pattern'
    const { clientele, shop } = await openShop({
      mixins: { schemas: { [url]: { type: 'array', items: { type: 'string', pattern: costly } } } },
    })
    const create = (texts: readonly string[]) => ({ create: { mixins: { m: texts }, mixinSchemas: { m: url } } })
    expect(await problemOf(shop.createCustomer(create(['abcx'])))).to.equal('none')
    const error = await shop.createCustomer(create(list(5, text) as string[])).catch((e: unknown) => e)
    expect((error as CustomerError).message).to.include('mixins.m: has too much text for the patterns of its schema')
    await clientele.close()
  })
})

describe('schemas of somebody else: what is told and what is compared', () => {
  const url = 'https://a.example/set'
  const openWith = async (schema: object) => {
    const { clientele, shop } = await openShop({ mixins: { schemas: { [url]: schema } } })
    const create = async (m: unknown): Promise<string> => {
      try {
        await shop.createCustomer({ create: { mixins: { m: m as never }, mixinSchemas: { m: url } } })
        return 'none'
      } catch (error) {
        return (error as CustomerError).message
      } finally {
        await clientele.close()
      }
    }
    return create
  }

  it('uniqueItems compares by value, whatever the order of properties', async () => {
    const unique = { type: 'array', uniqueItems: true }
    expect(
      await (
        await openWith(unique)
      )([
        { a: 1, b: [2] },
        { b: [2], a: 1 },
      ]),
    ).to.include('duplicate items')
    expect(await (await openWith(unique))([{ a: 1 }, { a: '1' }, 1, '1', [1], null])).to.equal('none')
    expect(await (await openWith({ type: 'array', uniqueItems: false }))([1, 1])).to.equal('none')
  })

  it('at most 100 mistakes are told, the first ones in the order of the document', async () => {
    const message = await (await openWith({ type: 'array', items: { type: 'string' } }))(list(1_000))
    expect(message.split(';')).to.have.length(100)
    expect(message).to.include('mixins.m.0:').and.to.include('mixins.m.99:')
  })
})

describe('select: compiled once, its names are counted', () => {
  it('many names and removals on a list of 1,000 take no time; more names are refused', async () => {
    const service = await serve({ flavours: [ocapi()] })
    const { customerNo } = await service.shop.createCustomer({ create: { custom: { a: list(1_000) as number[] } } })
    const path = `${ocapiPath}/${customerNo}?select=`
    const removals = list(45, '-c_a.a').join(',')
    const start = performance.now()
    const shown = await service.call('GET', `${path}(**,${list(100, 'c_a').join(',')},${removals})`)
    expect(shown.status, shown.text).to.equal(200)
    expect(shown.json<{ c_a: unknown[] }>().c_a).to.have.length(1_000)
    expect(performance.now() - start).to.be.lessThan(500)
    const refused = await service.call('GET', `${path}(**,${list(201, 'c_a').join(',')})`)
    expect(refused.json<{ fault: { type: string } }>().fault.type).to.equal('ValueConstraintViolationException')
    await service.stop()
  })
})
