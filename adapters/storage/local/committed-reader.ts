/** Reads what is committed. */
import type { Ending } from '../../../core/model/calls.js'
import type { Kind, KeyOf, Page, Query, RecordReader, Records } from '../../../core/ports/storage.js'
import { present } from './current-schema.js'
import type { Upgrade } from './current-schema.js'
import { find } from './query.js'
import type { RecordTable } from './record-table.js'

/** Reads committed records of one kind. */
export class CommittedReader<K extends Kind> implements RecordReader<K> {
  readonly #table: RecordTable<K>
  readonly #present: (record: Records[K]) => Records[K]

  readonly #signal: Ending | undefined

  constructor(table: RecordTable<K>, upgrade: Upgrade, signal?: Ending) {
    this.#table = table
    this.#signal = signal
    this.#present = (record) => present(upgrade, table.kind, record)
  }

  async get(key: KeyOf<K>): Promise<Records[K] | undefined> {
    this.#signal?.throwIfAborted()
    const slot = this.#table.slotOf(key)
    return slot && this.#present(slot.record)
  }

  async find(query: Query): Promise<Page<Records[K]>> {
    const { items, total } = await find(this.#table, query, undefined, undefined, this.#signal)
    return { items: items.map(this.#present), total }
  }
}
