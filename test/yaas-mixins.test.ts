/** Mixins: schemas, what a PUT does to them, and where schemas may come from (decision 3.12). */
import { expect } from 'chai'
import { after, before, describe, it } from 'mocha'
import { mixinSchemas } from '../core/rules/mixins.js'
import { problemOf } from './support/shop.js'
import { errorOf, serveYaas } from './support/yaas.js'
import type { YaasService } from './support/yaas.js'

const url = 'https://schemas.example/loyalty.json'
const strict = 'https://schemas.example/loyalty-strict.json'
const free = 'https://schemas.example/free.json'
const schemas = {
  [url]: {
    $schema: 'http://json-schema.org/draft-04/schema#',
    type: 'object',
    properties: { tier: { type: 'string', pattern: '^[a-z\\u00e9]+$' }, points: { type: 'integer' } },
    required: ['tier'],
    additionalProperties: false,
  },
  [strict]: { type: 'object', properties: { tier: { enum: ['gold'] } } },
  [free]: {},
}
const loyalty = { tier: 'silver', points: 5 }

let service: YaasService
before(async () => {
  service = await serveYaas({}, { library: { mixins: { schemas } } })
})
after(() => service.stop())

const document = (mixins?: object, references?: object) => ({
  ...(mixins && { mixins }),
  ...(references && { metadata: { mixins: references } }),
})
const put = (id: string, json: object, query = '') => service.at('PUT', `/customers/${id}${query}`, { json })
/** Mixin data and references as they are stored. */
async function stored(id: string): Promise<[unknown, unknown]> {
  const { mixins, metadata } = (await service.at('GET', `/customers/${id}?expand=mixin:*`)).json<{
    mixins?: object
    metadata: { mixins: object }
  }>()
  return [mixins, metadata.mixins]
}

