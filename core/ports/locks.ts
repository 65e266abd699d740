/**
 * Locks by key, first come first served: for `lock()`, for records that are written and for unique keys alike
 * (adapters/storage/README.md, Locks and time).
 */
import type { Ending } from '../model/calls.js'
import { LockTimeout } from './storage.js'

/** One who takes locks: a unit of work. */
export class Holder {
  /** Keys held, in the order in which they were taken. */
  readonly keys: string[] = []
  #waits: Set<Wait> | undefined
  /** Waits that have not ended. */
  get waits(): Set<Wait> {
    return (this.#waits ??= new Set())
  }
}

interface Wait {
  readonly key: string
  readonly holder: Holder
  grant(): void
  refuse(error: Error): void
}

/** The locks that one process gives out for a storage. */
export class Locks {
  readonly #owners = new Map<string, Holder>()
  readonly #queues = new Map<string, Wait[]>()
  readonly #longestWait: number
  readonly #maxWaiting: number
  #waiting = 0

  /** Longest wait in milliseconds, and how many may wait at once. */
  constructor(longestWait: number, maxWaiting: number) {
    this.#longestWait = longestWait
    this.#maxWaiting = maxWaiting
  }

  /** Takes the lock, or returns undefined if it cannot be had now without waiting; true if it is newly held. */
  take(key: string, holder: Holder): boolean | undefined {
    const owner = this.#owners.get(key)
    if (owner === holder) return false
    if (owner) return undefined
    this.#owners.set(key, holder)
    holder.keys.push(key)
    return true
  }

  /**
   * Waits for a lock that `take` did not give. LockTimeout at once if that would close a cycle or the queue is full; the
   * signal's reason once that fires.
   */
  wait(key: string, holder: Holder, signal?: Ending): Promise<void> {
    if (signal?.aborted) return Promise.reject(signal.reason)
    const owner = this.#owners.get(key)
    if (owner && this.#waitsFor(owner, holder)) return Promise.reject(new LockTimeout('the wait would close a cycle'))
    if (this.#waiting >= this.#maxWaiting) return Promise.reject(new LockTimeout('too many units of work are waiting'))
    return new Promise((resolve, reject) => {
      const timer = setTimeout(
        () => wait.refuse(new LockTimeout(`not free within ${this.#longestWait} ms`)),
        this.#longestWait,
      )
      const onAbort = (): void => wait.refuse(signal?.reason as Error)
      signal?.addEventListener('abort', onAbort)
      const finish = (): void => {
        clearTimeout(timer)
        signal?.removeEventListener('abort', onAbort)
        this.#waiting--
        holder.waits.delete(wait)
      }
      const wait: Wait = {
        key,
        holder,
        grant: () => {
          finish()
          this.#owners.set(key, holder)
          holder.keys.push(key)
          resolve()
        },
        refuse: (error) => {
          finish()
          this.#forget(wait)
          reject(error)
        },
      }
      this.#waiting++
      holder.waits.add(wait)
      const queue = this.#queues.get(key)
      if (queue) queue.push(wait)
      else this.#queues.set(key, [wait])
    })
  }

  #forget(wait: Wait): void {
    const queue = this.#queues.get(wait.key) ?? []
    queue.splice(queue.indexOf(wait), 1)
    if (queue.length === 0) this.#queues.delete(wait.key)
  }

  /** Gives up some of the holder's locks. */
  release(holder: Holder, keys: readonly string[]): void {
    for (const key of keys) {
      holder.keys.splice(holder.keys.lastIndexOf(key), 1)
      this.#handOver(key)
    }
  }

  /** Gives up all that the holder has, and ends its waits. */
  end(holder: Holder): void {
    if (this.#waiting > 0) for (const wait of holder.waits) wait.refuse(new Error('the unit of work has ended'))
    for (const key of holder.keys) this.#handOver(key)
    holder.keys.length = 0
  }

  #handOver(key: string): void {
    const queue = this.#waiting > 0 ? this.#queues.get(key) : undefined
    const next = queue?.shift()
    if (queue?.length === 0) this.#queues.delete(key)
    if (next) next.grant()
    else this.#owners.delete(key)
  }

  /** Whether `from` waits, through any number of others, for what `target` holds. */
  #waitsFor(from: Holder, target: Holder, seen = new Set<Holder>()): boolean {
    if (from === target) return true
    if (seen.has(from)) return false
    seen.add(from)
    for (const wait of from.waits) {
      const owner = this.#owners.get(wait.key)
      if (owner && this.#waitsFor(owner, target, seen)) return true
    }
    return false
  }
}
