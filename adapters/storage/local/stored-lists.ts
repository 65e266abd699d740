/** All that is committed: the records and counters of each customer list. */
import type { Kind, Records, StorageOptions } from '../../../core/ports/storage.js'
import type { Commit, CommitStep } from './commit.js'
import { admit } from './current-schema.js'
import { RecordTable } from './record-table.js'

/** The tables of one customer list, one for each kind. */
export type RecordTables = { readonly [K in Kind]: RecordTable<K> }

/** What is stored of one customer list. */
export interface StoredList {
  readonly id: string
  readonly tables: RecordTables
  /** Next numbers by name. */
  readonly counters: Map<string, number>
}

/** The customer lists of one storage. */
export class StoredLists {
  readonly #lists = new Map<string, StoredList>()
  readonly #options: Pick<StorageOptions, 'indexes' | 'upgrade'>

  constructor(options: Pick<StorageOptions, 'indexes' | 'upgrade'>) {
    this.#options = options
  }

  /** The list of this id, if it holds or held anything. */
  find(id: string): StoredList | undefined {
    return this.#lists.get(id)
  }

  /** The list of this id, made if need be. */
  get(id: string): StoredList {
    let list = this.#lists.get(id)
    if (!list) this.#lists.set(id, (list = this.#create(id)))
    return list
  }

  /** The lists that hold or held anything. */
  all(): Iterable<StoredList> {
    return this.#lists.values()
  }

  /** Makes the records of a commit visible. Its counters moved when the number was taken. */
  apply({ list, steps }: Commit): void {
    const { tables } = this.get(list)
    for (const step of steps) {
      if (step[0] === 'counters') continue
      if (typeof step[1] === 'string') tables[step[0]].remove(step[1])
      else put(tables, step[0], step[1])
    }
  }

  /** Takes over what was stored, while the storage is being opened; it must not be changed afterwards. */
  load(id: string, steps: Iterable<CommitStep>): void {
    const { tables, counters } = this.get(id)
    const { upgrade } = this.#options
    for (const step of steps) {
      if (step[0] === 'counters') counters.set(step[1], Math.max(step[2], counters.get(step[1]) ?? 1))
      else if (typeof step[1] === 'string') tables[step[0]].remove(step[1])
      else put(tables, step[0], admit(upgrade, step[0], step[1]))
    }
  }

  clear(): void {
    this.#lists.clear()
  }

  #create(id: string): StoredList {
    const { indexes } = this.#options
    const table = <K extends Kind>(kind: K): RecordTable<K> => new RecordTable(kind, indexes[kind] ?? [], id)
    const tables = {
      customers: table('customers'),
      addresses: table('addresses'),
      accounts: table('accounts'),
      mappings: table('mappings'),
      socialMediaUsers: table('socialMediaUsers'),
      signIns: table('signIns'),
    }
    return { id, tables, counters: new Map() }
  }
}

function put<K extends Kind>(tables: RecordTables, kind: K, record: Records[K]): void {
  tables[kind].put(record)
}
