/** What a scan looks at: records as they are at one moment, in blocks that outlive it as long as nothing in them changes. */
import { compilePath } from '../../../core/ports/condition.js'
import type { Kind, Path, Records } from '../../../core/ports/storage.js'
import type { Slot } from './slot.js'

/** So many paths a block keeps marks of: those that were asked for last. */
const mostPaths = 4

/** A path that was asked for, and the marks of the values there, record by record, once it was asked for again. */
interface Asked {
  readonly path: Path
  marks: Int32Array | undefined
}

/** Records that follow one another, as of the moment in which the block was made. */
export class Block<K extends Kind> {
  readonly #live: readonly Slot<K>[]
  #slots: readonly Slot<K>[] = []
  #records: readonly Records[K][] | undefined
  #asked: readonly Asked[] = []

  /** The moment is that of this call if `keep` is called before anything in the slots changes. */
  constructor(slots: readonly Slot<K>[]) {
    this.#live = slots
  }

  /** Takes the records out of their slots. */
  keep(): readonly Records[K][] {
    if (this.#records) return this.#records
    this.#slots = this.#live.slice()
    return (this.#records = this.#slots.map(({ record }) => record))
  }

  /** The record at a place of the block, with its ordinal. */
  slotAt(place: number): Slot<K> {
    return { record: this.keep()[place] as Records[K], ordinal: this.#slots[place]?.ordinal ?? 0 }
  }

  /** Places of all records that may have a value at a path, and of few others; undefined when nobody has asked before. */
  placesOf(path: Path, mark: number): number[] | undefined {
    const marks = this.#marksAt(path)
    if (!marks) return undefined
    const places: number[] = []
    for (let place = marks.indexOf(mark); place >= 0; place = marks.indexOf(mark, place + 1)) places.push(place)
    return places
  }

  #marksAt(path: Path): Int32Array | undefined {
    const known = this.#asked.find((asked) => samePath(asked.path, path))
    if (known && known === this.#asked[0] && known.marks) return known.marks
    const asked = known ?? { path, marks: undefined }
    if (known) known.marks ??= this.#mark(path)
    this.#asked = [asked, ...this.#asked.filter((other) => other !== known)].slice(0, mostPaths)
    return asked.marks
  }

  #mark(path: Path): Int32Array {
    const read = compilePath(path)
    const records = this.keep()
    const marks = new Int32Array(records.length)
    for (let place = 0; place < marks.length; place++) marks[place] = markOf(read(records[place] as Records[K]))
    return marks
  }
}

/** Of a longer text, so much makes its mark. */
const markedLength = 64

/** A number in the place of a scalar: equal ones have the same, and few others have it. */
export function markOf(value: unknown): number {
  if (typeof value === 'number' || typeof value === 'boolean') return markOf(String(value))
  if (typeof value !== 'string') return 0
  let mark = value.length
  const end = Math.min(value.length, markedLength)
  for (let at = 0; at < end; at++) mark = Math.imul(mark ^ value.charCodeAt(at), 0x01000193)
  return mark
}

/** Whether two paths lead to one place. */
export function samePath(a: Path, b: Path): boolean {
  return a.length === b.length && a.every((name, at) => name === b[at])
}