describe('yaas 3.12: mixins of a new customer', () => {
  it('are stored, and shown as expand asks for them: metadata.mixins always', async () => {
    const references = { loyalty: url, other: free }
    const json = document({ loyalty, other: [1, null, { a: 'b' }], custom: { size: 'L', sizes: [1, 2] } }, references)
    const id = await service.create(json)
    const get = async (expand: string) => (await service.at('GET', `/customers/${id}${expand}`)).json()
    expect((await get(''))['metadata']).to.deep.include({ mixins: references })
    expect(await get('')).to.not.have.property('mixins')
    expect((await get('?expand=mixin:*'))['mixins']).to.deep.equal(json.mixins)
    expect((await get('?expand=mixin:%7B*%7D'))['mixins']).to.deep.equal(json.mixins)
    expect((await get('?expand=mixin:%7Bloyalty%7D,mixin:none'))['mixins']).to.deep.equal({ loyalty })
    const some = { loyalty, custom: { size: 'L', sizes: [1, 2] } }
    expect((await get('?expand=mixin:%7Bloyalty,custom%7D'))['mixins']).to.deep.equal(some)
    expect((await get('?expand=mixin:loyalty&expand=mixin:custom'))['mixins']).to.deep.equal(some)
    expect((await get('?expand=mixin:custom'))['mixins']).to.deep.equal({ custom: { size: 'L', sizes: [1, 2] } })
    expect(await get('?expand=mixin:none')).to.not.have.property('mixins')
    const list = await service.at('GET', `/customers?expand=mixin:loyalty&q=mixins.loyalty.points:>4`)
    expect(list.json<{ mixins: object }[]>()[0]?.mixins).to.deep.equal({ loyalty })
    for (const q of ['mixins:exists', 'metadata.mixins:exists']) {
      const all = await service.at('GET', `/customers?sort=mixins&q=id:${id}%20${q}`)
      expect(all.headers['hybris-count'], q).to.equal('1')
    }
    const found = await service.at(
      'GET',
      `/customers?q=mixins.custom.size:L metadata.mixins.other:"${free}"`.replaceAll(' ', '%20').replaceAll('"', '%22'),
    )
    expect(found.headers['hybris-count']).to.equal('1')
    expect((await service.shop.getCustomer({ customerNo: id })).custom).to.deep.equal({ size: 'L', sizes: [1, 2] })
  })

  it('are refused: data against the schema, with one detail per violation and the path into the body', async () => {
    const mixins = { loyalty: { points: 'many', colour: 1 }, other: 5, 'b-2': { tier: 'GOLD' } }
    const answer = await service.at('POST', '/customers', {
      json: document(mixins, { loyalty: url, other: url, 'b-2': url }),
    })
    expect(errorOf(answer)).to.equal(
      [
        '400 validation_violation',
        'mixins.loyalty.points invalid_field',
        'mixins.loyalty.colour invalid_field',
        'mixins.loyalty.tier missing_field',
        'mixins.other invalid_field',
        'mixins.b-2.tier invalid_field',
      ].join('; '),
    )
  })

  it('are refused: unknown URL, data without URL, the reserved name, names that are none', async () => {
    for (const [json, expected] of [
      [document({ a: {} }, { a: 'https://elsewhere.example/x.json' }), 'metadata.mixins.a invalid_field'],
      [document({ a: {} }, { a: 'file:///etc/passwd' }), 'metadata.mixins.a invalid_field'],
      [document({}, { a: 'not a url' }), 'metadata.mixins.a invalid_field'],
      [
        document({}, { a: 'constructor', b: '__proto__' }),
        'metadata.mixins.a invalid_field; metadata.mixins.b invalid_field',
      ],
      [document({ a: {} }), 'metadata.mixins.a missing_field'],
      [document({}, { custom: free }), 'metadata.mixins.custom invalid_field'],
      [document({ custom: 5 }), 'mixins.custom invalid_field'],
      [document({ custom: { a: [{}] } }), 'mixins.custom.a invalid_field'],
      [{ mixins: [] }, 'mixins invalid_field'],
      [{ metadata: { mixins: 'x' } }, 'metadata.mixins invalid_field'],
      [{ metadata: 5 }, 'metadata invalid_field'],
    ] as const)
      expect(errorOf(await service.at('POST', '/customers', { json })), JSON.stringify(json)).to.equal(
        `400 validation_violation; ${expected}`,
      )
    const text = '{"mixins":{"__proto__":{"a":1}},"metadata":{"mixins":{"__proto__":"x"}}}'
    const answer = await service.at('POST', '/customers', { body: text })
    expect(errorOf(answer), answer.text).to.match(/^400 (validation_violation|bad_payload_syntax)/)
  })

  it('are refused with all else that is wrong, before version and handlers (3.17)', async () => {
    const ran: string[] = []
    const point = 'dw.ocapi.data.customer_list.customer.beforePATCH'
    const own = await serveYaas(
      {},
      { library: { mixins: { schemas }, plugins: [{ name: 'p', hooks: { [point]: () => void ran.push('ran') } }] } },
    )
    const json = {
      ...document({ loyalty: { tier: 5 } }, { loyalty: url, other: 'https://elsewhere.example/x' }),
      contactEmail: 'a@b',
      firstName: 5,
    }
    const expected = [
      '400 validation_violation',
      'mixins.loyalty.tier invalid_field',
      'metadata.mixins.other invalid_field',
      'contactEmail invalid_field',
      'firstName invalid_field',
    ].join('; ')
    expect(errorOf(await own.at('POST', '/customers', { json }))).to.equal(expected)
    const path = `/customers/${await own.create({})}`
    const stale = { ...json, metadata: { ...json.metadata, version: 9 } }
    expect(errorOf(await own.at('PUT', path, { json: stale }))).to.equal(expected)
    const wrongData = { ...document({ loyalty: { tier: 5 } }, { loyalty: url }) }
    const headers = { 'If-Match': '"9"' }
    expect(errorOf(await own.at('PUT', path, { json: wrongData, headers }))).to.match(/^400/)
    expect(errorOf(await own.at('PUT', path, { json: { contactEmail: 'a@b' }, headers }))).to.match(/^400/)
    expect(ran).to.deep.equal([])
    await own.stop()
  })

  it('leaves out what is null, and an empty custom', async () => {
    const id = await service.create(document({ custom: { a: null } }))
    expect(await service.shop.getCustomer({ customerNo: id })).to.not.have.property('custom')
  })

  it('are removed by null in a partial PUT: data and reference together, unless the reference is sent', async () => {
    const create = () => service.create(document({ loyalty, custom: { a: 1 } }, { loyalty: url, other: free }))
    for (const [json, data, references] of [
      [{ mixins: { loyalty: null } }, { custom: { a: 1 } }, { other: free }],
      [
        { mixins: { loyalty: null }, metadata: { mixins: { loyalty: strict } } },
        { custom: { a: 1 } },
        { loyalty: strict, other: free },
      ],
      [{ mixins: null }, undefined, {}],
      [{ mixins: null, metadata: { mixins: { loyalty: strict } } }, undefined, { loyalty: strict, other: free }],
      [{ metadata: { mixins: null } }, { custom: { a: 1 } }, {}],
    ] as const) {
      const id = await create()
      const answer = await put(id, json, '?partial=true')
      expect(answer.status, answer.text).to.equal(200)
      expect(await stored(id), JSON.stringify(json)).to.deep.equal([data, references])
    }
  })

  it('are refused: more than 100 at once', async () => {
    const names = Array.from({ length: 101 }, (_, i) => `m${i}`)
    const all = (value: unknown) => Object.fromEntries(names.map((name) => [name, value]))
    expect(errorOf(await service.at('POST', '/customers', { json: document(all(1), all(free)) }))).to.equal(
      '400 validation_violation; mixins invalid_field',
    )
  })

  it('takes a reference without data', async () => {
    const id = await service.create(document(undefined, { loyalty: url }))
    expect(await stored(id)).to.deep.equal([undefined, { loyalty: url }])
  })

  it('are checked in library calls too, and a handler that breaks them is a 500', async () => {
    const create = { mixins: { loyalty: { points: 5 } }, mixinSchemas: { loyalty: url } }
    expect(await problemOf(service.shop.createCustomer({ create }))).to.equal('documentInvalid')
    const own = await serveYaas(
      {},
      {
        library: {
          mixins: { schemas },
          plugins: [
            {
              name: 'spoiler',
              hooks: {
                'dw.ocapi.data.customer_list.customers.beforePOST': (sent) => {
                  if (sent.mixins) sent.mixins['loyalty'] = { tier: 7 }
                },
                'dw.ocapi.data.customer_list.customer.afterPATCH': (customer) => {
                  customer.mixinSchemas = { other: 'https://elsewhere.example' }
                },
              },
            },
          ],
        },
      },
    )
    const spoilt = await own.at('POST', '/customers', { json: document({ loyalty }, { loyalty: url }) })
    expect(errorOf(spoilt)).to.equal('500 internal_service_error')
    const id = await own.create({})
    expect(errorOf(await own.at('PUT', `/customers/${id}`, { json: { firstName: 'A' } }))).to.equal(
      '500 internal_service_error',
    )
    expect((await own.at('GET', `/customers/${id}`)).json()).to.not.have.property('firstName')
    await own.stop()
  })
})

