/** Records in the current schema: upgraded when they are taken in if that can be done, refused when they are read if not. */
import { freeze } from '../../../core/model/json.js'
import type { Kind, Records, StorageOptions } from '../../../core/ports/storage.js'

/** Brings a stored record to the current schema. */
export type Upgrade = StorageOptions['upgrade']

/** The record in the current schema; as it is stored if its schema is too new, so that reading it is refused later. */
export function admit<K extends Kind>(upgrade: Upgrade, kind: K, record: Records[K]): Records[K] {
  try {
    return upgrade(kind, record)
  } catch {
    return record
  }
}

/** A record as it goes out: in the current schema and frozen, which one that was loaded is from now on. */
export function present<K extends Kind>(upgrade: Upgrade, kind: K, record: Records[K]): Records[K] {
  return freeze(upgrade(kind, record))
}
