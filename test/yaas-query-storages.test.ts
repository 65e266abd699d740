/** The same `q` gives the same rows on memory, JSON file and PostgreSQL, and the rows that it should (decision 3.10). */
import { expect } from 'chai'
import fc from 'fast-check'
import { after, before, describe, it } from 'mocha'
import { postgresStorage } from '../adapters/storage/postgres/postgres.js'
import type { CustomerCreate } from '../core/index.js'
import { engines } from './support/engines.js'
import { execute, newDatabase } from './support/postgres.js'
import { recordingPool } from './support/recording-pool.js'
import type { RecordingPool } from './support/recording-pool.js'
import { serveYaas } from './support/yaas.js'
import type { YaasService } from './support/yaas.js'

const schema = 'https://schemas.example/any.json'

/** Values whose type, case, length or code points go wrong easily. */
const words = [
  '',
  ' ',
  'a',
  'A',
  'b',
  'aa',
  'ß',
  'SS',
  'é',
  '\uFFFD',
  '\u{1F600}',
  '10',
  '9',
  '-1.5',
  'true',
  'null',
  'a b',
  'a"b',
  'a\\b',
  '100%',
  '(a)',
]
const values = [...words, 10, 9, -1.5, 0, true, false, null, ['a'], { a: 'a' }]

function customer(i: number): CustomerCreate {
  const pick = <T>(items: readonly T[], step: number): T => items[(i * step) % items.length] as T
  const has = (n: number): boolean => i % n !== 0
  return {
    customerNo: i % 7 === 0 ? `c${i}` : `C${String(i).padStart(10, '0')}`,
    active: i % 3 !== 0,
    ...(has(2) && { email: `${pick(['Ann', 'bob', 'ÉVA', 'x+y'], 1)}.${i % 5}@Example.com` }),
    ...(has(3) && { firstName: pick(words, 1) }),
    ...(has(4) && { lastName: pick(words, 5) }),
    ...(has(5) && { mixins: { m: { v: pick(values, 1), w: { x: pick(values, 3) } } }, mixinSchemas: { m: schema } }),
    ...(has(6) && { custom: { size: pick(['L', 10, true, 'a'], 1) } }),
  }
}

