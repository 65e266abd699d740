/** What queries cost does not grow with the list (adapters/storage/postgres/README.md, How far one primary goes). */
import { expect } from 'chai'
import { after, before, describe, it } from 'mocha'
import { postgresStorage } from '../../adapters/storage/postgres/postgres.js'
import { createClientele } from '../../core/index.js'
import type { Clientele, Condition, CustomerOperations, Query } from '../../core/index.js'
import { declared, loadAddresses, loadCustomers } from '../support/many-customers.js'
import { execute, newDatabase } from '../support/postgres.js'
import { recordingPool } from '../support/recording-pool.js'
import type { RecordingPool } from '../support/recording-pool.js'

const title = ['title']
const tier = ['mixins', 'loyalty', 'tier']
const limit = 16
const is = (path: readonly string[], value: string | boolean): Condition => ({ op: 'eq', path, value })

const queries: Readonly<Record<string, Query>> = {
  'a page, with its total': { limit },
  'a declared path: the newest match': { where: is(title, 'new'), limit },
  'a declared path: some match': { where: is(tier, 'tier7'), limit },
  'a declared path: none matches': { where: is(title, 'none'), limit },
  'a declared path: one of': { where: { op: 'in', path: title, values: ['new', 'title7', 3, true] }, limit },
  'a declared path: a range': { where: { op: 'gte', path: title, value: 'title998' }, limit },
  'a declared path: absent': { where: { op: 'not', of: { op: 'exists', path: title } }, limit },
  'a declared path: all that match': { where: is(tier, 'tier7') },
  'two declared paths': { where: { op: 'or', of: [is(title, 'title7'), is(tier, 'tier8')] }, limit },
  'a declared path beside others': { where: { op: 'and', of: [is(tier, 'tier7'), is(['active'], true)] }, limit },
  'a declared path, sorted by another': { where: is(tier, 'tier7'), sort: [{ path: title }], limit },
  'sorted by a declared path': { sort: [{ path: title }], limit },
  'sorted down by a declared path': { sort: [{ path: title, descending: true }], limit },
  'an email': { where: is(['email'], 'GUEST7@example.com'), limit },
  'a number': { where: is(['customerNo'], 'C7'), limit },
  'a regular expression with a beginning, on a declared path': {
    where: { op: 'matches', path: title, pattern: '^title77' },
    limit,
  },
  'the same on emails': { where: { op: 'matches', path: ['email'], pattern: '^guest77\\d' }, limit },
  'a regular expression beside a declared path': {
    where: { op: 'and', of: [is(tier, 'tier7'), { op: 'matches', path: ['lastName'], pattern: '7$' }] },
    limit,
  },
}

/** Rows that a plan has read and thrown away. */
const removed = (plan: string): number =>
  [...plan.matchAll(/Rows Removed by (?:Filter|Index Recheck): (\d+)/g)].reduce((sum, [, n]) => sum + Number(n), 0)

/** Whether the records are walked in the order of their creation, to be tried one by one. */
const isWalk = (plan: string): boolean =>
  /using clientele_\w+_ordinal on [^\n]+\n\s+Index Cond: \(list = '[^']*'::text\)\n\s+Filter/.test(plan)

for (const count of [1_000, 100_000])
  describe(`plans with ${count} customers beside another list: no scan, no walk, little that is thrown away`, () => {
    let recording: RecordingPool
    let clientele: Clientele
    let shop: CustomerOperations
    before(async () => {
      const url = await newDatabase()
      recording = recordingPool(url)
      clientele = await createClientele({
        customerLists: [{ id: 'L' }],
        indexes: declared.customers.map((path) => path.join('.')),
        limits: { addresses: 10_000 },
        storage: postgresStorage({ pool: recording.pool }),
      })
      shop = clientele.list('L')
      await loadCustomers(url, 'other', 30_000)
      await loadCustomers(url, 'L', count)
      for (const n of [1, 2, 3]) await loadAddresses(url, 'other', n, 3_000)
      for (const n of [1, 2, 3]) await loadAddresses(url, 'L', n, 300)
      await execute(url, 'VACUUM ANALYZE')
    })
    after(async () => {
      await clientele.close()
      await recording.end()
    })
    const plansOf = async (work: () => Promise<unknown>): Promise<string> => {
      recording.sent.length = 0
      await work()
      return (await recording.plans('ANALYZE')).join('\n')
    }
    const judge = (plan: string): void => {
      expect(plan).to.match(/Index/)
      expect(plan).to.not.match(/Seq Scan on clientele_(customers|addresses)/)
      expect(isWalk(plan), plan).to.equal(false)
      expect(removed(plan), plan).to.be.at.most(100)
    }

    for (const [name, query] of Object.entries(queries))
      it(name, async () => judge(await plansOf(() => shop.findCustomers({ query }))))
    it('addresses of a customer, one more, and its deletion', async () => {
      judge(await plansOf(() => shop.findAddresses({ customerNo: 'C1', query: { limit: 25 } })))
      judge(await plansOf(() => shop.findAddresses({ customerNo: 'C2' })))
      judge(await plansOf(() => shop.createAddress({ customerNo: 'C2', create: { addressId: 'new' } })))
      judge(await plansOf(() => shop.deleteCustomer({ customerNo: 'C3' })))
    })
  })
