/**
 * The transaction of one unit of work. It is opened as late as can be: a single insert needs none
 * (adapters/storage/README.md, Transactions).
 */
import type { Ending } from '../../../core/model/calls.js'
import { LockTimeout } from '../../../core/ports/storage.js'
import { Holder } from '../../../core/ports/locks.js'
import { ConnectionLost, faultOf, isNameLost, sqlStateOf } from './faults.js'
import type { Lease, Run, StatementResult } from './lease.js'
import type { PgResult } from './pg.js'
import type { Database } from './database.js'
import { addLockRow, findLockRow, storedKey, takeAdvisoryLock } from './tables.js'
import type { Statement } from './tables.js'

/** How long a unit that failed waits for its last statement, in milliseconds; then its connection is ended. */
const longestGoodbye = 500

/** A unit of work on one list, without its records. Its calls run one after the other, however they are made. */
export class PgTransaction {
  readonly list: string
  readonly database: Database
  #lease: Lease | undefined
  /** A write that is kept back: the first of the unit, because it may be the only one, or one that others may join. */
  #staged: ((run: Run) => Promise<void>) | undefined
  readonly #locks = new Set<string>()
  readonly #holder = new Holder()
  #last: Promise<unknown> = Promise.resolve()
  /** Why nothing more can be done; what happened is undone. */
  #failure: Error | undefined
  #isEnded = false
  /** Whether a statement of the unit ran in its transaction. */
  #hasRun = false
  readonly #signal: Ending | undefined

  constructor(database: Database, list: string, signal?: Ending) {
    this.database = database
    this.list = list
    this.#signal = signal
  }

  /** The loss of the unit's connection, if that is why nothing can be stored. */
  get lost(): ConnectionLost | undefined {
    return this.#failure instanceof ConnectionLost ? this.#failure : undefined
  }

  /** Runs a statement of the host in this transaction. Rejects with what `pg` reports. */
  send(text: string, values: readonly unknown[]): Promise<PgResult> {
    return this.turn(async () => {
      await this.flush()
      const lease = await this.#open()
      this.#hasRun = true
      try {
        return await lease.send({ text, values: [...values] })
      } catch (error) {
        const fault = faultOf(error)
        if (fault instanceof ConnectionLost) this.#failure = fault
        throw error
      }
    })
  }

