/**
 * The snapshot: a JSON file that is pleasant to read, one record per line, grouped by list and kind, in order of
 * creation. lowdb is its door; this is lowdb's adapter, which reads by lines, and writes in slices and in one step.
 */
import { crc32 } from 'node:zlib'
import type { Low } from 'lowdb'
import { kindNames } from '../../../core/ports/storage.js'
import type { Kind, Records } from '../../../core/ports/storage.js'
import { localDisk, makeFile, writeAll } from './disk.js'
import type { Disk, DiskFile } from './disk.js'
import { eachLine } from './lines.js'
import type { Line } from './lines.js'

/** Everything that is stored, up to a group of the journal. */
export interface Snapshot {
  /** Number of the last group of the journal that is in here; 0 for none. */
  readonly sequence: number
  readonly lists: readonly SnapshotList[]
}

/** What is stored of one customer list. */
export interface SnapshotList {
  readonly id: string
  /** Next numbers by name. */
  readonly counters: Readonly<Record<string, number>>
  readonly records: { readonly [K in Kind]?: readonly Records[Kind][] }
}

/** Version of the file's format. */
const FORMAT = 1

/** Something in a file is not as it was written. */
export class DamagedFile extends Error {
  override readonly name = 'DamagedFile'
  constructor(file: string, line: number | undefined, what: string) {
    super(`${file}${line === undefined ? '' : `, line ${line}`}: ${what}`)
  }
}

/** How a snapshot is read and written. */
export interface SnapshotOptions {
  readonly file: string
  readonly mode: number
  readonly disk?: Disk
  /** Called when all is written and before it takes the place of the old file, which stays if this rejects. */
  readonly beforeReplacing?: () => Promise<void>
  /** Called instead of failing at damage; what can be read is given all the same. */
  readonly onDamage?: ((error: DamagedFile) => void) | undefined
}

/** Time for which a slice may hold the event loop, in milliseconds, and bytes after which it ends in any case. */
const SLICE = { time: 5, bytes: 256 * 1024 }
/** Bytes after which what was written is synced, so that the journal never waits for much at once. */
const SYNC_BYTES = 2 * 1024 * 1024

/** Reads the snapshot; an empty one if there is no file. */
export async function readSnapshot(options: SnapshotOptions): Promise<Snapshot> {
  const low = await door(options, { sequence: 0, lists: [] })
  await low.read()
  return low.data
}

/** Writes the snapshot in the place of the file, in slices that leave the event loop free between them. */
export async function writeSnapshot(options: SnapshotOptions, snapshot: Snapshot): Promise<void> {
  await (await door(options, snapshot)).write()
}

/** lowdb with an adapter of ours. Its data is never changed: each snapshot has a door of its own. */
async function door(options: SnapshotOptions, data: Snapshot): Promise<Low<Snapshot>> {
  const { Low } = await import('lowdb')
  return new Low({ read: () => read(options), write: (snapshot) => write(options, snapshot) }, data)
}

