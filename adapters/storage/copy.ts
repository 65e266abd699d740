/** Copies of plain data that nobody can change. */
import type { Envelope } from '../../core/storage.js'

/** A deep, frozen copy of a record with this version; undefined properties are left out. */
export function copyOf<T extends Envelope>(record: T, version: number): T {
  const target: Record<string, unknown> = {}
  for (const name of Object.keys(record)) {
    const item = name === 'version' ? version : (record as unknown as Record<string, unknown>)[name]
    if (item !== undefined) put(target, name, copy(item))
  }
  return Object.freeze(target) as unknown as T
}

function copy(value: unknown): unknown {
  if (value === null || typeof value !== 'object') return value
  if (Array.isArray(value)) return Object.freeze(value.map(copy))
  const target: Record<string, unknown> = {}
  for (const name of Object.keys(value)) {
    const item = (value as Record<string, unknown>)[name]
    if (item !== undefined) put(target, name, copy(item))
  }
  return Object.freeze(target)
}

/** Sets an own property; `__proto__` is a name like any other in JSON data. */
function put(target: Record<string, unknown>, name: string, value: unknown): void {
  if (name === '__proto__')
    Object.defineProperty(target, name, { value, enumerable: true, writable: true, configurable: true })
  else target[name] = value
}

/** Freezes data in place, all the way down: for data that was just parsed and that nobody else holds. */
export function freezeDeep<T>(value: T): T {
  if (value === null || typeof value !== 'object') return value
  for (const name of Object.keys(value)) {
    const item = (value as Record<string, unknown>)[name]
    if (item !== null && typeof item === 'object') freezeDeep(item)
  }
  return Object.freeze(value)
}
