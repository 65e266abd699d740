/** Unique keys: checked at once, waited for, decided by races. */
import assert from 'node:assert/strict'
import { DuplicateKey, kinds, StaleVersion, kindNames } from '../../core/ports/storage.js'
import type { CustomerRecord, Query, Storage, WriteUnit } from '../../core/ports/storage.js'
import { customerRecord, withLogin, recordOf, titled } from './samples.js'
import { list, pause, store, load, all, loaded, openUnit, outcomes, isDuplicate } from './steps.js'
import type { Suite } from './suite.js'

const everyUniqueKey = kindNames.flatMap((kind) => kinds[kind].unique.map((name) => ({ kind, name: name as string })))

/** Defines the tests of this topic. */
export function uniqueKeys({ describe, test }: Suite): void {
  describe('unique keys: checked per write, in order; an open unit is waited for; DuplicateKey leaves the unit usable', () => {
    for (const { kind, name } of everyUniqueKey) {
      test(`two ${kind} cannot have one ${name}`, async (storage) => {
        const [one, two] = [recordOf(kind, { [name]: 'a' }), recordOf(kind, { [name]: 'b' })]
        await storage.write(list, async (unit) => {
          await unit[kind].insert(one as never)
          await unit[kind].insert(two as never)
        })
        const duplicate = isDuplicate(kind, name)
        const insert = (unit: WriteUnit) => unit[kind].insert(recordOf(kind, { [name]: 'a' }) as never)
        const update = (unit: WriteUnit) => unit[kind].update({ ...two, keys: { [name]: 'a' } } as never)
        for (const work of [insert, update])
          await assert.rejects(
            storage.write(list, async (unit) => void (await work(unit))),
            duplicate,
          )
        const found = await storage.read(
          list,
          async (unit) => unit[kind].get({ [name]: 'a' } as never) as Promise<unknown>,
        )
        assert.deepEqual(found, one)
        await storage.write('other', async (unit) => void (await insert(unit)))
      })
    }
    test('the first key in the order of the kind is named', async (storage) => {
      await store(storage, withLogin('1', 'one'))
      await assert.rejects(store(storage, withLogin('1', 'one')), isDuplicate('customers', 'customerNo'))
      await assert.rejects(store(storage, withLogin('2', 'one')), isDuplicate('customers', 'login'))
    })
    test('an id cannot be inserted twice', async (storage) => {
      const one = customerRecord('1')
      await store(storage, one)
      await assert.rejects(store(storage, { ...customerRecord('2'), id: one.id }), DuplicateKey)
    })
    test('absent keys never collide', async (storage) => {
      await store(storage, customerRecord('1'), customerRecord('2'), customerRecord('3', { keys: {} }))
      await store(storage, customerRecord('4', { keys: {} }))
      assert.equal((await all(storage)).length, 4)
    })
    test('a record never conflicts with itself, and keys can move within a unit', async (storage) => {
      const [one, two] = [withLogin('1', 'one'), withLogin('2', 'two')]
      await store(storage, one, two)
      const login = (record: CustomerRecord, key: string) => ({ ...record, keys: { ...record.keys, login: key } })
      await storage.write(list, async (unit) => {
        const same = await unit.customers.update(titled(one, 'Dr'))
        const away = await unit.customers.update(login(same, 'three'))
        await unit.customers.update(login(two, 'one'))
        await unit.customers.update(login(away, 'two'))
      })
      assert.equal((await load(storage, { login: 'one' }))?.customerNo, '2')
      assert.equal((await load(storage, { login: 'two' }))?.customerNo, '1')
      await assert.rejects(store(storage, withLogin('3', 'one')), DuplicateKey)
      await store(storage, withLogin('3', 'three'))
    })
    test('a key freed by the unit can be taken by it', async (storage) => {
      const one = withLogin('1', 'one')
      await store(storage, one)
      await storage.write(list, async (unit) => {
        await unit.customers.remove(one)
        await unit.customers.insert(withLogin('1', 'one'))
      })
      const found = await load(storage, { login: 'one' })
      assert.ok(found && found.id !== one.id)
    })
    test('DuplicateKey leaves the unit as it was before the write, and usable', async (storage) => {
      const [one, two] = [withLogin('1', 'one'), withLogin('2', 'two')]
      await store(storage, one, two)
      await storage.write(list, async (unit) => {
        await unit.lock('a')
        await unit.customers.insert(withLogin('3', 'three'))
        await unit.flush()
        const duplicate = isDuplicate('customers', 'login')
        const fails = async (work: () => Promise<unknown>): Promise<void> =>
          assert.rejects(async () => {
            await work()
            await unit.flush()
          }, duplicate)
        await fails(() => unit.customers.insert(withLogin('4', 'one')))
        await fails(() => unit.customers.insert(withLogin('4', 'three')))
        await fails(() => unit.customers.update({ ...two, keys: { customerNo: '5', login: 'one' } }))
        assert.deepEqual(await unit.customers.get({ customerNo: '2' }), two)
        assert.equal(await unit.customers.get({ customerNo: '4' }), undefined)
        assert.equal(await unit.customers.get({ customerNo: '5' }), undefined)
        await unit.customers.insert(withLogin('4', 'four'))
        await unit.customers.update(titled(two, 'Dr'))
      })
      assert.deepEqual(
        (await all(storage)).map(({ keys, title }) => [keys['customerNo'], keys['login'], title]),
        [
          ['1', 'one', undefined],
          ['2', 'two', 'Dr'],
          ['3', 'three', undefined],
          ['4', 'four', undefined],
        ],
      )
    })
    test('a failed write keeps no key from others', async (storage, opened) => {
      const other = await opened.second()
      await store(storage, withLogin('1', 'one'))
      const holder = await openUnit(storage, async (unit) => {
        await assert.rejects(async () => {
          await unit.customers.insert(withLogin('2', 'one'))
          await unit.flush()
        }, DuplicateKey)
      })
      await store(other, withLogin('2', 'two'))
      await holder.commit()
    })

    const ways = [
      {
        held: 'taken by an insert',
        take: (unit: WriteUnit) => unit.customers.insert(withLogin('9', 'key')),
        commit: DuplicateKey,
        rollback: undefined,
      },
      {
        held: 'taken by an update',
        take: async (unit: WriteUnit) =>
          unit.customers.update({ ...(await loaded(unit, '1')), keys: { customerNo: '1', login: 'key' } }),
        commit: DuplicateKey,
        rollback: undefined,
      },
      {
        held: 'freed by an update',
        take: async (unit: WriteUnit) =>
          unit.customers.update({ ...(await loaded(unit, '2')), keys: { customerNo: '2' } }),
        commit: undefined,
        rollback: DuplicateKey,
      },
      {
        held: 'freed by a removal',
        take: async (unit: WriteUnit) => unit.customers.remove(await loaded(unit, '2')),
        commit: undefined,
        rollback: DuplicateKey,
      },
    ]
    for (const { held, take, ...expected } of ways)
      for (const way of ['commit', 'rollback'] as const)
        test(`a key ${held} of an open unit is waited for; its ${way} ${expected[way] ? 'makes it a duplicate' : 'lets the other go on'}`, async (storage, opened) => {
          const other = await opened.second()
          const isFreed = held.startsWith('freed')
          await store(storage, withLogin('1', 'one'), withLogin('2', isFreed ? 'key' : 'two'))
          for (const change of ['insert', 'update'] as const) {
            await storage.write(list, async (unit) => {
              for (const number of ['3', '9']) {
                const record = await unit.customers.get({ customerNo: number })
                if (record) await unit.customers.remove(record)
              }
              const [one, two] = [await loaded(unit, '1'), await unit.customers.get({ customerNo: '2' })]
              await unit.customers.update({ ...one, keys: { customerNo: '1', login: 'one' } })
              const keys = { customerNo: '2', login: isFreed ? 'key' : 'two' }
              if (two) await unit.customers.update({ ...two, keys })
              else await unit.customers.insert(withLogin('2', keys.login))
              if (change === 'update') await unit.customers.insert(withLogin('3', 'three'))
            })
            const events: string[] = []
            const holder = await openUnit(storage, async (unit) => {
              await take(unit)
              await unit.flush()
            })
            const contender = outcomes([
              other
                .write(list, async (unit) => {
                  if (change === 'insert') await unit.customers.insert(withLogin('3', 'key'))
                  else
                    await unit.customers.update({
                      ...(await loaded(unit, '3')),
                      keys: { customerNo: '3', login: 'key' },
                    })
                  await unit.flush()
                })
                .finally(() => events.push('contender')),
            ])
            await pause(other)
            events.push('holder')
            await holder[way]()
            const { errors } = await contender
            assert.deepEqual(events, ['holder', 'contender'])
            const Expected = expected[way]
            if (Expected) assert.ok(errors[0] instanceof Expected)
            else assert.deepEqual(errors, [])
            const winner = await load(storage, { login: 'key' })
            if (!Expected) assert.equal(winner?.customerNo, '3')
            else assert.ok(winner && winner.customerNo !== '3')
          }
        })
  })
  describe('races: of fifty one wins, the others get the typed error (decision 1.6)', () => {
    const races = [
      { key: 'login', make: (i: number) => withLogin(`${i}`, 'one') },
      { key: 'customerNo', make: (i: number) => withLogin('1', `login ${i}`) },
    ]
    for (const { key, make } of races)
      test(`fifty inserts of one ${key}`, async (storage, opened) => {
        const handles = [storage, await opened.second()]
        const { values, errors } = await outcomes(
          Array.from({ length: 50 }, (_, i) => store(handles[i % 2] as Storage, make(i))),
        )
        assert.deepEqual([values.length, errors.length], [1, 49])
        assert.ok(errors.every(isDuplicate('customers', key)))
        assert.equal((await all(storage)).length, 1)
      })
    test('fifty units that look for an email under a lock, and insert it if it is not there', async (storage, opened) => {
      const handles = [storage, await opened.second()]
      const inserted = await Promise.all(
        Array.from({ length: 50 }, (_, i) =>
          (handles[i % 2] as Storage).write(list, async (unit) => {
            await unit.lock('email/a@b.c')
            const query: Query = { where: { op: 'eq', path: ['keys', 'email'], value: 'a@b.c' }, limit: 1 }
            if ((await unit.customers.find(query)).total > 0) return 0
            await unit.customers.insert(customerRecord(`${i}`, { keys: { customerNo: `${i}`, email: 'a@b.c' } }))
            return 1
          }),
        ),
      )
      assert.equal(inserted.filter(Boolean).length, 1)
      assert.equal((await all(storage)).length, 1)
    })
    test('fifty removals of one record', async (storage) => {
      const one = customerRecord('1')
      await store(storage, one)
      const { values, errors } = await outcomes(
        Array.from({ length: 50 }, () => storage.write(list, (unit) => unit.customers.remove(one))),
      )
      assert.equal(values.length, 1)
      assert.ok(errors.every((error) => error instanceof StaleVersion))
    })
  })
}
