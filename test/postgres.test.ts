import { setTimeout as delay } from 'node:timers/promises'
import { expect } from 'chai'
import { after, before, describe, it } from 'mocha'
import { Pool } from 'pg'
import { postgresStorage } from '../adapters/storage/postgres/postgres.js'
import { StorageUnavailable } from '../core/ports/storage.js'
import type { Condition, Query, Storage } from '../core/ports/storage.js'
import { indexedPath } from './random-queries.js'
import { contractOptions, customerRecord, storageContract } from './storage-contract.js'
import { start } from './support/child.js'
import { execute, newDatabase } from './support/postgres.js'
import { postgresFactory } from './support/postgres-factory.js'
import { recordingPool } from './support/recording-pool.js'
import type { RecordingPool } from './support/recording-pool.js'

/** Works on another list of the same storage, with the keys and locks of the contract's tests, until it is stopped. */
async function neighbour(storage: Storage): Promise<() => Promise<void>> {
  const stop = new AbortController()
  const work = async (): Promise<void> => {
    while (!stop.signal.aborted) {
      await storage
        .write('Neighbour', async (unit) => {
          await unit.lock('a')
          const known = await unit.customers.get({ customerNo: '1' })
          if (known) await unit.customers.remove(known)
          else
            await unit.customers.insert(
              customerRecord('1', { keys: { customerNo: '1', login: 'one', email: 'a@b.c' } }),
            )
          await storage.counter('Neighbour', 'customerNo', 1)
        })
        .catch((error: Error) => {
          if (error.name === 'StorageUnavailable') stop.abort()
        })
      await delay(10)
    }
  }
  const running = work()
  return async () => {
    stop.abort()
    await running
  }
}

