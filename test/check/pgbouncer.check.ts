/** Behind PgBouncer in transaction mode, with nothing but a connection string (adapters/storage/postgres/README.md, Poolers). */
import { expect } from 'chai'
import { after, before, describe, it } from 'mocha'
import { Pool } from 'pg'
import { postgresStorage } from '../../adapters/storage/postgres/postgres.js'
import type { PostgresOptions } from '../../adapters/storage/postgres/postgres.js'
import type { Storage } from '../../core/ports/storage.js'
import { contractOptions, customerRecord, storageContract } from '../storage-contract.js'
import { hasPgBouncer, startPgBouncer } from '../support/pgbouncer.js'
import type { Pooler } from '../support/pgbouncer.js'
import { execute, newDatabase } from '../support/postgres.js'
import { postgresFactory } from '../support/postgres-factory.js'
import { races } from '../support/races.js'

describe('behind a pooler in transaction mode nothing relies on the state of a connection', () => {
  if (!hasPgBouncer) {
    it('is not checked here: there is no pgbouncer (apt-get install pgbouncer)', () => undefined)
    return
  }
  const poolers: Pooler[] = []
  let database = ''
  const pooled = async (): Promise<string> => {
    database = await newDatabase()
    const pooler = await startPgBouncer(database)
    poolers.push(pooler)
    return pooler.url
  }
  after(async () => {
    for (const pooler of poolers) await pooler.stop()
  })

  describe('three example servers race', () => races(pooled))

  for (const locks of ['advisory', 'rows'] as const)
    describe(`the contract, locks: ${locks}`, () =>
      storageContract({ describe, it }, postgresFactory(`PgBouncer, locks: ${locks}`, { locks }, pooled)))

  describe('what a pooler costs', () => {
    let url = ''
    before(async () => {
      url = await pooled()
    })
    const warnings: string[] = []
    const withStorage = async (options: PostgresOptions, work: (storage: Storage) => Promise<void>) => {
      warnings.length = 0
      const storage = postgresStorage(options)
      await storage.open({ ...contractOptions, warn: (message) => void warnings.push(message) })
      try {
        await work(storage)
      } finally {
        await storage.close()
      }
    }
    let numbers = 0
    /** Creates, changes and reads from many callers at once; every call must be served. */
    const work = async (storage: Storage): Promise<void> => {
      const one = async (): Promise<void> => {
        const number = String(++numbers)
        await storage.write('L', (unit) => unit.customers.insert(customerRecord(number)))
        await storage.write('L', async (unit) => {
          await unit.lock(number)
          const record = await unit.customers.get({ customerNo: number })
          if (record) await unit.customers.update({ ...record, title: 'Dr' })
        })
        const found = await storage.read('L', (unit) => unit.customers.get({ customerNo: number }))
        expect(found?.title).to.equal('Dr')
      }
      for (let round = 0; round < 10; round++) await Promise.all(Array.from({ length: 20 }, one))
    }
    it('it is recognised when the storage opens, and the log names the option', async () => {
      await withStorage({ connectionString: url }, work)
      expect(warnings.join()).to.include('preparedStatements: false')
    })
    it('who says so is told nothing', async () => {
      await withStorage({ connectionString: url, preparedStatements: false }, work)
      expect(warnings).to.deep.equal([])
    })
    it('else its errors tell, and no call fails', async () => {
      const pool = new Pool({ connectionString: url })
      await withStorage({ pool, preparedStatements: true }, work)
      await pool.end()
      expect(warnings.join()).to.include('preparedStatements: false')
    })
    it('no setting stays behind on the connections that it hands on', async () => {
      const { rows } = await execute(url, `SELECT current_setting('statement_timeout') AS statement`)
      expect(rows).to.deep.equal([{ statement: '0' }])
    })
    it('a read that nobody wants any more ends there too', async () => {
      await withStorage({ connectionString: url }, async (storage) => {
        await execute(
          database,
          `CREATE VIEW slow AS SELECT pg_sleep(60)::text AS nothing; ALTER TABLE clientele_mappings RENAME TO mappings;
           CREATE VIEW clientele_mappings AS SELECT mappings.* FROM mappings, slow`,
        )
        await storage.write('L', async () => undefined)
        await execute(database, `INSERT INTO mappings (list, id, schema, doc) VALUES ('L', '1', 1, '{}')`)
        const stop = new AbortController()
        const reading = storage.read('L', (unit) => unit.mappings.get({ id: '1' }), stop.signal)
        const running = `SELECT FROM pg_stat_activity WHERE query LIKE '%clientele_mappings%' AND state = 'active' AND pid <> pg_backend_pid()`
        while ((await execute(database, running)).rowCount === 0);
        stop.abort(new Error('gone'))
        expect(await reading.catch((error: Error) => error.message)).to.equal('gone')
        while ((await execute(database, running)).rowCount !== 0);
      })
    })
  })
})
