import { after, before, describe, it } from 'mocha'
import { Pool } from 'pg'
import { postgresStorage } from '../adapters/storage/postgres.js'
import type { PostgresOptions } from '../adapters/storage/postgres.js'
import { kindNames } from '../core/storage.js'
import type { Storage, StorageOptions } from '../core/storage.js'
import { customerRecord, storageContract } from './storage-contract.js'
import { newDatabase } from './support/postgres.js'

/** A factory on one database, emptied after each test. The pool is the host's; further handles have their own. */
function factoryOn(
  name: string,
  settings: Pick<PostgresOptions, 'locks'>,
  meanwhile?: (storage: Storage) => Promise<() => Promise<void>>,
) {
  let url = ''
  let pool: Pool
  before(async () => {
    url = await newDatabase()
    pool = new Pool({ connectionString: url, max: 10 })
  })
  after(() => pool.end())
  const open = async (options: StorageOptions, where: { pool: Pool } | { connectionString: string }) => {
    const storage = postgresStorage({ ...settings, ...where, maxWaiting: 60 })
    await storage.open(options)
    return storage
  }
  return {
    name,
    maxWaiting: 60,
    open: async (options: StorageOptions) => {
      const storage = await open(options, { pool })
      const handles = [storage]
      const stop = await meanwhile?.(storage)
      const another = async () => {
        const handle = await open(options, { connectionString: url })
        handles.push(handle)
        return handle
      }
      return {
        storage,
        second: another,
        reopen: async () => {
          await stop?.()
          for (const handle of handles.splice(0)) await handle.close()
          return another()
        },
        dispose: async () => {
          await stop?.()
          for (const handle of handles) await handle.close()
          for (const table of [
            ...kindNames.map((kind) => kind.replaceAll(/[A-Z]/g, (c) => `_${c.toLowerCase()}`)),
            'counters',
          ])
            await pool.query(`DELETE FROM clientele_${table}`)
        },
      }
    },
  }
}

/** Works on another list of the same storage, with the keys and locks of the contract's tests, until it is stopped. */
async function neighbour(storage: Storage): Promise<() => Promise<void>> {
  const stop = new AbortController()
  const work = async (): Promise<void> => {
    while (!stop.signal.aborted)
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
  }
  const running = work()
  return async () => {
    stop.abort()
    await running
  }
}

describe('PostgreSQL storage (storage.md)', () => {
  describe('passes the contract with locks of rows', () =>
    storageContract({ describe, it }, factoryOn('PostgreSQL, locks: rows', { locks: 'rows' })))
  describe('passes the contract on a pool of ten, while another list is worked on through it', () =>
    storageContract({ describe, it }, factoryOn('PostgreSQL, two lists', {}, neighbour)))
})
