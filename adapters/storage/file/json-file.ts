/**
 * Storage in a JSON file, durable without a database: a snapshot that is pleasant to read, and a journal beside it.
 */
import { constants } from 'node:fs'
import * as fs from 'node:fs/promises'
import { kindNames, StorageUnavailable } from '../../../core/ports/storage.js'
import type { Envelope, Kind, Storage, StorageOptions } from '../../../core/ports/storage.js'
import { filesBeside, localDisk, realFile } from './disk.js'
import type { Disk } from './disk.js'
import { Engine } from '../local/engine.js'
import type { Backing, Commit, EngineOptions } from '../local/engine.js'
import { Journal, readJournal, segmentsOf } from './journal.js'
import { takeLock } from './lock-file.js'
import type { LockFile } from './lock-file.js'
import { readSnapshot, writeSnapshot } from './snapshot.js'
import type { Snapshot } from './snapshot.js'

/** Options of `jsonFileStorage`. */
export interface JsonFileOptions extends EngineOptions {
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

/** Bytes up to which a store is small: its snapshot is written at rest and on closing. */
const SMALL = 32 * 1024 * 1024
/** Rest after which a small store's snapshot is written, in milliseconds. */
const REST = 1_000
/** Default of `journalBytes`. */
const JOURNAL_BYTES = 8 * 1024 * 1024
/** Commits that one line of the journal holds at the most, and its length from which it takes no more of them. */
const GROUP = { commits: 1_000, length: 1_000_000 }

/**
 * A storage that keeps its records in this process and makes each commit durable before anyone sees it.
 *
 * One process at a time has the file: opening it a second time fails, naming the owner. A torn last line of the
 * journal, which a crash leaves, is dropped with a warning; any other damage is an error that names file and line.
 *
 * @example
 * const clientele = await createClientele({ customerLists, storage: jsonFileStorage({ file: 'data/customers.json' }) })
 */
export function jsonFileStorage(options: JsonFileOptions): Storage {
  const { maxWaiting, closeWait } = options
  return new Engine(
    { ...(maxWaiting !== undefined && { maxWaiting }), ...(closeWait !== undefined && { closeWait }) },
    new JsonFile(options),
  )
}

interface Waiting {
  readonly text: string
  readonly apply: () => void
  readonly resolve: () => void
  readonly reject: (error: Error) => void
}

/** What an opened file consists of. */
interface Open {
  readonly file: string
  readonly mode: number
  readonly lock: LockFile
  readonly engine: Engine
  readonly warn: StorageOptions['warn']
  journal: Journal
}

/** The files behind the engine. */
class JsonFile implements Backing {
  readonly #options: JsonFileOptions
  readonly #disk: Disk
  #open: Open | undefined
  #queue: Waiting[] = []
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

  async open(options: StorageOptions, engine: Engine): Promise<void> {
    try {
      await this.#openFiles(options, engine)
    } catch (error) {
      if (!(error instanceof Error && 'code' in error)) throw error
      throw new Error(`cannot open the data file ${this.#options.file}: ${error.message}`, { cause: error })
    }
  }

  async #openFiles({ warn }: StorageOptions, engine: Engine): Promise<void> {
    const file = await realFile(this.#options.file)
    const lock = await takeLock(`${file}.lock`, warn)
    try {
      await this.#removeLeft(file)
      const stat = await fs.stat(file).catch(() => undefined)
      const mode = stat ? stat.mode & 0o777 : 0o600
      this.#snapshot = { sequence: 0, bytes: stat?.size ?? 0 }
      const journal = await this.#load(file, mode, engine, warn)
      this.#open = { file, mode, lock, engine, warn, journal }
      this.#planSnapshot()
      this.#rests()
    } catch (error) {
      await lock.release()
      throw error
    }
  }

