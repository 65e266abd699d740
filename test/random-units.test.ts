import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { expect } from 'chai'
import { describe, it } from 'mocha'
import { jsonFileStorage } from '../adapters/storage/file/json-file.js'
import { memoryStorage } from '../adapters/storage/local/memory.js'
import type { CustomerRecord, Query, Storage, WriteUnit } from '../core/ports/storage.js'
import { expectedPage, randomCustomer, randomQuery, randomSource } from './random-queries.js'
import type { RandomSource } from './random-queries.js'
import { contractOptions } from './storage-contract.js'

const list = 'SiteGenesis'
const numbers = Array.from({ length: 12 }, (_, n) => String(n))
const logins = ['a', 'b', 'c', 'd', 'e', undefined]
const outcomes = ['DuplicateKey', 'StaleVersion', 'LockTimeout', 'Undo']

/** Some locks, inserts, updates and removals of few keys, in any order; half of the refusals are survived. */
async function work(unit: WriteUnit, random: RandomSource): Promise<void> {
  const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)] as T
  const keysOf = (customerNo: string) => {
    const login = pick(logins)
    return { customerNo, ...(login !== undefined && { login }), ...(random() < 0.5 && { email: pick(['x', 'y']) }) }
  }
  const step = async (): Promise<unknown> => {
    const kind = random()
    const customerNo = pick(numbers)
    if (kind < 0.15) return unit.lock(customerNo)
    if (kind < 0.5) return unit.customers.insert({ ...randomCustomer(random), customerNo, keys: keysOf(customerNo) })
    const record = await unit.customers.get({ customerNo: pick(numbers) })
    if (random() < 0.3) await setImmediate()
    if (!record) return undefined
    if (kind > 0.8) return unit.customers.remove(record)
    const mixins = { loyalty: { tier: Math.floor(random() * 4) } }
    const next = random() < 0.5 ? record.customerNo : customerNo
    return unit.customers.update({ ...record, mixins, customerNo: next, keys: keysOf(next) })
  }
  for (let count = Math.ceil(random() * 4); count > 0; count--)
    await step().catch((error: Error) => {
      if (error.name === 'LockTimeout' || random() < 0.5) throw error
    })
  if (random() < 0.2) throw Object.assign(new Error('undo'), { name: 'Undo' })
}

/** Keys, indexes and queries say the same of what is stored. */
async function agree(storage: Storage, random: RandomSource): Promise<void> {
  await storage.read(list, async ({ customers }) => {
    const { items } = await customers.find({})
    const holders = new Map<string, CustomerRecord>()
    for (const record of items)
      for (const name of ['customerNo', 'login']) {
        const key = record.keys[name]
        if (key === undefined) continue
        expect(holders.has(`${name} ${key}`), `two records have ${name} ${key}`).to.equal(false)
        holders.set(`${name} ${key}`, record)
      }
    for (const customerNo of numbers)
      expect(await customers.get({ customerNo })).to.equal(holders.get(`customerNo ${customerNo}`))
    for (const login of logins)
      if (login !== undefined) expect(await customers.get({ login })).to.equal(holders.get(`login ${login}`))
    const byEmail: Query = { where: { op: 'eq', path: ['keys', 'email'], value: 'x' } }
    for (const query of [byEmail, ...Array.from({ length: 10 }, () => randomQuery(random))])
      expect(await customers.find(query), JSON.stringify(query)).to.deep.equal(expectedPage(items, query))
  })
}

/** Rounds of forty units at once; after each, everything agrees and every lock is free. */
async function run(storage: Storage, random: RandomSource, reopen: () => Promise<Storage>): Promise<void> {
  let current = storage
  const seen = new Map<string, number>()
  for (let round = 0; round < 12; round++) {
    const unit = async (): Promise<void> => {
      if (random() < 0.5) await setImmediate()
      const outcome = await current
        .write(list, (tx) => work(tx, random))
        .then(
          () => 'commit',
          (error: Error) => error.name,
        )
      expect(['commit', ...outcomes]).to.include(outcome)
      seen.set(outcome, (seen.get(outcome) ?? 0) + 1)
    }
    await Promise.all(Array.from({ length: 40 }, unit))
    if (round % 4 === 3) current = await reopen()
    await agree(current, random)
    await current.write(list, async (tx) => {
      for (const number of numbers) await tx.lock(number)
    })
  }
  expect([...seen.keys()], 'every outcome').to.include.members([
    'commit',
    'DuplicateKey',
    'StaleVersion',
    'LockTimeout',
  ])
  await current.close()
}

describe('random units at once: keys, indexes and queries agree, no lock is left', () => {
  const options = { ...contractOptions, lockWait: 10_000 }
  const seed = Date.now()
  it(`memory, seed ${seed}`, async () => {
    const storage = memoryStorage()
    await storage.open(options)
    await run(storage, randomSource(seed), async () => storage)
  })
  it(`JSON file, reopened in between, seed ${seed}`, async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'clientele-'))
    const open = async (): Promise<Storage> => {
      const storage = jsonFileStorage({ file: path.join(folder, 'customers.json'), journalBytes: 20_000 })
      await storage.open(options)
      return storage
    }
    let current = await open()
    await run(current, randomSource(seed), async () => {
      await current.close()
      current = await open()
      return current
    })
    await rm(folder, { recursive: true })
  })
})