/** Lines of a snapshot: the head, then per list its name, per kind its records, and the foot with a checksum. */
const head = (sequence: number): string => `{"clientele": ${FORMAT}, "sequence": ${sequence}, "lists": {\n`
const headLine = /^\{"clientele": (\d+), "sequence": (\d+), "lists": \{$/
const foot = (records: number, checksum: number): string =>
  `}, "records": ${records}, "checksum": "${checksum.toString(16).padStart(8, '0')}"}\n`

function* linesOf(snapshot: Snapshot): Generator<string> {
  yield head(snapshot.sequence)
  for (const [index, { id, counters, records }] of snapshot.lists.entries()) {
    yield `${JSON.stringify(id)}: {\n"counters": ${JSON.stringify(counters)}`
    for (const kind of kindNames) {
      const all = records[kind] ?? []
      if (all.length === 0) continue
      yield `,\n${JSON.stringify(kind)}: [\n`
      for (const [place, record] of all.entries())
        yield JSON.stringify(record) + (place < all.length - 1 ? ',\n' : '\n')
      yield ']'
    }
    yield index < snapshot.lists.length - 1 ? '\n},\n' : '\n}\n'
  }
}

async function write(options: SnapshotOptions, snapshot: Snapshot): Promise<void> {
  const { file, mode, disk = localDisk, beforeReplacing } = options
  const fill = async (handle: DiskFile): Promise<void> => {
    let position = 0
    let unsynced = 0
    let checksum = 0
    const put = async (text: string): Promise<void> => {
      const bytes = Buffer.from(text)
      checksum = crc32(bytes, checksum)
      await writeAll(handle, bytes, position)
      position += bytes.length
      unsynced += bytes.length
      if (unsynced < SYNC_BYTES) return
      await handle.datasync()
      unsynced = 0
    }
    let pieces: string[] = []
    let length = 0
    let start = performance.now()
    for (const line of linesOf(snapshot)) {
      pieces.push(line)
      length += line.length
      if (length < SLICE.bytes && (pieces.length % 8 > 0 || performance.now() - start < SLICE.time)) continue
      await put(pieces.join(''))
      pieces = []
      length = 0
      start = performance.now()
    }
    await put(pieces.join(''))
    await put(foot(countOf(snapshot), checksum))
    await handle.datasync()
    await beforeReplacing?.()
  }
  await makeFile(disk, { file, mode, fill })
}

function countOf({ lists }: Snapshot): number {
  return lists.reduce((sum, { records }) => sum + kindNames.reduce((n, kind) => n + (records[kind]?.length ?? 0), 0), 0)
}

/** Null if there is no file. */
async function read({ file, disk = localDisk, onDamage }: SnapshotOptions): Promise<Snapshot | null> {
  const handle = await disk.open(file, 'r').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
  if (!handle) return null
  const reading = new SnapshotReading(file, onDamage)
  try {
    await eachLine(handle, (line) => reading.take(line))
  } finally {
    await handle.close()
  }
  return reading.end()
}

/** A customer list as far as it was read. */
interface ReadList {
  id: string
  counters: Record<string, number>
  records: { [K in Kind]?: Records[Kind][] }
}

/** Takes the lines of a snapshot in turn and checks that they are those that were written. */
class SnapshotReading {
  readonly #file: string
  readonly #onDamage: ((error: DamagedFile) => void) | undefined
  readonly #lists: ReadList[] = []
  #sequence = 0
  #records: Records[Kind][] | undefined
  #count = 0
  #checksum = 0
  #isWhole = false
  #line = 0
  readonly #additions = new Set<string>()

  constructor(file: string, onDamage: ((error: DamagedFile) => void) | undefined) {
    this.#file = file
    this.#onDamage = onDamage
  }

  take({ bytes, whole, number, addition }: Line): void {
    this.#line = number
    if (addition !== undefined && !this.#additions.has(addition)) {
      this.#additions.add(addition)
      this.#damage(`has ${addition}, which this library does not write: an editor or a transfer has changed the file`)
    }
    const isFoot = bytes[0] === 125 && bytes.length > 2 && bytes.includes('"checksum"')
    if (!isFoot) this.#checksum = crc32(whole, this.#checksum)
    try {
      if (this.#isWhole) throw new Error('text after the end')
      if (this.#records && bytes[0] === 123) this.#takeRecord(bytes)
      else this.#takeOther(bytes.toString(), isFoot)
    } catch (error) {
      this.#damage(error instanceof SyntaxError ? 'not JSON' : (error as Error).message)
    }
  }

  #takeRecord(bytes: Buffer): void {
    const end = bytes.at(-1) === 44 ? bytes.length - 1 : bytes.length
    const record = JSON.parse(bytes.toString('utf8', 0, end)) as Records[Kind]
    if (typeof record.id !== 'string' || typeof record.version !== 'number') throw new Error('not a record')
    this.#records?.push(record)
    this.#count++
  }

  #takeOther(text: string, isFoot: boolean): void {
    const list = this.#lists.at(-1)
    if (this.#line === 1) this.#takeHead(text)
    else if (isFoot) this.#takeFoot(text)
    else if (text === ']' || text === '],') this.#records = undefined
    else if (text === '}' || text === '},') return
    else if (text.startsWith('"counters": ') && list)
      list.counters = JSON.parse(text.slice(text.indexOf('{')).replace(/,$/, '')) as Record<string, number>
    else if (text.endsWith(': {'))
      this.#lists.push({ id: JSON.parse(text.slice(0, -3)) as string, counters: {}, records: {} })
    else if (text.endsWith(': [') && list) {
      const kind = JSON.parse(text.slice(0, -3)) as Kind
      if (!kindNames.includes(kind)) throw new Error(`unknown kind of records ${kind}`)
      this.#records = list.records[kind] = []
    } else throw new Error('not as this library writes it')
  }

  #takeHead(text: string): void {
    const [, format, sequence] = headLine.exec(text) ?? []
    if (format === undefined) throw new Error('not a file of this library')
    if (Number(format) !== FORMAT) throw new Error(`format ${format}, this library knows ${FORMAT}`)
    this.#sequence = Number(sequence)
  }

  #takeFoot(text: string): void {
    const { records, checksum } = JSON.parse(`{${text.slice(2)}`) as { records?: unknown; checksum?: unknown }
    if (records !== this.#count) throw new Error(`${this.#count} records, but ${String(records)} were written`)
    if (checksum !== this.#checksum.toString(16).padStart(8, '0'))
      throw new Error('the checksum is another: the file was changed or damaged since it was written')
    this.#isWhole = true
  }

  end(): Snapshot {
    if (!this.#isWhole) this.#damage(this.#line === 0 ? 'is empty' : 'the end is missing')
    return { sequence: this.#sequence, lists: this.#lists }
  }

  #damage(what: string): void {
    const error = new DamagedFile(this.#file, this.#line || undefined, what)
    if (!this.#onDamage) throw error
    this.#onDamage(error)
  }
}
