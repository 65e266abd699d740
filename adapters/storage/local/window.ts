/** The page of a query: what belongs to it is kept while all is looked at. */
import type { Slices } from './slices.js'

/** Up to so many items are kept sorted while they come in; more are sorted at the end. */
const keptSorted = 1_000
/** Length of what is sorted in one go. */
const run = 1_000

/** Counts all items and keeps those of one page; equal ones stand as they came. */
export class Window<T> {
  readonly #from: number
  readonly #to: number
  readonly #compare: ((a: T, b: T) => number) | undefined
  readonly #sortsAtEnd: boolean
  #items: T[] = []
  #total = 0

  /** Items come in the right order already if there is no `compare`. */
  constructor(from: number, to: number, compare: ((a: T, b: T) => number) | undefined) {
    this.#from = from
    this.#to = to
    this.#compare = compare
    this.#sortsAtEnd = compare !== undefined && to > keptSorted
  }

  /** How many items came. */
  get total(): number {
    return this.#total
  }

  add(item: T): void {
    const place = this.#total++
    const compare = this.#compare
    if (!compare) {
      if (place >= this.#from && place < this.#to) this.#items.push(item)
    } else if (this.#sortsAtEnd) this.#items.push(item)
    else this.#insert(item, compare)
  }

  /** Keeps the first `to` items of all that came so far. */
  #insert(item: T, compare: (a: T, b: T) => number): void {
    const items = this.#items
    if (items.length === this.#to) {
      if (items.length === 0 || compare(item, items.at(-1) as T) >= 0) return
      items.pop()
    }
    let low = 0
    let high = items.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (compare(item, items[middle] as T) < 0) high = middle
      else low = middle + 1
    }
    items.splice(low, 0, item)
  }

  /** Sorts what is to be sorted at the end, in slices; then `items` are those of the page. */
  async arrange(slices: Slices): Promise<void> {
    if (!this.#compare || !this.#sortsAtEnd) return
    this.#items = await sortInSlices(this.#items, this.#compare, slices)
  }

  /** The items of the page. */
  items(): T[] {
    if (!this.#compare) return this.#items
    return this.#items.slice(this.#from, this.#to)
  }
}

/** Runs that are sorted one by one, then merged two by two. */
async function sortInSlices<T>(items: readonly T[], compare: (a: T, b: T) => number, slices: Slices): Promise<T[]> {
  let runs: T[][] = []
  for (let from = 0; from < items.length; from += run) {
    runs.push(items.slice(from, from + run).toSorted(compare))
    if (slices.isOver) await slices.next()
  }
  while (runs.length > 1) {
    const merged: T[][] = []
    for (let i = 0; i < runs.length; i += 2)
      merged.push(await merge(runs[i] as T[], runs[i + 1] ?? [], compare, slices))
    runs = merged
  }
  return runs[0] ?? []
}

async function merge<T>(
  a: readonly T[],
  b: readonly T[],
  compare: (a: T, b: T) => number,
  slices: Slices,
): Promise<T[]> {
  const merged: T[] = []
  for (let i = 0, j = 0; i < a.length || j < b.length;) {
    const isFirst = j >= b.length || (i < a.length && compare(a[i] as T, b[j] as T) <= 0)
    merged.push((isFirst ? a[i++] : b[j++]) as T)
    if (merged.length % 64 === 0 && slices.isOver) await slices.next()
  }
  return merged
}
