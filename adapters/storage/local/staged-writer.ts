/** The writes of a unit of work to one kind of record: staged on top of the committed records, guarded by locks. */
import { DuplicateKey, StaleVersion } from '../../../core/ports/storage.js'
import type {
  Envelope,
  Kind,
  KeyOf,
  Page,
  Query,
  RecordWriter,
  Records,
  StorageOptions,
} from '../../../core/ports/storage.js'
import { keyParts, recordCopy } from '../../../core/ports/stored-records.js'
import type { CommitStep } from './commit.js'
import { admit, present } from './current-schema.js'
import { find } from './query.js'
import type { RecordTable, UniqueIndex } from './record-table.js'
import type { Slot } from './slot.js'
import type { UnitLocks } from './unit-locks.js'

/** Ordinals of staged new records: after all committed ones. */
const STAGED = 2 ** 52

/** A unique key that a record has. */
interface Key<K extends Kind> {
  readonly index: UniqueIndex<K>
  readonly value: string
  /** Key of the lock that guards it. */
  readonly lock: string
}

/** Reads and writes records of one kind within a unit. */
export class StagedWriter<K extends Kind> implements RecordWriter<K> {
  readonly #kind: K
  readonly #table: RecordTable<K>
  readonly #locks: UnitLocks
  readonly #upgrade: StorageOptions['upgrade']
  readonly #staged = new Map<string, Slot<K> | undefined>()
  /** Ids of staged records by the unique keys that these have newly: by their locks. */
  readonly #keys = new Map<string, string>()
  /** Ids of committed records that were removed, be it that they were inserted again. */
  #removed: Set<string> | undefined
  #inserted = 0

  constructor(table: RecordTable<K>, locks: UnitLocks, upgrade: StorageOptions['upgrade']) {
    this.#kind = table.kind
    this.#table = table
    this.#locks = locks
    this.#upgrade = upgrade
  }

