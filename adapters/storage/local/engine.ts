/** The storage engine that keeps its records in this process: memory as it is, the JSON file with a journal behind it. */
import { kindNames, StorageUnavailable } from '../../../core/ports/storage.js'
import type {
  Envelope,
  Kind,
  KeyOf,
  Page,
  Query,
  ReadUnit,
  RecordReader,
  Storage,
  StorageOptions,
  WriteUnit,
} from '../../../core/ports/storage.js'
import { Locks } from './locks.js'
import { find } from './query.js'
import { Table } from './table.js'
import { admit, present, rowOf, Unit } from './unit.js'
import type { List, Step } from './unit.js'

/** What one unit of work, or one taken number, changes. */
export interface Commit {
  readonly list: string
  readonly steps: readonly Step[]
}

/** What makes an engine durable. */
export interface Backing {
  /** Reads what is stored into the engine. */
  open(options: StorageOptions, engine: Engine): Promise<void>
  /** Stores a commit and calls `apply` once it is durable, in the order in which commits came. */
  append(commit: Commit, apply: () => void): Promise<void>
  close(): Promise<void>
}

/** Options of storages that keep their records in this process. */
export interface EngineOptions {
  /** Units of work that may wait for locks at once; more are refused with LockTimeout. Default 1,000. */
  readonly maxWaiting?: number
  /** How long `close` waits for running units before it cuts them off, in milliseconds. Default 5,000. */
  readonly closeWait?: number
}

/** A storage in this process. */
export class Engine implements Storage {
  readonly #settings: Required<EngineOptions>
  readonly #backing: Backing | undefined
  readonly #lists = new Map<string, List>()
  readonly #readers = new Map<string, ReadUnit>()
  readonly #units = new Set<Unit>()
  #options: StorageOptions | undefined
  #locks: Locks | undefined
  #closed: Promise<void> | undefined
  #running = 0
  #onIdle: (() => void) | undefined

  constructor(settings: EngineOptions = {}, backing?: Backing) {
    this.#settings = { maxWaiting: 1_000, closeWait: 5_000, ...settings }
    this.#backing = backing
  }

  async open(options: StorageOptions): Promise<void> {
    if (this.#options || this.#closed) throw new Error('a storage is opened once')
    this.#options = options
    await this.#backing?.open(options, this)
    this.#locks = new Locks(options.lockWait, this.#settings.maxWaiting)
  }

  async read<T>(list: string, work: (unit: ReadUnit) => Promise<T>): Promise<T> {
    this.#assertOpen()
    this.#running++
    try {
      return await work(this.#reader(list))
    } finally {
      this.#done()
    }
  }

  async write<T>(list: string, work: (unit: WriteUnit) => Promise<T>): Promise<T> {
    const { locks, options } = this.#assertOpen()
    const unit = new Unit(this.list(list), locks, options.upgrade)
    this.#running++
    this.#units.add(unit)
    try {
      const result = await work(unit)
      unit.assertOpen()
      unit.shut()
      const steps = unit.steps()
      if (steps.length > 0) await this.#commit({ list, steps })
      return result
    } finally {
      unit.end()
      this.#units.delete(unit)
      this.#done()
    }
  }

  async counter(list: string, name: string, n: number): Promise<number> {
    this.#assertOpen()
    const { counters } = this.list(list)
    const first = counters.get(name) ?? 1
    counters.set(name, first + n)
    this.#running++
    try {
      await this.#backing?.append({ list, steps: [['counters', name, first + n]] }, () => {})
      return first
    } finally {
      this.#done()
    }
  }

  close(): Promise<void> {
    return (this.#closed ??= this.#close())
  }

  async #close(): Promise<void> {
    if (this.#running > 0) {
      const timer = setTimeout(() => this.#cut(), this.#settings.closeWait)
      await new Promise<void>((resolve) => (this.#onIdle = resolve))
      clearTimeout(timer)
    }
    await this.#backing?.close()
    this.#lists.clear()
    this.#readers.clear()
  }

  /** Stops waiting for units that do not end: they can store nothing any more. */
  #cut(): void {
    for (const unit of this.#units) unit.cut()
    this.#onIdle?.()
  }

  #done(): void {
    if (--this.#running === 0) this.#onIdle?.()
  }

  #assertOpen(): { locks: Locks; options: StorageOptions } {
    if (this.#closed) throw new StorageUnavailable('the storage is closed')
    if (!this.#locks) throw new StorageUnavailable('the storage is not open')
    return { locks: this.#locks, options: this.#given() }
  }

  #given(): StorageOptions {
    if (!this.#options) throw new StorageUnavailable('the storage is not open')
    return this.#options
  }

  async #commit(commit: Commit): Promise<void> {
    const apply = (): void => {
      const { tables } = this.list(commit.list)
      for (const step of commit.steps) {
        if (step[0] === 'counters') continue
        if (typeof step[1] === 'string') tables[step[0]].remove(step[1])
        else tables[step[0]].put(step[1])
      }
    }
    if (this.#backing) await this.#backing.append(commit, apply)
    else apply()
  }

  /** Takes over what was stored, while the storage is being opened; it must not be changed afterwards. */
  load(id: string, steps: Iterable<Step>): void {
    const { tables, counters } = this.list(id)
    const { upgrade } = this.#given()
    for (const step of steps) {
      if (step[0] === 'counters') counters.set(step[1], Math.max(step[2], counters.get(step[1]) ?? 1))
      else if (typeof step[1] === 'string') tables[step[0]].remove(step[1])
      else tables[step[0]].put(admit(upgrade, step[0], step[1]))
    }
  }

  /** The lists that hold or held anything. */
  lists(): Iterable<List> {
    return this.#lists.values()
  }

  /** The list of this id, made if need be. */
  list(id: string): List {
    let list = this.#lists.get(id)
    if (!list) {
      const { indexes } = this.#given()
      const tables = Object.fromEntries(kindNames.map((kind) => [kind, new Table(kind, indexes[kind] ?? [])]))
      list = { id, tables: tables as { readonly [K in Kind]: Table }, counters: new Map() }
      this.#lists.set(id, list)
    }
    return list
  }

  /** Readers of a list; a list that holds nothing is not kept. */
  #reader(id: string): ReadUnit {
    let reader = this.#readers.get(id)
    if (!reader) {
      const { tables } = this.#lists.get(id) ?? { tables: undefined }
      const { upgrade } = this.#given()
      const readers = kindNames.map((kind) => [kind, new Reader(tables?.[kind] ?? new Table(kind, []), upgrade)])
      reader = Object.fromEntries(readers) as ReadUnit
      if (tables) this.#readers.set(id, reader)
    }
    return reader
  }
}

/** Reads committed records of one kind. */
class Reader implements RecordReader<Kind> {
  readonly #table: Table
  readonly #present: (record: Envelope) => never

  constructor(table: Table, upgrade: StorageOptions['upgrade']) {
    this.#table = table
    this.#present = (record) => present(upgrade, table.kind, record)
  }

  async get(key: KeyOf<Kind>): Promise<never> {
    const row = rowOf(this.#table, key)
    return (row && this.#present(row.record)) as never
  }

  async find(query: Query): Promise<Page<never>> {
    const { items, total } = await find(this.#table, query)
    return { items: items.map(this.#present), total }
  }
}
