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
export class UnitTransaction extends UnitBound implements Transaction {
  readonly customers: CustomerOperations
  readonly requestId: string
  constructor(unit: Unit, frame: Frame) {
    super(unit.storageUnit)
    this.customers = unit.customersIn(frame)
    this.requestId = unit.call.requestId
  }
}
