/** What the storage holds, as a snapshot and back. */
import { kindNames } from '../../../core/ports/storage.js'
import type { Kind, Records } from '../../../core/ports/storage.js'
import type { CommitStep } from '../local/commit.js'
import type { StoredLists } from '../local/stored-lists.js'
import type { Snapshot } from './snapshot.js'

/** References to all that is stored; records never change, so this is a moment. */
export function snapshotOf(lists: StoredLists, sequence: number): Snapshot {
  const sorted = [...lists.all()].toSorted((a, b) => (a.id < b.id ? -1 : 1))
  return {
    sequence,
    lists: sorted.map(({ id, tables, counters }) => {
      const records: { [K in Kind]?: readonly Records[Kind][] } = {}
      for (const kind of kindNames) records[kind] = tables[kind].records()
      return { id, counters: Object.fromEntries(counters), records }
    }),
  }
}

/** Takes a snapshot over, while the storage is being opened. */
export function loadSnapshot(lists: StoredLists, snapshot: Snapshot): void {
  for (const { id, counters, records } of snapshot.lists) {
    lists.load(
      id,
      Object.entries(counters).map(([name, next]): CommitStep => ['counters', name, next]),
    )
    for (const kind of kindNames)
      lists.load(
        id,
        (records[kind] ?? []).map((record): CommitStep => [kind, record]),
      )
  }
}
