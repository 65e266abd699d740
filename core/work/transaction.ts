/** The host's own work as a unit of work. */
import type { Frame } from '../extension/frames.js'
import type { CustomerOperations } from '../model/calls.js'
import { UnitBound } from '../ports/bound-unit.js'
import type { Unit } from './unit.js'

/** What the work of a transaction gets. `clientOf` of the PostgreSQL storage takes it, as it takes a handler's context. */
export interface Transaction {
  /** The operations on the list, in this unit of work. Await every call. */
  readonly customers: CustomerOperations
  readonly requestId: string
}

/** The same, for the unit that it stands for. */
class UnitTransaction extends UnitBound implements Transaction {
  readonly customers: CustomerOperations
  readonly requestId: string
  constructor(unit: Unit, frame: Frame) {
    super(unit.storageUnit)
    this.customers = unit.customersIn(frame)
    this.requestId = unit.call.requestId
  }
}

/** Runs the host's work in a frame of the unit, so that its library calls join it and take turns. */
export async function runTransaction<T>(unit: Unit, work: (transaction: Transaction) => Promise<T>): Promise<T> {
  const { frames } = unit.handlers
  const frame = frames.create(unit, undefined, undefined, Infinity)
  try {
    return await frames.enter(frame, async () => {
      const transaction = new UnitTransaction(unit, frame)
      // a generated number that collides is noticed at its create, not at the end, when `work` cannot run again
      unit.noteInnerWrite()
      const result = await work(transaction)
      if (frame.open > 0) throw new Error('the transaction ended while a library call of its own was open: await it')
      if (unit.doomed !== undefined) throw unit.doomed
      return result
    })
  } finally {
    frame.closed = true
  }
}
