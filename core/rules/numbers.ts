/** Generated customer numbers: 8 digits of a per-list sequence, taken in blocks (decision 2.14; adapters/storage/README.md, Counters). */
import { setImmediate } from 'node:timers/promises'
import type { Storage } from '../ports/storage.js'

const block = 100
const reserve = 20

/** Numbers that this process has taken and not used. A process that ends leaves a gap. */
export class Numbers {
  readonly #storage: Storage
  readonly #pools = new Map<string, { next: number; end: number; filling?: Promise<void> | undefined }>()

  constructor(storage: Storage) {
    this.#storage = storage
  }

  /** Makes sure that a unit which opens now finds numbers, so that it need not ask the storage while it holds a connection. */
  fill(list: string): Promise<void> | undefined {
    const pool = this.#pool(list)
    if (pool.end - pool.next >= reserve) return undefined
    pool.filling ??= this.#take(list).finally(() => (pool.filling = undefined))
    if (pool.end === pool.next) return pool.filling
    // there are some left: whoever finds none asks again, and meets the failure itself
    pool.filling.catch(() => undefined)
    return undefined
  }

  /** The next number of the list's sequence; it may be in use, by a customer whose number was sent. */
  async next(list: string): Promise<string> {
    const pool = this.#pool(list)
    if (pool.next >= pool.end) await (pool.filling ?? this.#take(list))
    if (pool.next >= pool.end) return this.next(list)
    return String(pool.next++).padStart(8, '0')
  }

  async #take(list: string): Promise<void> {
    // a storage that answers at once would never let a timer fire, such as a unit's that meets nothing but numbers in use
    await setImmediate()
    const first = await this.#storage.counter(list, 'customerNo', block)
    const pool = this.#pool(list)
    if (pool.next === pool.end) pool.next = first
    else if (first !== pool.end) pool.next = first
    pool.end = first + block
  }

  #pool(list: string) {
    let pool = this.#pools.get(list)
    if (!pool) this.#pools.set(list, (pool = { next: 0, end: 0 }))
    return pool
  }
}
