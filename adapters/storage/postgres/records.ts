/** Reads and writes the records of a unit of work. */
import { DuplicateKey, LockTimeout, StaleVersion, kindNames, kinds } from '../../../core/ports/storage.js'
import type { Kind, Page, Query, ReadUnit, Records, WriteUnit } from '../../../core/ports/storage.js'
import { copyOf } from '../../../core/ports/record-copy.js'
import { patternsOf } from '../../../core/ports/search-pattern.js'
import { findMatches, findPage } from './query.js'
import { columnValues, keyValues, keysOf, statements, storedKey } from './tables.js'
import type { Statement } from './tables.js'
import type { Run, Transaction } from './transaction.js'

/** Names a record by `id` or a unique key. */
type Name = Readonly<Record<string, string>>

/** The statement that reads one record. */
export function getStatement(list: string, kind: Kind, name: Name): Statement {
  const [key, value] = Object.entries(name)[0] as [string, string]
  const statement = statements[kind].get.get(key)
  if (!statement) throw new TypeError(`${kind} have no unique key ${key}`)
  return { ...statement, values: [storedKey(list), storedKey(value)] }
}

/** Whether a query has regular expressions. */
export const hasPatterns = (query: Query): query is Query & { readonly where: NonNullable<Query['where']> } =>
  patternsOf(query.where).length > 0

/** An object with a reader or writer for each kind. */
export function unitOf<U extends ReadUnit | Pick<WriteUnit, Kind>>(make: (kind: Kind) => unknown): U {
  return Object.fromEntries(kindNames.map((kind) => [kind, make(kind)])) as U
}

/** The writer of a unit: it knows what the unit has read and written. */
class Writer {
  readonly #tx: Transaction
  /** Records that this unit wrote: their version does not grow again. */
  readonly #written = new Set<string>()
  /** Unique keys of the records that this unit read, with their version. */
  readonly #read = new Map<string, string>()

  constructor(tx: Transaction) {
    this.#tx = tx
  }

  async get<K extends Kind>(kind: K, name: Name): Promise<Records[K] | undefined> {
    const statement = getStatement(this.#tx.list, kind, name)
    await this.#tx.flush()
    const { rows } = await this.#tx.look(statement)
    const document = rows[0]?.[0]
    return document === null || document === undefined ? undefined : this.#loaded(kind, document)
  }

  async find<K extends Kind>(kind: K, query: Query): Promise<Page<Records[K]>> {
    const { list, engine, run, look } = this.#tx
    await this.#tx.flush()
    const found = hasPatterns(query)
      ? await findMatches(list, kind, query, engine.indexes, run, 'along')
      : await findPage(list, kind, query, engine.indexes, look)
    return { items: found.documents.map((document) => this.#loaded(kind, document)), total: found.total }
  }

  async insert<K extends Kind>(kind: K, record: Records[K]): Promise<Records[K]> {
    const { list, engine } = this.#tx
    const columns = [...columnValues(list, record, JSON.stringify(record)), ...keyValues(record, keysOf(kind))]
    const statement = { ...statements[kind].insert, values: [...columns, String(engine.connections.limits.lockWait)] }
    await this.#tx.write(async (run) => {
      // the record in the way may be gone when it is looked for
      for (let attempt = 0; attempt < 5; attempt++) {
        if ((await run(statement)).count > 0) return this.#note(kind, record)
        const key = await this.#conflict(kind, record, 'insert', run)
        if (key !== undefined) throw new DuplicateKey(kind, key)
      }
      throw new LockTimeout('others write records with the same keys again and again')
    })
    return record
  }

  async update<K extends Kind>(kind: K, given: Records[K]): Promise<Records[K]> {
    const tx = this.#tx
    await tx.flush()
    const name = `${kind}/${given.id}`
    const version = this.#written.has(name) ? given.version : given.version + 1
    const record = withVersion(given, version)
    const columns = columnValues(tx.list, record, JSON.stringify(record))
    const values = [...columns, String(version), String(given.version), ...keyValues(record, keysOf(kind))]
    const statement = { ...statements[kind].update, values }
    const isSafe = kinds[kind].unique.length === 0 || this.#read.get(name) === uniqueKeys(kind, given)
    for (let attempt = 0; attempt < 5; attempt++) {
      const outcome = isSafe ? await tx.run(statement) : await tx.runGuarded(statement)
      if (outcome?.count === 0) throw new StaleVersion(kind, given.id)
      if (outcome) {
        this.#note(kind, record)
        return record
      }
      const key = await this.#conflict(kind, record, 'update', tx.run)
      if (key !== undefined) throw new DuplicateKey(kind, key)
    }
    throw new LockTimeout('others write records with the same keys again and again')
  }

  async remove(kind: Kind, given: Records[Kind]): Promise<void> {
    await this.#tx.flush()
    const values = [storedKey(this.#tx.list), storedKey(given.id), String(given.version)]
    const { count } = await this.#tx.run({ ...statements[kind].remove, values })
    if (count === 0) throw new StaleVersion(kind, given.id)
    this.#written.delete(`${kind}/${given.id}`)
    this.#read.delete(`${kind}/${given.id}`)
  }

  #loaded<K extends Kind>(kind: K, document: string): Records[K] {
    const record = this.#tx.engine.load(kind, document)
    this.#read.set(`${kind}/${record.id}`, uniqueKeys(kind, record))
    return record
  }

  #note(kind: Kind, record: Records[Kind]): void {
    this.#written.add(`${kind}/${record.id}`)
    this.#read.set(`${kind}/${record.id}`, uniqueKeys(kind, record))
  }

  /** The first key, in the order of the port, that another record has; for an insert, `id` if a record has it. */
  async #conflict(kind: Kind, record: Records[Kind], by: 'insert' | 'update', run: Run): Promise<string | undefined> {
    const unique = kinds[kind].unique
    const values = [storedKey(this.#tx.list), storedKey(record.id), ...keyValues(record, unique)]
    const { rows } = await run({ ...statements[kind].conflicts, values })
    const [hasId, ...hasKeys] = rows[0] ?? []
    return unique.find((_, i) => hasKeys[i] === 't') ?? (by === 'insert' && hasId === 't' ? 'id' : undefined)
  }
}

/** The unit of work of the port on a transaction. What goes in is copied at the call. */
export function writeUnitOf(tx: Transaction): WriteUnit {
  const writer = new Writer(tx)
  return {
    ...unitOf<Pick<WriteUnit, Kind>>((kind) => ({
      get: (name: Name) => tx.turn(() => writer.get(kind, name)),
      find: (query: Query) => tx.turn(() => writer.find(kind, query)),
      insert: (record: Records[Kind]) => {
        const copy = copyOf(record, 1)
        return tx.turn(() => writer.insert(kind, copy))
      },
      update: (record: Records[Kind]) => {
        const copy = copyOf(record, record.version)
        return tx.turn(() => writer.update(kind, copy))
      },
      remove: (record: Records[Kind]) => tx.turn(() => writer.remove(kind, record)),
    })),
    lock: (key) => tx.turn(() => tx.lock(key)),
    flush: () => tx.turn(() => tx.flush()),
  }
}

function withVersion<T extends Records[Kind]>(record: T, version: number): T {
  const next: T = { ...record, version }
  return Object.freeze(next)
}

/** The version and unique keys of a record as one text. */
function uniqueKeys(kind: Kind, record: Records[Kind]): string {
  return JSON.stringify([record.version, ...keyValues(record, kinds[kind].unique)])
}
