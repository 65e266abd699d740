/**
 * A storage of one's own, in memory and as plain as can be: it looks at every record for every answer. It passes the
 * contract suite of `clientele/testing` (test/own-storage.test.ts), and that is what makes it a storage. Units of work
 * run side by side; each stages its writes on top of what is committed, and what it writes is locked until it ends.
 */
import { DuplicateKey, Holder, Locks, StaleVersion, StorageUnavailable } from 'clientele/storage'
import { compileCondition, compilePatterns, compileSort, freeze, recordCopy } from 'clientele/storage'
import { keyParts, kindNames, kinds, readersOf, writersOf } from 'clientele/storage'
import type { Ending, Kind, RecordReader, Records, RecordWriter } from 'clientele/storage'
import type { Storage, StorageOptions, WriteUnit } from 'clientele/storage'

/** Records by id, in order of creation; undefined for one that a unit removes. */
type Tables<Removed = never> = { readonly [K in Kind]: Map<string, Records[K] | Removed> }

const newTables = <Removed>(): Tables<Removed> => ({
  customers: new Map(),
  addresses: new Map(),
  accounts: new Map(),
  mappings: new Map(),
  socialMediaUsers: new Map(),
  signIns: new Map(),
})

/** What the units of an open storage share. */
interface Shared {
  readonly locks: Locks
  readonly upgrade: StorageOptions['upgrade']
}

/** A storage that keeps its records until the process ends. */
export function ownStorage({ maxWaiting = 1_000 } = {}): Storage {
  const lists = new Map<string, Tables>()
  const counters = new Map<string, number>()
  const running = new Set<Promise<unknown>>()
  let opened: Shared | undefined

  const tablesOf = (list: string): Tables => {
    const tables = lists.get(list) ?? newTables()
    lists.set(list, tables)
    return tables
  }
  /** What is asked of the open storage; `close` waits for it. */
  const call = async <T>(work: (shared: Shared) => Promise<T>): Promise<T> => {
    if (!opened) throw new StorageUnavailable('the storage is not open')
    const answer = work(opened)
    running.add(answer)
    return answer.finally(() => running.delete(answer))
  }

  return {
    open: async ({ lockWait, upgrade }) => {
      opened = { locks: new Locks(lockWait, maxWaiting), upgrade }
    },
    read: (list, work, signal) =>
      call(({ upgrade }) => {
        const view = <K extends Kind>(kind: K): Tables[K] => {
          signal?.throwIfAborted()
          return tablesOf(list)[kind]
        }
        return work(readersOf((kind) => readerOf(kind, () => view(kind), upgrade)))
      }),
    write: (list, work, signal) => call((shared) => new OwnUnit(list, tablesOf(list), shared, signal).run(work)),
    figures: () => ({ calls: running.size }),
    counter: (list, name, n) =>
      call(async () => {
        const counter = JSON.stringify([list, name])
        const first = counters.get(counter) ?? 1
        counters.set(counter, first + n)
        return first
      }),
    close: async () => {
      opened = undefined
      await Promise.allSettled(running)
    },
  }
}

/** Reads what `view` shows at the moment of each call. */
function readerOf<K extends Kind>(
  kind: K,
  view: () => ReadonlyMap<string, Records[K]>,
  upgrade: StorageOptions['upgrade'],
): RecordReader<K> {
  const current = (record: Records[K]): Records[K] => freeze(upgrade(kind, record))
  return {
    get: async (key) => {
      const [name, value] = keyParts(key)
      const found = [...view().values()].find((record) => (name === 'id' ? record.id : record.keys[name]) === value)
      return found && current(found)
    },
    find: async ({ where, sort = [], offset = 0, limit = Infinity }) => {
      const patterns = await compilePatterns(where)
      const test = where ? compileCondition(where, patterns) : () => true
      const found = [...view().values()].filter(test).toSorted(compileSort(sort))
      return { items: found.slice(offset, offset + limit).map(current), total: found.length }
    },
  }
}

/** A unit of work. Its calls run one after the other. */
class OwnUnit {
  readonly #list: string
  readonly #tables: Tables
  readonly #shared: Shared
  readonly #signal: Ending | undefined
  readonly #staged = newTables<undefined>()
  readonly #holder = new Holder()
  #last: Promise<unknown> = Promise.resolve()
  #hasEnded = false

