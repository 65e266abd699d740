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
import type { RecordTable } from './record-table.js'
import type { Slot } from './slot.js'
import type { UnitLocks } from './unit-locks.js'

/** Ordinals of staged new records: after all committed ones. */
const STAGED = 2 ** 52

interface UniqueKey {
  readonly name: string
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
  readonly #prefix: string
  readonly #staged = new Map<string, Slot<K> | undefined>()
  /** Ids of staged records by name and value of their unique keys. */
  readonly #keys = new Map<string, string>()
  #inserted = 0

  constructor(list: string, table: RecordTable<K>, locks: UnitLocks, upgrade: StorageOptions['upgrade']) {
    this.#kind = table.kind
    this.#table = table
    this.#locks = locks
    this.#upgrade = upgrade
    this.#prefix = `${list}\u001f${table.kind}\u001f`
  }

  async get(key: KeyOf<K>): Promise<Records[K] | undefined> {
    this.#locks.assertOpen()
    const [name, value] = keyParts(key)
    const slot = name === 'id' ? this.#slotNow(value) : this.#uniqueSlot(name, value)
    return slot && present(this.#upgrade, this.#kind, slot.record)
  }

  async find(query: Query): Promise<Page<Records[K]>> {
    this.#locks.assertOpen()
    const { items, total } = await find(this.#table, query, this.#staged, undefined, this.#locks.signal)
    return { items: items.map((record) => present(this.#upgrade, this.#kind, record)), total }
  }

  async insert(input: Records[K]): Promise<Records[K]> {
    const record = recordCopy(input, 1)
    const keys = this.#uniqueOf(record)
    const taken = await this.#locks.take([this.#lockOf('id', record.id), ...keys.map(({ lock }) => lock)])
    if (this.#slotNow(record.id)) this.#fail(taken, new DuplicateKey(this.#kind, 'id'))
    this.#assertFree(record.id, keys, taken)
    // A record that this unit removed and inserts again is a new one, at the end.
    this.#staged.delete(record.id)
    this.#stage(record, keys, STAGED + this.#inserted++)
    return record
  }

  async update(input: Records[K]): Promise<Records[K]> {
    const { id, version } = input
    const record = recordCopy(input, this.#staged.has(id) ? version : version + 1)
    const taken = await this.#locks.take([this.#lockOf('id', id)])
    const { record: before, ordinal } = this.#current(id, version, taken)
    const [old, keys] = [this.#uniqueOf(before), this.#uniqueOf(record)]
    const changed = [...old, ...keys].filter(({ name }) => before.keys[name] !== record.keys[name])
    const locks = changed.map(({ lock }) => lock)
    await this.#locks.take(locks, taken)
    this.#assertUnchanged(before, taken)
    this.#assertFree(id, keys, taken)
    this.#forget(old)
    this.#stage(record, keys, ordinal)
    return record
  }

  async remove(input: Records[K]): Promise<void> {
    const { id, version } = input
    const taken = await this.#locks.take([this.#lockOf('id', id)])
    const { record: before } = this.#current(id, version, taken)
    const keys = this.#uniqueOf(before)
    const locks = keys.map(({ lock }) => lock)
    await this.#locks.take(locks, taken)
    this.#assertUnchanged(before, taken)
    this.#forget(keys)
    if (this.#table.byId.has(id)) this.#staged.set(id, undefined)
    else this.#staged.delete(id)
  }

  steps(): CommitStep[] {
    const steps: CommitStep[] = []
    for (const [id, slot] of this.#staged) {
      if (!slot || (slot.ordinal >= STAGED && this.#table.byId.has(id))) steps.push([this.#kind, id])
      if (slot) steps.push([this.#kind, slot.record])
    }
    return steps
  }

  /** The slot of this id as the unit sees it. */
  #slotNow(id: string): Slot<K> | undefined {
    return this.#staged.has(id) ? this.#staged.get(id) : this.#table.byId.get(id)
  }

  /** The slot that has this key, as the unit sees it. */
  #uniqueSlot(name: string, value: string): Slot<K> | undefined {
    const own = this.#keys.get(`${name}\u001f${value}`)
    if (own !== undefined) return this.#staged.get(own)
    const slot = this.#table.uniqueSlot(name, value)
    return slot && !this.#staged.has(slot.record.id) ? slot : undefined
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

  #assertFree(id: string, keys: readonly UniqueKey[], taken: readonly string[]): void {
    for (const { name, value } of keys) {
      const slot = this.#uniqueSlot(name, value)
      if (slot && slot.record.id !== id) this.#fail(taken, new DuplicateKey(this.#kind, name))
    }
  }

  #fail(taken: readonly string[], error: Error): never {
    this.#locks.giveUp(taken)
    throw error
  }

  #stage(record: Records[K], keys: readonly UniqueKey[], ordinal: number): void {
    this.#staged.set(record.id, { record: admit(this.#upgrade, this.#kind, record), ordinal })
    for (const { name, value } of keys) this.#keys.set(`${name}\u001f${value}`, record.id)
  }

  #forget(keys: readonly UniqueKey[]): void {
    for (const { name, value } of keys) this.#keys.delete(`${name}\u001f${value}`)
  }

  /** The unique keys that a record has, in the order in which they are checked. */
  #uniqueOf(record: Envelope): UniqueKey[] {
    const keys: UniqueKey[] = []
    for (const { name } of this.#table.unique) {
      const value = record.keys[name]
      if (value !== undefined) keys.push({ name, value, lock: this.#lockOf(name, value) })
    }
    return keys
  }

  #lockOf(name: string, value: string): string {
    return `${this.#prefix}${name}\u001f${value}`
  }
}
