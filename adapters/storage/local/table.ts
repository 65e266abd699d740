/** The committed records of one kind in one list, and their indexes. */
import { kinds } from '../../../core/ports/storage.js'
import type { Envelope, Kind, Path, Scalar } from '../../../core/ports/storage.js'
import { compilePath } from '../../../core/ports/condition.js'
import { compareScalars, compareValues, rankOf } from '../../../core/ports/order.js'
import { Ordered, part, rowsOf } from './ordered.js'
import type { Rows } from './ordered.js'

/** A record's place in its table. The record is replaced by an update, the ordinal never. */
export interface Row {
  record: Envelope
  readonly ordinal: number
}

/** All rows by the value at a declared path, absent values first, ties by ordinal. */
class SortedIndex {
  readonly path: Path
  readonly #read: (record: object) => unknown
  readonly rows: Ordered<Row>

  constructor(path: Path) {
    this.path = path
    const read = compilePath(path)
    this.#read = read
    this.rows = new Ordered((a, b) => compareValues(read(a.record), read(b.record)) || a.ordinal - b.ordinal)
  }

  /** Whether two records stand at one place. */
  agrees(a: Envelope, b: Envelope): boolean {
    const x = this.#read(a)
    return (x === null || typeof x !== 'object') && x === this.#read(b)
  }

