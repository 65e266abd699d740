/** The options of `jsonFileStorage`. */
import type { LocalOptions } from '../local/local-storage.js'
import type { Disk } from './disk.js'

/** Options of `jsonFileStorage`. */
export interface JsonFileOptions extends LocalOptions {
  /** Path of the file; it and its folder are made if need be. A symbolic link is followed and kept. */
  readonly file: string
  /**
   * Bytes of journal from which a new snapshot is written; default 8 MiB, or as many as the last snapshot has, if that
   * is more. The snapshot of a small store (32 MiB) follows too when it rests for a second, and when it is closed.
   */
  readonly journalBytes?: number
  /**
   * For an operator: opens damaged files too, with what can be read up to the damage. The damaged files are kept beside
   * as `*.damaged-<time>`, and each damage is a warning. Default false.
   */
  readonly repair?: boolean
  /** Opens the files; for tests. */
  readonly disk?: Disk
}
