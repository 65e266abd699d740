/** Connections: borrowed for a bounded time, watched while they are out, destroyed when anything about them is odd. */
import { LockTimeout, QueryRefused, StorageUnavailable } from '../../../core/ports/storage.js'
import type { Statement } from './tables.js'

/** What this storage uses of a `pg` pool; a `Pool` of that package fits. */
export interface PgPool {
  connect(): Promise<PgPoolClient>
  on(event: 'error', listener: (error: Error) => void): unknown
  on(event: 'acquire', listener: (client: PgPoolClient) => void): unknown
  removeListener(event: 'error', listener: (error: Error) => void): unknown
  removeListener(event: 'acquire', listener: (client: PgPoolClient) => void): unknown
}

/** A client of the pool. */
export interface PgPoolClient {
  query(statement: PgStatement): Promise<PgResult>
  /** Gives the client back, or ends its connection. */
  release(destroy?: boolean): void
  on(event: 'error', listener: (error: Error) => void): unknown
}

/** A statement as `pg` takes it. */
export interface PgStatement {
  name?: string
  text: string
  values?: unknown[]
  /** Set for the storage's own statements: values come back as the server sent them, whatever parsers the host has set. */
  rowMode?: 'array'
  types?: { getTypeParser(): (value: string | null) => string | null }
}

/** What `pg` gives for a statement. */
export interface PgResult {
  readonly rows: readonly unknown[]
  readonly rowCount: number | null
  readonly command: string
}

/** Rows as texts, their number or that of the rows written, and the command that ran. */
export interface StatementResult {
  readonly rows: readonly (readonly (string | null)[])[]
  readonly count: number
  readonly command: string
}

/** Runs one statement. */
export type Run = (statement: Statement) => Promise<StatementResult>

const types = { getTypeParser: () => (value: string | null) => value }

/** ConnectionLimits; times in milliseconds. */
export interface ConnectionLimits {
  /** Longest wait for a lock, and for a connection. */
  readonly lockWait: number
  /** Longest run of one statement. */
  readonly statement: number
  /** How many may wait for a connection at once. */
  readonly maxWaiting: number
}

/** A borrowed connection. Must be given back. */
export class Lease {
  readonly #client: PgPoolClient
  readonly #limit: number
  #isReleased = false

  constructor(client: PgPoolClient, limit: number) {
    this.#client = client
    this.#limit = limit
  }

  /** Runs one statement. Ends the connection if the server does not answer in time. Rejects with what `pg` reports. */
  async query({ name, text, values = [] }: Statement): Promise<StatementResult> {
    const plain: PgStatement = { text, values: [...values], rowMode: 'array', types }
    const result = await this.send(name === undefined ? plain : { ...plain, name })
    return { rows: result.rows as StatementResult['rows'], count: result.rowCount ?? 0, command: result.command }
  }

