/**
 * PostgreSQL storage: for when one process or one machine is not enough. Any number of processes may work on one
 * database. The tables are made and kept up to date by `open`; their names begin with `clientele_`.
 */
import type { Ending } from '../../../core/model/calls.js'
import { copyMark, thisCopy } from '../../../core/model/copy.js'
import { StorageUnavailable, kindNames } from '../../../core/ports/storage.js'
import type { Kind, Path, ReadUnit, Records, Storage, StorageOptions, WriteUnit } from '../../../core/ports/storage.js'
import { readersOf } from '../../../core/ports/stored-records.js'
import { checkOptions } from '../../../core/model/options.js'
import { SetupError } from '../../../core/model/setup-error.js'
import { freeze } from '../../../core/model/json.js'
import { Locks } from '../../../core/ports/locks.js'
import { CommittedReader } from './committed-reader.js'
import { Connections } from './connections.js'
import type { PgPool } from './pg.js'
import type { Database, Locking } from './database.js'
import { buildIndexes, migrate } from './migration.js'
import { beginStatement, isBehindPooler, limitStatements } from './session.js'
import { storedKey, takeNumbers } from './tables.js'
import { PgTransaction } from './transaction.js'
import { lend } from './unit-client.js'
import { writeUnitOf } from './unit-records.js'

export { clientOf } from './unit-client.js'
export type { PgUnitClient, PgUnitResult } from './unit-client.js'
export type { PgPool, PgPoolClient, PgResult, PgStatement } from './pg.js'

/** Settings of the PostgreSQL storage. */
export type PostgresOptions = {
  /**
   * How units of work lock: `advisory` (default) takes advisory locks; `rows` locks rows of a table, for engines
   * that speak PostgreSQL's protocol but have no advisory locks. All processes on one database must agree.
   */
  readonly locks?: Locking
  /** More paths to index, beside those given to `createClientele`. */
  readonly indexes?: StorageOptions['indexes']
  /** How many may wait at once for a lock, and for a connection; default 10,000. LockTimeout beyond. */
  readonly maxWaiting?: number
  /**
   * How many connections units of work never take, so that reads find one while handlers are slow; default a quarter of
   * the pool, at least one.
   */
  readonly keptForReads?: number
  /**
   * Whether statements that recur are prepared on their connection. `false` behind a pooler in transaction mode; left out,
   * a pooler is recognised.
   */
  readonly preparedStatements?: boolean
} & (
  | {
      /** The host's own pool (package `pg`), of two connections or more. The host ends it, after the library was closed. */
      readonly pool: PgPool
    }
  | {
      /** Such as `postgres://user:password@host:5432/database`. A pool of ten connections is made and ended with the storage. */
      readonly connectionString: string
    }
)

/**
 * Storage in PostgreSQL 13 or newer, by the package `pg`, which the host installs. The database must have the encoding
 * UTF8; its collation does not matter.
 *
 * ```ts
 * const clientele = await createClientele({
 *   customerLists: [{ id: 'SiteGenesis' }],
 *   storage: postgresStorage({ connectionString: process.env.DATABASE_URL }),
 * })
 * ```
 */
export function postgresStorage(options: PostgresOptions): Storage {
  checkOptions<PostgresOptions>('postgresStorage', options, {
    locks: 'string',
    indexes: 'object',
    maxWaiting: 'number',
    keptForReads: 'number',
    preparedStatements: 'boolean',
    pool: 'object',
    connectionString: 'string',
  })
  if (!('pool' in options ? options.pool : options.connectionString))
    throw new SetupError("postgresStorage needs the option 'connectionString' or 'pool'")
  return new PostgresStorage(options)
}

/** Longest run of one statement, in milliseconds. */
const statementLimit = 30_000

class PostgresStorage implements Storage {
  readonly [copyMark] = thisCopy
  readonly #options: PostgresOptions
  #database: Database | undefined
  #end: (() => Promise<void>) | undefined
  #isClosed = false
  readonly #running = new Set<Promise<unknown>>()

  constructor(options: PostgresOptions) {
    this.#options = options
  }

