/**
 * The storage port: what every storage promises alike (adapters/storage/README.md). The contract suite,
 * `test/storage-contract.ts`, is its definition; a storage is an implementation that passes it.
 *
 * A storage keeps *records* of six kinds, each in one customer list. A record is the domain's document plus an
 * envelope. Records that come out are frozen; what goes in is copied once.
 */
import type { Ending } from '../model/calls.js'
import type { Account, Address, Customer, SdCustomerMapping, SocialMediaUser } from '../model/documents.js'
import type { Page, Path, Query } from '../model/query.js'

export { totalCap, valueAt } from '../model/query.js'
export type { Condition, Page, Path, Query, Scalar, Totals } from '../model/query.js'

/** What the storage knows of every record. */
export interface Envelope {
  /** 24 hex characters, given by the core, unique per kind and list, never changed. */
  readonly id: string
  /** 1 on insert; one more for each unit of work that updated the record. */
  readonly version: number
  /** Number of the stored document's schema; upgraded on read, refused if newer than known. */
  readonly schema: number
  /** Normalised keys by name: the unique ones and those that the core looks records up by. Absent keys never collide. */
  readonly keys: { readonly [name: string]: string }
}

/** Customer record. `secret` never leaves the core: no document, hook, event or log holds it. */
export interface CustomerRecord extends Envelope, Customer {
  readonly secret?: { readonly passwordHash: string }
}
/** Address record; `keys.customer` is the id of its customer's record. */
export interface AddressRecord extends Envelope, Address {}
/** External account; `account` is the document, since its `id` is the provider's. */
export interface AccountRecord extends Envelope {
  readonly account: Account
}
/** ERP mapping; `keys.customer` is the key of the customer number, since the customer need not exist. */
export interface MappingRecord extends Envelope, SdCustomerMapping {}
/** Social media user; `keys.customer` is the key of the customer number. */
export interface SocialMediaUserRecord extends Envelope {
  readonly user: SocialMediaUser
}
/**
 * What signing in has left behind (decision 1.18); `keys.customer` is the id of the customer's record. Nobody is shown it:
 * it is kept apart so that signing in changes no version, no ETag and no date of the customer.
 */
export interface SignInRecord extends Envelope {
  readonly signIn: SignIn
}
/** What is known of attempts to sign in with one stored hash of a password. */
export interface SignIn {
  /** SHA-256 of that hash: when the customer has another one, none of this holds any more. */
  readonly of: string
  /** Attempts that were not right, one after the other; they count until the time `until`, in ISO 8601 UTC. */
  readonly attempts: number
  readonly until?: string
  /** The same password, hashed as it is hashed today. */
  readonly passwordHash?: string
}

/** Record type by kind. */
export interface Records {
  readonly customers: CustomerRecord
  readonly addresses: AddressRecord
  readonly accounts: AccountRecord
  readonly mappings: MappingRecord
  readonly socialMediaUsers: SocialMediaUserRecord
  readonly signIns: SignInRecord
}
/** Name of a kind of record. */
export type Kind = keyof Records

/** Every kind, its unique keys in the order in which they are checked, and the other keys that are looked up. */
export const kinds = {
  customers: { unique: ['customerNo', 'login'], indexed: ['email'] },
  addresses: { unique: ['address'], indexed: ['customer'] },
  accounts: { unique: ['account'], indexed: ['customer'] },
  mappings: { unique: [], indexed: ['customer'] },
  socialMediaUsers: { unique: ['user'], indexed: ['customer'] },
  signIns: { unique: ['customer'], indexed: [] },
} as const satisfies {
  readonly [K in Kind]: { readonly unique: readonly string[]; readonly indexed: readonly string[] }
}

/** Names of all kinds. */
export const kindNames = Object.keys(kinds) as Kind[]

/** Names one record: by id, or by one of the kind's unique keys. */
export type KeyOf<K extends Kind> =
  | { readonly id: string }
  | {
      readonly [name in (typeof kinds)[K]['unique'][number]]: { readonly [key in name]: string }
    }[(typeof kinds)[K]['unique'][number]]

/** Reads records of one kind. */
export interface RecordReader<K extends Kind> {
  get(key: KeyOf<K>): Promise<Records[K] | undefined>
  find(query: Query): Promise<Page<Records[K]>>
}

/** Reads and writes records of one kind. DuplicateKey and StaleVersion may come from the write, a flush or the commit. */
export interface RecordWriter<K extends Kind> extends RecordReader<K> {
  /** Stores a new record with version 1 and returns it frozen. */
  insert(record: Records[K]): Promise<Records[K]>
  /**
   * Replaces the record with this id if the stored version equals `record.version`, else StaleVersion. Stores one
   * version more, unless this unit inserted or updated the record already: then it keeps it.
   */
  update(record: Records[K]): Promise<Records[K]>
  /** Removes the record if the stored version equals `record.version`, else StaleVersion. */
  remove(record: Records[K]): Promise<void>
}

/** What a read may do. Each `find` is one moment; nothing more is promised. */
export type ReadUnit = { readonly [K in Kind]: RecordReader<K> }

/** What a unit of work may do. It reads its own writes; others see them all after the commit, or never. */
export type WriteUnit = { readonly [K in Kind]: RecordWriter<K> } & {
  /** Takes a lock that lasts to the end of the unit; taking it twice is free. LockTimeout when it cannot be had. */
  lock(key: string): Promise<void>
  /** Writes what is staged, so that a duplicate is known now. */
  flush(): Promise<void>
}