  async get(key: KeyOf<K>): Promise<Records[K] | undefined> {
    this.#locks.assertOpen()
    const slot = this.#staged.size === 0 ? this.#table.slotOf(key) : this.#slotOf(key)
    return slot && present(this.#upgrade, this.#kind, slot.record)
  }

  async find(query: Query): Promise<Page<Records[K]>> {
    this.#locks.assertOpen()
    const { items, total } = await find(this.#table, query, this.#staged, undefined, this.#locks.signal)
    return { items: items.map((record) => present(this.#upgrade, this.#kind, record)), total }
  }

  async insert(input: Records[K]): Promise<Records[K]> {
    const record = recordCopy(input, 1)
    const { id } = record
    const keys = this.#keysOf(record)
    const taken: string[] = []
    const waiting = this.#locks.take(locksOf(keys, this.#lockOf(id)), taken)
    if (waiting) await waiting
    if (this.#slotNow(id)) this.#fail(taken, new DuplicateKey(this.#kind, 'id'))
    this.#assertFree(id, keys, taken)
    // A record that this unit removed and inserts again is a new one, at the end.
    this.#staged.delete(id)
    this.#stage(record, keys, STAGED + this.#inserted++)
    return record
  }

  async update(input: Records[K]): Promise<Records[K]> {
    const { id, version } = input
    const record = recordCopy(input, this.#staged.has(id) ? version : version + 1)
    const taken: string[] = []
    const waiting = this.#locks.take([this.#lockOf(id)], taken)
    if (waiting) await waiting
    const { record: before, ordinal } = this.#current(id, version, taken)
    const old = this.#keysOf(before, record)
    const keys = this.#keysOf(record, before)
    const waitingMore = this.#locks.take(locksOf([...old, ...keys]), taken)
    if (waitingMore) await waitingMore
    this.#assertUnchanged(before, taken)
    this.#assertFree(id, keys, taken)
    this.#forget(old)
    this.#stage(record, keys, ordinal)
    return record
  }

  async remove(input: Records[K]): Promise<void> {
    const { id, version } = input
    const taken: string[] = []
    const waiting = this.#locks.take([this.#lockOf(id)], taken)
    if (waiting) await waiting
    const { record: before } = this.#current(id, version, taken)
    const keys = this.#keysOf(before)
    const waitingMore = this.#locks.take(locksOf(keys), taken)
    if (waitingMore) await waitingMore
    this.#assertUnchanged(before, taken)
    this.#forget(keys)
    if (this.#table.byId.has(id)) {
      this.#staged.set(id, undefined)
      this.#removed = (this.#removed ?? new Set()).add(id)
    } else this.#staged.delete(id)
  }

  /** Adds what the commit is to change: removals first, so that whatever they free is free. */
  addSteps(steps: CommitStep[]): void {
    if (this.#removed) for (const id of this.#removed) steps.push([this.#kind, id])
    for (const slot of this.#staged.values()) if (slot) steps.push([this.#kind, slot.record])
  }

  /** The slot of this id as the unit sees it. */
  #slotNow(id: string): Slot<K> | undefined {
    return this.#staged.get(id) ?? (this.#staged.has(id) ? undefined : this.#table.byId.get(id))
  }

  /** The slot that a key names, as the unit sees it. */
  #slotOf(key: KeyOf<K>): Slot<K> | undefined {
    const [name, value] = keyParts(key)
    if (name === 'id') return this.#slotNow(value)
    const index = this.#table.unique.find((each) => each.name === name)
    return index && this.#holderOf({ index, value, lock: index.lock + value })
  }

  /** The slot that has this unique key, as the unit sees it. */
  #holderOf({ index, value, lock }: Key<K>): Slot<K> | undefined {
    const own = this.#keys.get(lock)
    if (own !== undefined) return this.#staged.get(own)
    const slot = index.slots.get(value)
    if (!slot || !this.#staged.has(slot.record.id)) return slot
    const staged = this.#staged.get(slot.record.id)
    return staged?.record.keys[index.name] === value ? staged : undefined
  }

  /** The slot to be changed; StaleVersion if it is not there in this version. */
  #current(id: string, version: number, taken: readonly string[]): Slot<K> {
    const slot = this.#slotNow(id)
    if (!slot || slot.record.version !== version) this.#fail(taken, new StaleVersion(this.#kind, id))
    return slot
  }

  /** After a wait: another call of this unit may have changed the record meanwhile. */
  #assertUnchanged(record: Records[K], taken: readonly string[]): void {
    if (this.#slotNow(record.id)?.record !== record) this.#fail(taken, new StaleVersion(this.#kind, record.id))
  }

  #assertFree(id: string, keys: readonly Key<K>[], taken: readonly string[]): void {
    for (const key of keys) {
      const holder = this.#holderOf(key)
      if (holder && holder.record.id !== id) this.#fail(taken, new DuplicateKey(this.#kind, key.index.name))
    }
  }

  #fail(taken: readonly string[], error: Error): never {
    this.#locks.giveUp(taken)
    throw error
  }

  #stage(record: Records[K], keys: readonly Key<K>[], ordinal: number): void {
    this.#staged.set(record.id, { record: admit(this.#upgrade, this.#kind, record), ordinal })
    for (const { lock } of keys) this.#keys.set(lock, record.id)
  }

  #forget(keys: readonly Key<K>[]): void {
    for (const { lock } of keys) this.#keys.delete(lock)
  }

  /** The unique keys that a record has, and another one has not, in the order in which they are checked. */
  #keysOf(record: Envelope, other?: Envelope): Key<K>[] {
    const keys: Key<K>[] = []
    for (const index of this.#table.unique) {
      const value = record.keys[index.name]
      if (value !== undefined && value !== other?.keys[index.name])
        keys.push({ index, value, lock: index.lock + value })
    }
    return keys
  }

  #lockOf(id: string): string {
    return this.#table.idLock + id
  }
}

function locksOf<K extends Kind>(keys: readonly Key<K>[], ...locks: string[]): string[] {
  for (const { lock } of keys) locks.push(lock)
  return locks
}
