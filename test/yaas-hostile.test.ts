/** Requests made to break the YaaS flavour: none is answered with a 500, and none changes what it should not. */
import { expect } from 'chai'
import fc from 'fast-check'
import { after, before, describe, it } from 'mocha'
import { openapi } from '../adapters/openapi/index.js'
import { yaas } from '../adapters/yaas/index.js'
import { answerCheck } from './support/openapi.js'
import type { AnswerCheck } from './support/openapi.js'
import { errorOf, serveYaas, yaasBase } from './support/yaas.js'
import type { YaasService } from './support/yaas.js'

const schema = 'https://schemas.example/a.json'

describe('yaas: hostile requests', () => {
  let service: YaasService
  const ids: string[] = []
  let address: string
  let asDescribed: AnswerCheck
  before(async () => {
    asDescribed = answerCheck(await openapi(yaas(), { server: 'https://shop.example.com' }))
    const schemas = { [schema]: { properties: { a: { type: 'string', pattern: '^(x+)+$' } } } }
    service = await serveYaas({}, { library: { mixins: { schemas }, hashPassword: async () => 'hash' } })
    const mixins = { metadata: { mixins: { m: schema } }, mixins: { m: { a: 'x' } } }
    for (let i = 0; i < 4; i++) ids.push(await service.create({ contactEmail: `a${i}@b.example`, ...mixins }))
    address = await service.createAddress(ids[0] as string)
  })
  after(() => service.stop())

  it('get an answer below 500 that the OpenAPI document describes, and an error document if it is an error', async () => {
    const names =
      'id customerNumber firstName contactEmail preferredSite active metadata mixins accounts addresses version custom m email password sdCustomerNumber deletedInYaaS street isDefault tags contactName __proto__ constructor length a.b'
    const odd = ['', '\u0000', '\ud800', '\uffff', 'x'.repeat(300), '.', '..', 'a@b.example', schema]
    const name = fc.constantFrom(...names.split(' '), ...odd)
    const { value } = fc.letrec<{ value: unknown; object: Record<string, unknown> }>((tie) => ({
      value: fc.oneof(
        { depthSize: 'small' },
        fc.constantFrom<unknown>(null, true, 0, -1, 1e308, 1.5, [], {}, ...odd, ...ids),
        tie('object'),
        fc.array(tie('value'), { maxLength: 3 }),
      ),
      object: fc.dictionary(name, tie('value'), { maxKeys: 5, noNullPrototype: true }),
    }))
    const body = fc.oneof(
      { weight: 6, arbitrary: value.map((each) => JSON.stringify(each)) },
      {
        weight: 1,
        arbitrary: fc.constantFrom(
          '',
          '{',
          '{"a":1}}',
          '"x"',
          '['.repeat(20_000),
          '{"mixins":'.repeat(5_000),
          '\ufeff{}',
        ),
      },
    )
    const segment = fc.constantFrom(
      ...ids,
      'customers',
      'addresses',
      'accounts',
      'internal',
      'sdCustomerMappings',
      '%00',
      '%ff',
      '..',
      'a%2Fb',
      '',
      "'",
      '%0d%0a',
      '*',
      '%',
    )
    const known = [
      '/customers',
      `/customers/${ids[1]}`,
      `/customers/${ids[2]}/addresses`,
      `/customers/${ids[0]}/addresses/${address}`,
      `/customers/${ids[3]}/accounts/internal`,
      '/sdCustomerMappings',
    ]
    const path = fc.oneof(
      { weight: 4, arbitrary: fc.constantFrom(...known) },
      { weight: 1, arbitrary: fc.array(segment, { maxLength: 5 }).map((each) => `/${each.join('/')}`) },
    )
    const parameter = fc.tuple(
      fc.constantFrom('q', 'sort', 'fields', 'expand', 'pageSize', 'pageNumber', 'partial', '__proto__'),
      fc.oneof(
        fc.constantFrom(
          '',
          '0',
          '1e3',
          '999999999999',
          'true',
          'lastName:desc',
          'mixin:*',
          '*',
          'firstName:~(a+)+$',
          'mixins.m.a:x',
          'mixins.__proto__.x:1',
          'contactEmail:~.',
          'accounts,addresses,defaultAddress',
          '.',
          '__proto__',
        ),
        fc.string({ maxLength: 20 }),
      ),
    )
    const query = fc.array(parameter, { maxLength: 3 }).map((pairs) => new URLSearchParams(pairs).toString())
    const headers = fc.array(
      fc.constantFrom(
        ['If-Match', '"1"'],
        ['If-Match', '"'],
        ['Content-Type', ';'],
        ['Accept', ';;,'],
        ['Content-Encoding', 'gzip'],
      ),
      { maxLength: 1 },
    )
    const method = fc.constantFrom('GET', 'POST', 'PUT', 'PUT', 'HEAD', 'PATCH')
    await fc.assert(
      fc.asyncProperty(method, path, query, headers, body, async (verb, at, parameters, more, text) => {
        const sent = verb === 'POST' || verb === 'PUT' ? { body: text } : {}
        const answer = await service.at(verb, `${at}?${parameters}`, { headers: more as [string, string][], ...sent })
        expect(answer.status, answer.text).to.be.below(500)
        if (answer.status >= 400 && verb !== 'HEAD') errorOf(answer)
        expect(asDescribed(verb, `${yaasBase}/sitegenesis${at}`, answer)).to.deep.equal([])
      }),
      { numRuns: 800 },
    )
  })

  it('get at most 100 details', async () => {
    const json = {
      ...Object.fromEntries(Array.from({ length: 900 }, (_, i) => [`bad name ${i}`, 1])),
    }
    const answer = await service.at('POST', '/customers', { json })
    expect(answer.status).to.equal(400)
    expect(answer.json<{ details: object[] }>().details).to.have.length(100)
  })

  it('with very many names or brackets are refused at once, without looking into them', async () => {
    const many = Object.fromEntries(Array.from({ length: 100_000 }, (_, i) => [`n${i}`, 1]))
    for (const [json, field] of [
      [{ mixins: many }, 'mixins'],
      [{ metadata: { mixins: many } }, 'metadata.mixins'],
      [{ mixins: { custom: many } }, 'mixins.custom'],
    ] as const)
      expect(errorOf(await service.at('POST', '/customers', { json }))).to.equal(
        `400 validation_violation; ${field} invalid_field`,
      )
    const brackets = await service.at('POST', '/customers', { body: '['.repeat(1_000_000) })
    expect(errorOf(brackets)).to.equal('400 bad_payload_syntax')
    expect(brackets.json()['message']).to.equal('The payload cannot be read.')
  })

  it('cannot pollute prototypes, through bodies, mixins or queries', async () => {
    const polluted = '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}'
    const body = `{"metadata":{"mixins":{"m":"${schema}"}},"mixins":{"m":${polluted}}}`
    await service.at('POST', '/customers', { body })
    await service.at('PUT', `/customers/${ids[0]}?partial=true`, { body })
    await service.at('GET', '/customers?fields=__proto__.polluted&q=mixins.__proto__.polluted:1')
    expect(({} as { polluted?: unknown }).polluted).to.equal(undefined)
  })
})
