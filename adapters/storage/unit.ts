/** A unit of work on the tables of one list: what it staged, and the locks that guard it. */
import { DuplicateKey, kinds, StaleVersion, StorageUnavailable } from '../../core/storage.js'
import type { Envelope, Kind, KeyOf, Page, Query, RecordWriter, StorageOptions, WriteUnit } from '../../core/storage.js'
import { copyOf, freezeDeep } from './copy.js'
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
    return freezeDeep(upgrade(kind, record as never) as Envelope)
  } catch {
    return record
  }
}

/** The committed row that a key names. */
export function rowOf(table: Table, key: object): Row | undefined {
  for (const [name, value] of Object.entries(key))
    return name === 'id' ? table.byId.get(value as string) : table.unique.get(name)?.get(value as string)
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
  #refusal: Error | undefined

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
    if (!this.#refusal) this.locks.release(this.holder, taken)
  }

  assertOpen(): void {
    if (this.#refusal) throw this.#refusal
  }

  /** Refuses all that the unit is asked for from now on. */
  shut(refusal = new Error('the unit of work has ended')): void {
    this.#refusal ??= refusal
  }

  /** What the unit changes, in the order in which it was staged. */
  steps(): Step[] {
    return [...this.#writers.values()].flatMap((writer) => writer.steps())
  }

  /** Frees what the unit holds. */
  end(): void {
    this.shut()
    this.locks.end(this.holder)
  }

  /** Ends the unit before its work is done: nothing of it will be stored. */
  cut(): void {
    this.shut(new StorageUnavailable('the storage is closed'))
    this.locks.end(this.holder)
  }
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
    return (row && this.#unit.upgrade(this.#kind, row.record as never)) as never
  }

  async find(query: Query): Promise<Page<never>> {
    this.#unit.assertOpen()
    const page = await find(this.#table, query, this.#staged)
    return {
      items: page.items.map((record) => this.#unit.upgrade(this.#kind, record as never) as never),
      total: page.total,
    }
  }

  async insert(input: Envelope): Promise<never> {
    const record = copyOf(input, 1)
    const taken = await this.#unit.take([
      this.#lockOf('id', record.id),
      ...this.#uniqueOf(record).map(([, lock]) => lock),
    ])
    if (this.#rowNow(record.id)) this.#fail(taken, new DuplicateKey(this.#kind, 'id'))
    this.#assertFree(record, taken)
    // A record that this unit removed and inserts again is a new one, at the end.
    this.#staged.delete(record.id)
    this.#stage(record, STAGED + this.#inserted++)
    return record as never
  }

  async update(input: Envelope): Promise<never> {
    const record = copyOf(input, this.#staged.has(input.id) ? input.version : input.version + 1)
    const taken = await this.#unit.take([this.#lockOf('id', record.id)])
    const current = this.#current(input, taken)
    const before = current.record
    const changed = [...this.#uniqueOf(before), ...this.#uniqueOf(record)].filter(
      ([name]) => before.keys[name] !== record.keys[name],
    )
    await this.#unit.take(
      changed.map(([, lock]) => lock),
      taken,
    )
    if (this.#current(input, taken).record !== before) this.#fail(taken, new StaleVersion(this.#kind, record.id))
    this.#assertFree(record, taken)
    this.#forget(before)
    this.#stage(record, current.ordinal)
    return record as never
  }

  async remove(input: Envelope): Promise<void> {
    const { id, version } = input
    const taken = await this.#unit.take([this.#lockOf('id', id)])
    const before = this.#current({ id, version }, taken).record
    await this.#unit.take(
      this.#uniqueOf(before).map(([, lock]) => lock),
      taken,
    )
    if (this.#current({ id, version }, taken).record !== before) this.#fail(taken, new StaleVersion(this.#kind, id))
    this.#forget(before)
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
    for (const [name, value] of Object.entries(key)) {
      if (name === 'id') return this.#rowNow(value as string)
      const own = this.#keys.get(`${name}\u001f${value}`)
      if (own !== undefined) return this.#staged.get(own)
    }
    const row = rowOf(this.#table, key)
    return row && !this.#staged.has(row.record.id) ? row : undefined
  }

  /** The row to be changed; StaleVersion if it is not there in this version. */
  #current({ id, version }: { readonly id: string; readonly version: number }, taken: readonly string[]): Row {
    const row = this.#rowNow(id)
    if (!row || row.record.version !== version) this.#fail(taken, new StaleVersion(this.#kind, id))
    return row
  }

  #assertFree(record: Envelope, taken: readonly string[]): void {
    for (const [name] of this.#uniqueOf(record)) {
      const row = this.#lookUp({ [name]: record.keys[name] })
      if (row && row.record.id !== record.id) this.#fail(taken, new DuplicateKey(this.#kind, name))
    }
  }

  #fail(taken: readonly string[], error: Error): never {
    this.#unit.giveUp(taken)
    throw error
  }

  #stage(record: Envelope, ordinal: number): void {
    this.#staged.set(record.id, { record: admit(this.#unit.upgrade, this.#kind, record), ordinal })
    for (const [name] of this.#uniqueOf(record)) this.#keys.set(`${name}\u001f${record.keys[name]}`, record.id)
  }

  #forget(record: Envelope): void {
    for (const [name] of this.#uniqueOf(record)) this.#keys.delete(`${name}\u001f${record.keys[name]}`)
  }

  /** Names of the unique keys that a record has, each with its lock. */
  #uniqueOf(record: Envelope): [name: string, lock: string][] {
    const names: readonly string[] = kinds[this.#kind].unique
    return names.flatMap((name) => {
      const key = record.keys[name]
      return key === undefined ? [] : [[name, this.#lockOf(name, key)]]
    })
  }

  #lockOf(name: string, value: string): string {
    return `${this.#prefix}${name}\u001f${value}`
  }
}
