/** A sorted list in chunks: adding and removing move one chunk, a page is a slice, whatever the length. */

/** Items in an order: a sorted list, a part of one, or a plain array. */
export interface Series<T> {
  readonly length: number
  slice(from: number, to: number): readonly T[]
  /** All items, in order, in arrays to loop over. */
  chunks(): Iterable<readonly T[]>
}

const CHUNK = 256

/** Neighbours of a sorted list, and beside them the keys by which they are sorted: a search reads no item. */
interface Chunk<Key, T> {
  readonly keys: Key[]
  readonly items: T[]
}

/** How a sorted list is kept. */
export interface OrderedOptions<Key, T> {
  readonly compare: (a: Key, b: Key) => number
  /** The order of items with equal keys; absent: no two keys are equal. */
  readonly ties?: (a: T, b: T) => number
  /** Is told of items of `chunks()` before they change. */
  readonly onChange?: (items: readonly T[]) => void
}

/** Items sorted by their keys. */
export class Ordered<Key, T> implements Series<T> {
  readonly #compare: (a: Key, b: Key) => number
  readonly #ties: (a: T, b: T) => number
  readonly #onChange: (items: readonly T[]) => void
  #chunks: Chunk<Key, T>[] = []
  #length = 0

  constructor({ compare, ties = () => 0, onChange = () => {} }: OrderedOptions<Key, T>) {
    this.#compare = compare
    this.#ties = ties
    this.#onChange = onChange
  }

  get length(): number {
    return this.#length
  }

  add(key: Key, item: T): void {
    this.#length++
    const last = this.#chunks.at(-1)
    if (!last || this.#order(last, last.items.length - 1, key, item) < 0) this.#append(last, key, item)
    else this.#insert(key, item)
  }

  #append(last: Chunk<Key, T> | undefined, key: Key, item: T): void {
    if (!last || last.items.length >= CHUNK) this.#chunks.push({ keys: [key], items: [item] })
    else {
      this.#onChange(last.items)
      last.keys.push(key)
      last.items.push(item)
    }
  }

  #insert(key: Key, item: T): void {
    const [index, place] = this.#place(key, item)
    const { keys, items } = this.#chunks[index] as Chunk<Key, T>
    this.#onChange(items)
    keys.splice(place, 0, key)
    items.splice(place, 0, item)
    if (items.length > 2 * CHUNK)
      this.#chunks.splice(index + 1, 0, { keys: keys.splice(CHUNK), items: items.splice(CHUNK) })
  }

  remove(key: Key, item: T): void {
    const [index, place] = this.#place(key, item)
    const chunk = this.#chunks[index]
    if (chunk?.items[place] !== item) return
    this.#length--
    this.#onChange(chunk.items)
    chunk.keys.splice(place, 1)
    chunk.items.splice(place, 1)
    const next = this.#chunks[index + 1]
    if (chunk.items.length === 0) this.#chunks.splice(index, 1)
    else if (next && chunk.items.length + next.items.length < CHUNK / 2) {
      this.#onChange(next.items)
      const keys = [...chunk.keys, ...next.keys]
      this.#chunks.splice(index, 2, { keys, items: [...chunk.items, ...next.items] })
    }
  }

  /** An item is about to change, though neither its key nor its place. */
  touch(key: Key, item: T): void {
    const chunk = this.#chunks[this.#place(key, item)[0]]
    if (chunk) this.#onChange(chunk.items)
  }

  /** Number of items for whose keys `probe` is negative; it must not fall again along the list. */
  rank(probe: (key: Key) => number): number {
    const [index, place] = this.#findKey(probe)
    let rank = place
    for (let i = 0; i < index; i++) rank += (this.#chunks[i] as Chunk<Key, T>).items.length
    return rank
  }

  /** The key of the item at a place. */
  keyAt(place: number): Key | undefined {
    let start = 0
    for (const { keys } of this.#chunks) {
      if (place < start + keys.length) return keys[place - start]
      start += keys.length
    }
    return undefined
  }

  slice(from: number, to: number): T[] {
    return this.#slice(0, from, to)
  }

  /** Items from the first for whose key `from` is not negative to before the first for whose key `to` is not, as they are now. */
  between(from: (key: Key) => number, to: (key: Key) => number): Series<T> {
    const [first, start] = this.#findKey(from)
    const [last, end] = this.#findKey(to)
    let length = end - start
    for (let i = first; i < last; i++) length += (this.#chunks[i] as Chunk<Key, T>).items.length
    if (last < first || length < 0) return seriesOf([])
    const slice = (begin: number, stop: number): T[] =>
      this.#slice(first, start + begin, start + Math.min(stop, length))
    return { length, slice, chunks: () => [slice(0, length)] }
  }

  /** Items from one place to another, counted from the beginning of a chunk. */
  #slice(first: number, from: number, to: number): T[] {
    const found: T[] = []
    let start = 0
    for (let index = first; index < this.#chunks.length && start < to; index++) {
      const { items } = this.#chunks[index] as Chunk<Key, T>
      const end = Math.min(to - start, items.length)
      for (let i = Math.max(from - start, 0); i < end; i++) found.push(items[i] as T)
      start += items.length
    }
    return found
  }

  chunks(): readonly (readonly T[])[] {
    return this.#chunks.map(({ items }) => items)
  }

  #order({ keys, items }: Chunk<Key, T>, at: number, key: Key, item: T): number {
    return this.#compare(keys[at] as Key, key) || this.#ties(items[at] as T, item)
  }

  /** Chunk and place where an item stands, or would stand. */
  #place(key: Key, item: T): [chunk: number, place: number] {
    return this.#find((chunk, at) => this.#order(chunk, at, key, item))
  }

  #findKey(probe: (key: Key) => number): [chunk: number, place: number] {
    return this.#find(({ keys }, at) => probe(keys[at] as Key))
  }

  /** Chunk and place of the first item for which `probe` is not negative. */
  #find(probe: (chunk: Chunk<Key, T>, at: number) => number): [chunk: number, place: number] {
    const chunks = this.#chunks
    let index = 0
    for (let end = chunks.length; index < end;) {
      const middle = (index + end) >>> 1
      const chunk = chunks[middle] as Chunk<Key, T>
      if (probe(chunk, chunk.keys.length - 1) < 0) index = middle + 1
      else end = middle
    }
    const chunk = chunks[index]
    if (!chunk) return [index, 0]
    let place = 0
    // the last one is known
    for (let end = chunk.keys.length - 1; place < end;) {
      const middle = (place + end) >>> 1
      if (probe(chunk, middle) < 0) place = middle + 1
      else end = middle
    }
    return [index, place]
  }
}

/** An array as a series. */
export function seriesOf<T>(items: readonly T[]): Series<T> {
  return { length: items.length, slice: (from, to) => items.slice(from, to), chunks: () => [items] }
}
