/** Field tables: compared with the domain's schemas both ways, and with the JSON Schemas that they give (decision 2.10). */
import { runInNewContext } from 'node:vm'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { expect } from 'chai'
import fc from 'fast-check'
import { describe, it } from 'mocha'
import type { FieldTable } from '../adapters/http/field-table.js'
import type { Field, Keywords } from '../adapters/http/field.js'
import { addressTable, customerTable } from '../adapters/ocapi/documents.js'
import { addressSchema, customerSchema } from '../core/model/schemas.js'
import type { Schema } from '../core/model/schemas.js'
import { isDate } from '../core/model/validation.js'
import { openShop, problemOf } from './support/shop.js'

interface Row {
  readonly path: string
  readonly field: Field<never>
}
const rowsOf = (fields: readonly Field<never>[], prefix = ''): Row[] =>
  fields.flatMap((field) => [
    { path: prefix + field.name, field },
    ...rowsOf(field.fields ?? [], `${prefix}${field.name}.`),
  ])

const schemaAt = (schema: Schema, path: readonly string[]): Schema | undefined =>
  path.reduce<Schema | undefined>((inner, name) => inner?.properties?.[name], schema)

const pathsOf = (schema: Schema, prefix = ''): string[] =>
  Object.entries(schema.properties ?? {}).flatMap(([name, inner]) =>
    inner.properties ? pathsOf(inner, `${prefix}${name}.`) : [prefix + name],
  )

/** Properties of the domain that OCAPI does not show: YaaS's own, and what the library keeps. */
const hidden = {
  customer: ['preferredCurrency', 'preferredSite', 'mixins', 'mixinSchemas', 'lastModified', 'version'],
  customer_address: [
    'contactName',
    'streetNumber',
    'extraLine1',
    'extraLine2',
    'extraLine3',
    'extraLine4',
    'isDefault',
    'tags',
    'creationDate',
    'lastModified',
    'version',
  ],
}

for (const [table, schema] of [
  [customerTable, customerSchema],
  [addressTable, addressSchema],
] as const) {
  const rows = rowsOf(table.fields)

  describe(`documents: the table of ${table.name} and the domain's schema`, () => {
    it('every row that has a place has one in the schema, with its type and no wider limits', () => {
      for (const { path, field } of rows) {
        if (!field.at || field.fields) continue
        const domain = schemaAt(schema, field.at)
        expect(domain, path).to.not.equal(undefined)
        expect(field.schema?.type, path).to.equal(domain?.type)
        expect(field.schema?.maxLength ?? 0, path).to.be.at.most(Number(domain?.['maxLength'] ?? 0))
        expect(field.schema?.format, path).to.equal(domain?.['format'])
        expect(field.schema?.enum, path).to.deep.equal(domain?.['enum'])
      }
    })

    it('every property of the schema has a row, or is known to be another flavour’s', () => {
      const shown = rows.flatMap(({ field }) => (field.at ? [field.at.join('.')] : []))
      const missing = pathsOf(schema).filter((path) => !shown.includes(path) && path !== 'custom')
      expect(missing.toSorted()).to.deep.equal(hidden[table.name as keyof typeof hidden].toSorted())
    })

    it('shows its properties in alphabetical order', () => {
      const names = table.fields.map(({ name }) => name).filter((name) => !name.startsWith('_'))
      expect(names).to.deep.equal(names.toSorted())
    })
  })

  for (const mode of ['create', 'change'] as const)
    it(`documents: ${table.name}: decode accepts on ${mode} exactly what the JSON Schema accepts`, () => {
      const ajv = new Ajv2020({ strict: false, ownProperties: true, formats: { date: isDate, 'date-time': true } })
      const validate = ajv.compile(table.schema(mode))
      const text = fc.oneof(
        fc.string({ maxLength: 4 }),
        fc.constantFrom('x'.repeat(101), '\u{1f600}'.repeat(256), 'x'.repeat(300), '2020-02-30', '2020-02-29'),
      )
      const value = fc.oneof(
        text,
        fc.integer({ min: -1, max: 3 }),
        fc.double({ min: Number.MIN_SAFE_INTEGER, max: Number.MAX_SAFE_INTEGER }),
        fc.boolean(),
        fc.constant(null),
        fc.array(fc.oneof(text, fc.integer(), fc.constant(null)), { maxLength: 2 }),
        fc.constant({}),
      )
      const writable = rows.filter(({ field }) => (field.access ?? 'write') === 'write' && !field.fields)
      const names = [...new Set(writable.map(({ field }) => field.name)), 'c_a', 'c_1', 'c_', 'nonsense', '_v', '_type']
      const inner = fc.dictionary(fc.constantFrom(...names), value, { maxKeys: 3 })
      const document = fc.dictionary(
        fc.constantFrom(...names, 'credentials'),
        fc.oneof({ weight: 9, arbitrary: value }, { weight: 1, arbitrary: inner }),
        { maxKeys: 3 },
      )
      fc.assert(
        fc.property(fc.oneof({ weight: 20, arbitrary: document }, value), (body) => {
          const json: unknown = JSON.parse(JSON.stringify(body))
          expect(violations(table, json, mode).length === 0).to.equal(validate(json))
        }),
        { numRuns: 2000 },
      )
    })
}

function violations(table: FieldTable<never, unknown, unknown>, body: unknown, mode: 'create' | 'change') {
  const decoded = mode === 'create' ? table.decode(body, mode) : table.decode(body, mode, {} as never)
  return decoded.violations
}

describe('documents: what the schema of a request says besides', () => {
  it('marks what is read-only and what is never shown', () => {
    const { properties } = customerTable.schema('create') as { properties: Record<string, Keywords> }
    expect(properties['creation_date']).to.include({ readOnly: true })
    const inner = (properties['credentials'] as { properties: Record<string, Keywords> }).properties
    expect(inner['password']).to.include({ writeOnly: true })
    expect(inner['locked']).to.include({ readOnly: true })
  })
})

describe('documents: plain data, of whichever realm', () => {
  it('objects of a sandbox are taken, those of a class are not', async () => {
    const { shop } = await openShop()
    const create = runInNewContext(`({ lastName: 'Lebowski', custom: { tags: ['new'] } })`) as object
    expect(await shop.createCustomer({ create })).to.deep.include({ lastName: 'Lebowski', custom: { tags: ['new'] } })
    for (const made of ['new (class { lastName = "x" })()', 'new Date()', 'Object.create({ lastName: "x" })'])
      expect(await problemOf(shop.createCustomer({ create: runInNewContext(made) as object })), made).to.equal(
        'documentInvalid',
      )
  })
})

describe('documents: violations come in document order, and not without end', () => {
  it('in document order, nested too', () => {
    const { violations: found } = customerTable.decode(
      { zzz: 1, gender: 'm', credentials: { login: 1, aaa: 1 }, title: 5, c_1: 1 },
      'create',
    )
    expect(found.map(({ path, rule }) => `${path.join('.')} ${rule}`)).to.deep.equal([
      'zzz unknown',
      'gender type',
      'credentials.login type',
      'credentials.aaa unknown',
      'title type',
      'c_1 custom',
    ])
  })
  it('a hundred at the most', () => {
    const many = Object.fromEntries(Array.from({ length: 5000 }, (_, n) => [`p${n}`, 1]))
    expect(customerTable.decode(many, 'create').violations).to.have.length(100)
  })
})