  /** Removes what a crash left half-written. */
  async #removeLeft(file: string): Promise<void> {
    for (const name of await filesBeside(file)) {
      if (!name.endsWith('.tmp')) continue
      // A lock's temporary file may belong to one who is opening now, unless it is old.
      const { mtimeMs } = name.startsWith(`${file}.lock.`)
        ? await fs.stat(name).catch(() => ({ mtimeMs: Infinity }))
        : { mtimeMs: 0 }
      if (mtimeMs < Date.now() - 3_600_000) await fs.rm(name, { force: true })
    }
  }

  /** Reads snapshot and journal into the engine, and opens the journal for what comes. */
  async #load(file: string, mode: number, engine: Engine, warn: StorageOptions['warn']): Promise<Journal> {
    const damages: string[] = []
    const onDamage = this.#options.repair ? (damage: Error): void => void damages.push(damage.message) : undefined
    const snapshot = await readSnapshot({ file, mode, disk: this.#disk, ...(onDamage && { onDamage }) })
    const { sequence } = snapshot
    loadSnapshot(engine, snapshot)
    const load = ({ list, steps }: Commit): void => engine.load(list, steps)
    const end = await readJournal(this.#disk, file, sequence, load, onDamage)
    this.#snapshot.sequence = sequence
    if (damages.length > 0) return this.#rescue(file, mode, engine, sequence, damages, warn)
    if (!end && sequence > 0) throw new Error(`${file} has lost its journal: there is no file ${file}.journal-…`)
    if (end?.torn) warn('dropped the torn last line of the journal, which was never acknowledged', { bytes: end.torn })
    for (const segment of end?.needless ?? []) await fs.rm(segment)
    this.#olderBytes = end?.olderLength ?? 0
    return end ? Journal.resume(this.#disk, file, mode, end) : Journal.start(this.#disk, file, mode, 1, 0)
  }

  /** Keeps damaged files under other names and writes what could be read anew. */
  async #rescue(
    file: string,
    mode: number,
    engine: Engine,
    sequence: number,
    damages: readonly string[],
    warn: StorageOptions['warn'],
  ): Promise<Journal> {
    const suffix = `.damaged-${new Date().toISOString().replaceAll(':', '-')}`
    const segments = await segmentsOf(file)
    await fs.copyFile(file, file + suffix, constants.COPYFILE_EXCL).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error
    })
    for (const segment of segments) await fs.copyFile(segment.file, segment.file + suffix, constants.COPYFILE_EXCL)
    for (const damage of damages) warn('repaired a damaged file', { damage, kept: `*${suffix}` })
    await writeSnapshot({ file, mode, disk: this.#disk }, snapshotOf(engine, sequence))
    for (const segment of segments) await fs.rm(segment.file)
    return Journal.start(this.#disk, file, mode, (segments.at(-1)?.number ?? 0) + 1, sequence)
  }

  append(commit: Commit, apply: () => void): Promise<void> {
    if (this.#refusal) return Promise.reject(this.#refusal)
    return new Promise((resolve, reject) => {
      this.#queue.push({ text: JSON.stringify(commit), apply, resolve, reject })
      this.#wake()
    })
  }

  #wake(): void {
    const open = this.#open
    if (open && !this.#writing) this.#writing = this.#write(open)
  }

  /** Writes what waits, group by group, until nothing does. */
  async #write(open: Open): Promise<void> {
    // Commits of this turn of the event loop make one group.
    await new Promise((resolve) => setImmediate(resolve))
    while (this.#queue.length > 0) {
      const group = this.#nextGroup()
      const error = this.#refusal ?? (await this.#append(open, group))
      for (const { apply, resolve, reject } of group) {
        if (error) reject(error)
        else {
          apply()
          resolve()
        }
      }
      if (this.#journalBytes(open) > this.#nextSnapshot) await this.#compact(open)
    }
    if (this.#hasRested) await this.#compact(open)
    this.#writing = undefined
    // Whoever came during the last step is waiting still.
    if (this.#queue.length > 0) this.#wake()
    else this.#rests()
  }

  #nextGroup(): Waiting[] {
    let count = 0
    for (let length = 0; count < this.#queue.length && count < GROUP.commits && length < GROUP.length; count++)
      length += this.#queue[count]?.text.length ?? 0
    return this.#queue.splice(0, count)
  }

  /** Makes a group durable; the error if it is not. */
  async #append({ journal, lock }: Open, group: readonly Waiting[]): Promise<Error | undefined> {
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
      try {
        await journal.cutBack()
        return new StorageUnavailable(what, 'nothing', { cause })
      } catch {
        const refusal = `${what}; nothing more is written until the storage is opened again`
        this.#refusal = new StorageUnavailable(refusal, 'nothing', { cause })
        return new StorageUnavailable(what, 'unknown', { cause })
      }
    }
  }

  #journalBytes({ journal }: Open): number {
    return this.#olderBytes + journal.length
  }

  #planSnapshot(): void {
    this.#nextSnapshot = this.#options.journalBytes ?? Math.max(JOURNAL_BYTES, this.#snapshot.bytes)
  }

  /** Begins a new segment, and writes beside the writers a snapshot of all that came before it. */
  async #compact(open: Open): Promise<void> {
    this.#hasRested = false
    if (this.#compacting || this.#refusal || open.journal.sequence === this.#snapshot.sequence) return
    const bytes = this.#journalBytes(open)
    this.#nextSnapshot = bytes + (this.#options.journalBytes ?? JOURNAL_BYTES)
    try {
      await open.lock.assertHeld(true)
      open.journal = await open.journal.rotate()
    } catch (error) {
      open.warn('could not begin a new segment of the journal', { error: (error as Error).message })
      return
    }
    this.#olderBytes = bytes
    this.#compacting = this.#writeSnapshot(open, snapshotOf(open.engine, open.journal.sequence))
      .catch((error: unknown) => {
        open.warn('could not write the snapshot; the journal has it all', { error: (error as Error).message })
      })
      .finally(() => {
        this.#compacting = undefined
      })
  }

  async #writeSnapshot({ file, mode, journal, lock }: Open, snapshot: Snapshot): Promise<void> {
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
    const open = this.#open
    if (!open || !this.#isSmall(open) || open.journal.sequence === this.#snapshot.sequence) return
    this.#rest = setTimeout(() => {
      this.#hasRested = true
      this.#wake()
    }, REST).unref()
  }

