/** What a unit or a reader sees of others, and when. */
import assert from 'node:assert/strict'
import { setImmediate } from 'node:timers/promises'
import { kindNames, StaleVersion } from '../../core/ports/storage.js'
import type { CustomerRecord, Query, Storage } from '../../core/ports/storage.js'
import { randomCustomer } from '../random-queries.js'
import { customerRecord, withLogin, recordOf, titled, numbersOf, random } from './samples.js'
import { list, pause, store, load, all, loaded, openUnit, outcomes } from './steps.js'
import type { Suite } from './suite.js'

/** Defines the tests of this topic. */
export function isolation({ describe, test }: Suite): void {
  describe('isolation: READ COMMITTED plus locks', () => {
    test('a unit sees what others commit while it runs', async (storage, opened) => {
      const other = await opened.second()
      await storage.write(list, async (unit) => {
        assert.equal((await unit.customers.find({})).total, 0)
        await store(other, withLogin('1', 'one'))
        assert.equal((await unit.customers.find({})).total, 1)
        assert.equal((await unit.customers.get({ login: 'one' }))?.customerNo, '1')
      })
    })
    test('after waiting for a lock a unit sees what the holder committed', async (storage, opened) => {
      const other = await opened.second()
      const one = customerRecord('1')
      await store(storage, one)
      const holder = await openUnit(storage, async (unit) => {
        await unit.lock('customer/1')
        await unit.customers.update(titled(one, 'Dr'))
      })
      const waiter = other.write(list, async (unit) => {
        await unit.lock('customer/1')
        return (await loaded(unit, '1')).title
      })
      await pause(other)
      await holder.commit()
      assert.equal(await waiter, 'Dr')
    })
    test('fifty units that lock, read and write one record lose no update', async (storage, opened) => {
      const handles = [storage, await opened.second()]
      await store(storage, customerRecord('1', { title: '0' }))
      await Promise.all(
        Array.from({ length: 50 }, (_, index) =>
          (handles[index % 2] as Storage).write(list, async (unit) => {
            await unit.lock('customer/1')
            const record = await loaded(unit, '1')
            await unit.customers.update(titled(record, String(Number(record.title) + 1)))
          }),
        ),
      )
      const record = await load(storage, { customerNo: '1' })
      assert.deepEqual([record?.title, record?.version], ['50', 51])
    })
    test('fifty units that write one record without a lock get StaleVersion or change it, never both', async (storage) => {
      await store(storage, customerRecord('1', { title: '0' }))
      const { values, errors } = await outcomes(
        Array.from({ length: 50 }, () =>
          storage.write(list, async (unit) => {
            const record = await loaded(unit, '1')
            await unit.customers.update(titled(record, String(Number(record.title) + 1)))
          }),
        ),
      )
      assert.ok(errors.every((error) => error instanceof StaleVersion))
      const record = await load(storage, { customerNo: '1' })
      assert.ok(values.length > 0)
      assert.deepEqual([record?.title, record?.version], [String(values.length), values.length + 1])
    })
    test('a write waits for the open unit that wrote the record, and then finds it stale', async (storage, opened) => {
      const other = await opened.second()
      const one = customerRecord('1')
      await store(storage, one)
      const events: string[] = []
      for (const way of ['commit', 'rollback'] as const) {
        const record = await load(storage, { customerNo: '1' })
        assert.ok(record)
        const holder = await openUnit(storage, async (unit) => {
          await unit.customers.update(titled(record, 'holder'))
          await unit.flush()
        })
        const waiter = outcomes([
          other
            .write(list, async (unit) => {
              await unit.customers.update(titled(record, 'waiter'))
            })
            .finally(() => events.push('waiter')),
        ])
        await pause(other)
        events.push('holder')
        await holder[way]()
        const { errors } = await waiter
        assert.deepEqual(
          errors.map((error) => error instanceof StaleVersion),
          way === 'commit' ? [true] : [],
        )
      }
      assert.deepEqual(events, ['holder', 'waiter', 'holder', 'waiter'])
      assert.equal((await load(storage, { customerNo: '1' }))?.title, 'waiter')
    })
    test('items and total of one find are of one moment', async (storage) => {
      const state = { isWriting: true }
      const writer = (async () => {
        for (let i = 0; i < 20; i++) await store(storage, customerRecord(`a${i}`), customerRecord(`b${i}`))
        state.isWriting = false
      })()
      while (state.isWriting) {
        const { items, total } = await storage.read(list, (unit) => unit.customers.find({}))
        assert.equal(items.length, total)
        assert.equal(total % 2, 0)
        await setImmediate()
      }
      await writer
    })
  })
  describe('visibility: no reader ever sees a write that is not yet durable', () => {
    test('what was acknowledged or seen is there after reopening', async (storage, opened) => {
      const seen = new Set<string>()
      const state = { isWriting: true }
      const reader = (async () => {
        while (state.isWriting) {
          for (const number of numbersOf(await all(storage))) seen.add(number)
          await setImmediate()
        }
      })()
      await Promise.all(Array.from({ length: 30 }, (_, i) => store(storage, customerRecord(`${i}`))))
      state.isWriting = false
      await reader
      const kept = new Set(numbersOf(await all(await opened.reopen())))
      assert.equal(kept.size, 30)
      for (const number of seen) assert.ok(kept.has(number))
    })
    test('everything is as it was after reopening: order, versions, keys, all kinds', async (storage, opened) => {
      const records = Array.from({ length: 40 }, () => randomCustomer(random))
      await store(storage, ...records)
      const [first, second] = records as [CustomerRecord, CustomerRecord]
      await storage.write(list, async (unit) => {
        await unit.customers.update(titled(first, 'changed'))
        await unit.customers.remove(second)
        for (const kind of kindNames) await unit[kind].insert(recordOf(kind, { customer: 'c' }) as never)
      })
      const before = await all(storage)
      const again = await opened.reopen()
      assert.deepEqual(await all(again), before)
      assert.equal((await load(again, { customerNo: first.customerNo }))?.version, 2)
      for (const kind of kindNames) {
        const query: Query = { where: { op: 'eq', path: ['keys', 'customer'], value: 'c' } }
        assert.equal(await again.read(list, async (unit) => (await unit[kind].find(query)).total), 1)
      }
    })
  })
}