/** What the core tells a storage when it opens it. */
export interface StorageOptions {
  /** Paths that the host wants answered without a scan, by kind: `{ customers: [['mixins', 'loyalty', 'tier']] }`. */
  readonly indexes: { readonly [K in Kind]?: readonly Path[] }
  /** Longest wait for a lock or for a key that another unit holds, in milliseconds. */
  readonly lockWait: number
  /**
   * Brings a stored record to the current schema: called on every record that was stored with another `schema` number,
   * when it is read. Pure. Throws SchemaTooNew for a number newer than known.
   */
  readonly upgrade: <K extends Kind>(kind: K, record: Records[K]) => Records[K]
  /** Where warnings go (such as a dropped torn line); never personal data. Never throws. */
  readonly warn: (message: string, fields?: Record<string, unknown>) => void
}

/** A storage. */
export interface Storage {
  /** Makes the storage usable; fails with a clear error naming what is wrong. Called once, before all else. */
  open(options: StorageOptions): Promise<void>
  /**
   * Runs `work` on committed records of one list. When `signal` fires, scans and statements that run end with its reason,
   * and later ones do not begin. It is an AbortSignal or as much of one as `Ending` says, which costs less to make.
   */
  read<T>(list: string, work: (unit: ReadUnit) => Promise<T>, signal?: Ending): Promise<T>
  /**
   * Runs `work` as one unit: commits if it resolves, leaves no trace if it rejects. Isolation is READ COMMITTED plus
   * locks. When this resolves the unit is durable and visible. When `signal` fires before the commit has begun, waits for
   * locks, scans and statements end with its reason, and nothing is stored.
   */
  write<T>(list: string, work: (unit: WriteUnit) => Promise<T>, signal?: Ending): Promise<T>
  /** Takes `n` numbers of a counter, outside any unit, and returns the first; counters start at 1, gaps are allowed. */
  counter(list: string, name: string, n: number): Promise<number>
  /**
   * How it does, in whole numbers by name, such as connections that are in use or commits that wait for the disk. At once, and
   * at any time, also before it is open and when it is closed. What names there are is the storage's own affair.
   */
  figures(): Readonly<Record<string, number>>
  /** Ends running work, flushes, and frees what the storage holds. Later calls are StorageUnavailable. */
  close(): Promise<void>
}

/** Two records of a kind cannot have one key. The unit stays usable, as before the failed write or flush. */
export class DuplicateKey extends Error {
  override readonly name = 'DuplicateKey'
  readonly kind: Kind
  readonly key: string
  constructor(kind: Kind, key: string) {
    super(`another record of ${kind} has this ${key}`)
    this.kind = kind
    this.key = key
  }
}

/** The record was changed or removed since it was read. */
export class StaleVersion extends Error {
  override readonly name = 'StaleVersion'
  readonly kind: Kind
  readonly id: string
  constructor(kind: Kind, id: string) {
    super(`record ${id} of ${kind} was changed meanwhile`)
    this.kind = kind
    this.id = id
  }
}

/** A lock could not be had: the wait was too long, would have closed a cycle, or the queue of waiting units is full. */
export class LockTimeout extends Error {
  override readonly name = 'LockTimeout'
}

/** The storage cannot serve now. `outcome` says what became of the unit: nothing was stored, or it is unknown. */
export class StorageUnavailable extends Error {
  override readonly name = 'StorageUnavailable'
  readonly outcome: 'nothing' | 'unknown'
  constructor(message: string, outcome: 'nothing' | 'unknown' = 'nothing', options?: ErrorOptions) {
    super(message, options)
    this.outcome = outcome
  }
}

/** A query that this storage will not run: its regular expression is invalid, or it needs more rows or time than allowed. */
export class QueryRefused extends Error {
  override readonly name = 'QueryRefused'
}

/** A stored record was written by a newer version of this library. */
export class SchemaTooNew extends Error {
  override readonly name = 'SchemaTooNew'
}

/** Number of the current schema of each kind's stored records. */
export const schemaVersions: { readonly [K in Kind]: number } = {
  customers: 1,
  addresses: 1,
  accounts: 1,
  mappings: 1,
  socialMediaUsers: 1,
  signIns: 1,
}

/** Steps by kind: the step at index n - 1 turns a record of schema n into one of schema n + 1. */
export type Upgrades = { readonly [K in Kind]?: readonly ((record: Records[K]) => Records[K])[] }

/** The `upgrade` of StorageOptions for these steps and versions. */
export function upgrader(steps: Upgrades = {}, versions = schemaVersions): StorageOptions['upgrade'] {
  return (kind, record) => {
    if (record.schema === versions[kind]) return record
    if (record.schema > versions[kind])
      throw new SchemaTooNew(
        `${kind} ${record.id} has schema ${record.schema}, this library knows ${versions[kind]}: use a newer version of clientele`,
      )
    let next = record
    for (let n = record.schema; n < versions[kind]; n++) {
      const step = steps[kind]?.[n - 1]
      if (!step) throw new Error(`no upgrade step for ${kind} from schema ${n}`)
      next = { ...step(next), schema: n + 1 }
    }
    return next
  }
}
