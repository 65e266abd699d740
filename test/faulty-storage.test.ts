import { expect } from 'chai'
import { describe, it } from 'mocha'
import { memoryStorage } from '../adapters/storage/local/memory.js'
import { StorageUnavailable } from '../core/ports/storage.js'
import type { Storage } from '../core/ports/storage.js'
import { faultyStorage } from './faulty-storage.js'
import type { FaultyStorage, StorageStep } from './faulty-storage.js'
import { contractOptions, customerRecord, storageContract } from './storage-contract.js'

const list = 'SiteGenesis'

storageContract(
  { describe, it },
  {
    name: 'faulty storage without faults',
    maxWaiting: 60,
    open: async (options) => {
      const storage = faultyStorage(memoryStorage({ maxWaiting: 60 }))
      await storage.open(options)
      const same = async () => storage
      return { storage, second: same, reopen: same, dispose: () => storage.close() }
    },
  },
)

const steps: readonly StorageStep[] =
  'open counter write lock insert flush update remove commit committed read get find close'.split(' ') as StorageStep[]

/** Goes through every step once. */
async function runThrough(storage: Storage): Promise<void> {
  await storage.open(contractOptions)
  await storage.counter(list, 'customerNo', 1)
  await storage.write(list, async (unit) => {
    await unit.lock('customer/1')
    const record = await unit.customers.insert(customerRecord('1'))
    await unit.flush()
    await unit.customers.remove(await unit.customers.update({ ...record, title: 'Dr' }))
  })
  await storage.read(list, async (unit) => {
    await unit.customers.get({ customerNo: '1' })
    await unit.customers.find({})
  })
  await storage.close()
}

/** What a promise came to, or that it is still open after everything that can go on has gone on. */
async function stateOf(promise: Promise<unknown>): Promise<unknown> {
  const turns = new Promise((resolve) => setImmediate(() => setImmediate(() => resolve('open'))))
  return Promise.race([promise.catch((error: unknown) => error), turns])
}

const insert = (storage: Storage, ...numbers: readonly string[]): Promise<void> =>
  storage.write(list, async (unit) => {
    for (const number of numbers) await unit.customers.insert(customerRecord(number))
  })

const count = (storage: Storage): Promise<number> =>
  storage.read(list, async (unit) => (await unit.customers.find({})).total)

describe('faulty storage: fails, hangs or answers late at a chosen step', () => {
  const open = async (): Promise<FaultyStorage> => {
    const storage = faultyStorage(memoryStorage())
    await storage.open(contractOptions)
    storage.forget()
    return storage
  }

  it('logs every step in order', async () => {
    const storage = faultyStorage(memoryStorage())
    await runThrough(storage)
    expect(storage.log.map(({ step }) => step)).to.deep.equal(steps)
    expect(storage.log[4]).to.deep.equal({ step: 'insert', list, kind: 'customers' })
  })

  for (const step of steps) {
    it(`fails at ${step}`, async () => {
      const storage = faultyStorage(memoryStorage(), [{ step, does: 'fail' }])
      const error = await runThrough(storage).then(
        () => undefined,
        (reason: unknown) => reason,
      )
      expect(error).to.be.instanceOf(StorageUnavailable)
      expect((error as StorageUnavailable).outcome).to.equal(step === 'committed' ? 'unknown' : 'nothing')
    })
    it(`hangs at ${step} until released`, async () => {
      const storage = faultyStorage(memoryStorage(), [{ step, does: 'hang' }])
      const run = runThrough(storage)
      expect(await stateOf(run)).to.equal('open')
      expect(storage.log.at(-1)?.step).to.equal(step)
      storage.heal()
      await run
    })
  }

  it('fails at the nth such step alone, counted from the injection', async () => {
    const storage = await open()
    await insert(storage, '1')
    storage.inject({ step: 'insert', nth: 2, does: 'fail' })
    expect(await stateOf(insert(storage, '2', '3'))).to.be.instanceOf(StorageUnavailable)
    expect(await count(storage)).to.equal(1)
    await insert(storage, '2', '3')
    expect(await count(storage)).to.equal(3)
  })

  it('keeps to the kind and the list of the fault, and can be taken away', async () => {
    const storage = await open()
    const undo = storage.inject({ step: 'insert', kind: 'addresses', does: 'fail' })
    storage.inject({ step: 'write', list: 'other', does: 'fail' })
    await insert(storage, '1')
    const address = customerRecord('1') as never
    const work = (): Promise<void> => storage.write(list, async (unit) => void (await unit.addresses.insert(address)))
    expect(await stateOf(work())).to.be.instanceOf(StorageUnavailable)
    undo()
    await work()
    expect(await stateOf(storage.write('other', async () => {}))).to.be.instanceOf(StorageUnavailable)
  })

  it('before the commit nothing is stored, after it everything is', async () => {
    const storage = await open()
    const undo = storage.inject({ step: 'commit', does: 'fail' })
    expect(await stateOf(insert(storage, '1'))).to.have.property('outcome', 'nothing')
    undo()
    expect(await count(storage)).to.equal(0)
    storage.inject({ step: 'committed', does: 'fail' })
    expect(await stateOf(insert(storage, '1'))).to.have.property('outcome', 'unknown')
    expect(await count(storage)).to.equal(1)
  })

  it('throws the error of the fault, and answers late', async () => {
    const storage = await open()
    const error = new Error('mine')
    storage.inject({ step: 'find', nth: 1, does: 'fail', error })
    expect(await stateOf(count(storage))).to.equal(error)
    storage.inject({ step: 'find', does: 5 })
    expect(await count(storage)).to.equal(0)
  })
})
