/** One attempt of a unit of work, and the two ways in which it ends beside a commit: taken back, or too late. */
import { Deadline, TimeLimit } from '../extension/deadline.js'
import type { Timer } from '../extension/deadline.js'
import type { Handlers } from '../extension/handlers.js'
import { PluginFault } from '../extension/plugin-fault.js'
import type { Ending } from '../model/calls.js'
import { StorageUnavailable } from '../ports/storage.js'
import { onAbandoned } from './abandoned.js'
import type { Unit } from './unit.js'

/** Carries the would-be result of a dry run out of the unit that it rolls back. */
export class RolledBack {
  readonly result: unknown
  constructor(result: unknown) {
    this.result = result
  }
}

/** One attempt of a unit: its time, and what must be known of it when that is over. */
export class Attempt extends Deadline {
  readonly #handlers: Pick<Handlers<Unit>, 'abort'>
  #unit: Unit | undefined
  #isCommitting = false

  constructor(handlers: Pick<Handlers<Unit>, 'abort'>) {
    super()
    this.#handlers = handlers
  }

  /** What comes of a unit of the storage; a rejection when the time ends first, or the caller gives up. */
  outcome<T>(open: () => Promise<T>, timer: Timer, signal: Ending | undefined): Promise<T> {
    return new Promise((resolve, reject) => {
      this.addEventListener('abort', () => reject(this.reason))
      const waiting = timer.start(this)
      const stop = onAbandoned(signal, (error) => this.#isCommitting || this.end(error))
      const ended = (): void => {
        timer.stop(waiting)
        stop()
      }
      const done = (result: T): void => {
        ended()
        resolve(result)
      }
      const failed = (error: unknown): void => {
        ended()
        if (error instanceof RolledBack) resolve(error.result as T)
        else reject(error)
      }
      open().then(done, failed)
    })
  }

  /** Runs work in the unit that the storage has opened; rejects when the time ends first. */
  run<T>(begin: () => Unit, work: (unit: Unit) => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      // a storage that was slow to begin: nobody waits for this unit any more
      this.throwIfAborted()
      this.addEventListener('abort', () => reject(this.reason))
      const unit = begin()
      this.#unit = unit
      const done = (result: T): void => {
        unit.end()
        this.#isCommitting = true
        resolve(result)
      }
      const failed = (error: unknown): void => {
        unit.end()
        reject(error)
      }
      work(unit)
        .then((result) => finished(unit, result))
        .then(done, failed)
    })
  }

  override end(reason: Error): void {
    const error = reason instanceof TimeLimit ? this.#late(reason) : reason
    if (this.#unit) {
      this.#unit.end()
      this.#handlers.abort(error, this.#unit)
    }
    super.end(error)
  }

  /** A handler that is too slow is its plug-in's fault; without one, the storage is. */
  #late({ ms }: TimeLimit): Error {
    const why = `the unit of work took longer than ${ms} ms`
    const handler = this.#unit?.running
    if (handler) return new PluginFault(handler, ms, why)
    return new StorageUnavailable(why, this.#isCommitting ? 'unknown' : 'nothing')
  }
}

/** Ends the work of a unit, which is to be committed; a dry run is taken back. */
function finished<T>(unit: Unit, result: T): T | Promise<T> {
  unit.emitChanges()
  if (!unit.call.dryRun) return result
  return unit.tx.flush().then(() => {
    throw new RolledBack(result)
  })
}
