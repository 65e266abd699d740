/** The end of a storage. */
import assert from 'node:assert/strict'
import { StorageUnavailable } from '../../core/ports/storage.js'
import { customerRecord } from './samples.js'
import { list, all, openUnit } from './steps.js'
import type { Suite } from './suite.js'

/** Defines the tests of this topic. */
export function closing({ describe, test }: Suite): void {
  describe('close: ends running work; later calls are StorageUnavailable', () => {
    test('waits for a running unit, which commits, and refuses new ones at once', async (storage) => {
      const events: string[] = []
      const unit = await openUnit(storage, (tx) => tx.customers.insert(customerRecord('1')))
      const closed = storage.close().then(() => events.push('closed'))
      await assert.rejects(
        storage.read(list, async () => {}),
        StorageUnavailable,
      )
      await assert.rejects(
        storage.write(list, async () => {}),
        StorageUnavailable,
      )
      await assert.rejects(storage.counter(list, 'customerNo', 1), StorageUnavailable)
      events.push('unit')
      await unit.commit()
      await closed
      assert.deepEqual(events, ['unit', 'closed'])
    })
    test('tells how it does in whole numbers, open, busy and closed', async (storage) => {
      const check = () => {
        for (const [name, figure] of Object.entries(storage.figures()))
          assert.ok(Number.isSafeInteger(figure) && figure >= 0, name)
      }
      check()
      const unit = await openUnit(storage, (tx) => tx.customers.insert(customerRecord('1')))
      check()
      await unit.commit()
      await storage.close()
      check()
    })
    test('can be called twice', async (storage) => {
      await Promise.all([storage.close(), storage.close()])
      await storage.close()
      await assert.rejects(all(storage), StorageUnavailable)
    })
  })
}
