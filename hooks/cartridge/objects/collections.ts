/** The platform's collections: `length`, `[i]`, `iterator()`, `toArray()`, `empty`. */

/** A list of the platform. */
export class ScriptList<T = unknown> extends Array<T> {
  static override get [Symbol.species](): ArrayConstructor {
    return Array
  }
  get empty(): boolean {
    return this.length === 0
  }
  isEmpty(): boolean {
    return this.empty
  }
  size(): number {
    return this.length
  }
  getLength(): number {
    return this.length
  }
  get(index: number): T | null {
    return this[index] ?? null
  }
  toArray(): T[] {
    return Array.from(this)
  }
  contains(value: T): boolean {
    return this.includes(value)
  }
  add(value: T): boolean {
    this.push(value)
    return true
  }
  iterator(): ScriptIterator<T> {
    return new ScriptIterator(this)
  }
}

/** An iterator of the platform. */
export class ScriptIterator<T = unknown> {
  readonly #items: readonly T[]
  #at = 0
  constructor(items: readonly T[]) {
    this.#items = items
  }
  get count(): number {
    return this.#items.length
  }
  getCount(): number {
    return this.count
  }
  hasNext(): boolean {
    return this.#at < this.#items.length
  }
  next(): T | null {
    return this.#items[this.#at++] ?? null
  }
  asList(): ScriptList<T> {
    return listOf(this.#items.slice(this.#at))
  }
  close(): void {
    this.#at = this.#items.length
  }
  *[Symbol.iterator](): Iterator<T> {
    while (this.hasNext()) yield this.next() as T
  }
}

/** A list with these items. */
export function listOf<T>(items: Iterable<T>): ScriptList<T> {
  const list = new ScriptList<T>()
  for (const item of items) list.push(item)
  return list
}

/** `dw.util.HashMap`. */
export class HashMap {
  readonly #map = new Map<unknown, unknown>()
  put(key: unknown, value: unknown): unknown {
    const before = this.get(key)
    this.#map.set(key, value)
    return before
  }
  get(key: unknown): unknown {
    return this.#map.get(key) ?? null
  }
  remove(key: unknown): unknown {
    const before = this.get(key)
    this.#map.delete(key)
    return before
  }
  containsKey(key: unknown): boolean {
    return this.#map.has(key)
  }
  keySet(): ScriptList {
    return listOf(this.#map.keys())
  }
  values(): ScriptList {
    return listOf(this.#map.values())
  }
  clear(): void {
    this.#map.clear()
  }
  size(): number {
    return this.#map.size
  }
  get length(): number {
    return this.#map.size
  }
  get empty(): boolean {
    return this.#map.size === 0
  }
  isEmpty(): boolean {
    return this.empty
  }
}
