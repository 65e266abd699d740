/**
 * PostgreSQL storage: for when one process or one machine is not enough. Any number of processes may work on one
 * database. The tables are made and kept up to date by `open`; their names begin with `clientele_`.
 */
import { QueryRefused, StorageUnavailable, kindNames } from '../../../core/ports/storage.js'
import type {
  Kind,
  Path,
  Query,
  ReadUnit,
  Records,
  Storage,
  StorageOptions,
  WriteUnit,
} from '../../../core/ports/storage.js'
import { freeze } from '../../../core/model/json.js'
import { storageUnitOf } from '../../../core/ports/bound-unit.js'
import { Locks } from '../local/locks.js'
import { Connections, faultOf, type PgPool } from './connections.js'
import { beginStatement, buildIndexes, migrate } from './migration.js'
import { findMatches, findPage } from './query.js'
import { storedKey, takeNumbers } from './tables.js'
import { getStatement, hasPatterns, unitOf, writeUnitOf } from './records.js'
import { Transaction } from './transaction.js'
import type { Engine } from './transaction.js'

export type { PgPool, PgPoolClient, PgResult, PgStatement } from './connections.js'

/** Settings of the PostgreSQL storage. */
export type PostgresOptions = {
  /**
   * How units of work lock: `advisory` (default) takes advisory locks; `rows` locks rows of a table, for engines
   * that speak PostgreSQL's protocol but have no advisory locks. All processes on one database must agree.
   */
  readonly locks?: 'advisory' | 'rows'
  /** More paths to index, beside those given to `createClientele`. */
  readonly indexes?: StorageOptions['indexes']
  /** How many may wait at once for a lock or for a connection; default 1000. LockTimeout beyond. */
  readonly maxWaiting?: number
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
  return new PostgresStorage(options)
}

/** The connection of a running unit of work, for statements of the host. */
export interface PgUnitClient {
  /**
   * Runs one statement in the unit's transaction, after what the library has written so far; rejects with the error of
   * `pg`. After a failed statement the whole unit fails, unless a savepoint of the host was rolled back to.
   */
  query<R = Record<string, unknown>>(text: string, values?: readonly unknown[]): Promise<PgUnitResult<R>>
}

/** What a statement of the host gave. */
export interface PgUnitResult<R> {
  readonly rows: readonly R[]
  readonly rowCount: number | null
}

const transactions = new WeakMap<WriteUnit, Transaction>()
const control =
  /^\s*(begin|start\s+transaction|commit|end|rollback(?!\s+(work\s+|transaction\s+)?to\b)|abort|prepare\s+transaction)\b/i

/**
 * The client of the unit of work that a handler or a transaction runs in: tables of the host that are written through it
 * are committed and rolled back with the customer. The context is the handler's last argument, or what
 * `clientele.transaction` gives.
 *
 * ```ts
 * 'dw.ocapi.data.customer_list.customers.afterPOST': async (customer, create, customerListId, context) => {
 *   await clientOf(context).query('INSERT INTO outbox (topic, body) VALUES ($1, $2)', ['customer created', customer])
 * }
 * ```
 */
export function clientOf(context: object): PgUnitClient {
  const unit = storageUnitOf(context)
  const transaction = unit && transactions.get(unit)
  if (!transaction)
    throw new Error('clientOf takes the context of a handler, or of a transaction, on the PostgreSQL storage')
  return {
    async query<R>(text: string, values: readonly unknown[] = []): Promise<PgUnitResult<R>> {
      if (control.test(text)) throw new Error('the unit of work begins and ends its transaction itself')
      const { rows, rowCount } = await transaction.send(text, values)
      return { rows: rows as readonly R[], rowCount }
    },
  }
}

/** Longest run of one statement, in milliseconds. */
const statementLimit = 30_000

class PostgresStorage implements Storage {
  readonly #options: PostgresOptions
  #engine: Engine | undefined
  #end: (() => Promise<void>) | undefined
  #isClosed = false
  readonly #running = new Set<Promise<unknown>>()

  constructor(options: PostgresOptions) {
    this.#options = options
  }

