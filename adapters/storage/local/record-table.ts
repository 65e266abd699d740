/** The committed records of one kind in one list, and their indexes. */
import { kinds } from '../../../core/ports/storage.js'
import type { Kind, KeyOf, Path, Records, Scalar } from '../../../core/ports/storage.js'
import { compilePath } from '../../../core/ports/condition.js'
import { compareValues, rankOf, sortable } from '../../../core/ports/order.js'
import { keyParts } from '../../../core/ports/stored-records.js'
import { Block } from './blocks.js'
import { Ordered, seriesOf } from './ordered.js'
import type { Series } from './ordered.js'
import type { Slot } from './slot.js'

const byAge = (a: { readonly ordinal: number }, b: { readonly ordinal: number }): number => a.ordinal - b.ordinal

/** What stands for a value in an index. */
const keyOf = (value: unknown): unknown => (typeof value === 'string' ? sortable(value) : value)

function compareKeys(a: unknown, b: unknown): number {
  if (typeof a === 'string' && typeof b === 'string') return a < b ? -1 : Number(a > b)
  return compareValues(a, b)
}

/** Looks for the first slot that has a key, or that comes after all that have it. */
const at = (key: unknown) => (other: unknown) => compareKeys(other, key)
const after = (key: unknown) => (other: unknown) => compareKeys(other, key) || -1

/** All slots by the value at a declared path, absent values first, ties by ordinal. */
class SortedIndex<K extends Kind> {
  readonly path: Path
  readonly #read: (record: object) => unknown
  readonly slots = new Ordered<unknown, Slot<K>>({ compare: compareKeys, ties: byAge })

  constructor(path: Path) {
    this.path = path
    this.#read = compilePath(path)
  }

