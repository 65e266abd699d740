/** What a commit changes. */
import type { Kind, Records } from '../../../core/ports/storage.js'

/** One thing that a commit changes: a record stored, the id of one removed, or a counter's next number. */
export type CommitStep =
  | readonly [kind: Kind, record: Records[Kind]]
  | readonly [kind: Kind, id: string]
  | readonly [counters: 'counters', name: string, next: number]

/** What one unit of work, or one taken number, changes. */
export interface Commit {
  readonly list: string
  readonly steps: readonly CommitStep[]
}
