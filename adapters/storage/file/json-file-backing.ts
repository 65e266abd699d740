/**
 * The files behind the storage: commits are written in groups, and a snapshot follows beside the writers
 * (adapters/storage/README.md, Snapshot and compaction).
 */
import * as fs from 'node:fs/promises'
import { setImmediate } from 'node:timers/promises'
import { StorageUnavailable } from '../../../core/ports/storage.js'
import type { StorageOptions } from '../../../core/ports/storage.js'
import type { Commit } from '../local/commit.js'
import type { Backing } from '../local/local-storage.js'
import type { StoredLists } from '../local/stored-lists.js'
import { snapshotOf } from './contents.js'
import { localDisk } from './disk.js'
import type { Disk } from './disk.js'
import { SegmentGone } from './journal.js'
import type { Journal } from './journal.js'
import type { JsonFileOptions } from './json-file-options.js'
import type { LockFile } from './lock-file.js'
import { openFiles } from './opening.js'
import { writeSnapshot } from './snapshot.js'
import type { Snapshot } from './snapshot.js'

/** Bytes up to which a store is small: its snapshot is written at rest and on closing. */
const SMALL = 32 * 1024 * 1024
/** Rest after which a small store's snapshot is written, in milliseconds. */
const REST = 1_000
/** Default of `journalBytes`. */
const JOURNAL_BYTES = 8 * 1024 * 1024
/** Commits that one line of the journal holds at the most, and its length from which it takes no more of them. */
const GROUP = { commits: 1_000, length: 1_000_000 }

/** A commit that is not durable yet. */
interface WaitingCommit {
  readonly text: string
  readonly apply: () => void
  readonly resolve: () => void
  readonly reject: (error: Error) => void
}

/** What is written to from the opening to the end. */
interface Session {
  readonly file: string
  readonly mode: number
  readonly lock: LockFile
  readonly lists: StoredLists
  readonly warn: StorageOptions['warn']
  journal: Journal
}

/** Keeps what is committed in a data file and its journal. */
export class JsonFileBacking implements Backing {
  readonly #options: JsonFileOptions
  readonly #disk: Disk
  #session: Session | undefined
  #queue: WaitingCommit[] = []
  #writing: Promise<void> | undefined
  #compacting: Promise<void> | undefined
  #rest: NodeJS.Timeout | undefined
  #hasRested = false
  /** Why nothing is written any more. */
  #refusal: Error | undefined
  /** Last group that the snapshot holds, its bytes, and those of the segments before the current one. */
  #snapshot = { sequence: 0, bytes: 0 }
  #olderBytes = 0
  /** Bytes of journal from which the next snapshot is tried. */
  #nextSnapshot = 0

  constructor(options: JsonFileOptions) {
    this.#options = options
    this.#disk = options.disk ?? localDisk
  }

