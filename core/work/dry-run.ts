/** Records what a unit of work writes, for the list of changes that a dry run gives. */
import { isEqual } from '../model/json.js'
import type { InputOf, ResultOf, Writing } from '../model/operations.js'
import { addressOf, customerOf, mappingOf } from './records.js'
import { kindNames } from '../ports/storage.js'
import type { Kind, RecordWriter, Records, WriteUnit } from '../ports/storage.js'

/** A record that a dry run would have created, changed or removed. */
export interface Change {
  readonly kind: Kind
  /** Absent for a new record. */
  readonly before?: object
  /** Absent for a removed record. */
  readonly after?: object
}

/** What a dry run tells: the would-be result, and the would-be changes in the order of the first write to each record. */
export interface DryRun<R> {
  readonly result: R
  readonly changes: readonly Change[]
}

/** One method per writing operation, on one customer list. */
export type DryRunOperations = {
  readonly [O in Writing]: object extends InputOf<O>
    ? (input?: InputOf<O>) => Promise<DryRun<ResultOf<O>>>
    : (input: InputOf<O>) => Promise<DryRun<ResultOf<O>>>
}

/** Changes by kind and id of the record. */
export type Changes = Map<string, Change>

/** What people may see of a record: its document, without keys and secrets. */
const shown: { readonly [K in Kind]: (record: Records[K]) => object } = {
  customers: customerOf,
  addresses: addressOf,
  accounts: (record) => record.account,
  mappings: mappingOf,
  socialMediaUsers: (record) => record.user,
  signIns: () => ({}),
}

/** The document that a record holds. */
export function documentOf<K extends Kind>(kind: K, record: Records[K]): object {
  return shown[kind](record)
}

/** The same unit, noting what is written. */
export function recording(tx: WriteUnit, changes: Changes): WriteUnit {
  const writers = kindNames.map((kind) => [kind, recordingWriter(tx[kind] as RecordWriter<Kind>, kind, changes)])
  return {
    ...(Object.fromEntries(writers) as { [K in Kind]: RecordWriter<K> }),
    lock: (key) => tx.lock(key),
    flush: () => tx.flush(),
  }
}

/** What is different in the end, in the order of the first write to each record. */
export function changesIn(changes: Changes): readonly Change[] {
  return [...changes.values()].filter(({ before, after }) => !isEqual(before, after))
}

function recordingWriter<K extends Kind>(writer: RecordWriter<K>, kind: K, changes: Changes): RecordWriter<K> {
  const show = (record: Records[K]) => documentOf(kind, record)
  const note = (id: string, before: object | undefined, after: object | undefined) => {
    const first = changes.get(`${kind} ${id}`)
    const was = first ? first.before : before
    changes.set(`${kind} ${id}`, { kind, ...(was && { before: was }), ...(after && { after }) })
  }
  const stored = async (id: string) => {
    if (changes.has(`${kind} ${id}`)) return undefined
    const record = await writer.get({ id })
    return record && show(record)
  }
  return {
    get: (key) => writer.get(key),
    find: (query) => writer.find(query),
    async insert(input) {
      const record = await writer.insert(input)
      note(record.id, undefined, show(record))
      return record
    },
    async update(input) {
      const before = await stored(input.id)
      const record = await writer.update(input)
      note(record.id, before, show(record))
      return record
    },
    async remove(record) {
      const before = await stored(record.id)
      await writer.remove(record)
      note(record.id, before, undefined)
    },
  }
}
