/** Makes the tables and the declared indexes, safe when many processes start at once. */
import type { Kind } from '../../core/storage.js'
import { sqlStateOf } from './postgres-connections.js'
import type { Connections, Lease } from './postgres-connections.js'
import type { Indexes } from './postgres-query.js'
import { addLockRow, createIndex, findLockRow, indexName, steps, tableOf, takeAdvisoryLock } from './postgres-tables.js'

/** Longest wait for another process that makes tables, in milliseconds. */
const patience = 120_000
const migrationLock = ['clientele', 'migration']

/** Brings the tables to the current version. One process does it, the others wait; nothing is sent if nothing is to do. */
export async function migrate(connections: Connections, locks: 'advisory' | 'rows'): Promise<void> {
  const lease = await connections.lease(patience)
  try {
    const { rows } = await lease.query({ text: `SELECT current_setting('server_encoding')` })
    if (rows[0]?.[0] !== 'UTF8')
      throw new Error(`the database must have the encoding UTF8, this one has ${rows[0]?.[0]}`)
    if ((await versionOf(lease)) !== steps.length) {
      if (locks === 'rows') await createLockTable(lease)
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
  const exists = await lease.query({ text: `SELECT to_regclass('clientele_migrations') IS NOT NULL` })
  if (exists.rows[0]?.[0] !== 't') return 0
  const { rows } = await lease.query({ text: 'SELECT coalesce(max(version), 0) FROM clientele_migrations' })
  const version = Number(rows[0]?.[0])
  if (version > steps.length)
    throw new Error(
      `the tables have version ${version}, this library knows ${steps.length}: use a newer version of clientele`,
    )
  return version
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
  indexes: Indexes,
  locks: 'advisory' | 'rows',
): Promise<void> {
  const wanted = [...indexes].flatMap(([kind, paths]) =>
    paths.map((path) => ({ kind, name: indexName(kind, path), text: createIndex(kind, path) })),
  )
  if (wanted.length === 0) return
  const lease = await connections.lease(24 * 3600_000)
  try {
    // the connection is ended afterwards, and with it these settings and the lock
    await lease.query({ text: 'SET statement_timeout = 0; SET lock_timeout = 0' })
    for (const until = Date.now() + patience; ;) {
      const missing = []
      for (const index of wanted) if ((await stateOf(lease, index.name)) !== 'valid') missing.push(index)
      if (missing.length === 0) return
      // whoever waits must not hold a snapshot, for which CREATE INDEX CONCURRENTLY waits in turn: so no waiting lock
      if (locks === 'rows' || (await tryLock(lease))) for (const index of missing) await build(lease, index)
      else {
        if (Date.now() > until) throw new Error('another process builds the declared indexes for too long')
        await new Promise((resolve) => setTimeout(resolve, 100))
      }
    }
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

async function tryLock(lease: Lease): Promise<boolean> {
  const { rows } = await lease.query({ text: `SELECT pg_try_advisory_lock(hashtextextended('clientele indexes', 0))` })
  return rows[0]?.[0] === 't'
}
