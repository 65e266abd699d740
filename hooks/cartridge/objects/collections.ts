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

const entries = Symbol('entries')

/** `dw.util.HashMap`: also `map.key`, `map[key]` and `key in map`, where no member has this name. */
export class HashMap {
  readonly [entries] = new Map<unknown, unknown>()
  constructor() {
    return new Proxy(this, {
      get: (target, name, receiver) =>
        typeof name === 'symbol' || name in target
          ? (Reflect.get(target, name, receiver) as unknown)
          : (target.get(name) ?? undefined),
      set(target, name, value) {
        target.put(name, value)
        return true
      },
      has: (target, name) => name in target || (typeof name === 'string' && target.containsKey(name)),
      ownKeys: (target) => [...target[entries].keys()].map(String),
      getOwnPropertyDescriptor: (target, name) =>
        typeof name === 'string' && target.containsKey(name)
          ? { value: target.get(name), enumerable: true, configurable: true, writable: true }
          : undefined,
    })
  }
  put(key: unknown, value: unknown): unknown {
    const before = this.get(key)
    this[entries].set(key, value)
    return before
  }
  get(key: unknown): unknown {
    return this[entries].get(key) ?? null
  }
  remove(key: unknown): unknown {
    const before = this.get(key)
    this[entries].delete(key)
    return before
  }
  containsKey(key: unknown): boolean {
    return this[entries].has(key)
  }
  keySet(): ScriptList {
    return listOf(this[entries].keys())
  }
  values(): ScriptList {
    return listOf(this[entries].values())
  }
  clear(): void {
    this[entries].clear()
  }
  size(): number {
    return this[entries].size
  }
  get length(): number {
    return this[entries].size
  }
  get empty(): boolean {
    return this[entries].size === 0
  }
  isEmpty(): boolean {
    return this.empty
  }
}

/** A map whose keys are names of headers: case does not matter. */
export class HeaderMap extends HashMap {
  override put(key: unknown, value: unknown): unknown {
    return super.put(String(key).toLowerCase(), value)
  }
  override get(key: unknown): unknown {
    return super.get(String(key).toLowerCase())
  }
  override containsKey(key: unknown): boolean {
    return super.containsKey(String(key).toLowerCase())
  }
}
