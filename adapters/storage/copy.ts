/** Copies of plain data that nobody can change. */
import type { Envelope } from '../../core/storage.js'

/**
 * A deep, frozen copy of a record with this version, as JSON keeps it: undefined properties are left out. Parsed
 * objects are more compact than copied ones, and quicker to scan.
 */
export function copyOf<T extends Envelope>(record: T, version: number): T {
  const copy = JSON.parse(JSON.stringify(record)) as { version: number }
  copy.version = version
  return freezeDeep(copy) as unknown as T
}

/** Freezes data in place, all the way down: for data that nobody else holds. */
export function freezeDeep<T>(value: T): T {
  if (value === null || typeof value !== 'object') return value
  for (const name of Object.keys(value)) {
    const item = (value as Record<string, unknown>)[name]
    if (item !== null && typeof item === 'object') freezeDeep(item)
  }
  return Object.freeze(value)
}
