/** Request bodies: one reader of bytes for the doors without Koa, and what a parser of the host has left. */
import { isUtf8 } from 'node:buffer'
import type { Readable, Transform } from 'node:stream'
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib'
import { headerOf, refuse } from './protocol.js'
import type { ProtocolError, RawBody, RequestHeaders } from './protocol.js'

const inflaters: Readonly<Record<string, () => Transform>> = {
  gzip: createGunzip,
  'x-gzip': createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
}

/**
 * Reads a body of at most `limit` bytes, before and after decompression. Throws bodyTooLarge, bodyMalformed (cut off,
 * broken compression, not UTF-8) and encodingUnsupported. What it leaves unread is for the door to drop.
 */
export function readBody(source: Readable, headers: RequestHeaders, limit: number): Promise<RawBody> {
  return readBytes(source, headers, limit).then((bytes) => ({ text: textOf(bytes) }))
}

/** What inflates a body; undefined for one that is sent as it is. Throws encodingUnsupported. */
function inflaterOf(headers: RequestHeaders): Transform | undefined {
  const encoding = headerOf(headers, 'content-encoding')?.toLowerCase() ?? ''
  if (encoding === '' || encoding === 'identity') return undefined
  const inflate = Object.hasOwn(inflaters, encoding) ? inflaters[encoding] : undefined
  if (!inflate) throw refuse('encodingUnsupported', { encoding })
  return inflate()
}

/** All bytes of a stream. An inflated stream may end before its source does: what stands behind it is no part of it. */
function readBytes(source: Readable, headers: RequestHeaders, limit: number): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const inflater = inflaterOf(headers)
    if (!inflater && Number(headers['content-length'] ?? 0) > limit) throw refuse('bodyTooLarge', { limit })
    const stream = inflater ? source.pipe(inflater) : source
    const chunks: Uint8Array[] = []
    let size = 0
    const take = (chunk: Uint8Array): void => {
      size += chunk.length
      chunks.push(chunk)
      if (size > limit) fail(refuse('bodyTooLarge', { limit }))
    }
    const fail = (problem: ProtocolError): void => {
      stream.off('data', take)
      inflater?.destroy()
      reject(problem)
    }
    const cutOff = (): void => fail(refuse('bodyMalformed', {}))
    stream
      .on('data', take)
      .on('end', () => resolve(chunks.length === 1 ? (chunks[0] as Uint8Array) : Buffer.concat(chunks, size)))
      .on('error', cutOff)
    // a client that goes away ends no stream
    if (inflater) source.on('error', cutOff)
    if (source.destroyed) cutOff()
    else source.on('close', () => source.readableEnded || cutOff())
  })
}

/** A body that a parser of the host has read; undefined if it has left nothing. Throws bodyMalformed: not UTF-8. */
export function bodyOfHost(parsed: unknown): RawBody | undefined {
  if (typeof parsed === 'string') return { text: parsed }
  if (!(parsed instanceof Uint8Array)) return parsed === undefined ? undefined : { parsed }
  return { text: textOf(parsed) }
}

/** The text of some bytes, without a byte order mark. Throws bodyMalformed: not UTF-8. */
export function textOf(bytes: Uint8Array): string {
  if (!isUtf8(bytes)) throw refuse('bodyMalformed', {})
  const buffer = bytes instanceof Buffer ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  const text = buffer.toString()
  return text.startsWith('\ufeff') ? text.slice(1) : text
}
