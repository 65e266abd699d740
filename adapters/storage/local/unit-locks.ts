/** The locks of one unit of work, and whether it may ask for any more. */
import type { Ending } from '../../../core/model/calls.js'
import { StorageUnavailable } from '../../../core/ports/storage.js'
import { Holder } from '../../../core/ports/locks.js'
import type { Locks } from '../../../core/ports/locks.js'

/** What a unit of work holds from its first lock to its end. */
export class UnitLocks {
  readonly #locks: Locks
  readonly #holder = new Holder()
  #state: 'open' | 'ended' | 'cut' = 'open'

  /** Fires when nobody waits for the unit any more. */
  readonly signal: Ending | undefined

  constructor(locks: Locks, signal?: Ending) {
    this.#locks = locks
    this.signal = signal
  }

  /** Takes locks in order and returns those newly taken; gives them up again if one cannot be had. */
  async take(keys: readonly string[], taken: string[] = []): Promise<string[]> {
    this.assertOpen()
    try {
      for (const key of keys) {
        const isNew = this.#locks.take(key, this.#holder)
        if (isNew === undefined) await this.#locks.wait(key, this.#holder, this.signal)
        if (isNew !== false) taken.push(key)
      }
      this.assertOpen()
      return taken
    } catch (error) {
      this.giveUp(taken)
      throw error
    }
  }

  giveUp(taken: readonly string[]): void {
    if (this.#state === 'open') this.#locks.release(this.#holder, taken)
  }

  assertOpen(): void {
    if (this.#state === 'ended') throw new Error('the unit of work has ended')
    if (this.#state === 'cut') throw new StorageUnavailable('the storage is closed')
    this.signal?.throwIfAborted()
  }

  /** Refuses all that the unit is asked for from now on. */
  shut(): void {
    this.#state = 'ended'
  }

  /** Frees what the unit holds. */
  end(): void {
    if (this.#state === 'open') this.#state = 'ended'
    this.#locks.end(this.#holder)
  }

  /** Ends the unit before its work is done: nothing of it will be stored. */
  cut(): void {
    if (this.#state !== 'open') return
    this.#state = 'cut'
    this.#locks.end(this.#holder)
  }
}