  /** Whether all of it is quickly written. */
  #isSmall(open: Open): boolean {
    return this.#snapshot.bytes + this.#journalBytes(open) < SMALL
  }

  async close(): Promise<void> {
    const open = this.#open
    if (!open) return
    while (this.#writing) await this.#writing
    clearTimeout(this.#rest)
    await this.#compacting
    if (this.#isSmall(open)) await this.#compact(open)
    await this.#compacting
    await open.journal.close()
    await open.lock.release()
  }
}

/** References to all that is stored; records never change, so this is a moment. */
function snapshotOf(engine: Engine, sequence: number): Snapshot {
  const lists = [...engine.lists()].toSorted((a, b) => (a.id < b.id ? -1 : 1))
  return {
    sequence,
    lists: lists.map(({ id, tables, counters }) => {
      const records: { [K in Kind]?: readonly Envelope[] } = {}
      for (const kind of kindNames) records[kind] = tables[kind].records()
      return { id, counters: Object.fromEntries(counters), records }
    }),
  }
}

function loadSnapshot(engine: Engine, { lists }: Snapshot): void {
  for (const { id, counters, records } of lists) {
    engine.load(
      id,
      Object.entries(counters).map(([name, next]) => ['counters', name, next] as const),
    )
    for (const kind of kindNames)
      engine.load(
        id,
        (records[kind] ?? []).map((record) => [kind, record] as const),
      )
  }
}
