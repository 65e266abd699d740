/** The records of a unit of work: what it has read and written, and how its writes become statements. */
import { DuplicateKey, LockTimeout, StaleVersion, kinds } from '../../../core/ports/storage.js'
import type { Kind, KeyOf, Page, Query, RecordWriter, Records, WriteUnit } from '../../../core/ports/storage.js'
import { hasPatterns } from '../../../core/ports/query-patterns.js'
import { recordCopy, writersOf } from '../../../core/ports/stored-records.js'
import type { Run } from './lease.js'
import { findMatches, findPage } from './query.js'
import { arrayOf } from './query-sql.js'
import { columnValues, getStatement, keyValues, keysOf, statements, storedKey } from './tables.js'
import type { PgTransaction } from './transaction.js'

/** Versions by id of records to be removed. */
interface Removals {
  readonly kind: Kind
  readonly versions: Map<string, number>
}

/** Reads and writes records in a transaction; it knows what the unit has read and written. */
class UnitRecords {
  readonly #tx: PgTransaction
  /** Records that this unit wrote: their version does not grow again. */
  readonly #written = new Set<string>()
  /** Unique keys of the records that this unit read, with their version. */
  readonly #read = new Map<string, string>()
  /** Removals that are not sent yet. */
  #removals: Removals | undefined

  constructor(tx: PgTransaction) {
    this.#tx = tx
  }

  async get<K extends Kind>(kind: K, key: KeyOf<K>): Promise<Records[K] | undefined> {
    const statement = getStatement(this.#tx.list, kind, key)
    await this.#tx.flush()
    const { rows } = await this.#tx.look(statement)
    const document = rows[0]?.[0]
    return document === null || document === undefined ? undefined : this.#loaded(kind, document)
  }

  async find<K extends Kind>(kind: K, query: Query): Promise<Page<Records[K]>> {
    const { list, database, run, look } = this.#tx
    await this.#tx.flush()
    const found = hasPatterns(query)
      ? await findMatches(list, kind, query, database.indexes, run, 'along')
      : await findPage(list, kind, query, database.indexes, look)
    return { ...found, items: found.items.map((document) => this.#loaded(kind, document)) }
  }

  async insert<K extends Kind>(kind: K, record: Records[K]): Promise<Records[K]> {
    const { list, database } = this.#tx
    const columns = [...columnValues(list, record, JSON.stringify(record)), ...keyValues(record, keysOf(kind))]
    const statement = { ...statements[kind].insert, values: [...columns, String(database.connections.limits.lockWait)] }
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

  /** Removals of a kind that follow one another are one statement. */
  async remove(kind: Kind, given: Records[Kind]): Promise<void> {
    if (this.#removals?.kind === kind && !this.#removals.versions.has(given.id)) {
      this.#removals.versions.set(given.id, given.version)
      return
    }
    const removals: Removals = { kind, versions: new Map([[given.id, given.version]]) }
    await this.#tx.stage((run) => {
      this.#removals = undefined
      return this.#removeAll(removals, run)
    })
    this.#removals = removals
  }

  async #removeAll({ kind, versions }: Removals, run: Run): Promise<void> {
    const ids = [...versions.keys()]
    const values = [storedKey(this.#tx.list), arrayOf(ids.map(storedKey)), arrayOf([...versions.values()].map(String))]
    const { rows } = await run({ ...statements[kind].remove, values })
    const removed = new Set(rows.map(([id]) => id))
    for (const id of ids) {
      if (!removed.has(storedKey(id))) throw new StaleVersion(kind, id)
      this.#written.delete(`${kind}/${id}`)
      this.#read.delete(`${kind}/${id}`)
    }
  }

  #loaded<K extends Kind>(kind: K, document: string): Records[K] {
    const record = this.#tx.database.load(kind, document)
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

/** Writes one kind of records in turn with all that the unit does. What goes in is copied at the call. */
class TurnWriter<K extends Kind> implements RecordWriter<K> {
  readonly #tx: PgTransaction
  readonly #records: UnitRecords
  readonly #kind: K
  constructor(tx: PgTransaction, records: UnitRecords, kind: K) {
    this.#tx = tx
    this.#records = records
    this.#kind = kind
  }
  get(key: KeyOf<K>): Promise<Records[K] | undefined> {
    return this.#tx.turn(() => this.#records.get(this.#kind, key))
  }
  find(query: Query): Promise<Page<Records[K]>> {
    return this.#tx.turn(() => this.#records.find(this.#kind, query))
  }
  insert(record: Records[K]): Promise<Records[K]> {
    const copy = recordCopy(record, 1)
    return this.#tx.turn(() => this.#records.insert(this.#kind, copy))
  }
  update(record: Records[K]): Promise<Records[K]> {
    const copy = recordCopy(record, record.version)
    return this.#tx.turn(() => this.#records.update(this.#kind, copy))
  }
  remove(record: Records[K]): Promise<void> {
    return this.#tx.turn(() => this.#records.remove(this.#kind, record))
  }
}

/** The unit of work of the port on a transaction. */
export function writeUnitOf(tx: PgTransaction): WriteUnit {
  const records = new UnitRecords(tx)
  return {
    ...writersOf((kind) => new TurnWriter(tx, records, kind)),
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
