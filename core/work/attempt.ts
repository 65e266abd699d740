/** One attempt of a unit of work, and the two ways in which it ends beside a commit: taken back, or too late. */
import type { Deadline } from '../extension/deadline.js'
import { PluginFault } from '../extension/plugin-fault.js'
import { StorageUnavailable } from '../ports/storage.js'
import type { Unit } from './unit.js'

/** Carries the would-be result of a dry run out of the unit that it rolls back. */
export class RolledBack {
  readonly result: unknown
  constructor(result: unknown) {
    this.result = result
  }
}

/** One attempt of a unit: what must be known of it when its time is over, and who waits for it. */
export interface Attempt {
  unit: Unit | undefined
  isCommitting: boolean
  /** Ends what the storage does for it. */
  readonly over: Deadline
  readonly giveUp: ((error: Error) => void)[]
}

/** A handler that is too slow is its plug-in's fault; without one, the storage is. */
export function timeLimitOf({ unit, isCommitting }: Attempt, ms: number): Error {
  const why = `the unit of work took longer than ${ms} ms`
  const handler = unit?.running
  return handler ? new PluginFault(handler, ms, why) : new StorageUnavailable(why, isCommitting ? 'unknown' : 'nothing')
}

/** Ends the work of a unit, which is to be committed; a dry run is taken back. */
export function finished<T>(unit: Unit, result: T): T | Promise<T> {
  unit.emitChanges()
  if (!unit.call.dryRun) return result
  return unit.tx.flush().then(() => {
    throw new RolledBack(result)
  })
}
