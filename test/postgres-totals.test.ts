/** Totals on PostgreSQL: exact whoever writes, and cheap (adapters/storage/README.md, Totals). */
import { expect } from 'chai'
import { after, before, describe, it } from 'mocha'
import { yaas } from '../adapters/yaas/index.js'
import { postgresStorage } from '../adapters/storage/postgres/postgres.js'
import { steps } from '../adapters/storage/postgres/tables.js'
import { totalCap } from '../core/ports/storage.js'
import type { Condition, Query, Storage } from '../core/ports/storage.js'
import { contractOptions, customerRecord } from './storage-contract.js'
import { serve } from './support/api.js'
import { execute, newDatabase } from './support/postgres.js'
import { yaasCallers } from './support/yaas.js'

/** A fold leaves one row of the sum; this many changes without one happen never. */
const surelyFolded = 5_000

const insertMany = (list: string, from: number, to: number): string =>
  `INSERT INTO clientele_customers (list, id, schema, doc)
     SELECT '${list}', '${list}' || n, 1, jsonb_build_object('id', '${list}' || n, 'version', 1, 'schema', 1, 'keys', '{}'::jsonb)
       FROM generate_series(${from}, ${to}) AS n`

describe('totals on PostgreSQL: kept by triggers, exact whoever writes', () => {
  let url: string
  let storage: Storage
  before(async () => {
    url = await newDatabase()
    // tables as version 1 left them, with records
    for (const text of steps[0] ?? []) await execute(url, text)
    await execute(url, 'INSERT INTO clientele_migrations (version) VALUES (1)')
    await execute(url, `${insertMany('old', 1, 300)}; ${insertMany('L', 1, 5)}`)
    storage = postgresStorage({ connectionString: url })
    await storage.open(contractOptions)
  })
  after(() => storage.close())

  const totalOf = async (list: string): Promise<number> =>
    (await storage.read(list, (unit) => unit.customers.find({ limit: 1 }))).total
  const numbers = async (): Promise<unknown> => {
    const { rows } = await execute(
      url,
      `SELECT list, sum(counted)::int AS counted, sum(kept)::int AS kept FROM (
         SELECT list, count(*) AS counted, 0 AS kept FROM clientele_customers GROUP BY list
         UNION ALL SELECT list, 0, records FROM clientele_counts WHERE of = 'clientele_customers') AS numbers
       GROUP BY list HAVING sum(counted) <> sum(kept)`,
    )
    return rows
  }

  it('what is there when the tables are upgraded is counted', async () => {
    expect([await totalOf('old'), await totalOf('L'), await totalOf('none')]).to.deep.equal([300, 5, 0])
  })
  it('what other programs load, remove, move and empty is counted', async () => {
    await execute(url, insertMany('bulk', 1, 1000))
    await execute(url, `DELETE FROM clientele_customers WHERE list = 'bulk' AND id LIKE '%7'`)
    expect(await totalOf('bulk')).to.equal(900)
    await execute(url, `UPDATE clientele_customers SET list = 'moved' WHERE list = 'bulk' AND id LIKE '%1'`)
    expect([await totalOf('bulk'), await totalOf('moved')]).to.deep.equal([800, 100])
    await execute(url, `BEGIN; ${insertMany('undone', 1, 10)}; ROLLBACK`)
    expect(await totalOf('undone')).to.equal(0)
    expect(await numbers()).to.deep.equal([])
  })
  it('a unit sees its own, others see them with the commit, and what fails leaves none', async () => {
    const before = await totalOf('L')
    const inside = async (end: () => void): Promise<number> =>
      storage.write('L', async (unit) => {
        await unit.customers.insert(customerRecord('a'))
        const { total } = await unit.customers.find({ limit: 1 })
        expect(await totalOf('L')).to.equal(before)
        end()
        return total
      })
    expect(
      await inside(() => {
        throw new Error('undo')
      }).catch(() => 'undone'),
    ).to.equal('undone')
    expect(await totalOf('L')).to.equal(before)
    expect(await inside(() => undefined)).to.equal(before + 1)
    expect(await totalOf('L')).to.equal(before + 1)
  })
  it('the rows of a sum are folded by those who write, from several processes, beside units that stay open', async () => {
    const other = postgresStorage({ connectionString: url })
    await other.open(contractOptions)
    let done = (): void => undefined
    const open = storage.write('busy', async (unit) => {
      await unit.customers.insert(customerRecord('open'))
      await unit.flush()
      await new Promise<void>((resolve) => (done = resolve))
    })
    const rows = async (): Promise<number> =>
      Number((await execute(url, `SELECT count(*) FROM clientele_counts WHERE list = 'busy'`)).rows[0].count)
    const written: string[] = []
    for (let kept = 0; kept >= written.length && written.length < surelyFolded; kept = await rows()) {
      const some = Array.from({ length: 100 }, async (_, i) => {
        const record = customerRecord(`${written.push('insert')}`)
        const handle = i % 2 ? storage : other
        await handle.write('busy', (unit) => unit.customers.insert(record))
        if (i % 10 !== 0) return
        await handle.write('busy', (unit) => unit.customers.remove(record))
        written.push('remove')
      })
      await Promise.all(some)
    }
    expect(await rows()).to.be.lessThan(written.length)
    done()
    await open
    expect(await numbers()).to.deep.equal([])
    await other.close()
  })
  it('an emptied table has none', async () => {
    await execute(url, 'TRUNCATE clientele_customers')
    expect([await totalOf('busy'), await totalOf('old')]).to.deep.equal([0, 0])
    expect(await numbers()).to.deep.equal([])
  })
})

