/** A unit of work on the tables of one list: what it staged, and the locks that guard it. */
import { freeze } from '../../../core/model/json.js'
import { DuplicateKey, StaleVersion, StorageUnavailable } from '../../../core/ports/storage.js'
import type {
  Envelope,
  Kind,
  KeyOf,
  Page,
  Query,
  RecordWriter,
  StorageOptions,
  WriteUnit,
} from '../../../core/ports/storage.js'
import { copyOf } from '../../../core/ports/record-copy.js'
import { Holder } from './locks.js'
import type { Locks } from './locks.js'
import { find } from './query.js'
import type { Row, Table } from './table.js'

/** The tables of one customer list, and its counters' next numbers. */
export interface List {
  readonly id: string
  readonly tables: { readonly [K in Kind]: Table }
  readonly counters: Map<string, number>
}

/** One thing that a commit changes: a record stored, the id of one removed, or a counter's next number. */
export type Step =
  | readonly [kind: Kind, record: Envelope]
  | readonly [kind: Kind, id: string]
  | readonly [counters: 'counters', name: string, next: number]

/** The record in the current schema; as it is stored if its schema is too new, so that reading it is refused later. */
export function admit(upgrade: StorageOptions['upgrade'], kind: Kind, record: Envelope): Envelope {
  try {
    return upgrade(kind, record as never)
  } catch {
    return record
  }
}

/** A record as it goes out: in the current schema and frozen, which one that was loaded is from now on. */
export function present(upgrade: StorageOptions['upgrade'], kind: Kind, record: Envelope): never {
  const current: object = upgrade(kind, record as never)
  return freeze(current) as never
}

/** The committed row that a key names. */
export function rowOf(table: Table, key: object): Row | undefined {
  for (const name in key) {
    const value = (key as Record<string, string>)[name] as string
    return name === 'id' ? table.byId.get(value) : table.uniqueRow(name, value)
  }
  return undefined
}

/** Ordinals of staged new records: after all committed ones. */
const STAGED = 2 ** 52

/** A unit of work. */
export class Unit implements WriteUnit {
  readonly list: List
  readonly locks: Locks
  readonly upgrade: StorageOptions['upgrade']
  readonly holder = new Holder()
  readonly #writers = new Map<Kind, Writer<Kind>>()
  #state: 'open' | 'ended' | 'cut' = 'open'

  constructor(list: List, locks: Locks, upgrade: StorageOptions['upgrade']) {
    this.list = list
    this.locks = locks
    this.upgrade = upgrade
  }

  get customers(): RecordWriter<'customers'> {
    return this.#writer('customers')
  }
  get addresses(): RecordWriter<'addresses'> {
    return this.#writer('addresses')
  }
  get accounts(): RecordWriter<'accounts'> {
    return this.#writer('accounts')
  }
  get mappings(): RecordWriter<'mappings'> {
    return this.#writer('mappings')
  }
  get socialMediaUsers(): RecordWriter<'socialMediaUsers'> {
    return this.#writer('socialMediaUsers')
  }

