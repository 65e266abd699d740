/** What PostgreSQL answers in, by the number of stored customers: `npm run bench -- scale`, or `scale 100000` alone. */
import { postgresStorage } from '../../adapters/storage/postgres/postgres.js'
import type { Condition, Query } from '../../core/ports/storage.js'
import { contractOptions } from '../storage-contract.js'
import { execute, startPostgres } from '../support/postgres.js'

const indexes = { customers: [['mixins', 'loyalty', 'tier'], ['title']] }
const is = (path: readonly string[], value: string): Condition => ({ op: 'eq', path, value })

const queries = (count: number): Readonly<Record<string, Query>> => ({
  'page 1 with total': { offset: 0, limit: 16 },
  'q on a declared index, the newest 3,000 match': { where: is(['title'], 'new'), offset: 0, limit: 16 },
  'q on a declared index, one of 2,000 matches': {
    where: is(indexes.customers[0] ?? [], 'tier7'),
    offset: 0,
    limit: 16,
  },
  'q undeclared, no hit': { where: is(['jobTitle'], 'none'), offset: 0, limit: 16 },
  'last page': { offset: count - 16, limit: 16 },
  'sort by a declared index, first page': { sort: [{ path: ['title'] }], offset: 0, limit: 16 },
})

/** Loads so many customers, the newest 3,000 (or a third) with a title of their own. */
const load = (count: number): string => `
  INSERT INTO clientele_customers (list, id, schema, key_customer_no, key_login, key_email, doc)
    SELECT 'L', lpad(n::text, 24, '0'), 1, 'C' || n, 'login' || n, 'GUEST' || n || '@EXAMPLE.COM', jsonb_build_object(
      'id', lpad(n::text, 24, '0'), 'version', 1, 'schema', 1, 'customerNo', 'C' || n, 'active', true,
      'email', 'guest' || n || '@example.com', 'firstName', 'First' || n % 1000, 'lastName', 'Last' || n,
      'title', CASE WHEN n > ${count} - least(3000, ${count} / 3) THEN 'new' ELSE 'title' || n % 1999 END,
      'jobTitle', 'job' || n % 777, 'creationDate', '2026-01-01T00:00:00.000Z', 'lastModified', '2026-01-01T00:00:00.000Z',
      'keys', jsonb_build_object('customerNo', 'C' || n, 'login', 'login' || n, 'email', 'GUEST' || n || '@EXAMPLE.COM'),
      'mixins', jsonb_build_object('loyalty', jsonb_build_object('tier', 'tier' || n % 1999, 'points', n)))
    FROM generate_series(1, ${count}) AS n`

/** Prints a table of milliseconds for one caller, the median of seven. */
export async function benchmarkScale(counts: readonly number[]): Promise<void> {
  console.log(`| customers | ${Object.keys(queries(1000)).join(' | ')} | loaded in |`)
  for (const count of counts) {
    const server = await startPostgres({ durable: true })
    const storage = postgresStorage({ connectionString: server.url(), indexes })
    await storage.open({ ...contractOptions, indexes: {} })
    const began = performance.now()
    await execute(server.url(), load(count))
    await execute(server.url(), 'VACUUM ANALYZE clientele_customers')
    const loaded = `${((performance.now() - began) / 1000).toFixed(0)} s`
    const cells: string[] = []
    for (const query of Object.values(queries(count))) {
      const times: number[] = []
      for (let round = 0; round < 7; round++) {
        const start = performance.now()
        await storage.read('L', (unit) => unit.customers.find(query))
        times.push(performance.now() - start)
      }
      cells.push((times.toSorted((a, b) => a - b)[3] ?? 0).toFixed(1))
    }
    console.log(`| ${count} | ${cells.join(' | ')} | ${loaded} |`)
    await storage.close()
    await server.remove()
  }
}
