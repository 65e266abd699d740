/** A sorted list in chunks: adding and removing move one chunk, a page is a slice, whatever the length. */

/** Items in an order: a sorted list, a part of one, or a plain array. */
export interface Series<T> {
  readonly length: number
  slice(from: number, to: number): readonly T[]
  /** All items, in order, in arrays to loop over. */
  chunks(): Iterable<readonly T[]>
}

const CHUNK = 1024

/** Items sorted by `compare`, which never calls two different items equal. */
export class Ordered<T> implements Series<T> {
  readonly #compare: (a: T, b: T) => number
  #chunks: T[][] = []
  #length = 0

  constructor(compare: (a: T, b: T) => number) {
    this.#compare = compare
  }

  get length(): number {
    return this.#length
  }

  add(item: T): void {
    this.#length++
    const last = this.#chunks.at(-1)
    if (!last || this.#compare(last.at(-1) as T, item) < 0) {
      if (last && last.length < CHUNK) last.push(item)
      else this.#chunks.push([item])
      return
    }
    const [index, place] = this.#find((other) => this.#compare(other, item))
    const chunk = this.#chunks[index] as T[]
    chunk.splice(place, 0, item)
    if (chunk.length > 2 * CHUNK) this.#chunks.splice(index + 1, 0, chunk.splice(CHUNK))
  }

  remove(item: T): void {
    const [index, place] = this.#find((other) => this.#compare(other, item))
    const chunk = this.#chunks[index]
    if (chunk?.[place] !== item) return
    this.#length--
    chunk.splice(place, 1)
    const next = this.#chunks[index + 1]
    if (chunk.length === 0) this.#chunks.splice(index, 1)
    else if (next && chunk.length + next.length < CHUNK / 2) this.#chunks.splice(index, 2, [...chunk, ...next])
  }

  /** Number of items for which `probe` is negative; it must not fall again along the list. */
  rank(probe: (item: T) => number): number {
    const [index, place] = this.#find(probe)
    let rank = place
    for (let i = 0; i < index; i++) rank += (this.#chunks[i] as T[]).length
    return rank
  }

  slice(from: number, to: number): T[] {
    const items: T[] = []
    let start = 0
    for (const chunk of this.#chunks) {
      if (start >= to) break
      const end = start + chunk.length
      if (end > from)
        for (let i = Math.max(from - start, 0); i < Math.min(to - start, chunk.length); i++) items.push(chunk[i] as T)
      start = end
    }
    return items
  }

  chunks(): readonly (readonly T[])[] {
    return this.#chunks
  }

  /** Chunk and place of the first item for which `probe` is not negative. */
  #find(probe: (item: T) => number): [chunk: number, place: number] {
    const index = firstWhere(this.#chunks.length, (i) => probe((this.#chunks[i] as T[]).at(-1) as T) >= 0)
    const chunk = this.#chunks[index]
    return [index, chunk ? firstWhere(chunk.length, (i) => probe(chunk[i] as T) >= 0) : 0]
  }
}

/** First number below `length` that passes a test which, once passed, stays passed; `length` if none does. */
function firstWhere(length: number, passes: (index: number) => boolean): number {
  let low = 0
  let high = length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (passes(middle)) high = middle
    else low = middle + 1
  }
  return low
}

/** An array as a series. */
export function seriesOf<T>(items: readonly T[]): Series<T> {
  return { length: items.length, slice: (from, to) => items.slice(from, to), chunks: () => [items] }
}

/** The part of a list between two ranks. */
export function part<T>(list: Ordered<T>, from: number, to: number): Series<T> {
  const length = Math.max(to - from, 0)
  return {
    length,
    slice: (start, end) => list.slice(from + start, from + Math.min(end, length)),
    chunks: () => [list.slice(from, from + length)],
  }
}
