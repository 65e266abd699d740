/**
 * A storage that fails, hangs or answers late where a test wants it to. Published as part of `clientele/testing`.
 */
import { setTimeout } from 'node:timers/promises'
import { StorageUnavailable } from '../core/ports/storage.js'
import type {
  Kind,
  ReadUnit,
  RecordReader,
  RecordWriter,
  Storage,
  StorageOptions,
  WriteUnit,
} from '../core/ports/storage.js'
import { readersOf, writersOf } from '../core/ports/stored-records.js'
import type { RecordWriters } from '../core/ports/stored-records.js'

/**
 * Steps of a storage. `commit` comes when the work of a write unit is done and nothing is stored yet, `committed` when
 * everything is stored and nobody knows yet.
 */
export type StorageStep =
  | ('open' | 'read' | 'write' | 'get' | 'find' | 'insert' | 'update' | 'remove')
  | ('lock' | 'flush' | 'commit' | 'committed' | 'counter' | 'close')

/** What goes wrong, and where. */
export interface StorageFault {
  readonly step: StorageStep
  /** Only at steps on records of this kind. */
  readonly kind?: Kind
  /** Only in this customer list. */
  readonly list?: string
  /** At the nth such step from now on, counted from 1, once; default: at each. */
  readonly nth?: number
  /**
   * `fail` rejects before the step is done; `hang` waits for `release` and goes on; a number is milliseconds to wait
   * before going on.
   */
  readonly does: 'fail' | 'hang' | number
  /** Error of `fail`; default StorageUnavailable, whose outcome is `unknown` at `committed` and `nothing` elsewhere. */
  readonly error?: Error
}

/** A step that was seen, in the order in which steps began. */
export interface SeenStep {
  readonly step: StorageStep
  readonly list?: string
  readonly kind?: Kind
}

/** A storage with faults that can be switched while it runs. */
export interface FaultyStorage extends Storage {
  /** Every step that began since the start or the last `forget`. */
  readonly log: readonly SeenStep[]
  /** Adds a fault and returns the function that takes it away again. */
  inject(fault: StorageFault): () => void
  /** Takes all faults away and lets everything go on that hangs. */
  heal(): void
  /** Lets everything go on that hangs, and keeps the faults. */
  release(): void
  /** Empties the log. */
  forget(): void
}

/**
 * Wraps a storage; without faults it does what the storage does.
 *
 * @example
 * const storage = faultyStorage(memoryStorage())
 * const undo = storage.inject({ step: 'insert', kind: 'addresses', nth: 2, does: 'fail' })
 */
export function faultyStorage(storage: Storage, plan: readonly StorageFault[] = []): FaultyStorage {
  const faults = new Map<StorageFault, { seen: number }>(plan.map((fault) => [fault, { seen: 0 }]))
  const log: SeenStep[] = []
  let hanging: (() => void)[] = []

  /** Notes the step; undefined if nothing goes wrong there. */
  const reach = (step: StorageStep, list?: string, kind?: Kind): Promise<void> | undefined => {
    log.push({ step, ...(list !== undefined && { list }), ...(kind && { kind }) })
    const due: StorageFault[] = []
    for (const [fault, count] of faults) {
      if (fault.step !== step || (fault.kind ?? kind) !== kind || (fault.list ?? list) !== list) continue
      count.seen++
      if ((fault.nth ?? count.seen) === count.seen) due.push(fault)
    }
    return due.length > 0 ? meet(step, due) : undefined
  }
  const meet = async (step: StorageStep, due: readonly StorageFault[]): Promise<void> => {
    for (const { does, error } of due) {
      if (does === 'fail')
        throw error ?? new StorageUnavailable(`fault at ${step}`, step === 'committed' ? 'unknown' : 'nothing')
      if (does === 'hang') await new Promise<void>((resolve) => hanging.push(resolve))
      else await setTimeout(does)
    }
  }
  const release = (): void => {
    const waiting = hanging
    hanging = []
    for (const resume of waiting) resume()
  }

  const reader = <K extends Kind>(inner: RecordReader<K>, list: string, kind: K): RecordReader<K> => ({
    get: async (key) => {
      await reach('get', list, kind)
      return inner.get(key)
    },
    find: async (query) => {
      await reach('find', list, kind)
      return inner.find(query)
    },
  })
  const writer = <K extends Kind>(inner: RecordWriter<K>, list: string, kind: K): RecordWriter<K> => ({
    ...reader(inner, list, kind),
    insert: (record) => later(reach('insert', list, kind), record, (copy) => inner.insert(copy)),
    update: (record) => later(reach('update', list, kind), record, (copy) => inner.update(copy)),
    remove: async (record) => {
      await reach('remove', list, kind)
      return inner.remove(record)
    },
  })
  /** Hands a record on after a wait as it was before it. */
  const later = async <T, R>(wait: Promise<void> | undefined, record: T, go: (record: T) => Promise<R>): Promise<R> => {
    if (!wait) return go(record)
    const copy = structuredClone(record)
    await wait
    return go(copy)
  }
  const readUnit = (unit: ReadUnit, list: string): ReadUnit => readersOf((kind) => reader(unit[kind], list, kind))
  const writers = (unit: RecordWriters, list: string): RecordWriters =>
    writersOf((kind) => writer(unit[kind], list, kind))
  const writeUnit = (unit: WriteUnit, list: string): WriteUnit => ({
    ...writers(unit, list),
    lock: async (key) => {
      await reach('lock', list)
      return unit.lock(key)
    },
    flush: async () => {
      await reach('flush', list)
      return unit.flush()
    },
  })

  return {
    log,
    inject: (fault) => {
      faults.set(fault, { seen: 0 })
      return () => void faults.delete(fault)
    },
    heal: () => {
      faults.clear()
      release()
    },
    release,
    forget: () => void log.splice(0),
    open: async (options: StorageOptions) => {
      await reach('open')
      await storage.open(options)
    },
    read: async (list, work, signal) => {
      await reach('read', list)
      return storage.read(list, (unit) => work(readUnit(unit, list)), signal)
    },
    write: async (list, work, signal) => {
      await reach('write', list)
      const inner = async (unit: WriteUnit) => {
        const result = await work(writeUnit(unit, list))
        await reach('commit', list)
        return result
      }
      const value = await storage.write(list, inner, signal)
      await reach('committed', list)
      return value
    },
    figures: () => storage.figures(),
    counter: async (list, name, n) => {
      await reach('counter', list)
      return storage.counter(list, name, n)
    },
    close: async () => {
      await reach('close')
      await storage.close()
    },
  }
}
