/** One unit of work. It opens a transaction as late as it can: a single insert needs none. */
import { DuplicateKey, LockTimeout, StaleVersion, kinds, kindNames } from '../../core/storage.js'
import type { Kind, Query, ReadUnit, Records, WriteUnit } from '../../core/storage.js'
import { copyOf } from './copy.js'
import { Holder } from './locks.js'
import type { Locks } from './locks.js'
import { ConnectionLost, constraintOf, faultOf, sqlStateOf } from './postgres-connections.js'
import type { Connections, Lease, Outcome, PgResult } from './postgres-connections.js'
import { findMatches, findPage } from './postgres-query.js'
import type { Found, Indexes } from './postgres-query.js'
import {
  addLockRow,
  columnValues,
  findLockRow,
  keyColumn,
  keysOf,
  keyValues,
  statements,
  storedKey,
  tableOf,
} from './postgres-tables.js'
import { takeAdvisoryLock } from './postgres-tables.js'
import type { Statement } from './postgres-tables.js'
import { patternsOf } from './pattern.js'

/** What all units of one storage share. */
export interface Engine {
  readonly connections: Connections
  readonly indexes: Indexes
  readonly locks: 'advisory' | 'rows'
  /** Begins a transaction with its limits, in one round trip. */
  readonly begin: string
  /** Where the units of this process queue for a lock, so that only the first of them waits with a connection. */
  readonly gates: Locks
  /** A stored document as a frozen record of the current schema. */
  readonly load: <K extends Kind>(kind: K, document: string) => Records[K]
}

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

/** How long a unit that failed waits for its last statement, in milliseconds; then its connection is ended. */
const longestGoodbye = 500

/** A staged insert: all that the statement needs. */
interface Insert {
  readonly kind: Kind
  readonly record: Records[Kind]
  readonly values: (string | null)[]
}

/** A unit of work on one list. Its calls run one after the other, however they are made. */
export class Transaction {
  readonly #engine: Engine
  readonly #list: string
  #lease: Lease | undefined
  #staged: Insert | undefined
  /** Records that this unit wrote: their version does not grow again. */
  readonly #written = new Set<string>()
  /** Unique keys of the records that this unit read, with their version. */
  readonly #read = new Map<string, string>()
  readonly #locks = new Set<string>()
  readonly #holder = new Holder()
  #last: Promise<unknown> = Promise.resolve()
  /** Why nothing more can be done; what happened is undone. */
  #failure: Error | undefined
  #isEnded = false
  readonly unit: WriteUnit

