/** The storage's unit behind a handler's context or a transaction, for storages that give their own client to hooks. */
import type { WriteUnit } from './storage.js'

/** What belongs to a unit of the storage, without showing it. */
export class UnitBound {
  readonly #unit: WriteUnit
  constructor(unit: WriteUnit) {
    this.#unit = unit
  }
  /** The storage's unit that a handler's context or a transaction belongs to; undefined for anything else. */
  static unitOf(value: object): WriteUnit | undefined {
    return #unit in value ? value.#unit : undefined
  }
}

/** The storage's unit that a handler's context or a transaction belongs to; undefined for anything else. */
export function storageUnitOf(context: object): WriteUnit | undefined {
  return UnitBound.unitOf(context)
}
