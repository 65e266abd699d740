/** Records as storages handle them: copied when they come in, named by a key, read and written kind by kind. */
import { put } from '../model/json.js'
import type { Envelope, Kind, KeyOf, ReadUnit, RecordReader, RecordWriter } from './storage.js'

/** A deep, frozen copy of a record with this version, as JSON keeps it: undefined properties are left out. */
export function recordCopy<T extends Envelope>(record: T, version: number): T {
  return frozen({ ...record, version })
}

/** A copy of the whole at once, then of what lies inside: as compact as its original, and cheaper than by way of JSON. */
function frozenCopy(value: object): object {
  return Array.isArray(value) ? Object.freeze(value.map(innerCopy)) : frozen({ ...value })
}

/** A copy, frozen, with copies of what lies inside. */
function frozen<T extends object>(copy: T): T {
  const properties = copy as Record<string, unknown>
  for (const name in properties) {
    const inner = properties[name]
    if (inner === undefined) delete properties[name]
    else if (inner !== null && typeof inner === 'object') put(properties, name, frozenCopy(inner))
  }
  return Object.freeze(copy)
}

const innerCopy = (item: unknown): unknown => (item !== null && typeof item === 'object' ? frozenCopy(item) : item)

/** The name of a key, `id` or a unique one, and its value. */
export function keyParts<K extends Kind>(key: KeyOf<K>): readonly [name: string, value: string] {
  const named: Readonly<Record<string, string>> = key
  for (const name in named) return [name, named[name] as string]
  throw new TypeError('a record is named by its id or by a unique key')
}

/** The readers of a unit, one made for each kind. */
export function readersOf(make: <K extends Kind>(kind: K) => RecordReader<K>): ReadUnit {
  return {
    customers: make('customers'),
    addresses: make('addresses'),
    accounts: make('accounts'),
    mappings: make('mappings'),
    socialMediaUsers: make('socialMediaUsers'),
    signIns: make('signIns'),
  }
}

/** A writer for each kind. */
export type RecordWriters = { readonly [K in Kind]: RecordWriter<K> }

/** The writers of a unit, one made for each kind. */
export function writersOf(make: <K extends Kind>(kind: K) => RecordWriter<K>): RecordWriters {
  return {
    customers: make('customers'),
    addresses: make('addresses'),
    accounts: make('accounts'),
    mappings: make('mappings'),
    socialMediaUsers: make('socialMediaUsers'),
    signIns: make('signIns'),
  }
}
