/**
 * The storage contract: what every storage promises, test by test (storage.md, "The port"). An adapter is an
 * implementation of `Storage` that passes it, whole.
 *
 * @example
 * import { describe, it } from 'mocha'
 * import { storageContract } from 'clientele/testing'
 * storageContract({ describe, it }, { name: 'my storage', maxWaiting: 20, open: async (options) => … })
 */
import assert from 'node:assert/strict'
import { setImmediate } from 'node:timers/promises'
import {
  DuplicateKey,
  kinds,
  LockTimeout,
  SchemaTooNew,
  StaleVersion,
  QueryRefused,
  StorageUnavailable,
  upgrader,
} from '../core/ports/storage.js'
import type {
  AddressRecord,
  CustomerRecord,
  Envelope,
  Kind,
  KeyOf,
  Query,
  Records,
  Storage,
  StorageOptions,
  WriteUnit,
} from '../core/ports/storage.js'
import { expectedPage, indexedPath, randomCustomer, randomId, randomQuery, randomSource } from './random-queries.js'

/** The two functions of a test runner that the suite needs. */
export interface TestRunner {
  describe(title: string, define: () => void): unknown
  it(title: string, run: () => Promise<void>): unknown
}

/** A storage on data of its own. */
export interface Opened {
  readonly storage: Storage
  /** Another handle on the same data, open at the same time; `storage` itself where the engine allows one handle only. */
  second(): Promise<Storage>
  /** Closes all handles and opens the data anew; `storage` itself, left open, where data ends with the handle. */
  reopen(): Promise<Storage>
  /** Closes all handles that are open and removes the data. */
  dispose(): Promise<void>
}

/** Makes storages for the suite. */
export interface StorageFactory {
  readonly name: string
  /** Opens a storage on fresh, empty data. */
  open(options: StorageOptions): Promise<Opened>
  /** So many units of work can wait for one lock at once in the storages that `open` makes; the next is refused. */
  readonly maxWaiting: number
}

const list = 'SiteGenesis'
const random = randomSource(20260101)

/** Options that the suite opens storages with. */
export const contractOptions: StorageOptions = {
  indexes: { customers: [indexedPath], addresses: [['city']] },
  lockWait: 5_000,
  upgrade: upgrader(),
  warn: () => {},
}

/** A customer record; `keys` are its unique keys. */
export function customerRecord(customerNo: string, more: Partial<CustomerRecord> = {}): CustomerRecord {
  return {
    id: randomId(random),
    version: 1,
    schema: 1,
    keys: { customerNo },
    customerNo,
    active: true,
    credentials: { locked: false },
    creationDate: '2026-01-01T00:00:00.000Z',
    lastModified: '2026-01-01T00:00:00.000Z',
    ...more,
  }
}

const withLogin = (customerNo: string, login: string): CustomerRecord =>
  customerRecord(customerNo, { keys: { customerNo, login }, credentials: { locked: false, login } })

function addressRecord(customer: string, addressId: string): AddressRecord {
  const { creationDate, lastModified } = customerRecord('')
  const keys = { customer, address: `${customer}/${addressId}` }
  return { id: randomId(random), version: 1, schema: 1, keys, addressId, isDefault: false, creationDate, lastModified }
}

/** A record of a kind with these keys, for what holds for all kinds alike. */
function recordOf<K extends Kind>(kind: K, keys: Readonly<Record<string, string>>): Records[K] {
  const bodies: { readonly [K in Kind]: Omit<Records[K], keyof Envelope> } = {
    customers: customerRecord('1'),
    addresses: addressRecord('1', '1'),
    accounts: { account: { id: '1', providerId: 'facebook' } },
    mappings: { customerNumber: '1', sdCustomerNumber: '2', deletedInYaaS: false },
    socialMediaUsers: { user: { id: '1', referenceCustomerNumber: '1' } },
  }
  return { ...bodies[kind], id: randomId(random), version: 1, schema: 1, keys } as Records[K]
}

const names = Object.keys(kinds) as Kind[]
const uniqueKeys = names.flatMap((kind) => kinds[kind].unique.map((name) => ({ kind, name: name as string })))

/** A promise and its ends. */
function deferred(): { readonly promise: Promise<void>; resolve(): void } {
  let end: (() => void) | undefined
  const promise = new Promise<void>((resolve) => (end = resolve))
  return { promise, resolve: () => end?.() }
}

/** Gives others time to go as far as they can: some round trips to the storage. */
async function pause(storage: Storage): Promise<void> {
  for (let i = 0; i < 5; i++) await storage.read(list, (unit) => unit.customers.find({ limit: 1 }))
}

const numbersOf = (records: readonly CustomerRecord[]): string[] => records.map(({ customerNo }) => customerNo)

const store = (storage: Storage, ...records: readonly CustomerRecord[]): Promise<void> =>
  storage.write(list, async (unit) => {
    for (const record of records) await unit.customers.insert(record)
  })

const load = (storage: Storage, key: KeyOf<'customers'>): Promise<CustomerRecord | undefined> =>
  storage.read(list, (unit) => unit.customers.get(key))

const all = async (storage: Storage, query: Query = {}): Promise<readonly CustomerRecord[]> =>
  (await storage.read(list, (unit) => unit.customers.find(query))).items

