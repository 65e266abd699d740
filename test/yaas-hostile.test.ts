/** Requests made to break the YaaS flavour: none is answered with a 500, and none changes what it should not. */
import { expect } from 'chai'
import { after, before, describe, it } from 'mocha'
import { errorOf, serveYaas } from './support/yaas.js'
import type { YaasService } from './support/yaas.js'

const schema = 'https://schemas.example/a.json'

describe('yaas: hostile requests', () => {
  let service: YaasService
  const ids: string[] = []
  before(async () => {
    const schemas = { [schema]: { properties: { a: { type: 'string', pattern: '^(x+)+$' } } } }
    service = await serveYaas({}, { library: { mixins: { schemas }, hashPassword: async () => 'hash' } })
    const mixins = { metadata: { mixins: { m: schema } }, mixins: { m: { a: 'x' } } }
    for (let i = 0; i < 4; i++) ids.push(await service.create({ contactEmail: `a${i}@b.example`, ...mixins }))
  })
  after(() => service.stop())

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
    for (const json of [{ mixins: many }, { metadata: { mixins: many } }, { mixins: { custom: many } }])
      expect(errorOf(await service.at('POST', '/customers', { json }))).to.equal(
        '400 validation_violation; invalid_field',
      )
    const body = '['.repeat(1_000_000)
    expect(errorOf(await service.at('POST', '/customers', { body }))).to.equal(
      '400 validation_violation; invalid_field',
    )
    const brackets = await service.at('POST', '/customers', { body: body.slice(0, 1_000) })
    expect(errorOf(brackets)).to.equal('400 bad_payload_syntax')
    expect(brackets.json()['message']).to.equal('The payload is not valid JSON, see line 1, column 1001.')
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