  constructor(list: string, tables: Tables, shared: Shared, signal: Ending | undefined) {
    this.#list = list
    this.#tables = tables
    this.#shared = shared
    this.#signal = signal
  }

  async run<T>(work: (unit: WriteUnit) => Promise<T>): Promise<T> {
    const { locks } = this.#shared
    try {
      const result = await work({
        ...writersOf((kind) => this.#writer(kind)),
        lock: (key) => this.#turn(async () => void (await this.#lock('lock', key))),
        flush: () => this.#turn(async () => {}),
      })
      await this.#end()
      this.#signal?.throwIfAborted()
      for (const kind of kindNames) this.#commit(kind)
      return result
    } finally {
      locks.end(this.#holder)
      await this.#end()
      locks.end(this.#holder)
    }
  }

  #writer<K extends Kind>(kind: K): RecordWriter<K> {
    const reader = readerOf(kind, () => this.#view(kind), this.#shared.upgrade)
    return {
      get: (key) => this.#turn(() => reader.get(key)),
      find: (query) => this.#turn(() => reader.find(query)),
      insert: (record) => {
        const next = recordCopy(record, 1)
        return this.#turn(() => this.#stage(kind, next.id, undefined, next)).then(() => next)
      },
      update: (record) => {
        const { id, version } = record
        const copy = recordCopy(record, version)
        return this.#turn(async () => {
          const next = this.#staged[kind].get(id) ? copy : recordCopy(copy, version + 1)
          await this.#stage(kind, id, version, next)
          return next
        })
      },
      remove: ({ id, version }) => this.#turn(() => this.#stage(kind, id, version, undefined)),
    }
  }

  /** Changes the record of this version when nobody else can, nor take its keys; keeps no more locks if it may not. */
  async #stage<K extends Kind>(kind: K, id: string, version: number | undefined, next: Records[K] | undefined) {
    const taken = await this.#lock(kind, 'id', id)
    try {
      const now = this.#view(kind).get(id)
      if (version === undefined && now) throw new DuplicateKey(kind, 'id')
      if (now?.version !== version) throw new StaleVersion(kind, id)
      for (const name of kinds[kind].unique)
        for (const key of [now?.keys[name], next?.keys[name]])
          if (key !== undefined) taken.push(...(await this.#lock(kind, name, key)))
      const others = [...this.#view(kind).values()].filter((record) => record.id !== id)
      for (const name of kinds[kind].unique)
        if (next?.keys[name] !== undefined && others.some(({ keys }) => keys[name] === next.keys[name]))
          throw new DuplicateKey(kind, name)
      this.#staged[kind].set(id, next)
    } catch (error) {
      this.#shared.locks.release(this.#holder, taken)
      throw error
    }
  }

  /** Takes a lock of this list to the end of the unit, and names it if the unit did not have it. */
  async #lock(...name: readonly string[]): Promise<string[]> {
    const { locks } = this.#shared
    const key = JSON.stringify([this.#list, ...name])
    const isNew = locks.take(key, this.#holder)
    if (isNew === undefined) await locks.wait(key, this.#holder, this.#signal)
    return isNew === false ? [] : [key]
  }

  /** The records as the unit sees them. */
  #view<K extends Kind>(kind: K): Map<string, Records[K]> {
    return change(new Map<string, Records[K]>(this.#tables[kind]), this.#staged[kind])
  }

  #commit<K extends Kind>(kind: K): void {
    change<Records[K]>(this.#tables[kind], this.#staged[kind])
  }

  #turn<T>(work: () => Promise<T>): Promise<T> {
    if (this.#hasEnded) return Promise.reject(new Error('the unit of work has ended'))
    const answer = this.#last.then(() => {
      this.#signal?.throwIfAborted()
      return work()
    })
    this.#last = answer.catch(() => {})
    return answer
  }

  async #end(): Promise<void> {
    this.#hasEnded = true
    await this.#last
  }
}

function change<R>(table: Map<string, R>, changes: ReadonlyMap<string, R | undefined>): Map<string, R> {
  for (const [id, record] of changes) {
    if (record) table.set(id, record)
    else table.delete(id)
  }
  return table
}
