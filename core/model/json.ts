/** Plain JSON data: copied, compared, frozen, merged. */
import type { Json } from './documents.js'

/** A document holds something that JSON cannot: a function, a Date, a cycle… */
export class NotPlain extends Error {
  override readonly name = 'NotPlain'
  readonly path: readonly string[]
  /** What is wrong there, such as `is a Date; documents are plain JSON data`. */
  readonly what: string
  constructor(path: readonly string[], what: string) {
    super(`${path.join('.') || '(document)'} is ${what}; documents are plain JSON data`)
    this.path = path
    this.what = `is ${what}; documents are plain JSON data`
  }
}

/** An object of no class; those of another realm, such as a test runner's sandbox, have an Object of their own. */
function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null || Object.getPrototypeOf(prototype) === null
}

/** A deep copy that shares nothing with the original. Properties that are undefined are left out. Throws NotPlain. */
export function copyOf<T>(value: T): T {
  return copy(value, undefined) as T
}

/** Levels that are copied: far more than a document may have, and few enough for the stack. */
const deepest = 1_000

/** The way from the root to a value: made into names only where something is wrong. */
interface Way {
  readonly depth: number
  readonly value: object
  readonly name: string
  readonly from: Way | undefined
}

function copy(value: unknown, way: Way | undefined): unknown {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return value
    case 'number':
      if (!Number.isFinite(value)) throw notPlain(way, String(value))
      return value + 0 // −0 is 0
    case 'object':
      return value === null ? null : copyInside(value, way)
    default:
      throw notPlain(way, `a ${typeof value}`)
  }
}

function copyInside(value: object, way: Way | undefined): object {
  const depth = (way?.depth ?? 0) + 1
  if (depth > deepest) throw notPlain(undefined, 'nested too deep')
  for (let outer = way; outer; outer = outer.from) if (outer.value === value) throw notPlain(way, 'a cycle')
  if (Array.isArray(value))
    return Array.from(value, (item, at) => copy(item, { value, name: String(at), from: way, depth }))
  if (!isPlain(value))
    throw notPlain(way, `a ${(value.constructor as { name?: string } | undefined)?.name ?? 'foreign object'}`)
  const result = { ...value } as Record<string, unknown>
  for (const name in result) {
    const item = result[name]
    if (item === undefined) delete result[name]
    else if (typeof item !== 'string') put(result, name, copy(item, { value, name, from: way, depth }))
  }
  for (const name of Object.getOwnPropertySymbols(result)) Reflect.deleteProperty(result, name)
  return result
}

/** A deep copy of what is known to be plain JSON data. Properties that are undefined are left out. */
export function cloneOf<T>(known: T): T {
  if (known === null || typeof known !== 'object') return known
  if (Array.isArray(known)) return known.map(cloneOf) as T
  const clone = { ...known } as Record<string, unknown>
  for (const name in clone) {
    const inner = clone[name]
    if (inner === undefined) delete clone[name]
    else if (typeof inner === 'object') put(clone, name, cloneOf(inner))
  }
  return clone as T
}

function notPlain(way: Way | undefined, what: string): NotPlain {
  const path: string[] = []
  for (let step = way; step; step = step.from) path.unshift(step.name)
  return new NotPlain(path, what)
}

/** True if two JSON values are equal, whatever the order of their keys. */
export function isEqual(a: unknown, b: unknown): boolean {
  if (a === b) return true
  if (a === null || b === null || typeof a !== 'object' || typeof b !== 'object') return false
  if (Array.isArray(a) || Array.isArray(b))
    return Array.isArray(a) && Array.isArray(b) && a.length === b.length && a.every((item, at) => isEqual(item, b[at]))
  return haveSame(a, b, isEqual)
}

/** True if a value is plain JSON data, property by property the same as a JSON value that is known. */
export function isSamePlain(value: unknown, known: unknown): boolean {
  if (value === known) return true
  if (value === null || known === null || typeof value !== 'object' || typeof known !== 'object') return false
  if (Array.isArray(known))
    return (
      Array.isArray(value) && value.length === known.length && known.every((item, at) => isSamePlain(value[at], item))
    )
  const prototype: unknown = Object.getPrototypeOf(value)
  return (prototype === Object.prototype || prototype === null) && haveSame(value, known, isSamePlain)
}

/** True if two objects have the same properties, with the same values. */
function haveSame(value: object, known: object, isSame: (value: unknown, known: unknown) => boolean): boolean {
  const names = Object.keys(known)
  if (names.length !== Object.keys(value).length) return false
  for (const name of names) {
    const inner = (value as Record<string, unknown>)[name]
    const other = (known as Record<string, unknown>)[name]
    if (inner === other && inner !== undefined) continue
    if (!Object.hasOwn(value, name) || !isSame(inner, other)) return false
  }
  return true
}

/** True for an object that is no list. */
export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** JSON type of a value, as JSON Schema names it. */
export function jsonTypeOf(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'array'
  return Number.isInteger(value) ? 'integer' : typeof value
}

/** Freezes a JSON value all the way down and returns it. */
export function freeze<T>(value: T): T {
  if (value !== null && typeof value === 'object' && !Object.isFrozen(value)) {
    Object.freeze(value)
    for (const inner of Object.values(value)) if (typeof inner === 'object') freeze(inner)
  }
  return value
}

type Mergeable = { readonly [name: string]: Json | undefined }

/**
 * The document after a change: what is set wins, null removes, absent stays (decision 4.3). The properties named in
 * `deep` merge name by name; one that ends up empty is removed unless it is in `kept`.
 */
export function merge<T extends object>(
  document: T,
  change: object,
  deep: readonly string[],
  kept: readonly string[] = [],
): T {
  const result = { ...document } as Record<string, unknown>
  for (const [name, value] of Object.entries(change as Mergeable)) {
    if (value === undefined) continue
    if (value === null) delete result[name]
    else if (deep.includes(name)) {
      const inner = merge((result[name] as object | undefined) ?? {}, value as object, [])
      if (Object.keys(inner).length === 0 && !kept.includes(name)) delete result[name]
      else result[name] = inner
    } else result[name] = value
  }
  return result as T
}

/** Makes `target` hold exactly what `source` holds, in place, so that references into it stay good. */
export function replaceContents(target: Record<string, unknown>, source: Readonly<Record<string, unknown>>): void {
  for (const name of Object.keys(target)) if (!Object.hasOwn(source, name)) delete target[name]
  for (const [name, value] of Object.entries(source)) {
    const present = Object.hasOwn(target, name) ? target[name] : undefined
    if (isObject(present) && isObject(value)) replaceContents(present, value)
    else if (!isEqual(present, value)) put(target, name, copyOf(value))
  }
}

/** Sets a property of its own, whatever its name. */
export function put(target: Record<string, unknown>, name: string, value: unknown): void {
  if (name === '__proto__')
    Object.defineProperty(target, name, { value, enumerable: true, configurable: true, writable: true })
  else target[name] = value
}