  async open({ warn }: StorageOptions, lists: StoredLists): Promise<void> {
    const { file, mode, lock, journal, snapshot, olderBytes } = await openFiles(this.#options, lists, warn)
    this.#snapshot = snapshot
    this.#olderBytes = olderBytes
    this.#session = { file, mode, lock, lists, warn, journal }
    this.#planSnapshot()
    this.#rests()
  }

  append(commit: Commit, apply: () => void): Promise<void> {
    if (this.#refusal) return Promise.reject(this.#refusal)
    return new Promise((resolve, reject) => {
      this.#queue.push({ text: JSON.stringify(commit), apply, resolve, reject })
      this.#wake()
    })
  }

  #wake(): void {
    const session = this.#session
    if (session && !this.#writing) this.#writing = this.#write(session).catch((cause: unknown) => this.#giveUp(cause))
  }

  /** What cannot happen still leaves nobody waiting, and ends no process. */
  #giveUp(cause: unknown): void {
    this.#refusal ??= new StorageUnavailable('the data file cannot be written any more', 'unknown', { cause })
    for (const { reject } of this.#queue.splice(0)) reject(this.#refusal)
    this.#writing = undefined
  }

  /** Writes what waits, group by group, until nothing does. */
  async #write(session: Session): Promise<void> {
    while (this.#queue.length > 0) {
      // What comes until the end of this turn of the event loop goes into the group.
      await setImmediate()
      const group = this.#nextGroup()
      const error = this.#refusal ?? (await this.#append(session, group))
      for (const { apply, resolve, reject } of group) {
        if (error) reject(error)
        else {
          apply()
          resolve()
        }
      }
      this.#queue.splice(0, group.length)
      if (this.#journalBytes(session) > this.#nextSnapshot) await this.#compact(session)
    }
    if (this.#hasRested) await this.#compact(session)
    this.#writing = undefined
    // Whoever came during the last step is waiting still.
    if (this.#queue.length > 0) this.#wake()
    else this.#rests()
  }

  #nextGroup(): WaitingCommit[] {
    let count = 0
    for (let length = 0; count < this.#queue.length && count < GROUP.commits && length < GROUP.length; count++)
      length += this.#queue[count]?.text.length ?? 0
    return this.#queue.slice(0, count)
  }

  /** Makes a group durable; the error if it is not. */
  async #append({ journal, lock, warn }: Session, group: readonly WaitingCommit[]): Promise<Error | undefined> {
    try {
      await lock.assertHeld()
    } catch (cause) {
      this.#refusal = new StorageUnavailable((cause as Error).message, 'nothing', { cause })
      return this.#refusal
    }
    try {
      await journal.append(group.map(({ text }) => text))
      return undefined
    } catch (cause) {
      const what = `the journal could not be written: ${(cause as Error).message}`
      const isCut = await journal.cutBack().then(
        () => true,
        () => false,
      )
      const outcome = isCut ? 'nothing' : 'unknown'
      if (!isCut || cause instanceof SegmentGone) {
        const refusal = `${what}; nothing more is written until the storage is opened again`
        this.#refusal = new StorageUnavailable(refusal, 'nothing', { cause })
        warn(refusal)
      }
      return new StorageUnavailable(what, outcome, { cause })
    }
  }

  #journalBytes({ journal }: Session): number {
    return this.#olderBytes + journal.length
  }

  #planSnapshot(): void {
    this.#nextSnapshot = this.#options.journalBytes ?? Math.max(JOURNAL_BYTES, this.#snapshot.bytes)
  }

  /** Begins a new segment, and writes beside the writers a snapshot of all that came before it. */
  async #compact(session: Session): Promise<void> {
    this.#hasRested = false
    if (this.#compacting || this.#refusal || session.journal.sequence === this.#snapshot.sequence) return
    const bytes = this.#journalBytes(session)
    this.#nextSnapshot = bytes + (this.#options.journalBytes ?? JOURNAL_BYTES)
    try {
      await session.lock.assertHeld(true)
      session.journal = await session.journal.rotate()
    } catch (error) {
      session.warn('could not begin a new segment of the journal', { error: (error as Error).message })
      return
    }
    this.#olderBytes = bytes
    this.#compacting = this.#writeSnapshot(session, snapshotOf(session.lists, session.journal.sequence))
      .catch((error: unknown) => {
        session.warn('could not write the snapshot; the journal has it all', { error: (error as Error).message })
      })
      .finally(() => {
        this.#compacting = undefined
      })
  }

  async #writeSnapshot({ file, mode, journal, lock }: Session, snapshot: Snapshot): Promise<void> {
    const beforeReplacing = (): Promise<void> => lock.assertHeld(true)
    await writeSnapshot({ file, mode, disk: this.#disk, beforeReplacing }, snapshot)
    await journal.removeOlder()
    this.#snapshot = { sequence: snapshot.sequence, bytes: (await fs.stat(file)).size }
    this.#olderBytes = 0
    this.#planSnapshot()
  }

  /** A small store's snapshot follows soon, for those who read the file. */
  #rests(): void {
    clearTimeout(this.#rest)
    const session = this.#session
    if (!session || !this.#isSmall(session) || session.journal.sequence === this.#snapshot.sequence) return
    this.#rest = setTimeout(() => {
      this.#hasRested = true
      this.#wake()
    }, REST).unref()
  }

  /** Whether all of it is quickly written. */
  #isSmall(session: Session): boolean {
    return this.#snapshot.bytes + this.#journalBytes(session) < SMALL
  }

  /** What waits for the disk, and how far the snapshot is behind the journal. */
  figures(): Readonly<Record<string, number>> {
    const session = this.#session
    return {
      commitsWaiting: this.#queue.length,
      journalBytes: session ? this.#journalBytes(session) : 0,
      journalGroupsAfterSnapshot: session ? session.journal.sequence - this.#snapshot.sequence : 0,
    }
  }

  async close(): Promise<void> {
    const session = this.#session
    if (!session) return
    while (this.#writing) await this.#writing
    clearTimeout(this.#rest)
    await this.#compacting
    if (this.#isSmall(session)) await this.#compact(session)
    await this.#compacting
    await session.journal.close()
    await session.lock.release()
  }
}