describe('yaas 3.12: what a PUT does to mixins', () => {
  const both = { loyalty, other: { a: 1 } }
  const references = { loyalty: url, other: free }
  const custom = { size: 'L' }
  const make = () => service.create(document({ ...both, custom }, references))
  type Case = [what: string, sent: object, mixins: unknown, references: unknown]
  const cases: Case[] = [
    ['nothing sent: all kept', {}, { ...both, custom }, references],
    ['null is the same as absent', { mixins: null, metadata: { mixins: null } }, { ...both, custom }, references],
    ['the same references: all kept', document(undefined, references), { ...both, custom }, references],
    [
      'a reference left out: that mixin is removed',
      document(undefined, { loyalty: url }),
      { loyalty, custom },
      { loyalty: url },
    ],
    ['no references: all removed', document(undefined, {}), { custom }, {}],
    [
      'a new reference without data',
      document(undefined, { ...references, more: free }),
      { ...both, custom },
      { ...references, more: free },
    ],
    [
      'a reference to another URL that fits the stored data',
      document(undefined, { ...references, loyalty: free }),
      { ...both, custom },
      { ...references, loyalty: free },
    ],
    [
      'data: replaced, URLs from the stored references',
      document({ loyalty: { tier: 'gold' } }),
      { loyalty: { tier: 'gold' }, custom },
      { loyalty: url },
    ],
    [
      'data with URLs from the body',
      document({ loyalty: { tier: 'gold' } }, { loyalty: strict }),
      { loyalty: { tier: 'gold' }, custom },
      { loyalty: strict },
    ],
    ['data of one, reference of another', document({ loyalty }, { other: free }), { loyalty, custom }, references],
    ['empty mixins: all but custom removed', document({}), { custom }, {}],
    ['custom: {} removes the custom attributes', document({ ...both, custom: {} }), both, references],
    ['custom replaced', document({ custom: { colour: 'red' } }), { custom: { colour: 'red' } }, {}],
    ['custom null is the same as absent', document({ ...both, custom: null }), { ...both, custom }, references],
  ]
  for (const [what, sent, mixins, kept] of cases)
    it(what, async () => {
      const id = await make()
      const answer = await put(id, sent)
      expect(answer.status, answer.text).to.equal(200)
      expect(await stored(id)).to.deep.equal([mixins, kept])
    })

  const refused: [string, object, string][] = [
    [
      'a reference to another URL that the stored data breaks',
      document(undefined, { ...references, loyalty: strict }),
      'mixins.loyalty.tier invalid_field',
    ],
    ['new data that breaks the stored URL', document({ loyalty: { tier: 'X' } }), 'mixins.loyalty.tier invalid_field'],
    ['new data without a URL', document({ fresh: {} }), 'metadata.mixins.fresh missing_field'],
    [
      'an unknown URL',
      document(undefined, { ...references, loyalty: 'https://x.example' }),
      'metadata.mixins.loyalty invalid_field',
    ],
  ]
  for (const [what, sent, expected] of refused)
    it(`refuses ${what}, and changes nothing`, async () => {
      const id = await make()
      expect(errorOf(await put(id, sent))).to.equal(`400 validation_violation; ${expected}`)
      expect(await stored(id)).to.deep.equal([{ ...both, custom }, references])
    })

  const partial: Case[] = [
    [
      'merges into data',
      document({ loyalty: { points: 9 } }),
      { ...both, loyalty: { tier: 'silver', points: 9 }, custom },
      references,
    ],
    [
      'null removes a property of data',
      document({ loyalty: { points: null } }),
      { ...both, loyalty: { tier: 'silver' }, custom },
      references,
    ],
    ['null removes data and its reference', document({ other: null }), { loyalty, custom }, { loyalty: url }],
    [
      'a null reference takes its data along',
      document(undefined, { other: null }),
      { loyalty, custom },
      { loyalty: url },
    ],
    [
      'custom attributes merge',
      document({ custom: { colour: 'red', size: null } }),
      { ...both, custom: { colour: 'red' } },
      references,
    ],
    ['null for all', { mixins: null }, undefined, {}],
    ['a new mixin', document({ more: 1 }, { more: free }), { ...both, more: 1, custom }, { ...references, more: free }],
  ]
  for (const [what, sent, mixins, kept] of partial)
    it(`?partial=true: ${what}`, async () => {
      const id = await make()
      const answer = await put(id, sent, '?partial=true')
      expect(answer.status, answer.text).to.equal(200)
      expect(await stored(id)).to.deep.equal([mixins, kept])
    })

  it('validates nothing again that is not sent', async () => {
    const known: Record<string, object> = { ...schemas }
    const own = await serveYaas({}, { library: { mixins: { schemas: (at) => known[at] } } })
    const id = await own.create(document({ loyalty, other: 1 }, references))
    known[url] = { type: 'null' }
    delete known[free]
    const read = async () => (await own.at('GET', `/customers/${id}?expand=mixin:*`)).json()
    for (const json of [{ firstName: 'A' }, { ...(await read()), firstName: 'B', metadata: { mixins: references } }]) {
      const answer = await own.at('PUT', `/customers/${id}`, { json })
      expect(answer.status, answer.text).to.equal(200)
    }
    expect(errorOf(await own.at('PUT', `/customers/${id}`, { json: document({ loyalty: { tier: 'x' } }) }))).to.match(
      /^400/,
    )
    await own.stop()
  })

  it('runs the points of PATCH with exactly what differs (4.3)', async () => {
    const updates: unknown[] = []
    const own = await serveYaas(
      {},
      {
        library: {
          mixins: { schemas },
          plugins: [
            {
              name: 'watcher',
              hooks: {
                'dw.ocapi.data.customer_list.customer.beforePATCH': (_customer, update) => {
                  updates.push(structuredClone(update))
                },
              },
            },
          ],
        },
      },
    )
    const id = await own.create({ ...document({ ...both, custom }, references), firstName: 'A', lastName: 'B' })
    const send = (json: object) => own.at('PUT', `/customers/${id}`, { json })
    await send({ firstName: 'A', ...document({ loyalty: { tier: 'gold' }, custom: { size: 'L', fit: 1 } }) })
    await send({ firstName: 'A', preferredLanguage: 'de_DE' })
    await send({ firstName: 'A' })
    expect(updates).to.deep.equal([
      {
        lastName: null,
        mixins: { loyalty: { tier: 'gold' }, other: null },
        mixinSchemas: { other: null },
        custom: { fit: 1 },
      },
      { preferredLocale: 'de_DE' },
      { preferredLocale: 'en_US' },
    ])
    await own.stop()
  })
})

