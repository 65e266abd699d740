import { expect } from 'chai'
import { after, before, describe, it } from 'mocha'
import { memoryStorage } from '../adapters/storage/local/memory.js'
import { Ordered } from '../adapters/storage/local/ordered.js'
import { find } from '../adapters/storage/local/query.js'
import { RecordTable } from '../adapters/storage/local/record-table.js'
import { LockTimeout, QueryRefused, StorageUnavailable } from '../core/ports/storage.js'
import type { CustomerRecord, Query, WriteUnit } from '../core/ports/storage.js'
import { randomSource } from './random-queries.js'
import { contractOptions, customerRecord, storageContract } from './storage-contract.js'

storageContract(
  { describe, it },
  {
    name: 'memory',
    maxWaiting: 60,
    open: async (options) => {
      const storage = memoryStorage({ maxWaiting: 60 })
      await storage.open(options)
      const same = async () => storage
      return { storage, second: same, reopen: same, dispose: () => storage.close() }
    },
  },
)

describe('memory storage: what a query looks at (adapters/storage/README.md, Indexes)', () => {
  const tier = ['mixins', 'loyalty', 'tier']
  const count = 5_000
  let looked = 0
  /** A record that counts how often one of its properties is read. */
  const counted = (record: CustomerRecord): CustomerRecord =>
    new Proxy(record, { get: (target, name) => (looked++, Reflect.get(target, name) as unknown) })
  const table = new RecordTable('customers', [tier])
  for (let n = 0; n < count; n++) {
    const keys = { customerNo: `${n}`, email: `${n % 1_000}` }
    table.put(counted(customerRecord(`${n}`, { title: 'x', keys, mixins: { loyalty: { tier: n % 500 } } })))
  }
  const reads = async (query: Query): Promise<number> => {
    looked = 0
    await find(table, query)
    return looked
  }
  const indexed: Readonly<Record<string, Query>> = {
    'a page of all': { offset: 2_000, limit: 25 },
    'equal on a unique key': { where: { op: 'eq', path: ['keys', 'customerNo'], value: '77' } },
    'several of a unique key': { where: { op: 'in', path: ['keys', 'customerNo'], values: ['77', '78'] } },
    'equal on a key that many share': { where: { op: 'eq', path: ['keys', 'email'], value: '77' } },
    'equal on a declared index': { where: { op: 'eq', path: tier, value: 77 }, limit: 25 },
    'several on a declared index': { where: { op: 'in', path: tier, values: [77, 78] } },
    'a range of a declared index': { where: { op: 'lt', path: tier, value: 2 } },
    'an order by a declared index': { sort: [{ path: tier }], offset: 2_000, limit: 25 },
    'the other way round': { sort: [{ path: tier, descending: true }], offset: 100, limit: 25 },
    'an index among other conditions': {
      where: {
        op: 'and',
        of: [
          { op: 'eq', path: ['title'], value: 'x' },
          { op: 'eq', path: tier, value: 7 },
        ],
      },
    },
  }
  for (const [name, query] of Object.entries(indexed))
    it(`${name}: few records of many`, async () => {
      expect(await reads(query)).to.be.below(count / 5)
    })
  it('a condition without an index: each record once', async () => {
    const seen = await reads({ where: { op: 'eq', path: ['title'], value: 'y' } })
    expect(seen).to.equal(count)
  })
})

describe('memory storage: the same look again, while records change between (adapters/storage/README.md, Isolation)', () => {
  it('is what a filter over all records says', async () => {
    const random = randomSource(7)
    const table = new RecordTable('customers', [])
    const records = new Map<string, CustomerRecord>()
    const titles = ['a', 'b', 'c', '1', 1, true, null, undefined]
    const put = (id: string): void => {
      const title = titles[Math.floor(random() * titles.length)] as string
      const record = customerRecord(id, { id, title, lastName: `${Math.floor(random() * 3)}` })
      records.set(id, record)
      table.put(record)
    }
    for (let n = 0; n < 2_000; n++) put(`${n}`)
    for (let round = 0; round < 40; round++) {
      const value = titles[round % 6] as string
      const query: Query = {
        where: {
          op: 'and',
          of: [
            { op: 'gte', path: ['lastName'], value: '1' },
            { op: 'eq', path: ['title'], value },
          ],
        },
      }
      const looking = find(table, query)
      const expected = [...records.values()].filter(({ title, lastName }) => title === value && (lastName ?? '') >= '1')
      for (let n = 0; n < 50; n++) {
        const id = `${Math.floor(random() * 3_000)}`
        if (random() < 0.7) put(id)
        else if (records.delete(id)) table.remove(id)
      }
      expect((await looking).items, `round ${round}`).to.deep.equal(expected)
    }
  })
})