describe('PostgreSQL storage', () => {
  describe('passes the contract with locks of rows', () =>
    storageContract({ describe, it }, postgresFactory('PostgreSQL, locks: rows', { locks: 'rows' }, newDatabase)))
  describe('passes the contract on a pool of ten, while another list is worked on through it', () =>
    storageContract({ describe, it }, postgresFactory('PostgreSQL, two lists', {}, newDatabase, neighbour)))

  describe('sends no more than it must', () => {
    let recording: RecordingPool
    let storage: Storage
    before(async () => {
      recording = recordingPool(await newDatabase())
      storage = postgresStorage({ pool: recording.pool })
      await storage.open(contractOptions)
    })
    after(async () => {
      await storage.close()
      await recording.end()
    })
    /** The first word of each statement that `work` sends. */
    const words = async (work: () => Promise<unknown>): Promise<string[]> => {
      recording.sent.length = 0
      await work()
      return recording.sent.map(({ text }) => text.split(' ')[0] as string)
    }
    const one = customerRecord('1')

    it('a unit whose only write is one insert is one round trip, also when it reads first', async () => {
      expect(await words(() => storage.write('L', (unit) => unit.customers.insert(one)))).to.deep.equal(['INSERT'])
      const sent = await words(() =>
        storage.write('L', async (unit) => {
          await unit.customers.get({ customerNo: '2' })
          await unit.customers.insert(customerRecord('2'))
        }),
      )
      expect(sent).to.deep.equal(['SELECT', 'INSERT'])
    })
    it('a flush, a lock or a second write opens the transaction; a plain change needs no savepoint', async () => {
      const flushed = await words(() =>
        storage.write('L', async (unit) => {
          await unit.customers.insert(customerRecord('3'))
          await unit.flush()
        }),
      )
      expect(flushed).to.deep.equal(['BEGIN', 'INSERT', 'COMMIT'])
      const changed = await words(() =>
        storage.write('L', async (unit) => {
          await unit.lock('customer/1')
          const record = await unit.customers.get({ customerNo: '1' })
          if (record) await unit.customers.update({ ...record, title: 'Dr' })
        }),
      )
      expect(changed).to.deep.equal(['BEGIN', 'SELECT', 'SELECT', 'UPDATE', 'COMMIT'])
      const removed = await words(() =>
        storage.write('L', async (unit) => {
          await unit.lock('customer/1')
          for (const record of (await unit.customers.find({})).items) await unit.customers.remove(record)
        }),
      )
      expect(removed).to.deep.equal(['BEGIN', 'SELECT', 'SELECT', 'DELETE', 'COMMIT'])
    })
    it('a unit that does nothing, and a read that reads nothing, send nothing', async () => {
      expect(await words(() => storage.write('L', async () => {}))).to.deep.equal([])
      expect(await words(() => storage.read('L', async () => {}))).to.deep.equal([])
    })
    it('opening tables that are up to date changes nothing', async () => {
      const again = postgresStorage({ pool: recording.pool })
      const sent = await words(() => again.open(contractOptions))
      await again.close()
      expect(sent.filter((word) => !['SELECT', 'SET', 'BEGIN;'].includes(word))).to.deep.equal([])
    })
    it('statements that recur are named, so that the server parses them once per connection', async () => {
      await words(() => storage.read('L', (unit) => unit.customers.get({ id: one.id })))
      expect(recording.sent.map(({ name }) => name?.slice(0, 10))).to.deep.equal(['clientele_'])
    })
  })

  describe('no scan where an index answers (EXPLAIN)', () => {
    const points = ['mixins', 'loyalty', 'points']
    let recording: RecordingPool
    let storage: Storage
    before(async () => {
      const url = await newDatabase()
      recording = recordingPool(url)
      storage = postgresStorage({ pool: recording.pool, indexes: { customers: [points] } })
      await storage.open(contractOptions)
      await execute(
        url,
        `INSERT INTO clientele_customers (list, id, schema, key_customer_no, key_login, key_email, doc)
           SELECT 'list' || n % 20, n, 1, n, n, n / 20, jsonb_build_object('mixins', jsonb_build_object('loyalty',
             jsonb_build_object('tier', 'tier' || n % 1999, 'points', n % 1999))) FROM generate_series(1, 40000) AS n;
         INSERT INTO clientele_addresses (list, id, schema, key_address, key_customer, doc)
           SELECT 'list' || n % 20, n, 1, n, n / 20, '{}' FROM generate_series(1, 40000) AS n;
         ANALYZE clientele_customers, clientele_addresses`,
      )
    })
    after(async () => {
      await storage.close()
      await recording.end()
    })
    const eq = (path: readonly string[], value: string): Condition => ({ op: 'eq', path, value })
    const queries: readonly (readonly [string, Query, string])[] = [
      ['a key', { where: eq(['keys', 'email'], '77') }, 'key_email'],
      ['one of some keys', { where: { op: 'in', path: ['keys', 'email'], values: ['7', '8'] }, limit: 5 }, 'key_email'],
      ['a page in order of creation', { offset: 500, limit: 25 }, 'ordinal'],
      ['a declared path: equal', { where: eq(indexedPath, 'tier7'), limit: 25 }, 'at_'],
      ['a declared path: one of', { where: { op: 'in', path: indexedPath, values: ['tier7', 3, true] } }, 'at_'],
      ['a declared path: greater', { where: { op: 'gt', path: points, value: 1990 }, limit: 25 }, 'at_'],
      ['a declared path: strings from', { where: { op: 'gte', path: indexedPath, value: 'tier99' } }, 'at_'],
      ['a declared path: absent', { where: { op: 'not', of: { op: 'exists', path: points } } }, 'at_'],
      ['a declared path: sorted', { sort: [{ path: indexedPath }], limit: 25 }, 'at_'],
      [
        'a declared path: sorted down',
        { sort: [{ path: points, descending: true }], limit: 25 },
        'Backward using \\w+_at_',
      ],
      [
        'either of two',
        { where: { op: 'or', of: [eq(indexedPath, 'tier7'), eq(['keys', 'email'], '7')] } },
        'BitmapOr',
      ],
      [
        'a regular expression beside an index',
        { where: { op: 'and', of: [eq(indexedPath, 'tier7'), { op: 'matches', path: ['title'], pattern: 'a' }] } },
        'at_',
      ],
    ]
    for (const [title, query, index] of queries)
      it(title, async () => {
        recording.sent.length = 0
        await storage.read('list7', (unit) => unit.customers.find(query))
        const plans = await recording.plans()
        expect(plans).to.have.length(1)
        expect(plans[0]).to.match(new RegExp(index)).and.not.include('Seq Scan')
      })
    it('records by id and by unique key, addresses by customer', async () => {
      recording.sent.length = 0
      await storage.read('list7', async (unit) => {
        await unit.customers.get({ id: '7' })
        await unit.customers.get({ customerNo: '7' })
        await unit.customers.get({ login: '7' })
        await unit.addresses.find({ where: eq(['keys', 'customer'], '7') })
      })
      const used = (await recording.plans()).map((plan) => /Scan using (\w+)/.exec(plan)?.[1])
      expect(used).to.deep.equal([
        'clientele_customers_pkey',
        'clientele_customers_key_customer_no',
        'clientele_customers_key_login',
        'clientele_addresses_key_customer',
      ])
    })
  })

  describe('start-up', () => {
    for (const [locks, many] of [
      ['advisory', 6],
      ['rows', 3],
    ] as const)
      it(`${many} processes that start at once make the tables and indexes once (locks: ${locks})`, async () => {
        const url = await newDatabase()
        const processes = Array.from({ length: many }, (_, i) =>
          start('test/support/open-postgres.js', { DATABASE_URL: url, LOCKS: locks }, [String(i)]),
        )
        for (const process of processes) await process.printed(/done/)
        for (const process of processes) expect(await process.ended).to.deep.equal({ code: 0, signal: null })
        const { rows } = await execute(
          url,
          `SELECT (SELECT count(*)::int FROM clientele_customers) AS customers,
             (SELECT count(*)::int FROM clientele_migrations) AS migrations,
             (SELECT count(*)::int FROM pg_index WHERE indexrelid::regclass::text LIKE '%\\_at\\_%' AND indisvalid) AS indexes,
             (SELECT count(*)::int FROM pg_index WHERE NOT indisvalid) AS broken`,
        )
        expect(rows).to.deep.equal([{ customers: many, migrations: 3, indexes: 2, broken: 0 }])
      })
    const opening = async (connectionString: string) => {
      const storage = postgresStorage({ connectionString })
      await storage.open(contractOptions)
      await storage.close()
    }
    const failure = (promise: Promise<unknown>) =>
      promise.then(
        () => 'it opened',
        (error: Error) => error.message,
      )
    it('says what is wrong: no server, no database, another encoding, tables of a newer version', async () => {
      expect(await failure(opening('postgres://postgres@127.0.0.1:1/none'))).to.match(/cannot be opened.*ECONNREFUSED/)
      const url = new URL(await newDatabase())
      expect(await failure(opening(new URL('/missing', url).href))).to.match(
        /cannot be opened.*"missing" does not exist/,
      )
      const latin = `latin_${Date.now()}`
      const version = Number((await execute(url.href, 'SHOW server_version_num')).rows[0].server_version_num) / 10_000
      await execute(
        url.href,
        `CREATE DATABASE ${latin} TEMPLATE template0 ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C'${version < 15 ? '' : ' LOCALE_PROVIDER libc'}`,
      )
      expect(await failure(opening(new URL(`/${latin}`, url).href))).to.match(/encoding UTF8, this one has LATIN1/)
      await execute(url.href, `DROP DATABASE ${latin}`)
      await opening(url.href)
      await execute(url.href, 'INSERT INTO clientele_migrations (version) VALUES (1000)')
      expect(await failure(opening(url.href))).to.match(/tables have version 1000, this library knows 3/)
    })
    it('locks of rows can be chosen later, and all processes must agree', async () => {
      const connectionString = await newDatabase()
      await opening(connectionString)
      const rows = postgresStorage({ connectionString, locks: 'rows' })
      await rows.open(contractOptions)
      await rows.write('L', (unit) => unit.lock('a'))
      await rows.close()
      expect(await failure(opening(connectionString))).to.match(/this database is used with locks: 'rows'/)
    })
    it('an index that broke off while it was built is built again', async () => {
      const url = await newDatabase()
      await opening(url)
      const { rows } = await execute(url, `SELECT relname FROM pg_class WHERE relname LIKE '%\\_at\\_%'`)
      await execute(url, `UPDATE pg_index SET indisvalid = false WHERE indexrelid = '${rows[0].relname}'::regclass`)
      await opening(url)
      const broken = await execute(url, 'SELECT FROM pg_index WHERE NOT indisvalid')
      expect(broken.rowCount).to.equal(0)
    })
  })

  describe('texts that PostgreSQL cannot hold or index', () => {
    let storage: Storage
    before(async () => {
      storage = postgresStorage({ connectionString: await newDatabase() })
      await storage.open(contractOptions)
    })
    after(() => storage.close())

    it('keys of any length are unique, found and told apart', async () => {
      const [a, b] = ['a', 'b'].map((end) => 'ä'.repeat(5000) + end) as [string, string]
      await storage.write('L', (unit) => unit.customers.insert(customerRecord(a, { title: a })))
      await storage.write('L', (unit) => unit.customers.insert(customerRecord(b, { title: b })))
      expect((await storage.read('L', (unit) => unit.customers.get({ customerNo: b })))?.title).to.equal(b)
      const query: Query = { where: { op: 'eq', path: ['keys', 'customerNo'], value: a } }
      expect(
        (await storage.read('L', (unit) => unit.customers.find(query))).items.map(({ title }) => title),
      ).to.deep.equal([a])
    })
    it('ranges of keys find those of any length', async () => {
      for (const key of ['', '\u0002', 'a', 'ä', 'ä'.repeat(5000)])
        await storage.write('R', (unit) => unit.customers.insert(customerRecord(key, { title: `${key.length}` })))
      const lengths = async (op: 'lt' | 'lte' | 'gt' | 'gte', value: string) => {
        const where: Condition = { op, path: ['keys', 'customerNo'], value }
        const { items } = await storage.read('R', (unit) => unit.customers.find({ where, limit: 9 }))
        return items.map(({ title }) => Number(title))
      }
      expect(await lengths('gte', 'ä')).to.deep.equal([1, 5000])
      expect(await lengths('gt', 'ä')).to.deep.equal([5000])
      expect(await lengths('lt', 'å')).to.deep.equal([0, 1, 1, 1, 5000])
      expect(await lengths('lte', 'a')).to.deep.equal([0, 1, 1])
      expect(await lengths('lt', '\u0001')).to.deep.equal([0])
      expect(await lengths('gte', 'ä'.repeat(4999))).to.deep.equal([5000])
    })
    it('look-ups, locks and conditions with NUL or a lone surrogate find nothing, and do not fail', async () => {
      await storage.write('N', (unit) => unit.customers.insert(customerRecord('1', { title: 'ab' })))
      for (const odd of ['a\0b', 'a\ud800']) {
        expect(await storage.read('N', (unit) => unit.customers.get({ customerNo: odd }))).to.equal(undefined)
        await storage.write('N', (unit) => unit.lock(odd))
        const totals = []
        for (const path of [['title'], indexedPath, ['keys', 'email'], ['mixins', odd]])
          for (const op of ['eq', 'lt', 'lte', 'gt', 'gte'] as const)
            totals.push(
              (await storage.read('N', (unit) => unit.customers.find({ where: { op, path, value: odd } }))).total,
            )
        // title ab: above a and NUL, below a and any surrogate
        const above = odd.includes('\0')
        expect(totals.slice(0, 5)).to.deep.equal(above ? [0, 0, 0, 1, 1] : [0, 1, 1, 0, 0])
        expect(totals.slice(5).every((total) => total === 0)).to.equal(true)
      }
    })
  })

  describe('faults: what is answered, and what becomes of the unit', () => {
    let url: string
    let pool: Pool
    let storage: Storage
    before(async () => {
      url = await newDatabase()
      pool = new Pool({ connectionString: url, max: 3 })
      storage = postgresStorage({ pool })
      await storage.open({ ...contractOptions, lockWait: 2000 })
      await execute(
        url,
        `CREATE FUNCTION trouble() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
           IF NEW.id LIKE 'full%' THEN RAISE EXCEPTION 'could not extend file' USING ERRCODE = '53100'; END IF;
           IF NEW.id LIKE 'slow%' THEN PERFORM pg_sleep(10); END IF;
           IF NEW.id LIKE 'odd%' THEN RAISE EXCEPTION 'secret %', NEW.doc USING ERRCODE = '22023', DETAIL = NEW.doc; END IF;
           RETURN NEW; END $$;
         CREATE TRIGGER trouble BEFORE INSERT ON clientele_customers FOR EACH ROW EXECUTE FUNCTION trouble();
         CREATE CONSTRAINT TRIGGER late AFTER INSERT ON clientele_addresses DEFERRABLE INITIALLY DEFERRED
           FOR EACH ROW EXECUTE FUNCTION trouble();
         ALTER TABLE clientele_addresses ENABLE ALWAYS TRIGGER late`,
      )
    })
    after(async () => {
      await storage.close()
      await pool.end()
    })
    const insert = (id: string) => storage.write('L', (unit) => unit.customers.insert({ ...customerRecord(id), id }))
    const outcome = (promise: Promise<unknown>): Promise<unknown> =>
      promise.then(
        () => 'stored',
        (error: Error) => (error instanceof StorageUnavailable ? error.outcome : error.message),
      )
    /** Ends the sessions that run a statement like this, as an operator or a restart would. */
    const terminate = async (like: string): Promise<void> => {
      for (;;) {
        const { rows } = await execute(
          url,
          `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
             WHERE datname = current_database() AND pid <> pg_backend_pid() AND ${like}`,
        )
        if (rows.length > 0) return
      }
    }

    it('disk full: nothing is stored, 503, and the next write is served', async () => {
      expect(await outcome(insert('full'))).to.equal('nothing')
      const locked = storage.write('L', async (unit) => {
        await unit.lock('a')
        await unit.customers.insert({ ...customerRecord('full'), id: 'full' })
      })
      expect(await outcome(locked)).to.equal('nothing')
      expect(await outcome(insert('fine'))).to.equal('stored')
    })
    it('a connection that dies while it is idle costs nobody an answer', async () => {
      await Promise.all([1, 2, 3].map(() => storage.read('L', (unit) => unit.customers.find({ limit: 1 }))))
      await terminate(`state = 'idle'`)
      const answers = await Promise.all(
        Array.from({ length: 9 }, (_, i) => outcome(storage.write('L', (unit) => unit.lock(`lock ${i}`)))),
      )
      expect(answers).to.deep.equal(Array.from({ length: 9 }, () => 'stored'))
    })
    it('a connection that dies within a unit: nothing is stored, whatever the work makes of it', async () => {
      for (const isSwallowed of [false, true]) {
        const unit = storage.write('L', async (tx) => {
          await tx.lock('a')
          await tx.customers.insert(customerRecord(`lost ${isSwallowed}`))
          await terminate(`state = 'idle in transaction'`)
          const found = tx.customers.find({})
          await (isSwallowed ? found.catch(() => {}) : found)
        })
        expect(await outcome(unit)).to.equal('nothing')
      }
      expect(await storage.read('L', (unit) => unit.customers.get({ customerNo: 'lost true' }))).to.equal(undefined)
    })
    it('a connection that dies during the write of a single insert, or during COMMIT: unknown', async () => {
      const single = outcome(insert('slow 1'))
      await terminate(`query LIKE 'INSERT%' AND state = 'active'`)
      expect(await single).to.equal('unknown')
      const deferred = outcome(
        storage.write('L', async (unit) => {
          const { creationDate, lastModified } = customerRecord('')
          const envelope = { id: 'slow 2', version: 1, schema: 1, keys: { address: '1/1', customer: '1' } }
          await unit.addresses.insert({ ...envelope, addressId: '1', isDefault: true, creationDate, lastModified })
          await unit.flush()
        }),
      )
      await terminate(`query = 'COMMIT' AND state = 'active'`)
      expect(await deferred).to.equal('unknown')
      expect(await outcome(insert('fine 2'))).to.equal('stored')
    })
    it('an exhausted pool: nothing is stored, after the longest wait', async () => {
      const held = await Promise.all([1, 2, 3].map(() => pool.connect()))
      const finding = storage.read('L', (unit) => unit.customers.find({}))
      expect(await Promise.all([insert('waited'), finding].map(outcome))).to.deep.equal(['nothing', 'nothing'])
      for (const client of held) client.release()
      expect(await outcome(insert('waited'))).to.equal('stored')
    })
    it('connections in an odd state are not given to others', async () => {
      const find = () =>
        outcome(
          storage.write('L', async (unit) => {
            await unit.lock('a')
            await unit.customers.get({ customerNo: '1' })
          }),
        )
      for (let i = 0; i < 3; i++) await find()
      const held = await Promise.all([1, 2, 3].map(() => pool.connect()))
      // what a pooler between here and the server may do: `pg` goes on to think that its statements are prepared
      for (const client of held) await client.query('DEALLOCATE ALL')
      for (const client of held) client.release()
      const answers = []
      for (let i = 0; i < 8; i++) answers.push(await find())
      expect(answers.slice(-4)).to.deep.equal(['stored', 'stored', 'stored', 'stored'])
    })
    it('an error that nobody expected names its code and no data', async () => {
      const message = await outcome(insert('odd'))
      expect(message).to.equal('PostgreSQL: refused a statement (SQLSTATE 22023)')
    })
    it('leaves no connection borrowed and no lock held', async () => {
      expect(pool.totalCount).to.equal(pool.idleCount)
      const { rows } = await execute(url, `SELECT FROM pg_locks WHERE locktype = 'advisory'`)
      expect(rows).to.deep.equal([])
    })
  })
})
