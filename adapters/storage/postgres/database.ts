/** An opened database: what all reads and units of one storage share. */
import type { Kind, Records } from '../../../core/ports/storage.js'
import type { Locks } from '../../../core/ports/locks.js'
import type { Connections } from './connections.js'
import type { DeclaredIndexes } from './query-sql.js'

/** How units of work lock: by advisory locks, or by rows of a table. */
export type Locking = 'advisory' | 'rows'

/** What all reads and units of one storage share. */
export interface Database {
  readonly connections: Connections
  readonly indexes: DeclaredIndexes
  readonly locks: Locking
  /** Begins a transaction with its limits, in one round trip. */
  readonly begin: string
  /** Where the units of this process queue for a lock, so that only the first of them waits with a connection. */
  readonly gates: Locks
  /** A stored document as a frozen record of the current schema. */
  readonly load: <K extends Kind>(kind: K, document: string) => Records[K]
}
