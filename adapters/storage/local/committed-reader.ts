/** Reads what is committed. */
import type { Ending } from '../../../core/model/calls.js'
import type { Kind, KeyOf, Page, Query, ReadUnit, RecordReader, Records } from '../../../core/ports/storage.js'
import { present } from './current-schema.js'
import type { Upgrade } from './current-schema.js'
import { find } from './query.js'
import { RecordTable } from './record-table.js'
import type { StoredList } from './stored-lists.js'

/** Reads committed records of one kind. */
export class CommittedReader<K extends Kind> implements RecordReader<K> {
  readonly #table: RecordTable<K>
  readonly #upgrade: Upgrade
  readonly #signal: Ending | undefined

  constructor(table: RecordTable<K>, upgrade: Upgrade, signal?: Ending) {
    this.#table = table
    this.#upgrade = upgrade
    this.#signal = signal
  }

  async get(key: KeyOf<K>): Promise<Records[K] | undefined> {
    this.#signal?.throwIfAborted()
    const slot = this.#table.slotOf(key)
    return slot && present(this.#upgrade, this.#table.kind, slot.record)
  }

  async find(query: Query): Promise<Page<Records[K]>> {
    const { items, total } = await find(this.#table, query, undefined, undefined, this.#signal)
    return { items: items.map((record) => present(this.#upgrade, this.#table.kind, record)), total }
  }
}

/** The committed records of a list; a reader is made when it is first asked for. */
export class CommittedUnit implements ReadUnit {
  readonly #list: StoredList | undefined
  readonly #upgrade: Upgrade
  readonly #signal: Ending | undefined
  #customers: CommittedReader<'customers'> | undefined
  #addresses: CommittedReader<'addresses'> | undefined
  #accounts: CommittedReader<'accounts'> | undefined
  #mappings: CommittedReader<'mappings'> | undefined
  #socialMediaUsers: CommittedReader<'socialMediaUsers'> | undefined
  #signIns: CommittedReader<'signIns'> | undefined

  /** No list: nothing is stored. */
  constructor(list: StoredList | undefined, upgrade: Upgrade, signal?: Ending) {
    this.#list = list
    this.#upgrade = upgrade
    this.#signal = signal
  }

  get customers(): CommittedReader<'customers'> {
    return (this.#customers ??= this.#reader('customers'))
  }
  get addresses(): CommittedReader<'addresses'> {
    return (this.#addresses ??= this.#reader('addresses'))
  }
  get accounts(): CommittedReader<'accounts'> {
    return (this.#accounts ??= this.#reader('accounts'))
  }
  get mappings(): CommittedReader<'mappings'> {
    return (this.#mappings ??= this.#reader('mappings'))
  }
  get socialMediaUsers(): CommittedReader<'socialMediaUsers'> {
    return (this.#socialMediaUsers ??= this.#reader('socialMediaUsers'))
  }
  get signIns(): CommittedReader<'signIns'> {
    return (this.#signIns ??= this.#reader('signIns'))
  }

  #reader<K extends Kind>(kind: K): CommittedReader<K> {
    return new CommittedReader(this.#list?.tables[kind] ?? new RecordTable(kind, []), this.#upgrade, this.#signal)
  }
}