describe('memory storage: limits of regular expressions', () => {
  const table = new RecordTable('customers', [])
  for (let n = 0; n < 100; n++) table.put(customerRecord(`${n}`, { title: 'x'.repeat(20_000) }))
  const query: Query = { where: { op: 'matches', path: ['title'], pattern: '(x+[xz]+)+[yz]' } }
  const refusal = (limits: object): Promise<unknown> =>
    find(table, query, undefined, { length: 100, rows: 100, work: 1_000_000, time: 10_000, ...limits }).catch(
      (error: unknown) => error,
    )

  it('refuse what needs more records or more time, and nothing else', async () => {
    expect(await refusal({})).to.deep.equal({ items: [], total: 0 })
    for (const limits of [{ rows: 99 }, { time: 0 }, { length: 9 }])
      expect(await refusal(limits)).to.be.instanceOf(QueryRefused)
  })
  it('leave the event loop free while they are tried, and answer for one moment', async () => {
    const storage = memoryStorage()
    await storage.open(contractOptions)
    const insert = (n: number) => (unit: WriteUnit) =>
      unit.customers.insert(customerRecord(`${n}`, { title: 'x'.repeat(20_000) }))
    for (let n = 0; n < 300; n++) await storage.write('L', insert(n))
    let turns = 0
    const state = { isRunning: true }
    const others = (async () => {
      for (let n = 1_000; state.isRunning; n++) {
        await storage.write('L', insert(n))
        turns++
        await new Promise((resolve) => setImmediate(resolve))
      }
    })()
    const where = { op: 'not', of: query.where } as NonNullable<Query['where']>
    const page = await storage.read('L', (unit) => unit.customers.find({ where }))
    state.isRunning = false
    await others
    expect(turns).to.be.above(2)
    expect(page.total).to.be.below(300 + turns)
    expect(page.items).to.have.length(page.total)
    await storage.close()
  })
})

describe('memory storage: a long look leaves the event loop free, and ends with its signal (adapters/storage/README.md, Cancelling)', () => {
  const count = 60_000
  const storage = memoryStorage()
  before(async () => {
    await storage.open(contractOptions)
    await storage.write('L', async (unit) => {
      for (let n = 0; n < count; n++)
        await unit.customers.insert(customerRecord(`${n}`, { title: `${(n * 7919) % count}`.padStart(6, '0') }))
    })
  })
  after(() => storage.close())
  const long: Readonly<Record<string, Query>> = {
    'a condition without an index': { where: { op: 'gte', path: ['title'], value: '0' }, limit: 3 },
    'the first page of a sort': { sort: [{ path: ['title'] }], limit: 3 },
    'a late page of a sort': { sort: [{ path: ['title'] }], offset: 40_000, limit: 3 },
  }
  it('answers as one moment does, while others change the records', async () => {
    for (const [name, query] of Object.entries(long)) {
      let turns = 0
      const counting = setInterval(() => turns++, 0)
      const reading = storage.read('L', (unit) => unit.customers.find(query))
      const changing = storage.write('L', async (unit) => {
        const record = await unit.customers.get({ customerNo: '0' })
        if (record) await unit.customers.update({ ...record, title: `x${turns}` })
        await unit.customers.insert(customerRecord(name, { title: 'y' }))
      })
      const page = await reading
      clearInterval(counting)
      await changing
      expect(turns, name).to.be.greaterThan(0)
      const before = Object.keys(long).indexOf(name)
      expect(page.total, name).to.equal(count + before)
      if (name === 'a late page of a sort')
        // the first record was changed before: it is not among those before the page any more
        expect(page.items.map(({ title }) => title)).to.deep.equal(['040001', '040002', '040003'])
    }
  })
  it('ends in the middle', async () => {
    const stop = new AbortController()
    const reading = storage.read('L', (unit) => unit.customers.find({ sort: [{ path: ['title'] }] }), stop.signal)
    const gone = new Error('gone')
    setImmediate(() => stop.abort(gone))
    expect(await reading.catch((error: unknown) => error)).to.equal(gone)
  })
})

