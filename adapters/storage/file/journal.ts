/**
 * The journal: what was committed since the snapshot, in segments. A line holds all commits that one sync made durable,
 * so that a crash can tear the last line only (adapters/storage/README.md, Journal).
 */
import * as fs from 'node:fs/promises'
import { crc32 } from 'node:zlib'
import { filesBeside, makeFile, writeAll } from './disk.js'
import type { Disk, DiskFile } from './disk.js'
import type { Commit } from '../local/commit.js'
import { eachLine } from './lines.js'
import type { Line } from './lines.js'
import { DamagedFile } from './snapshot.js'

/** Version of the segments' format. */
const FORMAT = 1

/** A segment as it was found. */
export interface Segment {
  readonly file: string
  readonly number: number
}

/** Where the journal goes on. */
export interface JournalEnd {
  readonly number: number
  /** Number of the last group. */
  readonly sequence: number
  /** Length of the last segment up to the end of its last whole line. */
  readonly length: number
  /** Length of the segments before the last that hold more than the snapshot. */
  readonly olderLength: number
  /** Segments that the snapshot has made needless; a crash came before they were removed. */
  readonly needless: readonly string[]
  /** Bytes of a torn last line, which are cut off. */
  readonly torn: number
}

const nameOf = (file: string, number: number): string => `${file}.journal-${number}`

/** The segments of a journal in order. */
export async function segmentsOf(file: string): Promise<Segment[]> {
  const numbers = (await filesBeside(file)).flatMap((name) => {
    const digits = name.slice(file.length)
    return /^\.journal-[1-9]\d*$/.test(digits) ? [Number(digits.slice('.journal-'.length))] : []
  })
  return numbers.toSorted((a, b) => a - b).map((number) => ({ number, file: nameOf(file, number) }))
}

/** Line of a group. The sequence number is part of the checksum. */
function groupLine(sequence: number, commits: readonly string[]): string {
  const text = `[${commits.join(',')}]`
  return `{"sequence":${sequence},"checksum":"${checksumOf(sequence, text)}","commits":${text}}\n`
}

const checksumOf = (sequence: number, text: string | Uint8Array): string =>
  crc32(text, sequence >>> 0)
    .toString(16)
    .padStart(8, '0')