describe('decision 3.10: equal rows on memory, JSON file and PostgreSQL', () => {
  const services: YaasService[] = []
  before(async () => {
    for (const [, open] of engines) {
      const storage = await open()
      const library = { storage, indexes: ['mixins.m.v', 'firstName'], mixins: { schemas: { [schema]: {} } } }
      const service = await serveYaas({}, { library })
      services.push(service)
      await service.clientele.transaction('SiteGenesis', async ({ customers }) => {
        for (let i = 1; i <= 120; i++) await customers.createCustomer({ create: customer(i) })
      })
    }
  })
  after(async () => {
    for (const service of services) await service.stop()
  })

  /** Status, total and numbers, equal on all storages. */
  async function rows(query: string): Promise<{ status: number; total: string; numbers: unknown[] }> {
    const answers = await Promise.all(
      services.map(async (service) => {
        const answer = await service.at('GET', `/customers?${query}&fields=id&pageSize=1000`)
        const numbers =
          answer.status === 200 ? answer.json<{ id: string }[]>().map(({ id }) => id) : [answer.json()['details']]
        return { status: answer.status, total: answer.headers['hybris-count'] as string, numbers }
      }),
    )
    for (const answer of answers) expect(answer, decodeURIComponent(query)).to.deep.equal(answers[0])
    return answers[0] as (typeof answers)[0]
  }
  const q = (text: string, more = '') => rows(`q=${encodeURIComponent(text)}${more}`)
  const all = Array.from({ length: 120 }, (_, i) => customer(i + 1))
  const numbersOf = (keep: (each: CustomerCreate) => boolean) => all.filter(keep).map(({ customerNo }) => customerNo)

  it('finds what it should', async () => {
    const cases: [string, (each: CustomerCreate) => boolean][] = [
      ['contactEmail:ANN.0@example.COM', ({ email }) => email === 'Ann.0@Example.com'],
      [
        'contactEmail:(éva.1@EXAMPLE.com,"X+Y.2@example.com")',
        ({ email }) => email === 'ÉVA.1@Example.com' || email === 'x+y.2@Example.com',
      ],
      ['contactEmail:~^BOB', ({ email }) => email?.startsWith('bob') ?? false],
      ['customerNumber:c7', ({ customerNo }) => customerNo === 'c7'],
      ['customerNumber:C7', () => false],
      ['id:(c7,C0000000001)', ({ customerNo }) => customerNo === 'c7' || customerNo === 'C0000000001'],
      ['firstName:a', ({ firstName }) => firstName === 'a'],
      ['firstName:10', ({ firstName }) => firstName === '10'],
      ['firstName:"true"', ({ firstName }) => firstName === 'true'],
      ['firstName:""', ({ firstName }) => firstName === ''],
      ['firstName:"a\\"b"', ({ firstName }) => firstName === 'a"b'],
      ['firstName:null', ({ firstName }) => firstName === undefined],
      ['firstName:exists active:false', ({ firstName, active }) => firstName !== undefined && active === false],
      [
        'firstName:(>="9" AND <"aa")',
        ({ firstName }) => firstName !== undefined && firstName >= '9' && firstName < 'aa',
      ],
      ['mixins.m.v:10', ({ mixins }) => ['10', 10].includes((mixins?.['m'] as { v: string } | undefined)?.v ?? '')],
      ['mixins.m.v:"10"', ({ mixins }) => (mixins?.['m'] as { v: unknown } | undefined)?.v === '10'],
      ['mixins.m.v:>9', ({ mixins }) => (mixins?.['m'] as { v: unknown } | undefined)?.v === 10],
      ['mixins.m.v:missing', ({ mixins }) => ((mixins?.['m'] as { v: unknown } | undefined)?.v ?? null) === null],
      ['mixins.custom.size:10', ({ custom }) => custom?.['size'] === 10],
      ['metadata.mixins.m:exists', ({ mixinSchemas }) => mixinSchemas !== undefined],
      ['metadata.mixins:exists', ({ mixinSchemas }) => mixinSchemas !== undefined],
      ['mixins:missing', ({ mixins }) => mixins === undefined],
    ]
    for (const [text, keep] of cases) {
      const { status, numbers } = await q(text)
      expect([status, numbers], text).to.deep.equal([200, numbersOf(keep)])
    }
  })

  it('gives equal rows in equal order for any query, sort and page', async () => {
    const field = fc.constantFrom(
      'id',
      'contactEmail',
      'firstName',
      'lastName',
      'active',
      'metadata.version',
      'mixins.m.v',
      'mixins.m.w.x',
      'mixins.m',
      'mixins.custom.size',
      'metadata.mixins.m',
      'preferredSite',
    )
    const text = fc.oneof(fc.constantFrom(...words), fc.constantFrom('ann.1@example.com', 'c7', '1', schema))
    const literal = fc.oneof(
      text.map((word) => `"${word.replace(/["\\]/g, '\\$&')}"`),
      fc.constantFrom('a', 'A', '10', '9', '-1.5', 'true', 'false', 'ann.0@example.com', 'c7', '1', 'é'),
    )
    const bound = fc.tuple(fc.constantFrom('<', '<=', '>', '>='), literal).map((parts) => parts.join(''))
    const predicate = fc.oneof(
      literal,
      bound,
      fc.constantFrom('null', 'exists', 'missing', '~a', '~^.$', '~"(?i)^a"', '~\\d', '(~[a-b] ?b)'),
      fc.array(literal, { minLength: 1, maxLength: 3 }).map((list) => `(${list.join(',')})`),
      fc.tuple(bound, bound).map((pair) => `(${pair.join(' AND ')})`),
    )
    const term = fc.tuple(field, predicate).map((parts) => parts.join(':'))
    const query = fc.array(term, { maxLength: 3 }).map((terms) => terms.join(' '))
    const sort = fc.array(
      fc.tuple(field, fc.constantFrom('', ':asc', ':desc')).map((parts) => parts.join('')),
      { maxLength: 2 },
    )
    const page = fc.constantFrom('', '&pageSize=7', '&pageSize=7&pageNumber=2', '&pageNumber=3&pageSize=1')
    let found = 0
    await fc.assert(
      fc.asyncProperty(query, sort, page, async (terms, steps, paging) => {
        const more = `${steps.length > 0 ? `&sort=${steps.join()}` : ''}${paging}`
        const { status, numbers } = await q(terms, more)
        if (status === 200 && numbers.length > 0) found++
      }),
      { numRuns: 60 },
    )
    expect(found).to.be.above(10)
  })

  it('gives one of 50 parallel creates of one contactEmail the customer, on each of them (1.6)', async () => {
    for (const service of services) {
      const create = (i: number) =>
        service.at('POST', '/customers', { json: { contactEmail: i % 2 ? 'Race@example.com' : 'race@example.com' } })
      const answers = await Promise.all(Array.from({ length: 50 }, (_, i) => create(i)))
      const statuses = answers.map(({ status }) => status).toSorted((a, b) => a - b)
      expect(statuses).to.deep.equal([201, ...Array<number>(49).fill(409)])
    }
  })

  it('gives one of 20 parallel PUTs of one contactEmail the address, though no login is taken by it (1.5)', async () => {
    for (const service of services) {
      const ids = await Promise.all(Array.from({ length: 20 }, () => service.create()))
      const json = { contactEmail: 'moved@example.com' }
      const answers = await Promise.all(ids.map((id) => service.at('PUT', `/customers/${id}`, { json })))
      const statuses = answers.map(({ status }) => status).toSorted((a, b) => a - b)
      expect(statuses).to.deep.equal([200, ...Array<number>(19).fill(409)])
    }
  })

  it('refuses a pattern that is none on every storage alike', async () => {
    expect((await q('firstName:~"(?=a)"')).status).to.equal(400)
    expect((await q('contactEmail:~"[z"')).status).to.equal(400)
  })
})