  equal(value: Scalar): Rows<Row> {
    return part(this.rows, this.#before(value, true), this.#before(value, false))
  }

  /** Rows with a value of the bound's type that is less or greater than it, or equal to it too; ordered by value. */
  range(op: 'lt' | 'lte' | 'gt' | 'gte', bound: Scalar): Rows<Row> {
    const type = rankOf(bound)
    const ofType = (rank: number): number => this.rows.rank((row) => rankOf(this.#read(row.record)) - rank)
    return op === 'lt' || op === 'lte'
      ? part(this.rows, ofType(type), this.#before(bound, op === 'lt'))
      : part(this.rows, this.#before(bound, op === 'gte'), ofType(type + 1))
  }

  /** Number of rows before the first with this value, or before the first beyond it. */
  #before(value: Scalar, own: boolean): number {
    const type = rankOf(value)
    return this.rows.rank((row) => {
      const other = this.#read(row.record)
      const difference = rankOf(other) - type || compareScalars(other, value)
      return difference === 0 && !own ? -1 : difference
    })
  }

  /** All rows from the highest value to the lowest, ties by ordinal all the same. */
  descending(): Rows<Row> {
    const rows = this.rows
    const read = this.#read
    return {
      length: rows.length,
      slice: (from, to) => {
        const items: Row[] = []
        let end = rows.length
        let start = 0
        while (end > 0 && start < to) {
          const value = read(rows.slice(end - 1, end)[0]?.record as object)
          const first = rows.rank((row) => compareValues(read(row.record), value))
          const skip = Math.max(from - start, 0)
          for (const row of rows.slice(first + skip, Math.min(end, first + to - start))) items.push(row)
          start += end - first
          end = first
        }
        return items
      },
      chunks: function* () {
        for (let end = rows.length; end > 0;) {
          const value = read(rows.slice(end - 1, end)[0]?.record as object)
          const first = rows.rank((row) => compareValues(read(row.record), value))
          yield rows.slice(first, end)
          end = first
        }
      },
    }
  }
}

/** Rows by a key that many records may share, in order of their ordinals; one row stands for itself. */
class Buckets {
  readonly #buckets = new Map<string, Row | Ordered<Row>>()

  add(key: string, row: Row): void {
    const bucket = this.#buckets.get(key)
    if (bucket instanceof Ordered) bucket.add(row)
    else if (bucket) {
      const rows = byOrdinal()
      rows.add(bucket)
      rows.add(row)
      this.#buckets.set(key, rows)
    } else this.#buckets.set(key, row)
  }

  remove(key: string, row: Row): void {
    const bucket = this.#buckets.get(key)
    if (bucket instanceof Ordered) bucket.remove(row)
    if (!(bucket instanceof Ordered) || bucket.length === 0) this.#buckets.delete(key)
  }

  get(key: string): Rows<Row> {
    const bucket = this.#buckets.get(key)
    return bucket instanceof Ordered ? bucket : rowsOf(bucket ? [bucket] : [])
  }
}

const byOrdinal = (): Ordered<Row> => new Ordered((a, b) => a.ordinal - b.ordinal)

/** The committed records of one kind in one list. */
export class Table {
  readonly kind: Kind
  /** All rows in order of creation. */
  readonly rows = byOrdinal()
  readonly byId = new Map<string, Row>()
  /** Rows by the value of each unique key, and of each other key that is looked up. */
  readonly unique: readonly { readonly name: string; readonly rows: Map<string, Row> }[]
  readonly indexed: readonly { readonly name: string; readonly rows: Buckets }[]
  readonly declared: readonly SortedIndex[]
  #nextOrdinal = 1

  constructor(kind: Kind, declared: readonly Path[]) {
    this.kind = kind
    this.unique = kinds[kind].unique.map((name) => ({ name, rows: new Map() }))
    this.indexed = kinds[kind].indexed.map((name) => ({ name, rows: new Buckets() }))
    this.declared = declared.map((path) => new SortedIndex(path))
  }

  /** The row that has this value of a unique key. */
  uniqueRow(name: string, value: string): Row | undefined {
    for (const index of this.unique) if (index.name === name) return index.rows.get(value)
    return undefined
  }

  /** All records of this moment, in order of creation. */
  records(): Envelope[] {
    const records: Envelope[] = []
    for (const chunk of this.rows.chunks()) for (const { record } of chunk) records.push(record)
    return records
  }

  /** Stores a record: in its own place if its id is there, else as the last. */
  put(record: Envelope): void {
    const row = this.byId.get(record.id)
    if (row) this.#replace(row, record)
    else {
      const added: Row = { record, ordinal: this.#nextOrdinal++ }
      this.byId.set(record.id, added)
      this.rows.add(added)
      for (const { name, rows } of this.unique) add(rows, record.keys[name], added)
      for (const { name, rows } of this.indexed) addTo(rows, record.keys[name], added)
      for (const index of this.declared) index.rows.add(added)
    }
  }

  remove(id: string): void {
    const row = this.byId.get(id)
    if (!row) return
    const { record } = row
    this.byId.delete(id)
    this.rows.remove(row)
    for (const { name, rows } of this.unique) remove(rows, record.keys[name], row)
    for (const { name, rows } of this.indexed) removeFrom(rows, record.keys[name], row)
    for (const index of this.declared) index.rows.remove(row)
  }

  #replace(row: Row, next: Envelope): void {
    const { record } = row
    for (const { name, rows } of this.unique) {
      if (record.keys[name] === next.keys[name]) continue
      remove(rows, record.keys[name], row)
      add(rows, next.keys[name], row)
    }
    for (const { name, rows } of this.indexed) {
      if (record.keys[name] === next.keys[name]) continue
      removeFrom(rows, record.keys[name], row)
      addTo(rows, next.keys[name], row)
    }
    const moved = this.declared.filter((index) => !index.agrees(record, next))
    for (const index of moved) index.rows.remove(row)
    row.record = next
    for (const index of moved) index.rows.add(row)
  }
}

function add(map: Map<string, Row>, key: string | undefined, row: Row): void {
  if (key !== undefined) map.set(key, row)
}
/** A key may have passed to another row in the same commit; then it stays there. */
function remove(map: Map<string, Row>, key: string | undefined, row: Row): void {
  if (key !== undefined && map.get(key) === row) map.delete(key)
}
function addTo(buckets: Buckets, key: string | undefined, row: Row): void {
  if (key !== undefined) buckets.add(key, row)
}
function removeFrom(buckets: Buckets, key: string | undefined, row: Row): void {
  if (key !== undefined) buckets.remove(key, row)
}