const groupHead = /^\{"sequence":(\d{1,16}),"checksum":"([0-9a-f]{8})","commits":$/

/**
 * Reads the commits that a snapshot does not hold yet, in order; undefined if there is no journal. With `onDamage` it
 * ends at the first damage instead of failing, save that it begins whatever the snapshot holds.
 */
export async function readJournal(
  disk: Disk,
  file: string,
  after: number,
  take: (commit: Commit) => void,
  onDamage?: (damage: DamagedFile) => void,
): Promise<JournalEnd | undefined> {
  const segments = await segmentsOf(file)
  const needless: string[] = []
  let olderLength = 0
  let end: JournalEnd | undefined
  try {
    for (const [index, segment] of segments.entries()) {
      const reading = new SegmentReading(segment, { previous: end?.sequence, after, take, onDamage })
      const handle = await disk.open(segment.file, 'r')
      try {
        await eachLine(handle, (line) => reading.take(line))
      } finally {
        await handle.close()
      }
      const isLast = index === segments.length - 1
      const found = reading.end(isLast)
      if (!isLast && found.sequence <= after) needless.push(segment.file)
      else if (!isLast) olderLength += found.length
      end = { ...found, number: segment.number, olderLength, needless }
    }
    if (end && end.sequence < after)
      throw new DamagedFile(
        file,
        undefined,
        `holds groups up to ${after}, but its journal ends with group ${end.sequence}`,
      )
  } catch (error) {
    if (!onDamage || !(error instanceof DamagedFile)) throw error
    onDamage(error)
  }
  return end
}

interface SegmentReadingOptions {
  /** Last group of the segment before; undefined for the first segment. */
  readonly previous: number | undefined
  /** Last group that the snapshot holds. */
  readonly after: number
  readonly take: (commit: Commit) => void
  readonly onDamage: ((damage: DamagedFile) => void) | undefined
}

/** Takes the lines of a segment in turn. */
class SegmentReading {
  readonly #segment: Segment
  readonly #options: SegmentReadingOptions
  #sequence = 0
  #length = 0
  #torn = 0
  readonly #additions = new Set<string>()

  constructor(segment: Segment, options: SegmentReadingOptions) {
    this.#segment = segment
    this.#options = options
  }

  take({ bytes, whole, number, addition, isComplete }: Line): void {
    if (addition !== undefined && !this.#additions.has(addition)) {
      this.#additions.add(addition)
      const what = `has ${addition}, which this library does not write: an editor or a transfer has changed the file`
      const { onDamage } = this.#options
      if (!onDamage) this.#fail(number, what)
      onDamage(new DamagedFile(this.#segment.file, number, what))
    }
    if (!isComplete && number > 1) {
      this.#torn = whole.length
      return
    }
    if (!isComplete) this.#fail(1, 'the end of the line is missing')
    if (number === 1) this.#takeHead(bytes)
    else this.#takeGroup(bytes, number)
    this.#length += whole.length
  }

  #takeHead(bytes: Buffer): void {
    let after: unknown
    let format: unknown
    try {
      ;({ journal: format, after } = JSON.parse(bytes.toString()) as { journal?: unknown; after?: unknown })
    } catch {
      this.#fail(1, 'not JSON')
    }
    if (typeof format !== 'number' || typeof after !== 'number') this.#fail(1, 'not a journal of this library')
    if (format !== FORMAT) this.#fail(1, `format ${format}, this library knows ${FORMAT}`)
    this.#sequence = after
    const { previous, after: snapshot, onDamage } = this.#options
    if (previous !== undefined && after !== previous)
      this.#fail(1, `goes on after group ${after}, but the segment before it ends with group ${previous}`)
    // The first segment may begin before the snapshot ends: a crash came before it was removed.
    if (previous !== undefined || after <= snapshot) return
    const what = `goes on after group ${after}, but the snapshot holds groups up to ${snapshot}: it is missing, or old`
    if (!onDamage) this.#fail(1, what)
    onDamage(new DamagedFile(this.#segment.file, 1, what))
  }

  #takeGroup(bytes: Buffer, line: number): void {
    const start = bytes.indexOf(91)
    const head = start === -1 ? null : groupHead.exec(bytes.toString('latin1', 0, start))
    if (!head || bytes.at(-1) !== 125) this.#fail(line, 'not as this library writes it')
    const sequence = Number(head[1])
    const text = bytes.subarray(start, -1)
    if (checksumOf(sequence, text) !== head[2]) this.#fail(line, 'the checksum is another: the line is damaged')
    if (sequence !== this.#sequence + 1)
      this.#fail(line, `group ${sequence} follows group ${this.#sequence}: something is missing between them`)
    this.#sequence = sequence
    if (sequence <= this.#options.after) return
    for (const commit of JSON.parse(text.toString()) as Commit[]) this.#options.take(commit)
  }

  end(isLast: boolean): Pick<JournalEnd, 'sequence' | 'length' | 'torn'> {
    if (this.#length === 0) this.#fail(1, 'is empty')
    if (this.#torn > 0 && !isLast) this.#fail(undefined, 'the end of the last line is missing')
    return { sequence: this.#sequence, length: this.#length, torn: this.#torn }
  }

  #fail(line: number | undefined, what: string): never {
    throw new DamagedFile(this.#segment.file, line, what)
  }
}

/** The segment has lost its name: whoever opens the data next would not find what is written to it. */
export class SegmentGone extends Error {
  constructor(file: string) {
    super(`the journal ${file} was taken away`)
  }
}

/** The segment that is being written. */
export class Journal {
  readonly #disk: Disk
  readonly #file: string
  readonly #mode: number
  readonly #handle: DiskFile
  readonly number: number
  #sequence: number
  #length: number

  private constructor(
    disk: Disk,
    file: string,
    mode: number,
    handle: DiskFile,
    end: Pick<JournalEnd, 'number' | 'sequence' | 'length'>,
  ) {
    this.#disk = disk
    this.#file = file
    this.#mode = mode
    this.#handle = handle
    this.number = end.number
    this.#sequence = end.sequence
    this.#length = end.length
  }

  /** Goes on with the last segment, whose torn last line is cut off. */
  static async resume(disk: Disk, file: string, mode: number, end: JournalEnd): Promise<Journal> {
    const handle = await disk.open(nameOf(file, end.number), 'r+')
    if (end.torn > 0) {
      await handle.truncate(end.length)
      await handle.datasync()
    }
    return new Journal(disk, file, mode, handle, end)
  }

  /** Makes a new segment that goes on after a group. */
  static async start(disk: Disk, file: string, mode: number, number: number, sequence: number): Promise<Journal> {
    const name = nameOf(file, number)
    const head = Buffer.from(`{"journal":${FORMAT},"after":${sequence}}\n`)
    await makeFile(disk, { file: name, mode, fill: (handle) => writeAll(handle, head, 0), isNew: true })
    return new Journal(disk, file, mode, await disk.open(name, 'r+'), { number, sequence, length: head.length })
  }

  /** Number of the last group. */
  get sequence(): number {
    return this.#sequence
  }

  /** Bytes in this segment. */
  get length(): number {
    return this.#length
  }

  /**
   * Writes commits as one group; it is durable when this resolves, in the file that has the segment's name. If it rejects,
   * `cutBack` must follow; after SegmentGone nothing else.
   */
  async append(commits: readonly string[]): Promise<void> {
    const bytes = Buffer.from(groupLine(this.#sequence + 1, commits))
    await writeAll(this.#handle, bytes, this.#length)
    await this.#handle.datasync()
    await this.#assertInPlace()
    this.#sequence++
    this.#length += bytes.length
  }

  async #assertInPlace(): Promise<void> {
    const name = nameOf(this.#file, this.number)
    const [mine, named] = await Promise.all([this.#handle.stat(), fs.stat(name).catch(() => undefined)])
    if (mine.nlink === 0 || named?.ino !== mine.ino || named.dev !== mine.dev) throw new SegmentGone(name)
  }

  /** Takes back what a failed append may have written. */
  async cutBack(): Promise<void> {
    await this.#handle.truncate(this.#length)
    await this.#handle.datasync()
  }

  /** Ends this segment and begins the next. */
  async rotate(): Promise<Journal> {
    const number = this.number + 1
    try {
      const next = await Journal.start(this.#disk, this.#file, this.#mode, number, this.#sequence)
      await this.#handle.close()
      return next
    } catch (error) {
      // This segment goes on, so a next one of ours must not stay.
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') await fs.rm(nameOf(this.#file, number), { force: true })
      throw error
    }
  }

  /** Removes the segments before this one, which a snapshot has made needless. */
  async removeOlder(): Promise<void> {
    for (const { number, file } of await segmentsOf(this.#file)) if (number < this.number) await fs.rm(file)
  }

  async close(): Promise<void> {
    await this.#handle.close()
  }
}
