/** Reads and units that nobody waits for any more. */
import assert from 'node:assert/strict'
import { Deadline } from '../../core/extension/deadline.js'
import { customerRecord } from './samples.js'
import { all, list, openUnit, pause, store } from './steps.js'
import type { Suite } from './suite.js'

const gone = new Error('the caller has gone')

/** Defines the tests of this topic. The signals do only what `Ending` says. */
export function cancelling({ describe, test }: Suite): void {
  describe('cancelling: read and write end when their signal fires, with its reason', () => {
    test('a read whose signal has fired reads nothing', async (storage) => {
      await store(storage, customerRecord('1'))
      const stop = new Deadline()
      const reading = storage.read(
        list,
        async (unit) => {
          assert.equal((await unit.customers.find({})).total, 1)
          stop.end(gone)
          await assert.rejects(unit.customers.get({ customerNo: '1' }), gone)
          await unit.customers.find({})
        },
        stop,
      )
      await assert.rejects(reading, gone)
      assert.equal((await all(storage)).length, 1)
    })
    test('a wait for a lock ends, its unit with it; others are served', async (storage) => {
      const holder = await openUnit(storage, (unit) => unit.lock('a'))
      const stop = new Deadline()
      const waiting = storage.write(list, (unit) => unit.lock('a'), stop)
      const next = storage.write(list, async (unit) => {
        await unit.lock('a')
        await unit.customers.insert(customerRecord('2'))
      })
      await pause(storage)
      stop.end(gone)
      await assert.rejects(waiting, gone)
      await holder.commit()
      await next
      assert.equal((await all(storage)).length, 1)
    })
    test('a wait for a lock that another handle holds ends too', async (storage, opened) => {
      const other = await opened.second()
      const holder = await openUnit(other, (unit) => unit.lock('a'))
      const stop = new Deadline()
      const waiting = storage.write(list, (unit) => unit.lock('a'), stop)
      await pause(storage)
      stop.end(gone)
      await assert.rejects(waiting, gone)
      await holder.commit()
      await storage.write(list, (unit) => unit.lock('a'))
    })
    test('a unit whose signal fires before its commit stores nothing, whatever its work makes of it', async (storage) => {
      const stop = new Deadline()
      const unit = storage.write(
        list,
        async (tx) => {
          await tx.customers.insert(customerRecord('1'))
          stop.end(gone)
          await tx.flush().catch(() => undefined)
        },
        stop,
      )
      await assert.rejects(unit, gone)
      assert.deepEqual(await all(storage), [])
    })
  })
}
