/** `dw/crypto/…` and `dw/util/Bytes`. */
import { createHash } from 'node:crypto'
import type { ModuleMaker } from './surroundings.js'

const raw = Symbol('raw')

/** Bytes of a text, or of others. */
export class Bytes {
  readonly #bytes: Buffer
  constructor(text: string | Uint8Array, encoding = 'UTF-8') {
    if (!/^utf-?8$/i.test(encoding)) throw new Error(`Bytes knows UTF-8 here, not '${encoding}'`)
    this.#bytes = Buffer.from(text as string)
  }
  get length(): number {
    return this.#bytes.length
  }
  getLength(): number {
    return this.length
  }
  byteAt(index: number): number {
    return this.#bytes[index] ?? 0
  }
  toString(): string {
    return this.#bytes.toString('utf8')
  }
  /** The bytes themselves, for modules. */
  get [raw](): Buffer {
    return this.#bytes
  }
}

/** Hashes. */
export class MessageDigest {
  static readonly DIGEST_MD5 = 'MD5'
  static readonly DIGEST_SHA = 'SHA'
  static readonly DIGEST_SHA_1 = 'SHA-1'
  static readonly DIGEST_SHA_256 = 'SHA-256'
  static readonly DIGEST_SHA_512 = 'SHA-512'
  readonly #algorithm: string
  constructor(algorithm: string) {
    this.#algorithm = algorithm === 'SHA' ? 'sha1' : algorithm.toLowerCase().replace('-', '')
  }
  digestBytes(bytes: Bytes): Bytes {
    return new Bytes(createHash(this.#algorithm).update(bytes[raw]).digest())
  }
  digest(text: string): string {
    return createHash(this.#algorithm).update(text).digest('hex')
  }
}

/** Modules by name. */
export const cryptoModules: Readonly<Record<string, ModuleMaker>> = {
  'dw/util/Bytes': () => Bytes,
  'dw/crypto/MessageDigest': () => MessageDigest,
  'dw/crypto/Encoding': () => ({
    toHex: (bytes: Bytes) => bytes[raw].toString('hex'),
    toBase64: (bytes: Bytes) => bytes[raw].toString('base64'),
    fromHex: (text: string) => new Bytes(Buffer.from(text, 'hex')),
    fromBase64: (text: string) => new Bytes(Buffer.from(text, 'base64')),
    toURI: (text: string) => encodeURIComponent(text),
    fromURI: (text: string) => decodeURIComponent(text),
  }),
}
