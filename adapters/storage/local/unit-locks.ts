/** The locks of one unit of work, and whether it may ask for any more. */
import type { Ending } from '../../../core/model/calls.js'
import { StorageUnavailable } from '../../../core/ports/storage.js'
import { Holder } from '../../../core/ports/locks.js'
import type { Locks } from '../../../core/ports/locks.js'

/** What a unit of work holds from its first lock to its end. */
export class UnitLocks extends Holder {
  readonly #locks: Locks
  #state: 'open' | 'ended' | 'cut' = 'open'
  #signal: Ending | undefined

  constructor(locks: Locks, signal?: Ending) {
    super()
    this.#locks = locks
    this.#signal = signal
  }

  /** Fires when nobody waits for the unit any more; undefined without one, and once the unit has ended. */
  get signal(): Ending | undefined {
    return this.#signal
  }

  /**
   * Takes locks in order and notes in `taken` those newly taken; a promise if one is to be waited for. If that cannot be had,
   * all of `taken` are given up.
   */
  take(keys: readonly string[], taken: string[]): Promise<void> | undefined {
    this.assertOpen()
    for (let at = 0; at < keys.length; at++) {
      const key = keys[at] as string
      const isNew = this.#locks.take(key, this)
      if (isNew === undefined) return this.#wait(keys.slice(at), taken)
      if (isNew) taken.push(key)
    }
    return undefined
  }

  async #wait(keys: readonly string[], taken: string[]): Promise<void> {
    try {
      for (const key of keys) {
        // it may have ended since the last key was had: nobody would give this one up
        this.assertOpen()
        const isNew = this.#locks.take(key, this)
        if (isNew === undefined) await this.#locks.wait(key, this, this.#signal)
        if (isNew !== false) taken.push(key)
      }
      this.assertOpen()
    } catch (error) {
      this.giveUp(taken)
      throw error
    }
  }

  giveUp(taken: readonly string[]): void {
    if (this.#state === 'open') this.#locks.release(this, taken)
  }

  assertOpen(): void {
    if (this.#state === 'ended') throw new Error('the unit of work has ended')
    if (this.#state === 'cut') throw new StorageUnavailable('the storage is closed')
    this.#signal?.throwIfAborted()
  }

  /** Refuses all that the unit is asked for from now on. */
  shut(): void {
    this.#state = 'ended'
  }

  /**
   * Frees what the unit holds, and drops its signal: the table of a Map that has grown may live on among V8's old objects, and
   * would keep all that hangs on the signal.
   */
  end(): void {
    if (this.#state === 'open') this.#state = 'ended'
    this.#locks.end(this)
    this.#signal = undefined
  }

  /** Ends the unit before its work is done: nothing of it will be stored. */
  cut(): void {
    if (this.#state !== 'open') return
    this.#state = 'cut'
    this.#locks.end(this)
  }
}