describe('yaas 3.12: schemas', () => {
  const violations = async (schema: object, data: unknown, more: Readonly<Record<string, object>> = {}) => {
    const registry = mixinSchemas({ schemas: { ...more, 'https://s.example/main': schema } })
    const customer = { mixins: { m: data as never }, mixinSchemas: { m: 'https://s.example/main' } }
    return (await registry.check(customer, ['m'])).map(({ path, rule }) => `${path.join('.')} ${rule}`)
  }
  const unusable = ['mixinSchemas.m constraint']

  it('may be draft-04, -06, -07 and 2020-12; without $schema draft-07; another is refused', async () => {
    const draft = (name: string) => `http://json-schema.org/${name}/schema#`
    expect(await violations({ $schema: draft('draft-04'), minimum: 3, exclusiveMinimum: true }, 3)).to.deep.equal([
      'mixins.m constraint',
    ])
    expect(await violations({ $schema: draft('draft-06'), const: 5 }, 6)).to.deep.equal(['mixins.m constraint'])
    expect(await violations({ $schema: draft('draft-07'), if: { maximum: 4 }, else: false }, 5)).to.have.length(2)
    expect(await violations({ exclusiveMinimum: 3 }, 3)).to.deep.equal(['mixins.m constraint'])
    const latest = { $schema: 'https://json-schema.org/draft/2020-12/schema', prefixItems: [{ type: 'string' }] }
    expect(await violations(latest, [1])).to.deep.equal(['mixins.m.0 type'])
    expect(await violations({ $schema: draft('draft-05') }, 1)).to.deep.equal(unusable)
  })

  it('may refer to others that are known, and to no others', async () => {
    const ref = { $ref: 'https://s.example/part.json#/definitions/a' }
    const part = { definitions: { a: { type: 'string' } } }
    expect(await violations(ref, 5, { 'https://s.example/part.json': part })).to.deep.equal(['mixins.m type'])
    expect(
      await violations({ $ref: 'part.json#/definitions/a' }, 'x', { 'https://s.example/part.json': part }),
    ).to.deep.equal([])
    expect(await violations(ref, 'x')).to.deep.equal(unusable)
    expect(await violations({ $ref: 'http://json-schema.org/other' }, 'x')).to.deep.equal(unusable)
  })

  it('that cannot be used are a 400 on the reference: invalid, endless, asynchronous, too long, too deep, look-around', async () => {
    let deep: object = {}
    for (let i = 0; i < 100; i++) deep = { not: deep }
    for (const schema of [
      { type: 'nonsense' },
      { $ref: '#' },
      { $async: true },
      { description: 'x'.repeat(300_000) },
      deep,
      { pattern: '(?=a)' },
      { pattern: '(a)\\1' },
    ])
      expect(await violations(schema, 'x'), JSON.stringify(schema).slice(0, 60)).to.deep.equal(unusable)
  })

  it('are told of in plain words: formats and names', async () => {
    const schema = { propertyNames: { maxLength: 4 }, properties: { mail: { format: 'email' } } }
    const registry = mixinSchemas({ schemas: { [url]: schema } })
    const found = await registry.check({ mixins: { m: { mail: 'x', toolong: 1 } }, mixinSchemas: { m: url } }, ['m'])
    expect(found.map(({ message }) => message)).to.have.members([
      'does not have the form of email',
      'is no name that is allowed here',
    ])
  })

  it('match patterns in linear time, and change no data', async () => {
    const data = { text: 'a'.repeat(100_000) + '!' }
    const schema = {
      properties: { text: { pattern: '^(a+)+$' }, more: { default: 5 }, number: { type: 'number' } },
      patternProperties: { '^(x+)+$': false },
    }
    const started = process.cpuUsage()
    expect(await violations(schema, data)).to.deep.equal(['mixins.m.text constraint'])
    expect(process.cpuUsage(started).user / 1000).to.be.below(2_000)
    expect(Object.keys(data)).to.deep.equal(['text'])
  })

  it('are compiled once while they stay the same, also by 50 at a time, and the cache is bounded', async () => {
    let reads = 0
    const ownKeys = (target: object) => {
      reads++
      return Reflect.ownKeys(target)
    }
    const counted = new Proxy({ type: 'string' }, { ownKeys })
    const registry = mixinSchemas({ schemas: (at) => (at.endsWith('counted') ? counted : { const: at }), cacheSize: 5 })
    const check = (at: string) => registry.check({ mixins: { m: 5 }, mixinSchemas: { m: at } }, ['m'])
    await check('https://s.example/counted')
    const once = reads
    await Promise.all(Array.from({ length: 50 }, () => check('https://s.example/counted')))
    expect(reads).to.equal(once).and.be.above(0)
    for (let i = 0; i < 20; i++) expect(await check(`https://s.example/${i}`)).to.have.length(1)
    await check('https://s.example/counted')
    expect(reads, 'dropped meanwhile, so compiled again').to.be.above(once)
  })

  it('of the registry must be objects', () => {
    expect(() => mixinSchemas({ schemas: { [url]: 'x' as unknown as object } })).to.throw(url)
  })
})
