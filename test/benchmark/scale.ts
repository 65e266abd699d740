/** What PostgreSQL answers in, by the number of stored customers: `npm run bench -- scale`, or `scale 100000` alone. */
import { postgresStorage } from '../../adapters/storage/postgres/postgres.js'
import { createClientele } from '../../core/index.js'
import type { Clientele, CustomerOperations, Query } from '../../core/index.js'
import { startPostgres, execute } from '../support/postgres.js'
import { declared, loadAddresses, loadCustomers } from '../support/many-customers.js'
import { median, timeOf } from './measure.js'

const list = 'SiteGenesis'
const limit = 16

/** What is measured: milliseconds of one caller, in the order of the table. */
type Figures = Map<string, string>

const queries = (count: number): Readonly<Record<string, Query>> => ({
  'page 1 with total': { limit },
  'q on a declared index, the newest 3 % match': { where: { op: 'eq', path: ['title'], value: 'new' }, limit },
  'q on a declared index, one of 2,000 matches': {
    where: { op: 'eq', path: ['mixins', 'loyalty', 'tier'], value: 'tier7' },
    limit,
  },
  'page 10,000 of 16': { offset: Math.min(160_000, count / 2), limit },
  'last page': { offset: count - limit, limit },
  'q undeclared, no hit': { where: { op: 'eq', path: ['jobTitle'], value: 'none' }, limit },
  'the same without total, a hit in 777': {
    where: { op: 'eq', path: ['jobTitle'], value: 'job7' },
    limit,
    totals: 'none',
  },
  'sort by a declared index, first page': { sort: [{ path: ['title'] }], limit },
  'the same, page 10,000': { sort: [{ path: ['title'] }], offset: Math.min(160_000, count / 2), limit },
  'regular expression ^guest777 on emails': { where: { op: 'matches', path: ['email'], pattern: '^guest777' }, limit },
  'regular expression ^title77 on a declared path': {
    where: { op: 'matches', path: ['title'], pattern: '^title77' },
    limit,
  },
  'regular expression 99$ on last names': { where: { op: 'matches', path: ['lastName'], pattern: '99$' }, limit },
})

const ms = (value: number): string => value.toFixed(value < 10 ? 1 : 0)

/** The median of seven, or why there is none. */
async function timed(work: () => Promise<unknown>): Promise<string> {
  const times: number[] = []
  for (let round = 0; round < 7; round++) {
    let refusal = ''
    times.push(await timeOf(() => work().catch((error: Error) => (refusal = error.message))))
    if (refusal) return 'refused'
  }
  return ms(median(times))
}

/** How long one of ten callers waits, and meanwhile somebody who reads one customer, at the longest. */
async function besideTen(shop: CustomerOperations, query: Query): Promise<string> {
  const times: number[] = []
  const ten = Array.from({ length: 10 }, async () => times.push(await timeOf(() => shop.findCustomers({ query }))))
  const gets: number[] = []
  while (times.length < 10) gets.push(await timeOf(() => shop.getCustomer({ customerNo: 'C1' })))
  await Promise.all(ten)
  return `${ms(median(times))}; GET ${ms(Math.max(...gets))}`
}

async function measure(clientele: Clientele, url: string, count: number): Promise<Figures> {
  const shop = clientele.list(list)
  const figures: Figures = new Map()
  for (const [name, query] of Object.entries(queries(count)))
    figures.set(name, await timed(() => shop.findCustomers({ query })))
  const { 'page 1 with total': first = {}, 'q undeclared, no hit': scan = {} } = queries(count)
  figures.set('ten callers: page 1; a GET beside them', await besideTen(shop, first))
  figures.set('ten callers: q undeclared; a GET beside them', await besideTen(shop, scan))
  const rounds = [1, 2, 3, 4, 5, 6, 7]
  for (const n of rounds) await loadAddresses(url, list, n, 3000)
  await execute(url, 'VACUUM ANALYZE clientele_addresses')
  let added = 0
  const add = () => shop.createAddress({ customerNo: 'C1', create: { addressId: `added ${added++}` } })
  figures.set('one customer with 3,000 addresses: add one', await timed(add))
  let removed = 0
  figures.set('the same: delete the customer', await timed(() => shop.deleteCustomer({ customerNo: `C${++removed}` })))
  return figures
}

const nothing = (): void => undefined

/** Prints a table of milliseconds: medians of seven. */
export async function benchmarkScale(counts: readonly number[]): Promise<void> {
  const all: Figures[] = []
  for (const count of counts) {
    const server = await startPostgres({ durable: true })
    const clientele = await createClientele({
      customerLists: [{ id: list }],
      indexes: declared.customers.map((path) => path.join('.')),
      limits: { addresses: 10_000 },
      logger: { debug: nothing, info: nothing, warn: nothing, error: nothing },
      storage: postgresStorage({ connectionString: server.url() }),
    })
    const loading = await timeOf(async () => {
      await loadCustomers(server.url(), list, count)
      await execute(server.url(), 'VACUUM ANALYZE clientele_customers')
    })
    all.push(new Map([...(await measure(clientele, server.url(), count)), ['loaded in', `${ms(loading / 1000)} s`]]))
    await clientele.close()
    await server.remove()
  }
  console.log(`| milliseconds, one caller | ${counts.map((count) => count.toLocaleString('en')).join(' | ')} |`)
  console.log(`|---|${counts.map(() => '---|').join('')}`)
  for (const name of all[0]?.keys() ?? [])
    console.log(`| ${name} | ${all.map((figures) => figures.get(name)).join(' | ')} |`)
}
