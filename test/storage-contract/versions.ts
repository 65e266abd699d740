/** Versions of records, and counters. */
import assert from 'node:assert/strict'
import { StaleVersion } from '../../core/ports/storage.js'
import type { CustomerRecord, Storage } from '../../core/ports/storage.js'
import { customerRecord, titled } from './samples.js'
import { list, store, load, all, loaded } from './steps.js'
import type { Suite } from './suite.js'

/** Defines the tests of this topic. */
export function versionsAndCounters({ describe, test }: Suite): void {
  describe('versions ride in the record', () => {
    test('insert sets 1, each unit that updates the record adds one, once', async (storage) => {
      await storage.write(list, async (unit) => {
        const record = await unit.customers.insert(customerRecord('1', { version: 7 }))
        assert.equal(record.version, 1)
        assert.equal((await unit.customers.update(titled(record, 'a'))).version, 1)
      })
      await storage.write(list, async (unit) => {
        const second = await unit.customers.update(titled(await loaded(unit, '1'), 'b'))
        assert.equal(second.version, 2)
        const again = await unit.customers.update(titled(second, 'c'))
        assert.equal(again.version, 2)
        assert.deepEqual(await loaded(unit, '1'), again)
      })
      const stored = await load(storage, { customerNo: '1' })
      assert.deepEqual([stored?.version, stored?.title], [2, 'c'])
    })
    test('update and remove of another version, or of a record that is gone, are StaleVersion', async (storage) => {
      const one = customerRecord('1')
      await store(storage, one)
      const stale = (error: unknown) =>
        error instanceof StaleVersion && error.kind === 'customers' && error.id === one.id
      for (const version of [0, 2]) {
        await assert.rejects(
          storage.write(list, async (unit) => void (await unit.customers.update({ ...one, version }))),
          stale,
        )
        await assert.rejects(
          storage.write(list, (unit) => unit.customers.remove({ ...one, version })),
          stale,
        )
      }
      await storage.write(list, (unit) => unit.customers.remove(one))
      await assert.rejects(
        storage.write(list, async (unit) => void (await unit.customers.update(one))),
        stale,
      )
      await assert.rejects(
        storage.write(list, (unit) => unit.customers.remove(one)),
        stale,
      )
    })
    test('of removals that follow one another each is judged by itself', async (storage) => {
      const records = ['1', '2', '3'].map((number) => customerRecord(number))
      await store(storage, ...records)
      const [one, two, three] = records as [CustomerRecord, CustomerRecord, CustomerRecord]
      const removing = (...removed: readonly CustomerRecord[]) =>
        storage.write(list, async (unit) => {
          for (const record of removed) await unit.customers.remove(record)
        })
      const stale =
        ({ id }: CustomerRecord) =>
        (error: unknown) =>
          error instanceof StaleVersion && error.id === id
      await assert.rejects(removing(one, { ...two, version: 2 }, three), stale(two))
      await assert.rejects(removing(one, two, one), stale(one))
      assert.deepEqual(await all(storage), records)
      await storage.write(list, async (unit) => {
        for (const record of [one, two]) await unit.customers.remove(record)
        assert.equal(await unit.customers.get({ customerNo: '1' }), undefined)
        assert.deepEqual((await unit.customers.find({})).items, [three])
        await unit.customers.insert({ ...one, id: two.id })
        await unit.customers.remove(three)
      })
      assert.deepEqual(await all(storage), [{ ...one, id: two.id }])
    })
    test('within a unit the version before its own update is stale', async (storage) => {
      const one = customerRecord('1')
      await store(storage, one)
      await assert.rejects(
        storage.write(list, async (unit) => {
          await unit.customers.update(titled(one, 'a'))
          await unit.customers.update(titled(one, 'b'))
        }),
        StaleVersion,
      )
      assert.deepEqual(await all(storage), [one])
    })
  })
  describe('counters: outside any unit, from 1, gaps allowed', () => {
    test('start at 1 and go on by as much as was taken, per list and name', async (storage) => {
      assert.equal(await storage.counter(list, 'customerNo', 1), 1)
      assert.equal(await storage.counter(list, 'customerNo', 100), 2)
      assert.equal(await storage.counter(list, 'customerNo', 1), 102)
      assert.equal(await storage.counter(list, 'other', 1), 1)
      assert.equal(await storage.counter('other', 'customerNo', 1), 1)
    })
    test('never give a number twice, also to fifty at once and after reopening', async (storage, opened) => {
      const handles = [storage, await opened.second()]
      const taken = await Promise.all(
        Array.from({ length: 50 }, (_, i) => (handles[i % 2] as Storage).counter(list, 'customerNo', 2)),
      )
      assert.equal(new Set(taken.flatMap((first) => [first, first + 1])).size, 100)
      assert.ok((await (await opened.reopen()).counter(list, 'customerNo', 1)) > 100)
    })
  })
}
