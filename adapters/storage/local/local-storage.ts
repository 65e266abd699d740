/** The storage that keeps its records in this process: memory as it is, the JSON file with a journal behind it. */
import type { Ending } from '../../../core/model/calls.js'
import { copyMark, thisCopy } from '../../../core/model/copy.js'
import { StorageUnavailable } from '../../../core/ports/storage.js'
import type { ReadUnit, Storage, StorageOptions, WriteUnit } from '../../../core/ports/storage.js'
import type { Commit } from './commit.js'
import { CommittedUnit } from './committed-reader.js'
import { Locks } from '../../../core/ports/locks.js'
import { StagedUnit } from './staged-unit.js'
import { StoredLists } from './stored-lists.js'
import { UnitLocks } from './unit-locks.js'

/** What makes the storage durable. */
export interface Backing {
  /** Reads what is stored into the lists. */
  open(options: StorageOptions, lists: StoredLists): Promise<void>
  /** Stores a commit and calls `apply` once it is durable, in the order in which commits came. */
  append(commit: Commit, apply: () => void): Promise<void>
  /** How it does, in numbers. */
  figures(): Readonly<Record<string, number>>
  close(): Promise<void>
}

/** Options of storages that keep their records in this process. */
export interface LocalOptions {
  /** Units of work that may wait for locks at once; more are refused with LockTimeout. Default 1,000. */
  readonly maxWaiting?: number
  /** How long `close` waits for running units before it cuts them off, in milliseconds. Default 5,000. */
  readonly closeWait?: number
}

/** What there is once the storage is open. */
interface Opened {
  readonly options: StorageOptions
  readonly lists: StoredLists
  readonly locks: Locks
}

/** A storage in this process. */
export class LocalStorage implements Storage {
  readonly [copyMark] = thisCopy
  readonly #maxWaiting: number
  readonly #closeWait: number
  readonly #backing: Backing | undefined
  readonly #readers = new Map<string, ReadUnit>()
  readonly #running = new Set<UnitLocks>()
  #isOpening = false
  #opened: Opened | undefined
  #closed: Promise<void> | undefined
  /** Reads, units and counters that have not ended. */
  #calls = 0
  #onIdle: (() => void) | undefined

  constructor({ maxWaiting = 1_000, closeWait = 5_000 }: LocalOptions = {}, backing?: Backing) {
    this.#maxWaiting = maxWaiting
    this.#closeWait = closeWait
    this.#backing = backing
  }

  async open(options: StorageOptions): Promise<void> {
    if (this.#isOpening || this.#closed) throw new Error('a storage is opened once')
    this.#isOpening = true
    const lists = new StoredLists(options)
    await this.#backing?.open(options, lists)
    this.#opened = { options, lists, locks: new Locks(options.lockWait, this.#maxWaiting) }
  }

  async read<T>(list: string, work: (unit: ReadUnit) => Promise<T>, signal?: Ending): Promise<T> {
    const reader = this.#reader(list, signal)
    this.#calls++
    try {
      return await work(reader)
    } finally {
      this.#done()
    }
  }

  async write<T>(list: string, work: (unit: WriteUnit) => Promise<T>, signal?: Ending): Promise<T> {
    const { lists, locks, options } = this.#assertOpen()
    const held = new UnitLocks(locks, signal)
    const unit = new StagedUnit(lists.get(list), held, options.upgrade)
    this.#calls++
    this.#running.add(held)
    try {
      const result = await work(unit)
      held.assertOpen()
      held.shut()
      const steps = unit.steps()
      const commit: Commit = { list, steps }
      if (steps.length > 0 && this.#backing) await this.#backing.append(commit, () => lists.apply(commit))
      else lists.apply(commit)
      return result
    } finally {
      held.end()
      this.#running.delete(held)
      this.#done()
    }
  }

  async counter(list: string, name: string, n: number): Promise<number> {
    const { counters } = this.#assertOpen().lists.get(list)
    const first = counters.get(name) ?? 1
    counters.set(name, first + n)
    this.#calls++
    try {
      await this.#backing?.append({ list, steps: [['counters', name, first + n]] }, () => {})
      return first
    } finally {
      this.#done()
    }
  }

  figures(): Readonly<Record<string, number>> {
    return { units: this.#running.size, ...this.#backing?.figures() }
  }

  close(): Promise<void> {
    return (this.#closed ??= this.#close())
  }

  async #close(): Promise<void> {
    if (this.#calls > 0) {
      const timer = setTimeout(() => this.#cut(), this.#closeWait)
      await new Promise<void>((resolve) => (this.#onIdle = resolve))
      clearTimeout(timer)
    }
    await this.#backing?.close()
    this.#opened?.lists.clear()
    this.#readers.clear()
  }

  /** Stops waiting for units that do not end: they can store nothing any more. */
  #cut(): void {
    for (const held of this.#running) held.cut()
    this.#onIdle?.()
  }

  #done(): void {
    if (--this.#calls === 0) this.#onIdle?.()
  }

  #assertOpen(): Opened {
    if (this.#closed) throw new StorageUnavailable('the storage is closed')
    if (!this.#opened) throw new StorageUnavailable('the storage is not open')
    return this.#opened
  }

  /** Readers of a list; those of a list that holds nothing, or with a signal, are not kept. */
  #reader(id: string, signal?: Ending): ReadUnit {
    const { lists, options } = this.#assertOpen()
    const known = signal ? undefined : this.#readers.get(id)
    if (known) return known
    const list = lists.find(id)
    const reader = new CommittedUnit(list, options.upgrade, signal)
    if (list && !signal) this.#readers.set(id, reader)
    return reader
  }
}