  add(slot: Slot<K>): void {
    this.slots.add(keyOf(this.#read(slot.record)), slot)
  }

  remove(slot: Slot<K>): void {
    this.slots.remove(keyOf(this.#read(slot.record)), slot)
  }

  /** Whether two records stand at one place. */
  agrees(a: Records[K], b: Records[K]): boolean {
    const x = this.#read(a)
    return (x === null || typeof x !== 'object') && x === this.#read(b)
  }

  equal(value: Scalar): Series<Slot<K>> {
    const key = keyOf(value)
    return this.slots.between(at(key), after(key))
  }

  /** Slots with a value of the bound's type that is less or greater than it, or equal to it too; ordered by value. */
  range(op: 'lt' | 'lte' | 'gt' | 'gte', bound: Scalar): Series<Slot<K>> {
    const key = keyOf(bound)
    const type = rankOf(bound)
    const ofType = (rank: number) => (other: unknown) => rankOf(other) - rank
    return op === 'lt' || op === 'lte'
      ? this.slots.between(ofType(type), op === 'lt' ? at(key) : after(key))
      : this.slots.between(op === 'gte' ? at(key) : after(key), ofType(type + 1))
  }

  /** All slots from the highest value to the lowest, ties by ordinal all the same. */
  descending(): Series<Slot<K>> {
    const { slots } = this
    const startOf = (end: number): number => slots.rank(at(slots.keyAt(end - 1)))
    return {
      length: slots.length,
      slice: (from, to) => {
        const items: Slot<K>[] = []
        let end = slots.length
        let start = 0
        while (end > 0 && start < to) {
          const first = startOf(end)
          const skip = Math.max(from - start, 0)
          for (const slot of slots.slice(first + skip, Math.min(end, first + to - start))) items.push(slot)
          start += end - first
          end = first
        }
        return items
      },
      chunks: function* () {
        for (let end = slots.length; end > 0;) {
          const first = startOf(end)
          yield slots.slice(first, end)
          end = first
        }
      },
    }
  }
}

/** Slots by a key that many records may share, in order of their ordinals; one slot stands for itself. */
class Buckets<K extends Kind> {
  readonly #buckets = new Map<string, Slot<K> | Ordered<number, Slot<K>>>()

  add(key: string, slot: Slot<K>): void {
    const bucket = this.#buckets.get(key)
    if (bucket instanceof Ordered) bucket.add(slot.ordinal, slot)
    else if (bucket) {
      const slots = new Ordered<number, Slot<K>>({ compare: byNumber })
      slots.add(bucket.ordinal, bucket)
      slots.add(slot.ordinal, slot)
      this.#buckets.set(key, slots)
    } else this.#buckets.set(key, slot)
  }

  remove(key: string, slot: Slot<K>): void {
    const bucket = this.#buckets.get(key)
    if (bucket instanceof Ordered) bucket.remove(slot.ordinal, slot)
    if (!(bucket instanceof Ordered) || bucket.length === 0) this.#buckets.delete(key)
  }

  get(key: string): Series<Slot<K>> {
    const bucket = this.#buckets.get(key)
    return bucket instanceof Ordered ? bucket : seriesOf(bucket ? [bucket] : [])
  }
}

const byNumber = (a: number, b: number): number => a - b

/** All slots by the value of a unique key. */
export interface UniqueIndex<K extends Kind> {
  readonly name: string
  readonly slots: Map<string, Slot<K>>
  /** What the keys of locks that guard its values begin with. */
  readonly lock: string
}

/** The committed records of one kind in one list. */
export class RecordTable<K extends Kind> {
  readonly kind: K
  /** All slots in order of creation. */
  readonly slots = new Ordered<number, Slot<K>>({ compare: byNumber, onChange: (slots) => this.#keepBlock(slots) })
  /** Blocks by the slots that they were made of, until these change. */
  readonly #blocks = new Map<readonly Slot<K>[], Block<K>>()
  readonly byId = new Map<string, Slot<K>>()
  readonly unique: readonly UniqueIndex<K>[]
  /** What the keys of locks that guard ids begin with. */
  readonly idLock: string
  /** Slots by the value of each other key that is looked up. */
  readonly indexed: readonly { readonly name: string; readonly slots: Buckets<K> }[]
  readonly declared: readonly SortedIndex<K>[]
  #nextOrdinal = 1

  constructor(kind: K, declared: readonly Path[], list = '') {
    this.kind = kind
    const lockOf = (name: string): string => `${list}\u001f${kind}\u001f${name}\u001f`
    this.idLock = lockOf('id')
    this.unique = kinds[kind].unique.map((name) => ({ name, slots: new Map(), lock: lockOf(name) }))
    this.indexed = kinds[kind].indexed.map((name) => ({ name, slots: new Buckets() }))
    this.declared = declared.map((path) => new SortedIndex(path))
  }

  /** The slot that has this value of a unique key. */
  uniqueSlot(name: string, value: string): Slot<K> | undefined {
    for (const index of this.unique) if (index.name === name) return index.slots.get(value)
    return undefined
  }

  /** The slot that a key names. */
  slotOf(key: KeyOf<K>): Slot<K> | undefined {
    const [name, value] = keyParts(key)
    return name === 'id' ? this.byId.get(value) : this.uniqueSlot(name, value)
  }

  /** All records of this moment, in order of creation. */
  records(): Records[K][] {
    const records: Records[K][] = []
    for (const chunk of this.slots.chunks()) for (const { record } of chunk) records.push(record)
    return records
  }

  /** All records of this moment, in order of creation. A block is made once, and remembered until something in it changes. */
  blocks(): readonly Block<K>[] {
    return this.slots.chunks().map((slots) => {
      const known = this.#blocks.get(slots)
      if (known) return known
      const block = new Block(slots)
      this.#blocks.set(slots, block)
      return block
    })
  }

  #keepBlock(slots: readonly Slot<K>[]): void {
    this.#blocks.get(slots)?.keep()
    this.#blocks.delete(slots)
  }

  /** Stores a record: in its own place if its id is there, else as the last. */
  put(record: Records[K]): void {
    const slot = this.byId.get(record.id)
    if (slot) this.#replace(slot, record)
    else {
      const added: Slot<K> = { record, ordinal: this.#nextOrdinal++ }
      this.byId.set(record.id, added)
      this.slots.add(added.ordinal, added)
      for (const { name, slots } of this.unique) add(slots, record.keys[name], added)
      for (const { name, slots } of this.indexed) addTo(slots, record.keys[name], added)
      for (const index of this.declared) index.add(added)
    }
  }

  remove(id: string): void {
    const slot = this.byId.get(id)
    if (!slot) return
    const { record } = slot
    this.byId.delete(id)
    this.slots.remove(slot.ordinal, slot)
    for (const { name, slots } of this.unique) remove(slots, record.keys[name], slot)
    for (const { name, slots } of this.indexed) removeFrom(slots, record.keys[name], slot)
    for (const index of this.declared) index.remove(slot)
  }

  #replace(slot: Slot<K>, next: Records[K]): void {
    const { record } = slot
    for (const { name, slots } of this.unique) {
      if (record.keys[name] === next.keys[name]) continue
      remove(slots, record.keys[name], slot)
      add(slots, next.keys[name], slot)
    }
    for (const { name, slots } of this.indexed) {
      if (record.keys[name] === next.keys[name]) continue
      removeFrom(slots, record.keys[name], slot)
      addTo(slots, next.keys[name], slot)
    }
    const moved = this.declared.filter((index) => !index.agrees(record, next))
    for (const index of moved) index.remove(slot)
    this.slots.touch(slot.ordinal, slot)
    slot.record = next
    for (const index of moved) index.add(slot)
  }
}

function add<K extends Kind>(map: Map<string, Slot<K>>, key: string | undefined, slot: Slot<K>): void {
  if (key !== undefined) map.set(key, slot)
}
/** A key may have passed to another slot in the same commit; then it stays there. */
function remove<K extends Kind>(map: Map<string, Slot<K>>, key: string | undefined, slot: Slot<K>): void {
  if (key !== undefined && map.get(key) === slot) map.delete(key)
}
function addTo<K extends Kind>(buckets: Buckets<K>, key: string | undefined, slot: Slot<K>): void {
  if (key !== undefined) buckets.add(key, slot)
}
function removeFrom<K extends Kind>(buckets: Buckets<K>, key: string | undefined, slot: Slot<K>): void {
  if (key !== undefined) buckets.remove(key, slot)
}
