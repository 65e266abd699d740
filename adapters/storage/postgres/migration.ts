/**
 * Makes the tables and the declared indexes, safe when many processes start at once
 * (adapters/storage/README.md, Migrator).
 */
import type { Kind } from '../../../core/ports/storage.js'
import { sqlStateOf } from './faults.js'
import type { Connections } from './connections.js'
import type { Lease } from './lease.js'
import type { Locking } from './database.js'
import type { DeclaredIndexes } from './query-sql.js'
import { addLockRow, createIndex, findLockRow, indexName, steps, tableOf, takeAdvisoryLock } from './tables.js'

/** Longest wait for another process that makes tables, in milliseconds. */
const patience = 120_000
const migrationLock = ['clientele', 'migration']
const indexLock = ['clientele', 'indexes']
const tryAdvisoryLock = { text: `SELECT pg_try_advisory_xact_lock(hashtextextended('clientele indexes', 0))` }
const tryLockRow = {
  text: `SELECT key FROM clientele_locks WHERE list = 'clientele' AND key = 'indexes' FOR UPDATE SKIP LOCKED`,
}
/** Longest build of one index, in milliseconds. */
const longestBuild = 24 * 3600_000

/** Brings the tables to the current version. One process does it, the others wait; nothing is sent if nothing is to do. */
export async function migrate(connections: Connections, locks: Locking): Promise<void> {
  const lease = await connections.lease({ limit: patience })
  try {
    const { rows } = await lease.query({ text: `SELECT current_setting('server_encoding')` })
    if (rows[0]?.[0] !== 'UTF8')
      throw new Error(`the database must have the encoding UTF8, this one has ${rows[0]?.[0]}`)
    const hasLockTable = await exists(lease, 'clientele_locks')
    if (locks === 'rows' && !hasLockTable) await createLockTable(lease)
    if (locks === 'advisory' && hasLockTable)
      throw new Error(
        "this database is used with locks: 'rows' (drop the table clientele_locks when nobody does any more)",
      )
    if ((await versionOf(lease)) !== steps.length) {
      await lease.query({ text: `BEGIN ISOLATION LEVEL READ COMMITTED; SET LOCAL lock_timeout = ${patience}` })
      if (locks === 'advisory') await lease.query({ ...takeAdvisoryLock, values: migrationLock })
      else {
        await lease.query({ ...addLockRow, values: migrationLock })
        await lease.query({ ...findLockRow, values: migrationLock })
      }
      for (let version = (await versionOf(lease)) + 1; version <= steps.length; version++) {
        for (const text of steps[version - 1] ?? []) await lease.query({ text })
        await lease.query({
          text: 'INSERT INTO clientele_migrations (version) VALUES ($1::integer)',
          values: [String(version)],
        })
      }
      await lease.query({ text: 'COMMIT' })
    }
    lease.release()
  } catch (error) {
    lease.release('destroy')
    throw error
  }
}

/** The version of the tables; 0 without any. */
async function versionOf(lease: Lease): Promise<number> {
  if (!(await exists(lease, 'clientele_migrations'))) return 0
  const { rows } = await lease.query({ text: 'SELECT coalesce(max(version), 0) FROM clientele_migrations' })
  const version = Number(rows[0]?.[0])
  if (version > steps.length)
    throw new Error(
      `the tables have version ${version}, this library knows ${steps.length}: use a newer version of clientele`,
    )
  return version
}

/** Whether there is such a table. Not by to_regclass, which may answer from a cache of before the wait for a lock. */
async function exists(lease: Lease, table: string): Promise<boolean> {
  const text = 'SELECT FROM pg_class WHERE relname = $1 AND pg_table_is_visible(oid)'
  return (await lease.query({ text, values: [table] })).count > 0
}

/** The lock table is there before its locks: of many who create it at once, all but one fail and look again. */
async function createLockTable(lease: Lease): Promise<void> {
  const text =
    'CREATE TABLE IF NOT EXISTS clientele_locks (list text COLLATE "C", key text COLLATE "C", PRIMARY KEY (list, key))'
  for (let attempt = 1; ; attempt++)
    try {
      await lease.query({ text })
      return
    } catch (error) {
      // unique violation in the catalogue, duplicate table, duplicate object, serialization failure
      if (attempt === 20 || !['23505', '42P07', '42710', '40001'].includes(sqlStateOf(error) ?? '')) throw error
    }
}

/** Builds the declared indexes that are missing, without blocking anyone, and resolves when all can be used. */
export async function buildIndexes(
  connections: Connections,
  indexes: DeclaredIndexes,
  locks: Locking,
  isPooled: boolean,
): Promise<void> {
  const wanted = [...indexes].flatMap(([kind, paths]) =>
    paths.map((path) => ({ kind, name: indexName(kind, path), text: createIndex(kind, path) })),
  )
  if (wanted.length === 0) return
  const lease = await connections.lease({ limit: longestBuild })
  try {
    // the connection is ended afterwards, and with it these settings; a pooler would hand them on to others
    if (!isPooled) await lease.query({ text: 'SET statement_timeout = 0; SET lock_timeout = 0' })
    for (const until = Date.now() + longestBuild; ;) {
      const missing: typeof wanted = []
      for (const index of wanted) if ((await stateOf(lease, index.name)) !== 'valid') missing.push(index)
      if (missing.length === 0) return
      // who waits must hold no snapshot, for which CREATE INDEX CONCURRENTLY waits in turn: so nobody waits for the lock
      const isBuilt = await whileLocked(connections, locks, async () => {
        for (const index of missing) await build(lease, index)
      })
      if (!isBuilt) await new Promise((resolve) => setTimeout(resolve, 100))
      if (Date.now() > until) throw new Error('another process builds the declared indexes for too long')
    }
  } finally {
    lease.release('destroy')
  }
}

/** Runs `work` while a second connection holds the lock of those who build indexes. False if another holds it now. */
async function whileLocked(connections: Connections, locks: Locking, work: () => Promise<void>): Promise<boolean> {
  const lease = await connections.lease()
  try {
    if (locks === 'rows') await lease.query({ ...addLockRow, values: indexLock })
    await lease.query({ text: 'BEGIN; SET LOCAL idle_in_transaction_session_timeout = 0' })
    // without parameters: the server would keep the snapshot of a statement that has them to the end of the transaction
    const { rows } = await lease.query(locks === 'rows' ? tryLockRow : tryAdvisoryLock)
    const isLocked = rows.length > 0 && rows[0]?.[0] !== 'f'
    if (isLocked) await work()
    return isLocked
  } finally {
    lease.release('destroy')
  }
}

async function build(lease: Lease, index: { kind: Kind; name: string; text: string }): Promise<void> {
  if ((await stateOf(lease, index.name)) === 'invalid')
    await lease.query({ text: `DROP INDEX CONCURRENTLY IF EXISTS ${index.name}` })
  await lease.query({ text: index.text })
  await lease.query({ text: `ANALYZE ${tableOf(index.kind)}` })
}

/** An index that broke off while it was built stays behind invalid. */
async function stateOf(lease: Lease, name: string): Promise<'valid' | 'invalid' | 'missing'> {
  const { rows } = await lease.query({
    text: 'SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass($1::text)',
    values: [name],
  })
  return rows.length === 0 ? 'missing' : rows[0]?.[0] === 't' ? 'valid' : 'invalid'
}