  constructor(engine: Engine, list: string) {
    this.#engine = engine
    this.#list = list
    this.unit = {
      ...unitOf<Pick<WriteUnit, Kind>>((kind) => this.#writer(kind)),
      lock: (key) => this.#turn(() => this.#lock(key)),
      flush: () => this.#turn(() => this.#flush()),
    }
  }

  /** Runs a statement of the host in this transaction. Rejects with what `pg` reports. */
  send(text: string, values: readonly unknown[]): Promise<PgResult> {
    return this.#turn(async () => {
      await this.#flush()
      const lease = await this.#open()
      try {
        return await lease.send({ text, values: [...values] })
      } catch (error) {
        const fault = faultOf(error)
        if (fault instanceof ConnectionLost) this.#failure = fault
        throw error
      }
    })
  }

  /** Stores all that was done. Rejects, and stores nothing, if something failed on the way. */
  async commit(): Promise<void> {
    await this.#end()
    try {
      await this.#store()
    } finally {
      this.#engine.gates.end(this.#holder)
    }
  }

  async #store(): Promise<void> {
    try {
      if (this.#failure) throw this.#failure
      if (!this.#lease) return this.#staged && (await this.#insertAlone(this.#staged))
      await this.#flush()
    } catch (error) {
      await this.#undo()
      throw error
    }
    const lease = this.#lease
    const outcome = await lease.query({ text: 'COMMIT' }).catch((error: unknown) => {
      lease.release('destroy')
      throw faultOf(error, 'commit')
    })
    lease.release(outcome.command === 'COMMIT' ? undefined : 'destroy')
    if (outcome.command !== 'COMMIT')
      throw new Error('nothing was stored: a statement had failed, unseen by the storage')
  }

  /** Undoes all that was done. Never rejects. */
  async rollback(): Promise<void> {
    const ended = this.#end()
    this.#engine.gates.end(this.#holder)
    // a statement that still runs, such as a slow one of the host, is not waited for
    const timer = setTimeout(() => this.#lease?.release('destroy'), longestGoodbye)
    await ended
    clearTimeout(timer)
    await this.#undo()
    this.#engine.gates.end(this.#holder)
  }

  /** Calls that come later are refused; those that were made before are waited for. */
  async #end(): Promise<void> {
    const last = this.#last
    this.#isEnded = true
    await last
  }

  async #undo(): Promise<void> {
    this.#staged = undefined
    const lease = this.#lease
    this.#lease = undefined
    if (!lease) return
    try {
      await lease.query({ text: 'ROLLBACK' })
      // a connection in an odd state is not given to others; a lock that was not free is nothing odd
      lease.release(this.#failure && !(this.#failure instanceof LockTimeout) ? 'destroy' : undefined)
    } catch {
      lease.release('destroy')
    }
  }

  #turn<T>(work: () => Promise<T>): Promise<T> {
    if (this.#isEnded) return Promise.reject(new Error('the unit of work has ended'))
    const result = this.#last.then(() => {
      if (this.#failure) throw this.#failure
      return work()
    })
    this.#last = result.catch(() => {})
    return result
  }

  /** Runs a statement in the transaction, which it opens if need be. If it fails, so has the whole unit. */
  async #run(statement: Statement): Promise<Outcome> {
    const lease = await this.#open()
    try {
      return await lease.query(statement)
    } catch (error) {
      throw (this.#failure = faultOf(error))
    }
  }

  async #open(): Promise<Lease> {
    try {
      return (this.#lease ??= await this.#begin())
    } catch (error) {
      throw (this.#failure = error as Error)
    }
  }

  async #begin(): Promise<Lease> {
    const { connections, begin } = this.#engine
    // nothing was sent before: a connection that turns out to be dead is replaced
    for (let attempt = 1; ; attempt++) {
      const lease = await connections.lease()
      try {
        await lease.query({ text: begin })
        return lease
      } catch (error) {
        lease.release('destroy')
        const fault = faultOf(error)
        if (attempt === 3 || !(fault instanceof ConnectionLost)) throw fault
      }
    }
  }

  /** Reads: in the transaction if there is one. Before that, a statement of its own sees the same. */
  #look(statement: Statement): Promise<Outcome> {
    return this.#lease ? this.#run(statement) : this.#engine.connections.run(statement)
  }

  async #lock(key: string): Promise<void> {
    if (this.#locks.has(key)) return
    await this.#flush()
    // who has no connection yet holds nothing, so waiting here closes no cycle
    if (!this.#lease) await this.#pass(`${this.#list}/${key}`)
    const values = [storedKey(this.#list), storedKey(key)]
    if (this.#engine.locks === 'advisory') await this.#run({ ...takeAdvisoryLock, values })
    else
      while ((await this.#run({ ...findLockRow, values })).count === 0)
        if ((await this.#run({ ...addLockRow, values })).count > 0) break
    this.#locks.add(key)
  }

  async #pass(gate: string): Promise<void> {
    const { gates } = this.#engine
    if (gates.take(gate, this.#holder) === undefined) await gates.wait(gate, this.#holder)
  }

  /** Writes the staged insert. A duplicate leaves the unit as it was before that insert. */
  async #flush(): Promise<void> {
    const insert = this.#staged
    if (!insert) return
    this.#staged = undefined
    await this.#insert(insert, (statement) => this.#run(statement))
  }

  /** Writes the staged insert as the whole unit, in one round trip. */
  async #insertAlone(insert: Insert): Promise<void> {
    const { connections } = this.#engine
    await this.#insert(insert, async (statement) => {
      for (let attempt = 1; ; attempt++) {
        const lease = await connections.lease()
        try {
          const outcome = await lease.query(statement)
          lease.release()
          return outcome
        } catch (error) {
          lease.release('destroy')
          const fault = faultOf(error, 'commit')
          if (attempt === 3 || !(fault instanceof ConnectionLost) || fault.outcome === 'unknown') throw fault
        }
      }
    })
  }

  async #insert({ kind, record, values }: Insert, run: (statement: Statement) => Promise<Outcome>): Promise<void> {
    // the record in the way may be gone when it is looked for
    for (let attempt = 0; attempt < 5; attempt++) {
      const { count } = await run({ ...statements[kind].insert, values })
      if (count > 0) {
        this.#written.add(`${kind}/${record.id}`)
        this.#read.set(`${kind}/${record.id}`, uniqueKeys(kind, record))
        return
      }
      const key = await this.#conflict(kind, record, run)
      if (key !== undefined) throw new DuplicateKey(kind, key)
    }
    throw new LockTimeout('others write records with the same keys again and again')
  }

  /** The first key, in the order of the port, that another record has; `id` if a record has it. */
  async #conflict(
    kind: Kind,
    record: Records[Kind],
    run: (statement: Statement) => Promise<Outcome>,
  ): Promise<string | undefined> {
    const unique = kinds[kind].unique
    const values = [storedKey(this.#list), storedKey(record.id), ...keyValues(record, unique)]
    const { rows } = await run({ ...statements[kind].conflicts, values })
    const [hasId, ...hasKeys] = rows[0] ?? []
    return unique.find((_, i) => hasKeys[i] === 't') ?? (hasId === 't' ? 'id' : undefined)
  }

  #writer<K extends Kind>(kind: K): WriteUnit[Kind] {
    const writer = {
      get: (name: Name) => this.#turn(() => this.#get(kind, name)),
      find: (query: Query) => this.#turn(() => this.#find(kind, query)),
      insert: (record: Records[K]) => {
        const copy = copyOf(record, 1)
        return this.#turn(() => this.#add(kind, copy))
      },
      update: (record: Records[K]) => {
        const copy = copyOf(record, record.version)
        return this.#turn(() => this.#update(kind, copy))
      },
      remove: (record: Records[K]) => this.#turn(() => this.#remove(kind, record)),
    }
    return writer as unknown as WriteUnit[Kind]
  }

  async #get<K extends Kind>(kind: K, name: Name): Promise<Records[K] | undefined> {
    const statement = getStatement(this.#list, kind, name)
    await this.#flush()
    const { rows } = await this.#look(statement)
    const document = rows[0]?.[0]
    return document === null || document === undefined ? undefined : this.#loaded(kind, document)
  }

  async #find<K extends Kind>(kind: K, query: Query): Promise<{ items: readonly Records[K][]; total: number }> {
    await this.#flush()
    let found: Found
    if (hasPatterns(query))
      found = await findMatches(
        this.#list,
        kind,
        query,
        this.#engine.indexes,
        (statement) => this.#run(statement),
        'along',
      )
    else found = await findPage(this.#list, kind, query, this.#engine.indexes, (statement) => this.#look(statement))
    return { items: found.documents.map((document) => this.#loaded(kind, document)), total: found.total }
  }

  #loaded<K extends Kind>(kind: K, document: string): Records[K] {
    const record = this.#engine.load(kind, document)
    this.#read.set(`${kind}/${record.id}`, uniqueKeys(kind, record))
    return record
  }

  async #add<K extends Kind>(kind: K, record: Records[K]): Promise<Records[K]> {
    await this.#flush()
    const document = JSON.stringify(record)
    const lockWait = String(this.#engine.connections.limits.lockWait)
    const values = [...columnValues(this.#list, record, document), ...keyValues(record, keysOf(kind)), lockWait]
    const insert: Insert = { kind, record, values }
    if (this.#lease) await this.#insert(insert, (statement) => this.#run(statement))
    else this.#staged = insert
    return record
  }

  async #update<K extends Kind>(kind: K, given: Records[K]): Promise<Records[K]> {
    await this.#flush()
    const name = `${kind}/${given.id}`
    const version = this.#written.has(name) ? given.version : given.version + 1
    const record = withVersion(given, version)
    const document = JSON.stringify(record)
    const values = [
      ...columnValues(this.#list, record, document),
      String(version),
      String(given.version),
      ...keyValues(record, keysOf(kind)),
    ]
    const statement = { ...statements[kind].update, values }
    const isSafe = kinds[kind].unique.length === 0 || this.#read.get(name) === uniqueKeys(kind, given)
    const { count } = isSafe ? await this.#run(statement) : await this.#runGuarded(kind, record, statement)
    if (count === 0) throw new StaleVersion(kind, given.id)
    this.#written.add(name)
    this.#read.set(name, uniqueKeys(kind, record))
    return record
  }

  /** Runs an update that may collide: then the unit is as before it. */
  async #runGuarded(kind: Kind, record: Records[Kind], statement: Statement): Promise<Outcome> {
    await this.#run({ text: 'SAVEPOINT clientele' })
    try {
      const outcome = await (this.#lease as Lease).query(statement)
      await this.#run({ text: 'RELEASE SAVEPOINT clientele' })
      return outcome
    } catch (error) {
      if (sqlStateOf(error) !== '23505') throw (this.#failure ??= faultOf(error))
      await this.#run({ text: 'ROLLBACK TO SAVEPOINT clientele; RELEASE SAVEPOINT clientele' })
      const key = await this.#conflict(kind, record, (text) => this.#run(text))
      throw new DuplicateKey(kind, key === undefined || key === 'id' ? keyOfConstraint(kind, constraintOf(error)) : key)
    }
  }

  async #remove(kind: Kind, given: Records[Kind]): Promise<void> {
    await this.#flush()
    const values = [storedKey(this.#list), storedKey(given.id), String(given.version)]
    const { count } = await this.#run({ ...statements[kind].remove, values })
    if (count === 0) throw new StaleVersion(kind, given.id)
    this.#written.delete(`${kind}/${given.id}`)
    this.#read.delete(`${kind}/${given.id}`)
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

const keyOfConstraint = (kind: Kind, constraint: string | undefined): string =>
  kinds[kind].unique.find((key) => constraint === `${tableOf(kind)}_${keyColumn(key)}`) ?? 'id'