  async open({ indexes: declared, lockWait, upgrade, warn }: StorageOptions): Promise<void> {
    const {
      locks = 'advisory',
      indexes: own = {},
      maxWaiting = 10_000,
      keptForReads,
      preparedStatements,
    } = this.#options
    const statement = Math.max(statementLimit, 2 * lockWait)
    const pool =
      'pool' in this.#options
        ? this.#options.pool
        : await this.#createPool(this.#options.connectionString, lockWait, statement)
    const connections = new Connections(
      pool,
      { lockWait, statement, maxWaiting, keptForReads, preparedStatements },
      warn,
    )
    const indexes = new Map(kindNames.map((kind) => [kind, unique([...(declared[kind] ?? []), ...(own[kind] ?? [])])]))
    const load = <K extends Kind>(kind: K, document: string): Records[K] =>
      freeze(upgrade(kind, JSON.parse(document) as Records[K]))
    let begin: string
    try {
      const isPooled = await isBehindPooler(connections)
      if (isPooled && preparedStatements === undefined) connections.useNoNames()
      await migrate(connections, locks)
      await buildIndexes(connections, indexes, locks, isPooled)
      begin = await beginStatement(connections)
    } catch (error) {
      connections.close()
      await this.#endPool()
      throw new Error(`the PostgreSQL storage cannot be opened: ${reasonOf(error)}`, { cause: error })
    }
    this.#database = { connections, indexes, locks, begin, gates: new Locks(lockWait, maxWaiting), load }
  }

  read<T>(list: string, work: (unit: ReadUnit) => Promise<T>, signal?: Ending): Promise<T> {
    return this.#track((database) => work(readersOf((kind) => new CommittedReader(database, list, kind, signal))))
  }

  write<T>(list: string, work: (unit: WriteUnit) => Promise<T>, signal?: Ending): Promise<T> {
    return this.#track(async (database) => {
      const transaction = new PgTransaction(database, list, signal)
      const unit = writeUnitOf(transaction)
      lend(unit, transaction)
      let result: T
      try {
        result = await work(unit)
      } catch (error) {
        await transaction.rollback()
        // whatever the work made of it: that its connection was lost is nobody else's fault
        throw transaction.lost ?? error
      }
      await transaction.commit()
      return result
    })
  }

  counter(list: string, name: string, n: number): Promise<number> {
    return this.#track(async ({ connections }) => {
      const { rows } = await connections.run({ ...takeNumbers, values: [storedKey(list), name, String(n)] })
      return Number(rows[0]?.[0]) - n + 1
    })
  }

  figures(): Readonly<Record<string, number>> {
    return { units: this.#running.size, ...this.#database?.connections.figures }
  }

  async close(): Promise<void> {
    this.#isClosed = true
    await Promise.allSettled(this.#running)
    this.#database?.connections.close()
    this.#database = undefined
    await this.#endPool()
  }

  async #endPool(): Promise<void> {
    const end = this.#end
    this.#end = undefined
    await end?.()
  }

  async #createPool(connectionString: string, lockWait: number, statement: number): Promise<PgPool> {
    // the default export: older versions of pg name nothing else to `import`
    const { default: pg } = await import('pg').catch((error: unknown) => {
      throw new SetupError("the PostgreSQL storage needs the package 'pg': npm install pg", { cause: error })
    })
    const settings = { max: 10, connectionTimeoutMillis: lockWait, keepAlive: true }
    const limited = new WeakSet<object>()
    // the pool waits for it, which its type does not say; older ones do not know it, and tell of a connection
    const onConnect = (client: Parameters<typeof limitStatements>[0]): unknown => {
      limited.add(client)
      return limitStatements(client, statement)
    }
    const pool = new pg.Pool({ connectionString, ...settings, fallback_application_name: 'clientele', onConnect })
    pool.on('connect', (client) => {
      if (!limited.has(client)) limitStatements(client, statement).catch(() => undefined)
    })
    this.#end = () => pool.end()
    return pool
  }

  async #track<T>(work: (database: Database) => Promise<T>): Promise<T> {
    if (this.#isClosed || !this.#database) throw new StorageUnavailable('the storage is not open')
    const running = work(this.#database)
    this.#running.add(running)
    try {
      return await running
    } finally {
      this.#running.delete(running)
    }
  }
}

/** The paths without repetitions. */
function unique(paths: readonly Path[]): Path[] {
  return [...new Map(paths.map((path) => [JSON.stringify(path), path])).values()]
}

/** What went wrong, down to the first cause. */
function reasonOf(error: unknown): string {
  const causes: string[] = []
  for (let next: unknown = error; next instanceof Error; next = next.cause) causes.push(next.message)
  return causes.join(': ')
}
