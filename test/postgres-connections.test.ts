import { expect } from 'chai'
import { after, before, describe, it } from 'mocha'
import { Pool } from 'pg'
import { postgresStorage } from '../adapters/storage/postgres/postgres.js'
import { StorageUnavailable } from '../core/ports/storage.js'
import type { Storage } from '../core/ports/storage.js'
import { contractOptions, customerRecord } from './storage-contract.js'
import { execute, newDatabase } from './support/postgres.js'

/** Resolves once a query gives this many rows. */
async function until(url: string, text: string, count: number): Promise<void> {
  while ((await execute(url, text)).rowCount !== count);
}
const reason = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => 'done',
    (error: unknown) => error,
  )
const ours = `FROM pg_stat_activity WHERE application_name = 'clientele' AND datname = current_database()`
const sleeping = `SELECT ${ours} AND state = 'active'`

describe('PostgreSQL connections: no backend stays behind, and reads find a connection', () => {
  let url: string
  let storage: Storage
  before(async () => {
    url = await newDatabase()
    storage = postgresStorage({ connectionString: url })
    await storage.open(contractOptions)
    await storage.write('L', (unit) => unit.customers.insert(customerRecord('1')))
    await execute(
      url,
      `CREATE VIEW slow AS SELECT pg_sleep(60)::text AS nothing;
       ALTER TABLE clientele_mappings RENAME TO mappings; INSERT INTO mappings (list, id, schema, doc) VALUES ('L', '1', 1, '{}');
       CREATE VIEW clientele_mappings AS SELECT mappings.* FROM mappings, slow`,
    )
  })
  after(() => storage.close())
  const readSlowly = (signal?: AbortSignal) => storage.read('L', (unit) => unit.mappings.get({ id: '1' }), signal)
  const getOne = () => storage.read('L', (unit) => unit.customers.get({ customerNo: '1' }))

  it('what nobody wants any more ends on the server, and there are never more backends than the pool has', async () => {
    const counts: number[] = []
    for (let round = 0; round < 4; round++) {
      const stop = new AbortController()
      const reads = Array.from({ length: 10 }, () => reason(readSlowly(stop.signal)))
      await until(url, sleeping, 10)
      stop.abort(new Error('the client has gone'))
      const served = getOne()
      counts.push((await execute(url, `SELECT ${ours}`)).rowCount ?? 0)
      expect(await Promise.all(reads)).to.deep.equal(Array.from({ length: 10 }, () => stop.signal.reason))
      expect(await served).to.not.equal(undefined)
    }
    expect(Math.max(...counts)).to.be.at.most(10)
    await until(url, sleeping, 0)
  })
  it('a statement of a unit that nobody wants any more ends too, and nothing is stored', async () => {
    const stop = new AbortController()
    const unit = storage.write(
      'L',
      async (tx) => {
        await tx.customers.insert(customerRecord('cancelled'))
        await tx.mappings.get({ id: '1' })
        await tx.mappings.find({ limit: 1 })
      },
      stop.signal,
    )
    await until(url, sleeping, 1)
    stop.abort(new Error('gone'))
    expect(await reason(unit)).to.equal(stop.signal.reason)
    expect(await storage.read('L', (tx) => tx.customers.get({ customerNo: 'cancelled' }))).to.equal(undefined)
    await until(url, sleeping, 0)
  })
  it('every connection of our own pool has a limit for its statements, and notices that its caller has gone', async () => {
    // servers from version 14 on notice
    const text = `SELECT current_setting('statement_timeout') || coalesce(current_setting('client_connection_check_interval', true), '1s')`
    await execute(
      url,
      `DROP VIEW clientele_mappings; CREATE VIEW clientele_mappings AS
         SELECT list, id, jsonb_build_object('schema', 1, 'said', (${text})) AS doc FROM mappings`,
    )
    expect(await readSlowly()).to.have.property('said', '30s1s')
  })
  it('units leave a quarter of the pool to reads, wait in order, and are refused when too many wait', async () => {
    const pool = new Pool({ connectionString: url, max: 4 })
    const few = postgresStorage({ pool, maxWaiting: 2 })
    await few.open({ ...contractOptions, lockWait: 60_000 })
    let finish = (): void => undefined
    const hooks = new Promise<void>((resolve) => (finish = resolve))
    const order: string[] = []
    let go = (): void => undefined
    const three = new Promise<void>((resolve) => (go = resolve))
    const units = ['a', 'b', 'c', 'd', 'e', 'f'].map((key) => {
      const unit = few.write('L', async (tx) => {
        await tx.lock(key)
        if (order.push(key) === 3) go()
        await hooks
      })
      return reason(unit)
    })
    const refused = (await units[5]) as Error
    expect(refused.name).to.equal('LockTimeout')
    expect(await few.read('L', (unit) => unit.customers.get({ customerNo: '1' }))).to.not.equal(undefined)
    await three
    expect(order.toSorted()).to.deep.equal(['a', 'b', 'c'])
    finish()
    expect(await Promise.all(units.slice(0, 5))).to.deep.equal(Array.from({ length: 5 }, () => 'done'))
    expect(order.slice(3).toSorted()).to.deep.equal(['d', 'e'])
    await few.close()
    await pool.end()
  })
})

describe('a connection that is lost before COMMIT was sent: nothing was stored, whoever notices', () => {
  let url: string
  let storage: Storage
  before(async () => {
    url = await newDatabase()
    storage = postgresStorage({ connectionString: url })
    await storage.open(contractOptions)
  })
  after(() => storage.close())

  for (const [who, notice] of [
    ['a library call', (unit) => unit.customers.find({}).then(() => undefined)],
    [
      'a call whose failure is swallowed',
      (unit) =>
        unit.customers.find({}).then(
          () => undefined,
          () => undefined,
        ),
    ],
    [
      'work that makes an error of its own of it',
      (unit) =>
        unit
          .flush()
          .then(() => unit.customers.find({}))
          .then(
            () => undefined,
            () => Promise.reject(new Error('mine')),
          ),
    ],
    ['the commit', () => Promise.resolve()],
  ] as readonly (readonly [string, (unit: Parameters<Parameters<Storage['write']>[1]>[0]) => Promise<void>])[])
    it(who, async () => {
      const unit = storage.write('L', async (tx) => {
        await tx.lock('a')
        await tx.customers.insert(customerRecord(who))
        await execute(url, `SELECT pg_terminate_backend(pid) ${ours} AND state = 'idle in transaction'`)
        // the end of the connection has arrived when another one's answer has
        await storage.read('L', (reader) => reader.customers.find({ limit: 1 }))
        await notice(tx)
      })
      const error = await reason(unit)
      expect(error).to.be.instanceOf(StorageUnavailable)
      expect(error).to.have.property('outcome', 'nothing')
    })
})