  async open({ indexes: declared, lockWait, upgrade, warn }: StorageOptions): Promise<void> {
    const { locks = 'advisory', indexes: own = {}, maxWaiting = 1000 } = this.#options
    const pool =
      'pool' in this.#options ? this.#options.pool : await this.#createPool(this.#options.connectionString, lockWait)
    const connections = new Connections(
      pool,
      { lockWait, statement: Math.max(statementLimit, 2 * lockWait), maxWaiting },
      warn,
    )
    const indexes = new Map(kindNames.map((kind) => [kind, unique([...(declared[kind] ?? []), ...(own[kind] ?? [])])]))
    const load = <K extends Kind>(kind: K, document: string): Records[K] =>
      freeze(upgrade(kind, JSON.parse(document) as Records[K]))
    let begin: string
    try {
      await migrate(connections, locks)
      await buildIndexes(connections, indexes, locks)
      begin = await beginStatement(connections)
    } catch (error) {
      connections.close()
      await this.#endPool()
      throw new Error(`the PostgreSQL storage cannot be opened: ${reasonOf(error)}`, { cause: error })
    }
    this.#engine = { connections, indexes, locks, begin, gates: new Locks(lockWait, maxWaiting), load }
  }

  read<T>(list: string, work: (unit: ReadUnit) => Promise<T>): Promise<T> {
    return this.#track((engine) => work(unitOf<ReadUnit>((kind) => reader(engine, list, kind))))
  }

  write<T>(list: string, work: (unit: WriteUnit) => Promise<T>): Promise<T> {
    return this.#track(async (engine) => {
      const transaction = new Transaction(engine, list)
      const unit = writeUnitOf(transaction)
      transactions.set(unit, transaction)
      let result: T
      try {
        result = await work(unit)
      } catch (error) {
        await transaction.rollback()
        throw error
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

  async close(): Promise<void> {
    this.#isClosed = true
    await Promise.allSettled(this.#running)
    this.#engine?.connections.close()
    this.#engine = undefined
    await this.#endPool()
  }

  async #endPool(): Promise<void> {
    const end = this.#end
    this.#end = undefined
    await end?.()
  }

  async #createPool(connectionString: string, lockWait: number): Promise<PgPool> {
    const { Pool } = await import('pg').catch((error: unknown) => {
      throw new Error("the PostgreSQL storage needs the package 'pg': npm install pg", { cause: error })
    })
    const settings = { max: 10, connectionTimeoutMillis: lockWait, keepAlive: true }
    const pool = new Pool({ connectionString, ...settings, fallback_application_name: 'clientele' })
    this.#end = () => pool.end()
    return pool
  }

  async #track<T>(work: (engine: Engine) => Promise<T>): Promise<T> {
    if (this.#isClosed || !this.#engine) throw new StorageUnavailable('the storage is not open')
    const running = work(this.#engine)
    this.#running.add(running)
    try {
      return await running
    } finally {
      this.#running.delete(running)
    }
  }
}

/** Reads committed records: each call is one statement, or one transaction that sees one moment. */
function reader(engine: Engine, list: string, kind: Kind): ReadUnit[Kind] {
  const { connections, indexes, load } = engine
  const reads = {
    async get(key: Readonly<Record<string, string>>) {
      const { rows } = await connections.run(getStatement(list, kind, key))
      const document = rows[0]?.[0]
      return document === null || document === undefined ? undefined : load(kind, document)
    },
    async find(query: Query) {
      const found = hasPatterns(query)
        ? await connections.borrow(async (lease) => {
            const run: typeof connections.run = (statement) =>
              lease.query(statement).catch((error: unknown) => {
                throw faultOf(error)
              })
            await run({ text: 'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY' })
            const result = await findMatches(list, kind, query, indexes, run, 'later').catch((error: unknown) => {
              if (error instanceof QueryRefused) return error
              throw error
            })
            await run({ text: 'COMMIT' })
            return result
          })
        : await findPage(list, kind, query, indexes, (statement) => connections.run(statement))
      if (found instanceof QueryRefused) throw found
      return { items: found.documents.map((document) => load(kind, document)), total: found.total }
    },
  }
  return reads as unknown as ReadUnit[Kind]
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
