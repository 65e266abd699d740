/** Units of work: all or nothing, and their own view of what they write. */
import assert from 'node:assert/strict'
import type { WriteUnit } from '../../core/ports/storage.js'
import { customerRecord, withLogin, addressRecord, titled, numbersOf } from './samples.js'
import { list, store, load, all, loaded, undone, openUnit } from './steps.js'
import type { Suite } from './suite.js'

/** Defines the tests of this topic. */
export function unitsOfWork({ describe, test }: Suite): void {
  describe('unit of work: commits if work resolves, leaves no trace if it rejects, reads its own writes', () => {
    test('commits and gives the value of the work', async (storage) => {
      const value = await storage.write(list, async (unit) => {
        await unit.customers.insert(customerRecord('1'))
        await unit.addresses.insert(addressRecord('c', 'home'))
        return 'value'
      })
      assert.equal(value, 'value')
      assert.deepEqual(numbersOf(await all(storage)), ['1'])
      const { total } = await storage.read(list, (unit) => unit.addresses.find({}))
      assert.equal(total, 1)
    })
    test('rejects with the error of the work, and nothing is left', async (storage) => {
      const [one, two] = [withLogin('1', 'one'), withLogin('2', 'two')]
      await store(storage, one, two)
      await undone(storage, async (unit) => {
        await unit.customers.insert(withLogin('3', 'three'))
        await unit.customers.update({ ...one, keys: { customerNo: '1', login: 'other' }, title: 'Dr' })
        await unit.customers.remove(two)
      })
      assert.deepEqual(await all(storage), [one, two])
      assert.deepEqual(await load(storage, { login: 'one' }), one)
      assert.equal(await load(storage, { login: 'other' }), undefined)
      await store(storage, withLogin('3', 'three'), withLogin('4', 'other'))
    })
    test('leaves no trace after a failure at any step', async (storage) => {
      const [one, two] = [withLogin('1', 'one'), withLogin('2', 'two')]
      await store(storage, one, two)
      const steps: readonly ((unit: WriteUnit) => Promise<unknown>)[] = [
        (unit) => unit.lock('customer/1'),
        (unit) => unit.customers.insert(withLogin('3', 'three')),
        (unit) => unit.customers.get({ login: 'three' }),
        (unit) => unit.flush(),
        async (unit) => unit.customers.update(titled(await loaded(unit, '3'), 'Dr')),
        (unit) => unit.customers.update(titled(one, 'Dr')),
        (unit) => unit.customers.find({}),
        (unit) => unit.customers.remove(two),
        (unit) => unit.customers.insert(withLogin('2', 'two')),
        (unit) => unit.addresses.insert(addressRecord('c', 'home')),
        (unit) => unit.flush(),
      ]
      for (let count = 0; count <= steps.length; count++) {
        await undone(storage, async (unit) => {
          for (const step of steps.slice(0, count)) await step(unit)
        })
        assert.deepEqual(await all(storage), [one, two], `after ${count} steps`)
        assert.equal((await storage.read(list, (unit) => unit.addresses.find({}))).total, 0)
      }
      await storage.write(list, async (unit) => {
        for (const step of steps) await step(unit)
      })
      assert.deepEqual(numbersOf(await all(storage)), ['1', '3', '2'])
    })
    test('reads its own writes by id, by key and by query', async (storage) => {
      const [one, two] = [withLogin('1', 'one'), withLogin('2', 'two')]
      await store(storage, one, two)
      await undone(storage, async (unit) => {
        const three = withLogin('3', 'three')
        await unit.customers.insert(three)
        await unit.customers.update({ ...one, keys: { customerNo: '1', login: 'uno' }, title: 'Dr' })
        await unit.customers.remove(two)
        assert.equal((await unit.customers.get({ id: one.id }))?.title, 'Dr')
        assert.equal((await unit.customers.get({ login: 'uno' }))?.id, one.id)
        assert.equal(await unit.customers.get({ login: 'one' }), undefined)
        assert.equal(await unit.customers.get({ id: two.id }), undefined)
        assert.equal(await unit.customers.get({ customerNo: '2' }), undefined)
        assert.deepEqual(await unit.customers.get({ login: 'three' }), three)
        const page = await unit.customers.find({})
        assert.deepEqual([numbersOf(page.items), page.total], [['1', '3'], 2])
        const found = await unit.customers.find({ where: { op: 'eq', path: ['title'], value: 'Dr' } })
        assert.deepEqual([numbersOf(found.items), found.total], [['1'], 1])
        await unit.customers.remove(three)
        assert.equal(await unit.customers.get({ login: 'three' }), undefined)
      })
    })
    test('inserts a record again that it removed', async (storage) => {
      const [one, two] = [withLogin('1', 'one'), withLogin('2', 'two')]
      await store(storage, one, two)
      await storage.write(list, async (unit) => {
        await unit.customers.remove(one)
        await unit.customers.insert(one)
      })
      assert.deepEqual(new Set(numbersOf(await all(storage))), new Set(['1', '2']))
      assert.deepEqual(await load(storage, { login: 'one' }), one)
    })
    test('stores nothing for a record that it inserted and removed', async (storage) => {
      await storage.write(list, async (unit) => {
        await unit.customers.remove(await unit.customers.insert(withLogin('1', 'one')))
      })
      assert.deepEqual(await all(storage), [])
      await store(storage, withLogin('1', 'one'))
    })
    test('shows its writes to nobody before the commit, and then all', async (storage, opened) => {
      const other = await opened.second()
      const one = customerRecord('1')
      await store(storage, one)
      const unit = await openUnit(storage, async (tx) => {
        await tx.customers.insert(customerRecord('2'))
        await tx.customers.update(titled(one, 'Dr'))
        await tx.flush()
      })
      for (const reader of [storage, other]) assert.deepEqual(await all(reader), [one])
      await unit.commit()
      for (const reader of [storage, other])
        assert.deepEqual(
          (await all(reader)).map(({ customerNo, title }) => [customerNo, title]),
          [
            ['1', 'Dr'],
            ['2', undefined],
          ],
        )
    })
    test('refuses every call once it has ended', async (storage) => {
      const record = customerRecord('1')
      const units: WriteUnit[] = []
      await storage.write(list, async (unit) => void units.push(unit))
      await undone(storage, async (unit) => units.push(unit))
      for (const unit of units) {
        await assert.rejects(unit.customers.insert(record))
        await assert.rejects(unit.customers.find({}))
        await assert.rejects(unit.customers.get({ id: record.id }))
        await assert.rejects(unit.lock('a'))
        await assert.rejects(unit.flush())
      }
      assert.deepEqual(await all(storage), [])
    })
    test('keeps the order of calls that were not awaited one by one', async (storage) => {
      await storage.write(list, async (unit) => {
        await Promise.all(['1', '2', '3', '4'].map((number) => unit.customers.insert(withLogin(number, number))))
      })
      assert.deepEqual(numbersOf(await all(storage)), ['1', '2', '3', '4'])
    })
  })
}