  #writer<K extends Kind>(kind: K): RecordWriter<K> {
    let writer = this.#writers.get(kind)
    if (!writer) this.#writers.set(kind, (writer = new Writer(this, kind)))
    return writer as unknown as RecordWriter<K>
  }

  async lock(key: string): Promise<void> {
    await this.take([`${this.list.id}\u001flock\u001f${key}`])
  }

  async flush(): Promise<void> {
    this.assertOpen()
  }

  /** Takes locks in order and returns those newly taken; gives them up again if one cannot be had. */
  async take(keys: readonly string[], taken: string[] = []): Promise<string[]> {
    this.assertOpen()
    try {
      for (const key of keys) {
        const isNew = this.locks.take(key, this.holder)
        if (isNew === undefined) await this.locks.wait(key, this.holder)
        if (isNew !== false) taken.push(key)
      }
      this.assertOpen()
      return taken
    } catch (error) {
      this.giveUp(taken)
      throw error
    }
  }

  giveUp(taken: readonly string[]): void {
    if (this.#state === 'open') this.locks.release(this.holder, taken)
  }

  assertOpen(): void {
    if (this.#state === 'ended') throw new Error('the unit of work has ended')
    if (this.#state === 'cut') throw new StorageUnavailable('the storage is closed')
  }

  /** Refuses all that the unit is asked for from now on. */
  shut(): void {
    this.#state = 'ended'
  }

  /** What the unit changes, in the order in which it was staged. */
  steps(): Step[] {
    return [...this.#writers.values()].flatMap((writer) => writer.steps())
  }

  /** Frees what the unit holds. */
  end(): void {
    if (this.#state === 'open') this.#state = 'ended'
    this.locks.end(this.holder)
  }

  /** Ends the unit before its work is done: nothing of it will be stored. */
  cut(): void {
    if (this.#state !== 'open') return
    this.#state = 'cut'
    this.locks.end(this.holder)
  }
}

interface UniqueKey {
  readonly name: string
  readonly value: string
  /** Key of the lock that guards it. */
  readonly lock: string
}

/** Writes records of one kind within a unit. */
class Writer<K extends Kind> implements RecordWriter<Kind> {
  readonly #unit: Unit
  readonly #kind: K
  readonly #table: Table
  readonly #prefix: string
  readonly #staged = new Map<string, Row | undefined>()
  /** Ids of staged records by name and value of their unique keys. */
  readonly #keys = new Map<string, string>()
  #inserted = 0

  constructor(unit: Unit, kind: K) {
    this.#unit = unit
    this.#kind = kind
    this.#table = unit.list.tables[kind]
    this.#prefix = `${unit.list.id}\u001f${kind}\u001f`
  }

  async get(key: KeyOf<Kind>): Promise<never> {
    this.#unit.assertOpen()
    const row = this.#lookUp(key)
    return (row && present(this.#unit.upgrade, this.#kind, row.record)) as never
  }

  async find(query: Query): Promise<Page<never>> {
    this.#unit.assertOpen()
    const page = await find(this.#table, query, this.#staged)
    return {
      items: page.items.map((record) => present(this.#unit.upgrade, this.#kind, record)),
      total: page.total,
    }
  }

  async insert(input: Envelope): Promise<never> {
    const record = copyOf(input, 1)
    const keys = this.#uniqueOf(record)
    const taken = await this.#unit.take([this.#lockOf('id', record.id), ...keys.map(({ lock }) => lock)])
    if (this.#rowNow(record.id)) this.#fail(taken, new DuplicateKey(this.#kind, 'id'))
    this.#assertFree(record.id, keys, taken)
    // A record that this unit removed and inserts again is a new one, at the end.
    this.#staged.delete(record.id)
    this.#stage(record, keys, STAGED + this.#inserted++)
    return record as never
  }

  async update(input: Envelope): Promise<never> {
    const { id, version } = input
    const record = copyOf(input, this.#staged.has(id) ? version : version + 1)
    const taken = await this.#unit.take([this.#lockOf('id', id)])
    const { record: before, ordinal } = this.#current(id, version, taken)
    const [old, keys] = [this.#uniqueOf(before), this.#uniqueOf(record)]
    const changed = [...old, ...keys].filter(({ name }) => before.keys[name] !== record.keys[name])
    const locks = changed.map(({ lock }) => lock)
    await this.#unit.take(locks, taken)
    this.#assertUnchanged(before, taken)
    this.#assertFree(id, keys, taken)
    this.#forget(old)
    this.#stage(record, keys, ordinal)
    return record as never
  }

  async remove(input: Envelope): Promise<void> {
    const { id, version } = input
    const taken = await this.#unit.take([this.#lockOf('id', id)])
    const { record: before } = this.#current(id, version, taken)
    const keys = this.#uniqueOf(before)
    const locks = keys.map(({ lock }) => lock)
    await this.#unit.take(locks, taken)
    this.#assertUnchanged(before, taken)
    this.#forget(keys)
    if (this.#table.byId.has(id)) this.#staged.set(id, undefined)
    else this.#staged.delete(id)
  }

  steps(): Step[] {
    const steps: Step[] = []
    for (const [id, row] of this.#staged) {
      if (!row || (row.ordinal >= STAGED && this.#table.byId.has(id))) steps.push([this.#kind, id])
      if (row) steps.push([this.#kind, row.record])
    }
    return steps
  }

  /** The row of this id as the unit sees it. */
  #rowNow(id: string): Row | undefined {
    return this.#staged.has(id) ? this.#staged.get(id) : this.#table.byId.get(id)
  }

  #lookUp(key: object): Row | undefined {
    for (const [name, value] of Object.entries(key) as [string, string][])
      return name === 'id' ? this.#rowNow(value) : this.#uniqueRow(name, value)
    return undefined
  }

  /** The row that has this key, as the unit sees it. */
  #uniqueRow(name: string, value: string): Row | undefined {
    const own = this.#keys.get(`${name}\u001f${value}`)
    if (own !== undefined) return this.#staged.get(own)
    const row = this.#table.uniqueRow(name, value)
    return row && !this.#staged.has(row.record.id) ? row : undefined
  }

  /** The row to be changed; StaleVersion if it is not there in this version. */
  #current(id: string, version: number, taken: readonly string[]): Row {
    const row = this.#rowNow(id)
    if (!row || row.record.version !== version) this.#fail(taken, new StaleVersion(this.#kind, id))
    return row
  }

  /** After a wait: another call of this unit may have changed the record meanwhile. */
  #assertUnchanged(record: Envelope, taken: readonly string[]): void {
    if (this.#rowNow(record.id)?.record !== record) this.#fail(taken, new StaleVersion(this.#kind, record.id))
  }

  #assertFree(id: string, keys: readonly UniqueKey[], taken: readonly string[]): void {
    for (const { name, value } of keys) {
      const row = this.#uniqueRow(name, value)
      if (row && row.record.id !== id) this.#fail(taken, new DuplicateKey(this.#kind, name))
    }
  }

  #fail(taken: readonly string[], error: Error): never {
    this.#unit.giveUp(taken)
    throw error
  }

  #stage(record: Envelope, keys: readonly UniqueKey[], ordinal: number): void {
    this.#staged.set(record.id, { record: admit(this.#unit.upgrade, this.#kind, record), ordinal })
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
