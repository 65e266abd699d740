/** Locks, their order, and the time that they may take. */
import assert from 'node:assert/strict'
import { LockTimeout } from '../../core/ports/storage.js'
import type { Storage } from '../../core/ports/storage.js'
import { customerRecord, withLogin, numbersOf } from './samples.js'
import { list, deferred, pause, store, all, openUnit, outcomes } from './steps.js'
import type { Suite } from './suite.js'

/** Milliseconds. A storage may count its connection to a wait, so connections are opened before. */
const shortWait = 1_000

/** Defines the tests of this topic. */
export function locks({ describe, test, maxWaiting }: Suite): void {
  describe('locks and time', () => {
    test('a lock lasts to the end of the unit, whichever way it ends', async (storage, opened) => {
      const other = await opened.second()
      for (const way of ['commit', 'rollback'] as const) {
        const events: string[] = []
        const holder = await openUnit(storage, (unit) => unit.lock('a'))
        const waiter = other.write(list, async (unit) => {
          await unit.lock('a')
          events.push('waiter')
        })
        await pause(other)
        events.push('holder')
        await holder[way]()
        await waiter
        assert.deepEqual(events, ['holder', 'waiter'])
      }
    })
    test('taking a lock twice is free, and other locks and lists are others', async (storage) => {
      const holder = await openUnit(storage, async (unit) => {
        await unit.lock('a')
        await unit.lock('a')
      })
      await storage.write(list, (unit) => unit.lock('b'))
      await storage.write('other', (unit) => unit.lock('a'))
      await holder.commit()
    })
    test(
      'a wait longer than lockWait, for a lock or for a key that an open unit holds, is LockTimeout, and leaves nothing',
      async (storage, opened) => {
        const other = await opened.second()
        await Promise.all([pause(other), pause(other)])
        const holder = await openUnit(storage, async (unit) => {
          await unit.lock('a')
          await unit.customers.insert(withLogin('1', 'one'))
          await unit.flush()
        })
        const forLock = other.write(list, async (unit) => {
          await unit.customers.insert(customerRecord('2'))
          await unit.lock('a')
        })
        const waits = [forLock, store(other, withLogin('3', 'one'))]
        await Promise.all(waits.map((wait) => assert.rejects(wait, LockTimeout)))
        await holder.commit()
        assert.deepEqual(numbersOf(await all(storage)), ['1'])
        await other.write(list, (unit) => unit.lock('a'))
      },
      { lockWait: shortWait },
    )
    test('a cycle of waits ends with LockTimeout for one, and the other commits', async (storage, opened) => {
      const handles = [storage, await opened.second()]
      const both = [deferred(), deferred()]
      const { values, errors } = await outcomes(
        [0, 1].map((index) =>
          (handles[index] as Storage).write(list, async (unit) => {
            await unit.lock(`lock ${index}`)
            both[index]?.resolve()
            await Promise.all(both.map(({ promise }) => promise))
            await unit.lock(`lock ${1 - index}`)
            await unit.customers.insert(customerRecord(`${index}`))
          }),
        ),
      )
      assert.equal(values.length, 1)
      assert.ok(errors.every((error) => error instanceof LockTimeout))
      assert.equal((await all(storage)).length, 1)
    })
    test('a cycle over a lock and a unique key ends so too', async (storage) => {
      const both = [deferred(), deferred()]
      const ready = async (index: number): Promise<void> => {
        both[index]?.resolve()
        await Promise.all(both.map(({ promise }) => promise))
      }
      const { values, errors } = await outcomes([
        storage.write(list, async (unit) => {
          await unit.lock('a')
          await ready(0)
          await unit.customers.insert(withLogin('1', 'one'))
          await unit.flush()
        }),
        storage.write(list, async (unit) => {
          await unit.customers.insert(withLogin('2', 'one'))
          await unit.flush()
          await ready(1)
          await unit.lock('a')
        }),
      ])
      assert.deepEqual([values.length, errors.length], [1, 1])
      assert.ok(errors[0] instanceof LockTimeout)
      assert.equal((await all(storage)).length, 1)
    })
    test(
      'the queue of waiting units is bounded: beyond it LockTimeout at once, the others go on',
      async (storage) => {
        const holder = await openUnit(storage, (unit) => unit.lock('a'))
        const contenders = Array.from({ length: maxWaiting + 1 }, () => storage.write(list, (unit) => unit.lock('a')))
        const first = await Promise.race(contenders.map((one) => one.catch((error: unknown) => error)))
        assert.ok(first instanceof LockTimeout)
        const rest = outcomes(contenders)
        await holder.commit()
        const { values, errors } = await rest
        assert.deepEqual([values.length, errors.length], [maxWaiting, 1])
      },
      { lockWait: 30_000 },
    )
  })
}
