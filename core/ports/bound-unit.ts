/** The storage's unit behind a handler's context, for storages that give their own client to hooks. */
import type { WriteUnit } from './storage.js'

const units = new WeakMap<object, WriteUnit>()

/** Ties a handler's context, or a transaction, to the unit that it runs in. */
export function bindUnit(context: object, unit: WriteUnit): void {
  units.set(context, unit)
}

/** The storage's unit that a handler's context belongs to; undefined for anything else. */
export function storageUnitOf(context: object): WriteUnit | undefined {
  return units.get(context)
}
