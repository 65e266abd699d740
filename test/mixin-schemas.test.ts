/** Schemas of mixins that a host registers: checked at start, compiled at first use (decision 3.12). */
import { expect } from 'chai'
import { describe, it } from 'mocha'
import { SetupError } from '../core/index.js'
import { openShop, problemOf } from './support/shop.js'

describe('mixins: schemas of a map are checked at start (3.12)', () => {
  const open = (given: object, fetch?: () => undefined) =>
    openShop({ mixins: { schemas: given as { [url: string]: object }, ...(fetch && { fetch }) } })
  const refusal = async (given: object): Promise<string> => {
    const error = await open(given).catch((error: unknown) => error)
    expect(error).to.be.instanceOf(SetupError)
    return (error as Error).message
  }
  const at = 'https://s.example/a'

  it('against their meta-schema: the error names URL and reason', async () => {
    for (const [schema, reason] of [
      [{ type: 'strng' }, /type/],
      [{ properties: [] }, /properties/],
      [{ $schema: 'http://json-schema.org/draft-04/schema#', required: [] }, /required/],
      [{ $schema: 'https://json-schema.org/draft/2020-12/schema', minLength: -1 }, /minLength/],
      [{ $schema: 'http://json-schema.org/draft-06/schema', maximum: 'x' }, /maximum/],
      [{ $schema: 'https://example.com/own' }, /unknown draft/],
    ] as const)
      expect(await refusal({ [at]: schema }))
        .to.match(/^mixins: the schema of https:\/\/s\.example\/a cannot be used: /)
        .and.match(reason)
  })

  it('and for their references, to places of their own and to others of the map', async () => {
    expect(await refusal({ [at]: { $ref: '#/definitions/x' } })).to.include(
      'refers to https://s.example/a#/definitions/x, which is not there',
    )
    expect(await refusal({ [at]: { items: { $ref: 'b' } } })).to.include(
      'refers to https://s.example/b, which is not known',
    )
    const known = {
      [at]: {
        definitions: { x: {} },
        allOf: [{ $ref: '#/definitions/x' }, { $ref: 'b#/properties/y' }, { $ref: '#' }],
      },
      'https://s.example/b': { properties: { y: { enum: [{ $ref: 'data, no reference' }] } } },
    }
    await (await open(known)).clientele.close()
    await (await open({ [at]: { $ref: 'fetched' } }, () => undefined)).clientele.close()
  })

  it('https spellings of $schema are read like http', async () => {
    for (const draft of ['draft-04', 'draft-06', 'draft-07']) {
      const given = { [at]: { $schema: `https://json-schema.org/${draft}/schema#`, required: ['x'] } }
      const { clientele, shop } = await open(given)
      const mixinSchemas = { m: at }
      expect(await problemOf(shop.createCustomer({ create: { mixins: { m: {} }, mixinSchemas } }))).to.equal(
        'documentInvalid',
      )
      expect(await problemOf(shop.createCustomer({ create: { mixins: { m: { x: 1 } }, mixinSchemas } }))).to.equal(
        'none',
      )
      await clientele.close()
    }
  })

  it('what fails at first use is told to the host once, and refused to the client', async () => {
    const warnings: string[] = []
    const nothing = () => undefined
    const logger = {
      debug: nothing,
      info: nothing,
      error: nothing,
      warn: (message: string) => void warnings.push(message),
    }
    const { clientele, shop } = await openShop({ logger, mixins: { schemas: () => ({ type: 'strng' }) } })
    const create = { mixins: { m: 1 }, mixinSchemas: { m: at } }
    for (let calls = 0; calls < 3; calls++)
      expect(await problemOf(shop.createCustomer({ create }))).to.equal('documentInvalid')
    expect(warnings).to.have.length(1)
    expect(warnings[0]).to.match(/^mixins: the schema of https:\/\/s\.example\/a cannot be used: /)
    await clientele.close()
  })
})