describe('memory storage: a failed write keeps nothing locked that it took, and gives up nothing else (adapters/storage/README.md, Locks and time)', () => {
  it('also when it has waited twice', async () => {
    const storage = memoryStorage()
    await storage.open({ ...contractOptions, lockWait: 50 })
    const holding = (no: string, login: string) => {
      let end = (): void => undefined
      const ending = new Promise<void>((resolve) => (end = resolve))
      const unit = storage.write('L', async ({ customers }) => {
        await customers.insert(customerRecord(no, { keys: { customerNo: no, login } }))
        await ending
        throw new Error('rolled back')
      })
      return { end, ended: unit.catch(() => undefined) }
    }
    const [first, second] = [holding('1', 'a'), holding('2', 'b')]
    await storage.write('L', async (unit) => {
      await unit.lock('own')
      const record = customerRecord('3', { keys: { customerNo: '1', login: 'b' } })
      const inserting = unit.customers.insert(record).catch((error: unknown) => error)
      first.end()
      expect(await inserting).to.be.instanceOf(LockTimeout)
    })
    second.end()
    await Promise.all([first.ended, second.ended])
    await storage.write('L', (unit) => unit.lock('own'))
    await storage.close()
  })
})

describe('memory storage: a unit that has ended takes no lock any more (adapters/storage/README.md, Locks and time)', () => {
  it('whenever it ends, while a call that nobody waits for has one lock and asks for the next', async () => {
    const storage = memoryStorage()
    await storage.open({ ...contractOptions, lockWait: 50 })
    const record = (id: string, login: string) => customerRecord(id, { keys: { customerNo: id.slice(1), login } })
    for (let moments = 0; moments < 8; moments++) {
      let next = (): void => undefined
      const hasEnded = new Promise<void>((resolve) => (next = resolve))
      const first = storage.write('L', async ({ customers }) => {
        await customers.insert(record(`a${moments}`, `first${moments}`))
        await new Promise((resolve) => setImmediate(resolve))
        next()
        throw new Error('rolled back')
      })
      const second = storage.write('L', async ({ customers }) => {
        // the number is the first's, the login is free
        void customers.insert(record(`b${moments}`, `second${moments}`)).catch(() => undefined)
        await hasEnded
        for (let moment = 0; moment < moments; moment++) await Promise.resolve()
        throw new Error('rolled back')
      })
      await Promise.allSettled([first, second])
      await storage.write('L', ({ customers }) => customers.insert(record(`c${moments}`, `second${moments}`)))
    }
    await storage.close()
  })
})

describe('memory storage: close', () => {
  it('cuts off a unit that does not end: nothing of it is stored, and it hears of it', async () => {
    const storage = memoryStorage({ closeWait: 10 })
    await storage.open(contractOptions)
    const units: WriteUnit[] = []
    let end: (() => void) | undefined
    const hanging = storage
      .write('L', async (unit) => {
        units.push(unit)
        await unit.customers.insert(customerRecord('1'))
        await new Promise<void>((resolve) => (end = resolve))
      })
      .catch((error: unknown) => error)
    const waiting = storage.write('L', (unit) => unit.lock('a')).catch((error: unknown) => error)
    await storage.close()
    await waiting
    expect(await units[0]?.flush().catch((error: unknown) => error)).to.be.instanceOf(StorageUnavailable)
    end?.()
    expect(await hanging).to.be.instanceOf(StorageUnavailable)
  })
})

describe('sorted list in chunks', () => {
  it('is as a sorted array through thousands of additions and removals', () => {
    const random = randomSource(1)
    const list = new Ordered<number, number>({ compare: (a, b) => a - b })
    const array: number[] = []
    const check = (): void => {
      expect([...list.chunks()].flat()).to.deep.equal(array)
      expect(list.length).to.equal(array.length)
      for (let i = 0; i < 20; i++) {
        const [from, to, value] = [random() * array.length, random() * array.length, random()].map((n, at) =>
          at < 2 ? Math.floor(n) : n,
        ) as [number, number, number]
        expect(list.slice(from, to)).to.deep.equal(array.slice(from, Math.max(from, to)))
        expect(list.rank((item) => item - value)).to.equal(array.filter((item) => item < value).length)
        const other = random()
        const part = list.between(
          (item) => item - value,
          (item) => item - other,
        )
        const expected = array.filter((item) => item >= value && item < other)
        expect(part.length).to.equal(expected.length)
        expect([...part.chunks()].flat()).to.deep.equal(expected)
        expect(part.slice(2, 5)).to.deep.equal(expected.slice(2, 5))
      }
      expect(list.slice(0, Infinity)).to.deep.equal(array)
    }
    check()
    for (let round = 0; round < 12; round++) {
      const grows = round < 6
      for (let i = 0; i < 1_500; i++) {
        const at = Math.floor(random() * array.length)
        if (random() < (grows ? 0.85 : 0.1) || array.length === 0) {
          const item = random() < 0.3 ? 1 + round + i / 10_000 : random()
          list.add(item, item)
          const place = array.findIndex((other) => other > item)
          array.splice(place === -1 ? array.length : place, 0, item)
        } else {
          const [item = 0] = array.splice(at, 1)
          list.remove(item, item)
        }
      }
      list.remove(-1, -1)
      check()
    }
  })
})
