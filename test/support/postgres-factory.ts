/** PostgreSQL for the contract suite. */
import { after, before } from 'mocha'
import { Pool } from 'pg'
import { postgresStorage } from '../../adapters/storage/postgres/postgres.js'
import type { PostgresOptions } from '../../adapters/storage/postgres/postgres.js'
import { kindNames } from '../../core/ports/storage.js'
import type { Storage, StorageOptions } from '../../core/ports/storage.js'

/** A factory on one database, emptied after each test. The pool is the host's; further handles have their own. */
export function postgresFactory(
  name: string,
  settings: Pick<PostgresOptions, 'locks'>,
  databaseUrl: () => Promise<string>,
  meanwhile?: (storage: Storage) => Promise<() => Promise<void>>,
) {
  let url = ''
  let pool: Pool
  before(async () => {
    url = await databaseUrl()
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