describe('decision 3.10: a look-up by contactEmail, customerNumber or a declared index does not scan', () => {
  let service: YaasService
  let recording: RecordingPool
  before(async () => {
    const url = await newDatabase()
    recording = recordingPool(url)
    const storage = postgresStorage({ pool: recording.pool })
    service = await serveYaas({}, { library: { storage, indexes: ['mixins.loyalty.tier'] } })
    const rows = 'generate_series(1, 40000) AS n'
    await execute(
      url,
      `INSERT INTO clientele_customers (list, id, schema, key_customer_no, key_email, doc)
         SELECT CASE WHEN n % 2 = 0 THEN 'SiteGenesis' ELSE 'other' END, n, 1, 'c' || n, n || '@b.example',
           jsonb_build_object('customerNo', 'C' || n, 'email', n || '@b.example', 'version', 1, 'keys',
             jsonb_build_object('customerNo', 'c' || n, 'email', n || '@b.example'), 'mixins',
             jsonb_build_object('loyalty', jsonb_build_object('tier', 'tier' || n % 1999))) FROM ${rows};
       INSERT INTO clientele_mappings (list, id, schema, key_customer, doc)
         SELECT 'SiteGenesis', n, 1, 'c' || n % 9999, jsonb_build_object('customerNumber', 'C' || n % 9999,
           'keys', jsonb_build_object('customer', 'c' || n % 9999)) FROM ${rows};
       ANALYZE clientele_customers, clientele_mappings`,
    )
  })
  after(async () => {
    await service.stop()
    await recording.end()
  })
  for (const [path, q, index, total] of [
    ['/customers', 'contactEmail:"4242@B.example"', 'key_email', '1'],
    ['/customers', 'contactEmail:(4242@b.example,44@b.example)', 'key_email', '2'],
    ['/customers', 'customerNumber:C4242', 'key_customer_no', '1'],
    ['/customers', 'mixins.loyalty.tier:tier7', 'at_', '10'],
    ['/customers', 'mixins.loyalty.tier:7', 'at_', '0'],
    ['/sdCustomerMappings', 'customerNumber:C77', 'key_customer', '4'],
  ] as const)
    it(`${path}?q=${q}`, async () => {
      recording.sent.length = 0
      const answer = await service.at('GET', `${path}?q=${encodeURIComponent(q)}`)
      expect(answer.status, answer.text).to.equal(200)
      expect(answer.headers['hybris-count']).to.equal(total)
      const plans = await recording.plans()
      expect(plans).to.have.length(1)
      expect(plans[0]).to.match(new RegExp(index)).and.not.include('Seq Scan')
    })
})
