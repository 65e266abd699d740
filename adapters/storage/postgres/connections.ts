/**
 * Connections: borrowed for a bounded time, watched while they are out, destroyed when anything about them is odd. There are
 * never more of them than the pool has: a place is free again when the server has let the connection go.
 */
import { Deadline, TimeLimit, Timer } from '../../../core/extension/deadline.js'
import type { Ending } from '../../../core/model/calls.js'
import { StorageUnavailable } from '../../../core/ports/storage.js'
import { Admission } from './admission.js'
import type { Borrower } from './admission.js'
import { ConnectionLost, faultOf, sqlStateOf } from './faults.js'
import { Lease, broken } from './lease.js'
import type { Names, StatementResult } from './lease.js'
import type { PgPool, PgPoolClient } from './pg.js'
import type { Statement } from './tables.js'

/** How connections are used; times in milliseconds. */
export interface ConnectionLimits {
  /** Longest wait for a lock, and for a connection. */
  readonly lockWait: number
  /** Longest run of one statement. */
  readonly statement: number
  /** How many may wait for a connection at once. */
  readonly maxWaiting: number
  /** How many connections units of work leave to those who only read; default: a quarter of the pool. */
  readonly keptForReads?: number | undefined
  /** Whether connections know statements by names that they were given before; false behind most poolers. */
  readonly preparedStatements?: boolean | undefined
}

/** What a connection is borrowed for. */
export interface Loan {
  readonly as?: Borrower | undefined
  /** Longest run of one statement, in milliseconds. */
  readonly limit?: number
  /** Fires when nobody wants the answer any more. */
  readonly signal?: Ending | undefined
}

const timerOf = (statement: number): Timer => new Timer(statement + 1_000)

/** Clients that have a listener of ours, whichever storage borrowed them first. */
const watched = new WeakSet<PgPoolClient>()

/** The connections of one storage. */
export class Connections {
  readonly limits: ConnectionLimits
  readonly #pool: PgPool
  readonly #admission: Admission
  readonly #warn: (message: string, fields?: Record<string, unknown>) => void
  /** Its time is the longest wait for a connection. */
  readonly #waits: Timer
  /** Its time is the longest run of a statement, and a second: the server has its own limit, but not for all of them. */
  readonly #statements: Timer
  readonly #names: Names = { areKept: true, onLost: () => this.useNoNames() }

  constructor(
    pool: PgPool,
    limits: ConnectionLimits,
    warn: (message: string, fields?: Record<string, unknown>) => void,
  ) {
    this.#pool = pool
    this.limits = limits
    this.#warn = warn
    const { keptForReads, lockWait, maxWaiting, preparedStatements = true } = limits
    this.#names.areKept = preparedStatements
    this.#waits = new Timer(lockWait)
    this.#statements = timerOf(limits.statement)
    const places = pool.options?.max ?? 10
    this.#admission = new Admission(places, keptForReads ?? Math.ceil(places / 4), lockWait, maxWaiting)
    pool.on('error', this.#report)
    pool.on('acquire', this.#watch)
  }

  /** Statements are sent without a name from now on, and whoever runs the process is told how to say so. */
  useNoNames(): void {
    if (!this.#names.areKept) return
    this.#names.areKept = false
    const why = 'a pooler is between this process and PostgreSQL: statements are not prepared any more'
    this.#warn(`${why} (say so: postgresStorage({ …, preparedStatements: false }))`)
  }

  /** Borrows a connection. StorageUnavailable when none can be had in time, LockTimeout when too many wait. */
  async lease({ as = 'statement', limit, signal }: Loan = {}): Promise<Lease> {
    const entering = this.#admission.enter(as, signal)
    if (entering) await entering
    const leave = (): void => this.#admission.leave(as)
    const timer = limit === undefined ? this.#statements : timerOf(limit)
    try {
      return new Lease(await this.#connect(), timer, this.#names, leave)
    } catch (error) {
      leave()
      throw error
    }
  }

  /** A client of the pool, which may be used by others too. */
  async #connect(): Promise<PgPoolClient> {
    const connecting = this.#pool.connect()
    try {
      return await new Deadline().race(connecting, this.#waits)
    } catch (error) {
      if (!(error instanceof TimeLimit))
        throw new StorageUnavailable('no connection to PostgreSQL', 'nothing', { cause: error })
      connecting.then(
        (late) => late.release(),
        () => {},
      )
      throw new StorageUnavailable(`no connection to PostgreSQL was free within ${this.limits.lockWait} ms`)
    }
  }

  /** Runs one statement that may be run again: a read, or one whose loss costs nothing. */
  run(statement: Statement, signal?: Ending, as?: Borrower): Promise<StatementResult> {
    return this.borrow(
      async (lease) => {
        try {
          return await lease.query(statement)
        } catch (error) {
          throw faultOf(error)
        }
      },
      signal,
      as,
    )
  }

  /** Runs `work` on one connection, again if that turns out to be dead. `work` must change nothing, or must not have begun. */
  async borrow<T>(work: (lease: Lease) => Promise<T>, signal?: Ending, as?: Borrower): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      const lease = await this.lease({ signal, as })
      const cancel = (): void => lease.cancel()
      signal?.addEventListener('abort', cancel)
      try {
        const result = await work(lease)
        lease.release()
        return result
      } catch (error) {
        lease.release('destroy')
        if (signal?.aborted) throw signal.reason
        if (attempt === 3 || !(error instanceof ConnectionLost)) throw error
      } finally {
        signal?.removeEventListener('abort', cancel)
      }
    }
  }

  /** How many connections there may be, are in use, and are waited for by this storage; and what the pool says of itself. */
  get figures(): Readonly<Record<string, number>> {
    const { totalCount, idleCount, waitingCount } = this.#pool
    const pool = { poolTotal: totalCount, poolIdle: idleCount, poolWaiting: waitingCount }
    const known = Object.entries(pool).filter((entry): entry is [string, number] => entry[1] !== undefined)
    return { ...this.#admission.figures, ...Object.fromEntries(known) }
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
    client.on('error', () => broken.add(client))
  }

  readonly #report = (error: Error): void => {
    this.#warn('an idle connection to PostgreSQL broke', { code: sqlStateOf(error) ?? error.message })
  }
}