  /** The same for a statement of the host, whose result comes as `pg` gives it. */
  async send(statement: PgStatement): Promise<PgResult> {
    const timer = setTimeout(() => this.release('destroy'), this.#limit + 2_000)
    try {
      return await this.#client.query(statement)
    } finally {
      clearTimeout(timer)
    }
  }

  /** Gives the connection back, or ends it. */
  release(how?: 'destroy'): void {
    if (this.#isReleased) return
    this.#isReleased = true
    this.#client.release(how === 'destroy')
  }
}

/** Clients that have a listener of ours, whichever storage borrowed them first. */
const watched = new WeakSet<PgPoolClient>()

/** The connections of one storage. */
export class Connections {
  readonly limits: ConnectionLimits
  readonly #pool: PgPool
  readonly #warn: (message: string, fields?: Record<string, unknown>) => void
  #waiting = 0

  constructor(
    pool: PgPool,
    limits: ConnectionLimits,
    warn: (message: string, fields?: Record<string, unknown>) => void,
  ) {
    this.#pool = pool
    this.limits = limits
    this.#warn = warn
    pool.on('error', this.#report)
    pool.on('acquire', this.#watch)
  }

  /** Borrows a connection. StorageUnavailable when none can be had in time, LockTimeout when too many wait. */
  async lease(limit = this.limits.statement): Promise<Lease> {
    if (this.#waiting >= this.limits.maxWaiting) throw new LockTimeout('too many wait for a connection to PostgreSQL')
    this.#waiting++
    let timer: NodeJS.Timeout | undefined
    try {
      const connecting = this.#pool.connect()
      const tooLong = new Promise<'late'>((resolve) => {
        timer = setTimeout(() => resolve('late'), this.limits.lockWait)
      })
      const client = await Promise.race([connecting, tooLong])
      if (client !== 'late') return new Lease(client, limit)
      connecting.then(
        (late) => late.release(),
        () => {},
      )
    } catch (error) {
      throw new StorageUnavailable('no connection to PostgreSQL', 'nothing', { cause: error })
    } finally {
      clearTimeout(timer)
      this.#waiting--
    }
    throw new StorageUnavailable(`no connection to PostgreSQL was free within ${this.limits.lockWait} ms`)
  }

  /** Runs one statement that may be run again: a read, or one whose loss costs nothing. */
  run(statement: Statement): Promise<StatementResult> {
    return this.borrow(async (lease) => {
      try {
        return await lease.query(statement)
      } catch (error) {
        throw faultOf(error)
      }
    })
  }

  /** Runs `work` on one connection, again if that turns out to be dead. `work` must change nothing, or must not have begun. */
  async borrow<T>(work: (lease: Lease) => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      const lease = await this.lease()
      try {
        const result = await work(lease)
        lease.release()
        return result
      } catch (error) {
        lease.release('destroy')
        if (attempt === 3 || !(error instanceof ConnectionLost)) throw error
      }
    }
  }

  /** Leaves the pool as it was. */
  close(): void {
    // the listener stays for a moment: connections that are being closed may still report errors
    setTimeout(() => this.#pool.removeListener('error', this.#report), 5_000).unref()
    this.#pool.removeListener('acquire', this.#watch)
  }

  /**
   * A connection that breaks while it is borrowed and nothing runs on it says so by an event alone, which would end the
   * process if nobody listened; the next statement reports it. The pool itself listens before and after, and calls this
   * in the very moment in which it stops.
   */
  readonly #watch = (client: PgPoolClient): void => {
    if (watched.has(client)) return
    watched.add(client)
    client.on('error', () => {})
  }

  readonly #report = (error: Error): void => {
    this.#warn('an idle connection to PostgreSQL broke', { code: sqlStateOf(error) ?? error.message })
  }
}

/** The connection broke while a statement ran. */
export class ConnectionLost extends StorageUnavailable {}

/** The five characters with which the server names an error; undefined for errors that are not the server's. */
export function sqlStateOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error) || !('severity' in error)) return undefined
  return typeof error.code === 'string' ? error.code : undefined
}

/** The name of the index or constraint that an error tells of. */
export function constraintOf(error: unknown): string | undefined {
  return error instanceof Error && 'constraint' in error && typeof error.constraint === 'string'
    ? error.constraint
    : undefined
}

/** The port's error for what `pg` reported. `commit`: the statement may have been stored although it failed. */
export function faultOf(error: unknown, at: 'statement' | 'commit' = 'statement'): Error {
  const outcome = at === 'commit' ? 'unknown' : 'nothing'
  const state = sqlStateOf(error)
  if (state === undefined) return new ConnectionLost('the connection to PostgreSQL was lost', outcome, { cause: error })
  // deadlock, lock_timeout, serialization failure
  if (['40P01', '55P03', '40001'].includes(state)) return new LockTimeout(`PostgreSQL gave no lock (${state})`)
  // the server, or this session, is being ended
  if (/^(08|57P|25P03)/.test(state))
    return new ConnectionLost(`PostgreSQL ended the connection (${state})`, outcome, { cause: bare(error, state) })
  // no memory or disk, a limit of time, an input or output error, a replica that only reads, statements that were
  // prepared before the tables changed or on another connection
  if (/^(53|57|58|25006|0A000|26000)/.test(state))
    return new StorageUnavailable(`PostgreSQL cannot serve now (${state})`, 'nothing', { cause: bare(error, state) })
  // a limit of the program, such as the depth of its stack
  if (state.startsWith('54')) return new QueryRefused('the query is too large')
  return bare(error, state)
}

/** The error without its details, which quote data. */
function bare(error: unknown, state: string): Error {
  const text = /^2[23]/.test(state) || !(error instanceof Error) ? 'refused a statement' : error.message
  return new Error(`PostgreSQL: ${text} (SQLSTATE ${state}${constraintOf(error) ? `, ${constraintOf(error)}` : ''})`)
}
