/** Queries: one order of values and one meaning of conditions. */
import assert from 'node:assert/strict'
import { QueryRefused } from '../../core/ports/storage.js'
import type { CustomerRecord, Query, Storage, WriteUnit } from '../../core/ports/storage.js'
import { expectedPage, indexedPath, randomCustomer, randomQuery } from '../random-queries.js'
import { customerRecord, numbersOf, random } from './samples.js'
import { list, store, all } from './steps.js'
import type { Suite } from './suite.js'

/** Defines the tests of this topic. */
export function queries({ describe, test }: Suite): void {
  describe('queries: one order of values, one meaning of conditions, the same answers with and without an index', () => {
    const unindexed = ['mixins', 'plain'] as const
    const values: readonly unknown[] = [undefined, null, false, true, -1e100, -1, 0, 5e-324, 0.1, 9, 10, 1e308]
    const texts = [
      '',
      ' ',
      '10',
      '9',
      'A',
      'B',
      'Z',
      'a',
      'aa',
      'b',
      'z',
      'é',
      '\uE000',
      'ﬀ',
      '\uFFFD',
      '\u{10000}',
      '\u{1F600}',
    ]
    const sorted: readonly unknown[] = [...values, ...texts, ['a'], { a: 1 }]
    /** Stores one record per value, both under the declared index and outside it; customer numbers tell the value. */
    const storeValues = async (storage: Storage): Promise<void> => {
      const order = sorted.map((_, index) => index).toSorted((a, b) => ((a * 7) % 31) - ((b * 7) % 31) || a - b)
      await store(
        storage,
        ...order.map((index) => {
          const value = sorted[index]
          const mixins = value === undefined ? { loyalty: {} } : { loyalty: { tier: value }, plain: value }
          return customerRecord(`${index}`, { mixins: mixins as never })
        }),
      )
    }
    const places = [
      { name: 'an indexed path', path: indexedPath },
      { name: 'any path', path: unindexed },
    ]
    for (const { name, path } of places) {
      const find = async (storage: Storage, query: Query): Promise<number[]> => {
        const { items, total } = await storage.read(list, (unit) => unit.customers.find(query))
        if (query.limit === undefined && query.offset === undefined) assert.equal(total, items.length)
        return items.map(({ customerNo }) => Number(customerNo))
      }
      test(`sort on ${name}: absent and null, then by type and value, strings by code point; last when descending`, async (storage) => {
        await storeValues(storage)
        const scalars = sorted.slice(2, -2).map((_, index) => index + 2)
        const up = await find(storage, { sort: [{ path }] })
        assert.deepEqual(up.slice(2, -2), scalars)
        assert.deepEqual(new Set(up.slice(0, 2)), new Set([0, 1]))
        const down = await find(storage, { sort: [{ path, descending: true }] })
        assert.deepEqual(down.slice(2, -2), scalars.toReversed())
        assert.deepEqual(new Set(down.slice(-2)), new Set([0, 1]))
      })
      test(`comparisons on ${name}: only values of one type compare; absent is false, and not of it true`, async (storage) => {
        await storeValues(storage)
        for (const value of sorted.slice(2, -2) as (string | number | boolean)[])
          for (const op of ['eq', 'lt', 'lte', 'gt', 'gte'] as const) {
            const where = { op, path, value }
            const wanted = sorted.flatMap((other, index) => {
              if (typeof other !== typeof value) return []
              const at = sorted.indexOf(value)
              const isMet = {
                eq: index === at,
                lt: index < at,
                lte: index <= at,
                gt: index > at,
                gte: index >= at,
              }[op]
              return isMet ? [index] : []
            })
            const found = await find(storage, { where })
            assert.deepEqual(new Set(found), new Set(wanted), `${op} ${JSON.stringify(value)}`)
            const others = await find(storage, { where: { op: 'not', of: where } })
            assert.equal(found.length + others.length, sorted.length)
          }
      })
      test(`in, exists and matches on ${name}`, async (storage) => {
        await storeValues(storage)
        const at = (...wanted: unknown[]): Set<number> => new Set(wanted.map((value) => sorted.indexOf(value)))
        const found = async (where: NonNullable<Query['where']>): Promise<Set<number>> =>
          new Set(await find(storage, { where }))
        assert.deepEqual(await found({ op: 'in', path, values: ['a', 9, true, 'none', 'a'] }), at('a', 9, true))
        assert.deepEqual(await found({ op: 'in', path, values: [] }), new Set())
        assert.equal((await found({ op: 'exists', path })).size, sorted.length - 2)
        assert.deepEqual(await found({ op: 'not', of: { op: 'exists', path } }), new Set([0, 1]))
        assert.deepEqual(await found({ op: 'matches', path, pattern: '^[aA]' }), at('A', 'a', 'aa'))
        assert.deepEqual(await found({ op: 'matches', path, pattern: '^(?i)Z$' }), at('Z', 'z'))
      })
    }
    test('regular expressions are those of re2, unanchored, on strings only', async (storage) => {
      const titles = ['straße 9', 'line\nbreak', 'Ω', 'a.b', 'aXb', 'x'.repeat(200)]
      await store(storage, ...titles.map((title) => customerRecord(title, { title, gender: 1 })))
      const found = async (pattern: string, path = ['title']): Promise<string[]> =>
        numbersOf(await all(storage, { where: { op: 'matches', path, pattern } }))
      assert.deepEqual(await found('\\d'), ['straße 9'])
      assert.deepEqual(await found('\\p{Greek}'), ['Ω'])
      assert.deepEqual(await found('line.break'), [])
      assert.deepEqual(await found('(?s)line.break'), ['line\nbreak'])
      assert.deepEqual(await found('a\\.b'), ['a.b'])
      assert.deepEqual(await found('(?i)^AX'), ['aXb'])
      assert.deepEqual(await found('^(x+)+$'), ['x'.repeat(200)])
      assert.deepEqual(await found('1', ['gender']), [])
    })
    test('a pattern that is invalid, needs backtracking or is too long is QueryRefused, and the unit goes on', async (storage) => {
      for (const pattern of ['(', '[z-a]', '(?=a)', '(a)\\1', 'a{99999}', 'a'.repeat(100_000)]) {
        const query: Query = { where: { op: 'not', of: { op: 'matches', path: ['title'], pattern } } }
        await assert.rejects(all(storage, query), QueryRefused, pattern.slice(0, 20))
        await storage.write(list, async (unit) => {
          await assert.rejects(unit.customers.find(query), QueryRefused)
          assert.equal((await unit.customers.find({})).total, 0)
        })
      }
    })
    test('names in paths are data: of any characters, and never inherited', async (storage) => {
      const odd = [
        '__proto__',
        'constructor',
        'toString',
        "it's",
        '"',
        '\\',
        'a.b',
        '',
        '{}',
        '[0]',
        '$',
        'ü',
        '\u{1F600}',
      ]
      for (const name of odd) {
        const mixins = JSON.parse(`{${JSON.stringify(name)}: "value", "list": ["value"]}`) as Record<string, string>
        await store(storage, customerRecord(`with ${name}`, { mixins }))
      }
      for (const name of odd) {
        const path = ['mixins', name]
        assert.deepEqual(numbersOf(await all(storage, { where: { op: 'exists', path } })), [`with ${name}`])
        assert.deepEqual(numbersOf(await all(storage, { where: { op: 'eq', path, value: 'value' } })), [`with ${name}`])
      }
      for (const path of [['mixins', 'list', '0'], ['mixins', 'list', 'length'], ['title', 'length'], ['toString']])
        assert.deepEqual(await all(storage, { where: { op: 'exists', path } }), [])
    })
    test('default order is creation, which no update changes; ties of a sort keep it', async (storage) => {
      const records = Array.from({ length: 30 }, (_, i) => customerRecord(`${i}`, { title: i % 3 ? 'x' : 'y' }))
      for (const record of records) await store(storage, record)
      for (const record of records.toReversed())
        await storage.write(list, async (unit) => void (await unit.customers.update({ ...record, lastName: 'z' })))
      const numbers = records.map(({ customerNo }) => customerNo)
      assert.deepEqual(numbersOf(await all(storage)), numbers)
      const [x, y] = [numbers.filter((n) => Number(n) % 3), numbers.filter((n) => !(Number(n) % 3))]
      assert.deepEqual(numbersOf(await all(storage, { sort: [{ path: ['title'] }] })), [...x, ...y])
      assert.deepEqual(numbersOf(await all(storage, { sort: [{ path: ['title'], descending: true }] })), [...y, ...x])
    })
    test('pages neither repeat nor skip, and totals are exact', async (storage) => {
      const records = Array.from({ length: 25 }, (_, i) =>
        customerRecord(`${i}`, { title: `${i % 4}`, mixins: { loyalty: { tier: i % 3 } } }),
      )
      await store(storage, ...records)
      const queries: readonly Query[] = [
        {},
        { where: { op: 'gt', path: ['title'], value: '0' } },
        { where: { op: 'eq', path: indexedPath, value: 1 } },
        { where: { op: 'gte', path: indexedPath, value: 1 }, sort: [{ path: indexedPath }] },
        { sort: [{ path: indexedPath, descending: true }] },
        { sort: [{ path: ['title'], descending: true }, { path: indexedPath }] },
      ]
      for (const query of queries) {
        const whole = await storage.read(list, (unit) => unit.customers.find(query))
        assert.deepEqual(whole, expectedPage(await all(storage), query))
        for (const limit of [1, 4, 7, 100]) {
          const pages: CustomerRecord[] = []
          for (let offset = 0; offset < whole.total + limit; offset += limit) {
            const page = await storage.read(list, (unit) => unit.customers.find({ ...query, offset, limit }))
            assert.equal(page.total, whole.total)
            pages.push(...page.items)
          }
          assert.deepEqual(numbersOf(pages), numbersOf(whole.items))
        }
        const none = await storage.read(list, (unit) => unit.customers.find({ ...query, limit: 0 }))
        assert.deepEqual([none.items, none.total], [[], whole.total])
      }
    })
    test('a total that need not be exact is at least so many, says so, and is more than the page if there is more', async (storage) => {
      const records = Array.from({ length: 20 }, (_, index) => customerRecord(`${index}`, { title: `${index % 2}` }))
      await store(storage, ...records)
      for (const totals of ['exact', 'capped', 'none'] as const)
        for (const [where, count] of [
          [undefined, 20],
          [{ op: 'eq', path: ['title'], value: '1' }, 10],
          [{ op: 'eq', path: ['keys', 'customerNo'], value: '7' }, 1],
        ] as const)
          for (const offset of [0, 4, 6, 30]) {
            const query: Query = { ...(where && { where }), offset, limit: 4 }
            const exact = await storage.read(list, (unit) => unit.customers.find(query))
            const page = await storage.read(list, (unit) => unit.customers.find({ ...query, totals }))
            assert.deepEqual(page.items, exact.items)
            if (!page.isAtLeast) assert.equal(page.total, count)
            assert.ok(page.total <= count)
            if (offset + 4 < count) assert.ok(page.total > offset + 4)
            if (totals === 'exact') assert.deepEqual(page, exact)
          }
    })
    test('random queries are answered as the reference does, committed or staged, also after changes', async (storage) => {
      let records: CustomerRecord[] = Array.from({ length: 80 }, () => randomCustomer(random))
      const compare = async (unit: Pick<WriteUnit, 'customers'>, queries: readonly Query[]): Promise<void> => {
        for (const query of queries) {
          const page = await unit.customers.find(query)
          assert.deepEqual(
            { numbers: numbersOf(page.items), total: page.total },
            { numbers: numbersOf(expectedPage(records, query).items), total: expectedPage(records, query).total },
            JSON.stringify(query),
          )
        }
      }
      const queries = Array.from({ length: 150 }, () => randomQuery(random))
      await store(storage, ...records)
      await storage.read(list, (unit) => compare(unit as WriteUnit, queries))
      await storage.write(list, async (unit) => {
        const changed: CustomerRecord[] = []
        for (const [index, record] of records.entries())
          if (index % 5 === 0) await unit.customers.remove(record)
          else if (index % 2 === 0) {
            const { id, version, schema, keys, customerNo } = record
            const next = { ...randomCustomer(random), id, version, schema, keys, customerNo }
            changed.push(await unit.customers.update(next))
          } else changed.push(record)
        for (let i = 0; i < 10; i++) changed.push(await unit.customers.insert(randomCustomer(random)))
        records = changed
        await compare(unit, queries.slice(0, 50))
      })
      await storage.read(list, (unit) => compare(unit as WriteUnit, queries))
      assert.deepEqual(await all(storage), records)
    })
  })
}
