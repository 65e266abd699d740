/** Where a table keeps a record. */
import type { Kind, Records } from '../../../core/ports/storage.js'

/** A record's place in its table. The record is replaced by an update, the ordinal never. */
export interface Slot<K extends Kind> {
  record: Records[K]
  readonly ordinal: number
}