describe('totals that need not be exact (Query.totals)', () => {
  const titled: Condition = { op: 'eq', path: ['title'], value: 'Dr' }
  const count = totalCap + 50
  let url: string
  let storage: Storage
  before(async () => {
    url = await newDatabase()
    storage = postgresStorage({ connectionString: url })
    await storage.open(contractOptions)
    await execute(
      url,
      `INSERT INTO clientele_customers (list, id, schema, key_customer_no, doc)
         SELECT 'SiteGenesis', n::text, 1, n::text, jsonb_build_object('id', n::text, 'version', 1, 'schema', 1, 'customerNo', n::text,
           'active', true, 'title', CASE WHEN n > ${count} THEN 'rare' ELSE 'Dr' END, 'credentials', jsonb_build_object('locked', false),
           'creationDate', '2026-01-01T00:00:00.000Z', 'lastModified', '2026-01-01T00:00:00.000Z', 'keys', jsonb_build_object('customerNo', n::text))
         FROM generate_series(1, ${count + 20}) AS n`,
    )
  })
  after(() => storage.close())
  const find = async (query: Query) => {
    const { items, ...rest } = await storage.read('SiteGenesis', (unit) => unit.customers.find(query))
    return { ...rest, ids: items.map(({ id }) => Number(id)) }
  }
  const at = async (offset: number, query: Query) => {
    const { ids, ...rest } = await find({ where: titled, offset, limit: 3, ...query })
    return [rest, ids]
  }

  it('exact: counted to the end', async () => {
    expect(await at(0, {})).to.deep.equal([{ total: count }, [1, 2, 3]])
  })
  it('capped: exact up to the cap, at least that beyond', async () => {
    expect(await at(0, { totals: 'capped' })).to.deep.equal([{ total: totalCap, isAtLeast: true }, [1, 2, 3]])
    expect(await at(totalCap, { totals: 'capped' })).to.deep.equal([
      { total: totalCap + 4, isAtLeast: true },
      [totalCap + 1, totalCap + 2, totalCap + 3],
    ])
    expect(await at(count - 2, { totals: 'capped' })).to.deep.equal([{ total: count }, [count - 1, count]])
    expect(await at(count + 9, { totals: 'capped' })).to.deep.equal([{ total: totalCap, isAtLeast: true }, []])
    const rare: Query = { where: { ...titled, value: 'rare' }, totals: 'capped' }
    expect(await at(1, rare)).to.deep.equal([{ total: 20 }, [count + 2, count + 3, count + 4]])
  })
  it('none: whether there is more than the page', async () => {
    expect(await at(0, { totals: 'none' })).to.deep.equal([{ total: 4, isAtLeast: true }, [1, 2, 3]])
    expect(await at(count - 3, { totals: 'none' })).to.deep.equal([{ total: count }, [count - 2, count - 1, count]])
    expect(await at(count + 9, { totals: 'none' })).to.deep.equal([{ total: 0, isAtLeast: true }, []])
  })
  it('YaaS tells a total that is not exact by another header, and links on', async () => {
    const service = await serve({
      flavours: [yaas({ totals: 'capped' })],
      authenticate: ({ token }) => yaasCallers[token],
      library: { storage: postgresStorage({ connectionString: url }) },
    })
    const ask = async (query: string) => {
      const path = `/hybris/cecentercustomer/v1/sitegenesis/customers?pageSize=16&${query}`
      const { headers, status } = await service.call('GET', path, { token: 'yaas' })
      const rels = [...String(headers['link']).matchAll(/rel="(\w+)"/g)].map(([, rel]) => rel)
      return [status, headers['hybris-count'], headers['hybris-count-at-least'], rels.join(' ')]
    }
    expect(await ask('q=title:Dr')).to.deep.equal([200, undefined, String(totalCap), 'self next'])
    expect(await ask('q=title:rare')).to.deep.equal([200, '20', undefined, 'self next'])
    expect(await ask('')).to.deep.equal([200, String(count + 20), undefined, 'self next'])
    expect(await ask('q=title:Dr&totalCount=false&pageNumber=2')).to.deep.equal([
      200,
      undefined,
      undefined,
      'self next prev',
    ])
    await service.stop()
  })
})
