/** Who may use a connection now (adapters/storage/postgres/README.md, Pool and hooks). */
import type { Ending } from '../../../core/model/calls.js'
import { LockTimeout, StorageUnavailable } from '../../../core/ports/storage.js'

/**
 * Who asks: a unit of work keeps a connection while its handlers run, a scan while it reads a table; a single statement
 * gives it back at once.
 */
export type Borrower = 'unit' | 'scan' | 'statement'

/** Who waits; places are given in the order of the tickets. */
interface Waiting {
  readonly ticket: number
  readonly enter: () => void
}

/** Gives as many places as the pool has connections. Some are never given to units, most never to scans: who reads finds one. */
export class Admission {
  readonly #most: { readonly [as in Borrower]: number }
  readonly #longestWait: number
  readonly #maxWaiting: number
  readonly #taken = { unit: 0, scan: 0, statement: 0 }
  readonly #queues = { unit: new Set<Waiting>(), scan: new Set<Waiting>(), statement: new Set<Waiting>() }
  #ticket = 0

  /** Places, how many of them units leave alone, the longest wait in milliseconds, and how many of each kind may wait. */
  constructor(places: number, keptForReads: number, longestWait: number, maxWaiting: number) {
    this.#most = {
      unit: Math.max(1, places - keptForReads),
      scan: Math.max(1, Math.floor(places / 4)),
      statement: places,
    }
    this.#longestWait = longestWait
    this.#maxWaiting = maxWaiting
  }

  /** Takes a place; undefined if there is one now. LockTimeout at once when too many wait, StorageUnavailable after the longest wait. */
  enter(as: Borrower, signal?: Ending): Promise<void> | undefined {
    if (signal?.aborted) return Promise.reject(signal.reason)
    const queue = this.#queues[as]
    if (queue.size === 0 && this.#hasPlace(as)) {
      this.#taken[as]++
      return undefined
    }
    if (queue.size >= this.#maxWaiting)
      return Promise.reject(new LockTimeout('too many wait for a connection to PostgreSQL'))
    return new Promise((resolve, reject) => {
      const end = (): void => {
        queue.delete(waiting)
        clearTimeout(timer)
        signal?.removeEventListener('abort', onAbort)
      }
      const refuse = (error: Error): void => {
        end()
        reject(error)
      }
      const why = `no connection to PostgreSQL was free within ${this.#longestWait} ms`
      const timer = setTimeout(() => refuse(new StorageUnavailable(why)), this.#longestWait)
      const onAbort = (): void => refuse(signal?.reason as Error)
      signal?.addEventListener('abort', onAbort)
      const enter = (): void => {
        end()
        this.#taken[as]++
        resolve()
      }
      const waiting: Waiting = { ticket: this.#ticket++, enter }
      queue.add(waiting)
    })
  }

  /** Connections that are in use, and who waits for one. */
  get figures(): Readonly<Record<string, number>> {
    const { unit, scan, statement } = this.#taken
    const waiting = this.#queues.unit.size + this.#queues.scan.size + this.#queues.statement.size
    return { connections: this.#most.statement, connectionsInUse: unit + scan + statement, waiting }
  }

  /** Gives a place back, to the first who may have it. */
  leave(as: Borrower): void {
    this.#taken[as]--
    for (let next = this.#next(); next; next = this.#next()) next.enter()
  }

  #hasPlace(as: Borrower): boolean {
    const { unit, scan, statement } = this.#taken
    return unit + scan + statement < this.#most.statement && this.#taken[as] < this.#most[as]
  }

  /** The first in the queues that can enter. */
  #next(): Waiting | undefined {
    let next: Waiting | undefined
    for (const as of ['unit', 'scan', 'statement'] as const) {
      const [first] = this.#hasPlace(as) ? this.#queues[as] : []
      if (first && (!next || first.ticket < next.ticket)) next = first
    }
    return next
  }
}
