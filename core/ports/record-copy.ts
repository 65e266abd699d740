/** Copies of plain data that nobody can change. */
import { freeze } from '../model/json.js'
import type { Envelope } from './storage.js'

/**
 * A deep, frozen copy of a record with this version, as JSON keeps it: undefined properties are left out. Parsed
 * objects are more compact than copied ones, and quicker to scan.
 */
export function copyOf<T extends Envelope>(record: T, version: number): T {
  const copy = JSON.parse(JSON.stringify(record)) as { version: number }
  copy.version = version
  return freeze(copy) as unknown as T
}