  /** Stores all that was done. Rejects, and stores nothing, if something failed on the way. */
  async commit(): Promise<void> {
    await this.#end()
    try {
      await this.#store()
    } finally {
      this.database.gates.end(this.#holder)
    }
  }

  async #store(): Promise<void> {
    try {
      if (this.#failure) throw this.#failure
      this.#signal?.throwIfAborted()
      if (!this.#lease) return this.#staged && (await this.#staged(this.#runAlone))
      await this.flush()
    } catch (error) {
      await this.#undo()
      throw error
    }
    const lease = this.#lease
    this.#signal?.removeEventListener('abort', this.#cancel)
    const outcome = await lease.query({ text: 'COMMIT' }).catch((error: unknown) => {
      lease.release('destroy')
      throw faultOf(error, 'commit')
    })
    lease.release(outcome.command === 'COMMIT' ? undefined : 'destroy')
    if (outcome.command !== 'COMMIT')
      throw new Error('nothing was stored: a statement had failed, unseen by the storage')
  }

  /** Undoes all that was done. Never rejects. */
  async rollback(): Promise<void> {
    const ended = this.#end()
    this.database.gates.end(this.#holder)
    // a statement that still runs, such as a slow one of the host, is not waited for
    const timer = setTimeout(() => this.#lease?.release('destroy'), longestGoodbye)
    await ended
    clearTimeout(timer)
    await this.#undo()
    this.database.gates.end(this.#holder)
  }

  /** Calls that come later are refused; those that were made before are waited for. */
  async #end(): Promise<void> {
    const last = this.#last
    this.#isEnded = true
    await last
  }

  async #undo(): Promise<void> {
    this.#staged = undefined
    const lease = this.#lease
    this.#lease = undefined
    this.#signal?.removeEventListener('abort', this.#cancel)
    if (!lease) return
    try {
      await lease.query({ text: 'ROLLBACK' })
      // a connection in an odd state is not given to others; a lock that was not free is nothing odd
      lease.release(this.#failure && !(this.#failure instanceof LockTimeout) ? 'destroy' : undefined)
    } catch {
      lease.release('destroy')
    }
  }

  /** Runs one call of the unit, after those that were made before. */
  turn<T>(work: () => Promise<T>): Promise<T> {
    if (this.#isEnded) return Promise.reject(new Error('the unit of work has ended'))
    const result = this.#last.then(() => {
      if (this.#failure) throw this.#failure
      this.#signal?.throwIfAborted()
      return work()
    })
    this.#last = result.catch(() => {})
    return result
  }

  /** Runs a statement in the transaction, which it opens if need be. If it fails, so has the whole unit. */
  readonly run: Run = async (statement) => {
    const lease = await this.#open()
    try {
      const outcome = await lease.query(statement)
      this.#hasRun = true
      return outcome
    } catch (error) {
      if (isNameLost(error) && !this.#hasRun) return this.#startAgain(lease, statement)
      throw (this.#failure = this.#faultOf(error))
    }
  }

  /** The port's error; what ends because the signal fired says so. */
  #faultOf(error: unknown): Error {
    return this.#signal?.aborted ? (this.#signal.reason as Error) : faultOf(error)
  }

  /** The first statement of a transaction did not run, since its name is not known: it is sent again without. */
  #startAgain(lease: Lease, statement: Statement): Promise<StatementResult> {
    lease.release('destroy')
    this.#lease = undefined
    return this.run(statement)
  }

  readonly #cancel = (): void => this.#lease?.cancel()

  /** Runs a read: in the transaction if there is one. Before that, a statement of its own sees the same. */
  readonly look: Run = (statement) =>
    this.#lease ? this.run(statement) : this.database.connections.run(statement, this.#signal)

  /** Runs a statement that may violate a unique key; undefined if it did, and the unit is as before it. */
  async runGuarded(statement: Statement): Promise<StatementResult | undefined> {
    await this.run({ text: 'SAVEPOINT clientele' })
    try {
      const outcome = await (this.#lease as Lease).query(statement)
      await this.run({ text: 'RELEASE SAVEPOINT clientele' })
      return outcome
    } catch (error) {
      if (sqlStateOf(error) !== '23505') throw (this.#failure ??= this.#faultOf(error))
      await this.run({ text: 'ROLLBACK TO SAVEPOINT clientele; RELEASE SAVEPOINT clientele' })
      return undefined
    }
  }

  /** Makes a write: at once in an open transaction, else it is staged. What is staged already comes first. */
  async write(work: (run: Run) => Promise<void>): Promise<void> {
    await this.flush()
    if (this.#lease) await work(this.run)
    else this.#staged = work
  }

  /** Keeps a write of an open transaction back until the next call that flushes. */
  async stage(work: (run: Run) => Promise<void>): Promise<void> {
    await this.flush()
    await this.#open()
    this.#staged = work
  }

  /** Makes the staged write. If it turns out to be a duplicate, the unit is as before that write. */
  async flush(): Promise<void> {
    const work = this.#staged
    this.#staged = undefined
    await work?.(this.run)
  }

  async #open(): Promise<Lease> {
    if (this.#lease) return this.#lease
    try {
      this.#lease = await this.#begin()
      this.#signal?.addEventListener('abort', this.#cancel)
      return this.#lease
    } catch (error) {
      throw (this.#failure = error as Error)
    }
  }

  async #begin(): Promise<Lease> {
    const { connections, begin } = this.database
    // nothing was sent before: a connection that turns out to be dead is replaced
    for (let attempt = 1; ; attempt++) {
      const lease = await connections.lease({ as: 'unit', signal: this.#signal })
      try {
        await lease.query({ text: begin })
        return lease
      } catch (error) {
        lease.release('destroy')
        const fault = faultOf(error)
        if (attempt === 3 || !(fault instanceof ConnectionLost)) throw fault
      }
    }
  }

  /** Runs a statement as the whole unit. It is sent again only if it certainly was not sent. */
  readonly #runAlone: Run = async (statement) => {
    for (let attempt = 1; ; attempt++) {
      const lease = await this.database.connections.lease({ signal: this.#signal })
      try {
        const outcome = await lease.query(statement)
        lease.release()
        return outcome
      } catch (error) {
        lease.release('destroy')
        const fault = faultOf(error, 'commit')
        if (attempt === 3 || !(fault instanceof ConnectionLost) || fault.outcome === 'unknown') throw fault
      }
    }
  }

  /** Takes a lock to the end of the unit. */
  async lock(key: string): Promise<void> {
    if (this.#locks.has(key)) return
    await this.flush()
    // who has no connection yet holds nothing, so waiting here closes no cycle
    if (!this.#lease) await this.#pass(`${this.list}/${key}`)
    const values = [storedKey(this.list), storedKey(key)]
    if (this.database.locks === 'advisory') await this.run({ ...takeAdvisoryLock, values })
    else
      while ((await this.run({ ...findLockRow, values })).count === 0)
        if ((await this.run({ ...addLockRow, values })).count > 0) break
    this.#locks.add(key)
  }

  async #pass(gate: string): Promise<void> {
    const { gates } = this.database
    if (gates.take(gate, this.#holder) === undefined) await gates.wait(gate, this.#holder, this.#signal)
  }
}
