/** Opens a data file: takes its lock, reads snapshot and journal, and repairs them if the operator asked for that. */
import { constants } from 'node:fs'
import * as fs from 'node:fs/promises'
import { warnIfOpen } from '../../../core/ports/private-file.js'
import type { StorageOptions } from '../../../core/ports/storage.js'
import type { Commit } from '../local/commit.js'
import type { StoredLists } from '../local/stored-lists.js'
import { loadSnapshot, snapshotOf } from './contents.js'
import { filesBeside, localDisk, realFile } from './disk.js'
import type { Disk } from './disk.js'
import { Journal, readJournal, segmentsOf } from './journal.js'
import type { JsonFileOptions } from './json-file-options.js'
import { takeLock } from './lock-file.js'
import type { LockFile } from './lock-file.js'
import { readSnapshot, writeSnapshot } from './snapshot.js'

/** An opened data file. */
export interface OpenFiles {
  readonly file: string
  readonly mode: number
  readonly lock: LockFile
  readonly journal: Journal
  /** Last group of the journal that the snapshot holds, and the snapshot's bytes. */
  readonly snapshot: { readonly sequence: number; readonly bytes: number }
  /** Bytes of the segments before the current one that hold more than the snapshot. */
  readonly olderBytes: number
}

/** Reads what is stored into the lists. An error of the file system names the file; nothing is changed then. */
export async function openFiles(
  options: JsonFileOptions,
  lists: StoredLists,
  warn: StorageOptions['warn'],
): Promise<OpenFiles> {
  try {
    const file = await realFile(options.file)
    const disk = options.disk ?? localDisk
    const lock = await takeLock(disk, `${file}.lock`, warn)
    try {
      await removeLeft(file)
      const stat = await fs.stat(file).catch(() => undefined)
      const mode = stat ? stat.mode & 0o777 : 0o600
      const place = { file, mode, disk, lists, warn }
      const { journal, sequence, olderBytes } = await load(place, options.repair ?? false)
      for (const each of [file, ...(await filesBeside(file))]) await warnIfOpen(each, warn)
      return { file, mode, lock, journal, snapshot: { sequence, bytes: stat?.size ?? 0 }, olderBytes }
    } catch (error) {
      await lock.release()
      throw error
    }
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error
    throw new Error(`cannot open the data file ${options.file}: ${error.message}`, { cause: error })
  }
}

/** Removes what a crash left half-written. */
async function removeLeft(file: string): Promise<void> {
  for (const name of await filesBeside(file)) {
    if (!name.endsWith('.tmp')) continue
    // A lock's temporary file may belong to one who is opening now, unless it is old.
    const { mtimeMs } = name.startsWith(`${file}.lock.`)
      ? await fs.stat(name).catch(() => ({ mtimeMs: Infinity }))
      : { mtimeMs: 0 }
    if (mtimeMs < Date.now() - 3_600_000) await fs.rm(name, { force: true })
  }
}

/** Where to read and write, and whom to tell. */
interface Place {
  readonly file: string
  readonly mode: number
  readonly disk: Disk
  readonly lists: StoredLists
  readonly warn: StorageOptions['warn']
}

/** What was read: the journal, ready for what comes. */
type Loaded = Pick<OpenFiles, 'journal' | 'olderBytes'> & { readonly sequence: number }

/** Reads snapshot and journal into the lists, and opens the journal for what comes. */
async function load(place: Place, isRepair: boolean): Promise<Loaded> {
  const { file, mode, disk, lists, warn } = place
  const damages: string[] = []
  const onDamage = isRepair ? (damage: Error): void => void damages.push(damage.message) : undefined
  const snapshot = await readSnapshot({ file, mode, disk, onDamage })
  const { sequence } = snapshot
  loadSnapshot(lists, snapshot)
  const take = ({ list, steps }: Commit): void => lists.load(list, steps)
  const end = await readJournal(disk, file, sequence, take, onDamage)
  if (damages.length > 0) return { journal: await rescue(place, sequence, damages), sequence, olderBytes: 0 }
  if (!end && sequence > 0) throw new Error(`${file} has lost its journal: there is no file ${file}.journal-…`)
  if (!end) return { journal: await Journal.start(disk, file, mode, 1, 0), sequence, olderBytes: 0 }
  if (end.torn) warn('dropped the torn last line of the journal, which was never acknowledged', { bytes: end.torn })
  for (const segment of end.needless) await fs.rm(segment)
  return { journal: await Journal.resume(disk, file, mode, end), sequence, olderBytes: end.olderLength }
}

/** Keeps damaged files under other names and writes what could be read anew. */
async function rescue(place: Place, sequence: number, damages: readonly string[]): Promise<Journal> {
  const { file, mode, disk, lists, warn } = place
  const suffix = `.damaged-${new Date().toISOString().replaceAll(':', '-')}`
  const segments = await segmentsOf(file)
  await fs.copyFile(file, file + suffix, constants.COPYFILE_EXCL).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error
  })
  for (const segment of segments) await fs.copyFile(segment.file, segment.file + suffix, constants.COPYFILE_EXCL)
  for (const damage of damages) warn('repaired a damaged file', { damage, kept: `*${suffix}` })
  await writeSnapshot({ file, mode, disk }, snapshotOf(lists, sequence))
  for (const segment of segments) await fs.rm(segment.file)
  return Journal.start(disk, file, mode, (segments.at(-1)?.number ?? 0) + 1, sequence)
}