/** The record that must be there. */
async function loaded(unit: Pick<WriteUnit, 'customers'>, customerNo: string): Promise<CustomerRecord> {
  const record = await unit.customers.get({ customerNo })
  assert.ok(record, `customer ${customerNo} is not there`)
  return record
}

const titled = (record: CustomerRecord, title: string): CustomerRecord => ({ ...record, title })

class Undo extends Error {}

/** Runs a unit whose work ends with a failure of its own. */
async function undone(storage: Storage, work: (unit: WriteUnit) => Promise<unknown>): Promise<void> {
  const undo = new Undo('undo')
  await assert.rejects(
    storage.write(list, async (unit) => {
      await work(unit)
      throw undo
    }),
    (error) => error === undo,
  )
}

/** A unit that did `work` and stays open until it is told how to end. */
async function openUnit(storage: Storage, work: (unit: WriteUnit) => Promise<unknown>) {
  const ready = deferred()
  const end = deferred()
  let isKept = true
  const done = storage.write(list, async (unit) => {
    await work(unit)
    ready.resolve()
    await end.promise
    if (!isKept) throw new Undo('undo')
  })
  const ended = done.catch((error: unknown) => {
    ready.resolve()
    if (!(error instanceof Undo)) throw error
  })
  await ready.promise
  return {
    commit: (): Promise<void> => (end.resolve(), ended),
    rollback: (): Promise<void> => ((isKept = false), end.resolve(), ended),
  }
}

/** Outcomes of several promises: values of those fulfilled, errors of the others. */
async function outcomes<T>(promises: readonly Promise<T>[]): Promise<{ values: T[]; errors: unknown[] }> {
  const settled = await Promise.allSettled(promises)
  const values = settled.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))
  return { values, errors: settled.flatMap((one) => (one.status === 'rejected' ? [one.reason as unknown] : [])) }
}

const isDuplicate = (kind: Kind, key: string) => (error: unknown) =>
  error instanceof DuplicateKey && error.kind === kind && error.key === key

/** Defines the contract's tests for one engine. */
export function storageContract(runner: TestRunner, factory: StorageFactory): void {
  const describe = (title: string, define: () => void): unknown => runner.describe(title, define)
  /** A test on a fresh storage. */
  const test = (
    title: string,
    run: (storage: Storage, opened: Opened) => Promise<void>,
    options: Partial<StorageOptions> = {},
  ): unknown =>
    runner.it(title, async () => {
      const opened = await factory.open({ ...contractOptions, ...options })
      try {
        await run(opened.storage, opened)
      } finally {
        await opened.dispose()
      }
    })

  describe(`storage contract: ${factory.name}`, () => {
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
          for (const kind of names) await unit[kind].insert(recordOf(kind, { customer: 'c' }) as never)
        })
        const before = await all(storage)
        const again = await opened.reopen()
        assert.deepEqual(await all(again), before)
        assert.equal((await load(again, { customerNo: first.customerNo }))?.version, 2)
        for (const kind of names) {
          const query: Query = { where: { op: 'eq', path: ['keys', 'customer'], value: 'c' } }
          assert.equal(await again.read(list, async (unit) => (await unit[kind].find(query)).total), 1)
        }
      })
    })

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
        'a wait longer than lockWait is LockTimeout, and leaves nothing',
        async (storage, opened) => {
          const other = await opened.second()
          const holder = await openUnit(storage, (unit) => unit.lock('a'))
          await assert.rejects(
            other.write(list, async (unit) => {
              await unit.customers.insert(customerRecord('1'))
              await unit.lock('a')
            }),
            LockTimeout,
          )
          await holder.commit()
          assert.deepEqual(await all(storage), [])
          await other.write(list, (unit) => unit.lock('a'))
        },
        { lockWait: 150 },
      )
      test(
        'a wait longer than lockWait for a key that an open unit holds is LockTimeout',
        async (storage, opened) => {
          const other = await opened.second()
          const holder = await openUnit(storage, async (unit) => {
            await unit.customers.insert(withLogin('1', 'one'))
            await unit.flush()
          })
          await assert.rejects(store(other, withLogin('2', 'one')), LockTimeout)
          await holder.commit()
          assert.deepEqual(numbersOf(await all(storage)), ['1'])
        },
        { lockWait: 150 },
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
          const contenders = Array.from({ length: factory.maxWaiting + 1 }, () =>
            storage.write(list, (unit) => unit.lock('a')),
          )
          const first = await Promise.race(contenders.map((one) => one.catch((error: unknown) => error)))
          assert.ok(first instanceof LockTimeout)
          const rest = outcomes(contenders)
          await holder.commit()
          const { values, errors } = await rest
          assert.deepEqual([values.length, errors.length], [factory.maxWaiting, 1])
        },
        { lockWait: 30_000 },
      )
    })

    describe('unique keys: checked per write, in order; an open unit is waited for; DuplicateKey leaves the unit usable', () => {
      for (const { kind, name } of uniqueKeys) {
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
          assert.deepEqual(numbersOf(await all(storage, { where: { op: 'eq', path, value: 'value' } })), [
            `with ${name}`,
          ])
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
      test('can be called twice', async (storage) => {
        await Promise.all([storage.close(), storage.close()])
        await storage.close()
        await assert.rejects(all(storage), StorageUnavailable)
      })
    })
  })
}

const oneOfAll = { customers: 1, addresses: 1, accounts: 1, mappings: 1, socialMediaUsers: 1 }
