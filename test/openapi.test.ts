/** The OpenAPI documents say what the flavours do (adapters/README.md, OpenAPI). */
import { expect } from 'chai'
import { before, describe, it } from 'mocha'
import { ocapi } from '../adapters/ocapi/index.js'
import { faultTypes } from '../adapters/ocapi/faults.js'
import { openapi } from '../adapters/openapi/index.js'
import type { OpenApiDocument } from '../adapters/openapi/index.js'
import { yaas } from '../adapters/yaas/index.js'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { plain } from './support/plain-flavour.js'

const server = 'https://shop.example.com'
const flavours = { ocapi: ocapi(), yaas: yaas(), plain: plain() }

const pathsOf = ({ paths }: OpenApiDocument): readonly string[] =>
  Object.entries(paths).flatMap(([path, item]) => Object.keys(item).map((method) => `${method.toUpperCase()} ${path}`))

/** Every object below a value, with its pointer. */
function* objectsAt(value: unknown, at = ''): Generator<[string, Readonly<Record<string, unknown>>]> {
  if (typeof value !== 'object' || value === null) return
  if (!Array.isArray(value)) yield [at, value as Readonly<Record<string, unknown>>]
  for (const [name, each] of Object.entries(value))
    yield* objectsAt(each, `${at}/${encodeURIComponent(name.replaceAll('~', '~0').replaceAll('/', '~1'))}`)
}

describe('openapi: a document of each flavour, made of its tables (adapters/README.md, OpenAPI)', () => {
  for (const [name, flavour] of Object.entries(flavours))
    describe(name, () => {
      let document: OpenApiDocument
      before(async () => {
        document = await openapi(flavour, { server })
      })

      it('has every route and no other, each under its own id', () => {
        expect(pathsOf(document)).to.have.members(flavour.routes.map(({ method, path }) => `${method} ${path}`))
        const ids = Object.values(document.paths).flatMap((item) => Object.values(item).map((each) => each.operationId))
        expect(new Set(ids).size).to.equal(flavour.routes.length)
      })

      it('lies where the flavour answers', () => {
        const { pathname } = new URL(document.servers[0]?.url ?? '')
        for (const path of Object.keys(document.paths)) expect(flavour.claims(pathname + path), path).to.equal(true)
      })

      it('is plain JSON, whose references lead somewhere', () => {
        expect(JSON.parse(JSON.stringify(document))).to.deep.equal(document)
        for (const [, { $ref }] of objectsAt(document))
          if (typeof $ref === 'string') {
            const [, , kind = '', called = ''] = $ref.split('/')
            expect(document.components, $ref).to.have.property(kind).that.has.property(called)
          }
      })

      it('says 304 and If-None-Match of every read that answers an ETag (decision 1.16)', () => {
        for (const [path, { get }] of Object.entries(document.paths)) {
          if (!get?.responses['200']) continue
          const isTagged = 'ETag' in (get.responses['200']['headers'] as object)
          expect(get.responses[304] !== undefined, path).to.equal(isTagged)
          expect(get.parameters.some(({ name }) => name === 'If-None-Match')).to.equal(isTagged)
        }
      })

      it('has examples that are what their schemas say', () => {
        const ajv = new Ajv2020({ strict: false, validateFormats: false })
        ajv.addSchema({ $id: `${server}/openapi.json`, ...document })
        let count = 0
        for (const [pointer, { example, examples }] of objectsAt(document.paths, '/paths')) {
          const values = Object.values((examples ?? {}) as Record<string, { value: unknown }>).map(({ value }) => value)
          for (const value of example === undefined ? values : [example, ...values]) {
            count++
            const validate = ajv.getSchema(`${server}/openapi.json#${pointer}/schema`)
            expect(validate?.(value), `${ajv.errorsText(validate?.errors)} ${JSON.stringify(value)}`).to.equal(true)
          }
        }
        expect(count).to.be.greaterThan(10)
      })
    })

  it('ocapi: every fault stands with some operation, but those of paths outside of it', async () => {
    const text = JSON.stringify((await openapi(flavours.ocapi, { server })).paths)
    const settings = { _v: '16.2', clients: [] } as const
    const guarded = JSON.stringify((await openapi(ocapi({ settings }), { server })).paths)
    const missing = Object.keys(faultTypes).filter((type) => !(text + guarded).includes(`"${type}"`))
    expect(missing).to.deep.equal([
      'SiteAccessForbiddenException',
      'InvalidVersionException',
      'VersionNotFoundException',
    ])
  })

  it('options of the flavour show: status, page size, gateway, base path', async () => {
    const other = await openapi(ocapi({ createStatus: 201, pageSize: 7, ifMatch: 'required' }), { server })
    const customers = other.paths['/customer_lists/{list_id}/customers']
    expect(customers?.['post']?.responses).to.have.property('201').and.not.to.equal(undefined)
    expect(customers?.['post']?.responses).not.to.have.property('200')
    const addresses = other.paths['/customer_lists/{list_id}/customers/{customer_no}/addresses']?.['get']
    expect(addresses?.parameters.find(({ name }) => name === 'count')).to.deep.include({
      schema: { type: 'integer', minimum: 1, maximum: 200, default: 7 },
    })
    const behind = await openapi(yaas({ gateway: true, basePath: '/customers/v2' }), { server })
    expect(behind.servers).to.deep.equal([{ url: `${server}/customers/v2` }])
    expect(Object.keys(behind.components.securitySchemes)).to.include('hybris-tenant')
  })

  it('names custom attributes and mixins that the host declares', async () => {
    const size = { type: 'integer', enum: [42, 43] } as const
    const customAttributes = {
      customer: { shoeSize: size },
      address: { floor: { type: 'string', maxLength: 4 } },
    } as const
    const mixins = { loyalty: { type: 'object', properties: { tier: { enum: ['silver', 'gold'] } } } }
    const one = await openapi(flavours.ocapi, { server, customAttributes, mixins })
    const attribute = { type: ['integer', 'null'], enum: [42, 43, null] }
    expect(one.components.schemas)
      .to.have.nested.property('customer_create.properties.c_shoeSize')
      .deep.equal(attribute)
    expect(one.components.schemas).to.have.nested.property('customer_address_change.properties.c_floor')
    expect(one.components.schemas['customer_create']).not.to.have.property('patternProperties')
    const other = await openapi(flavours.yaas, { server, customAttributes, mixins })
    const properties = 'customer_create.properties.mixins.properties'
    expect(other.components.schemas).to.have.nested.property(`${properties}.loyalty`).deep.equal(mixins.loyalty)
    expect(other.components.schemas).to.have.nested.property(`${properties}.custom.properties.shoeSize`)
  })

  it('refuses what it cannot use, in words', async () => {
    for (const [options, words] of [
      [{ server: 'shop.example.com' }, /is not an address/],
      [{ server, mixin: {} }, /mixin/],
    ] as const) {
      const error = await openapi(flavours.ocapi, options as never).then(
        () => undefined,
        (thrown: unknown) => String(thrown),
      )
      expect(error).to.match(words)
    }
    const silent = Object.fromEntries(Object.entries(flavours.plain).filter(([name]) => name !== 'describe'))
    const refused = await openapi(silent as typeof flavours.plain, { server }).catch((error: unknown) => String(error))
    expect(refused).to.match(/'plain' does not describe itself/)
  })
})
