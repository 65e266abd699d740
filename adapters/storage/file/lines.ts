/** Reads a file line by line, as bytes, without holding it whole. */
import type { DiskFile } from './disk.js'

/** A line, its number from 1, and where it begins. */
export interface Line {
  /** Without its end. */
  readonly bytes: Buffer
  /** With its end, if it has one. */
  readonly whole: Buffer
  readonly number: number
  readonly start: number
  /** What something that saved the file has added: a byte order mark, or CR at the end; not part of `bytes` and `whole`. */
  readonly addition: string | undefined
  /** False for a last line that has no end. */
  readonly isComplete: boolean
}

const CHUNK = 4 * 1024 * 1024
const NEWLINE = 10

/** Calls `take` for each line, in order. The bytes are valid during the call only. */
export async function eachLine(file: DiskFile, take: (line: Line) => void): Promise<void> {
  let buffer = Buffer.alloc(CHUNK)
  let kept = 0
  let offset = 0
  let number = 1
  for (;;) {
    if (kept === buffer.length) buffer = Buffer.concat([buffer], buffer.length * 2)
    const { bytesRead } = await file.read(buffer, kept, buffer.length - kept, offset + kept)
    if (bytesRead === 0) break
    const end = kept + bytesRead
    let start = 0
    for (
      let newline = buffer.indexOf(NEWLINE, kept);
      newline !== -1 && newline < end;
      newline = buffer.indexOf(NEWLINE, start)
    ) {
      const bytes = buffer.subarray(start, newline)
      const whole = buffer.subarray(start, newline + 1)
      take({ ...plain(bytes, whole, number), number: number++, start: offset + start, isComplete: true })
      start = newline + 1
    }
    buffer.copyWithin(0, start, end)
    offset += start
    kept = end - start
  }
  const rest = buffer.subarray(0, kept)
  if (kept > 0) take({ bytes: rest, whole: rest, addition: undefined, number, start: offset, isComplete: false })
}

const CR = 13
const mark = Buffer.from([0xef, 0xbb, 0xbf])

/** A line without what an editor or a transfer has added to it. */
function plain(bytes: Buffer, whole: Buffer, number: number): Pick<Line, 'bytes' | 'whole' | 'addition'> {
  const isMarked = number === 1 && bytes.subarray(0, mark.length).equals(mark)
  const isReturned = bytes.at(-1) === CR
  if (!isMarked && !isReturned) return { bytes, whole, addition: undefined }
  const text = bytes.subarray(isMarked ? mark.length : 0, isReturned ? -1 : undefined)
  const addition = isMarked ? 'a byte order mark' : 'Windows line ends (CRLF)'
  return { bytes: text, whole: Buffer.concat([text, Buffer.from([NEWLINE])]), addition }
}
