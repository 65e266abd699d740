/** Records as they go in and come out, also in other schemas and other lists. */
import assert from 'node:assert/strict'
import { SchemaTooNew, StaleVersion, upgrader } from '../../core/ports/storage.js'
import type { CustomerRecord } from '../../core/ports/storage.js'
import { customerRecord, withLogin, titled, numbersOf } from './samples.js'
import { list, store, load, all, loaded } from './steps.js'
import type { Suite } from './suite.js'

const oneOfAll = { customers: 1, addresses: 1, accounts: 1, mappings: 1, socialMediaUsers: 1, signIns: 1 }

/** Defines the tests of this topic. */
export function records({ describe, test }: Suite): void {
  describe('records: frozen when they come out, copied once when they go in', () => {
    const isFrozen = (value: unknown): boolean =>
      value === null || typeof value !== 'object' || (Object.isFrozen(value) && Object.values(value).every(isFrozen))
    const rich = (customerNo: string): CustomerRecord =>
      customerRecord(customerNo, { title: 'Dr', mixins: { a: { b: [1, { c: 2 }] } }, custom: { set: ['x', 'y'] } })
    test('are frozen all the way down, wherever they come from', async (storage) => {
      await storage.write(list, async (unit) => {
        const record = await unit.customers.insert(rich('1'))
        assert.ok(isFrozen(record))
        assert.ok(isFrozen(await unit.customers.get({ id: record.id })))
        assert.ok(isFrozen(await unit.customers.update(titled(record, 'Prof'))))
        assert.ok(isFrozen((await unit.customers.find({})).items[0]))
      })
      assert.ok(isFrozen(await load(storage, { customerNo: '1' })))
      assert.ok(isFrozen((await all(storage))[0]))
    })
    test('do not change with the object that was stored, not even right after the call', async (storage) => {
      const one = rich('1') as { title: string; mixins: { a: { b: unknown[] } } } & CustomerRecord
      const expected = structuredClone(one)
      await storage.write(list, async (unit) => {
        const inserted = unit.customers.insert(one)
        one.title = 'changed'
        one.mixins.a.b.push('changed')
        assert.deepEqual(await inserted, expected)
        assert.ok(!Object.isFrozen(one))
        const next = structuredClone(expected)
        next.title = 'next'
        const updated = unit.customers.update(next)
        next.title = 'changed'
        await updated
      })
      assert.deepEqual(await load(storage, { customerNo: '1' }), { ...expected, title: 'next' })
    })
    test('keep any JSON data: characters, numbers, empty and nested values, long texts', async (storage, opened) => {
      const data = JSON.parse(
        '{"": {"__proto__": {"a": 1}}, "constructor": [], "n": [0, -1.5, 1e300, 5e-324, 9007199254740991], "t": [true, false, null], "s": ["\\u2028", "\\u007f", "\\ud83d\\ude00", "\\t\\n\\r\\\\\\"/", ""], "o": {}}',
      ) as Record<string, never>
      const record = customerRecord('1', { mixins: { data, long: 'ä'.repeat(100_000) }, title: 'a\nb' })
      await store(storage, record)
      assert.deepEqual(await load(storage, { customerNo: '1' }), record)
      assert.deepEqual(await load(await opened.reopen(), { customerNo: '1' }), record)
    })
    test('leave out undefined properties', async (storage) => {
      const record = customerRecord('1')
      await store(storage, { ...record, title: undefined, keys: { customerNo: '1', login: undefined } } as never)
      assert.deepEqual(await load(storage, { customerNo: '1' }), record)
      await store(storage, { ...customerRecord('2'), keys: { customerNo: '2', login: undefined } } as never)
    })
  })
  describe('schema of stored documents: upgraded on read, a newer one refused', () => {
    const upgrade = upgrader(
      { customers: [(record) => titled(record, `${record.title} upgraded`)] },
      { ...oneOfAll, customers: 2 },
    )
    test(
      'an older record is upgraded wherever it is read, and can be written',
      async (storage) => {
        await store(storage, customerRecord('1', { title: 'a' }))
        const read = await load(storage, { customerNo: '1' })
        assert.deepEqual([read?.title, read?.schema], ['a upgraded', 2])
        assert.equal((await all(storage))[0]?.title, 'a upgraded')
        await storage.write(list, async (unit) => {
          const record = await loaded(unit, '1')
          assert.equal(record.title, 'a upgraded')
          await unit.customers.update({ ...record, lastName: 'b' })
        })
        const written = await load(storage, { customerNo: '1' })
        assert.deepEqual([written?.title, written?.schema, written?.version], ['a upgraded', 2, 2])
      },
      { upgrade },
    )
    test('a record of a newer schema is SchemaTooNew, other records are served', async (storage) => {
      await store(storage, customerRecord('1', { schema: 9 }), customerRecord('2'))
      await assert.rejects(load(storage, { customerNo: '1' }), SchemaTooNew)
      await assert.rejects(all(storage), SchemaTooNew)
      await assert.rejects(
        storage.write(list, async (unit) => void (await loaded(unit, '1'))),
        SchemaTooNew,
      )
      assert.equal((await load(storage, { customerNo: '2' }))?.customerNo, '2')
    })
  })
  describe('lists are worlds of their own', () => {
    test('records, keys and queries of one list are not seen in another', async (storage) => {
      const one = withLogin('1', 'one')
      await store(storage, one)
      await storage.read('other', async (unit) => {
        assert.equal(await unit.customers.get({ id: one.id }), undefined)
        assert.equal(await unit.customers.get({ login: 'one' }), undefined)
        assert.equal((await unit.customers.find({})).total, 0)
      })
      await storage.write('other', async (unit) => void (await unit.customers.insert({ ...one, title: 'other' })))
      assert.deepEqual(await load(storage, { login: 'one' }), one)
      await assert.rejects(
        storage.write('another', async (unit) => void (await unit.customers.update(one))),
        StaleVersion,
      )
    })
    test('names of lists are data: of any characters', async (storage, opened) => {
      const lists = ['__proto__', 'constructor', "it's", 'a/b', '../x', 'ü', 'A', 'a', '\u{1F600}']
      for (const name of lists)
        await storage.write(name, async (unit) => void (await unit.customers.insert(customerRecord(name))))
      const again = await opened.reopen()
      for (const name of lists) {
        const { items } = await again.read(name, (unit) => unit.customers.find({}))
        assert.deepEqual(numbersOf(items), [name])
      }
    })
  })
}
