/** How large a document may be: counted before anything that costs more than reading it once. */
import type { Violation } from './problems.js'

/** Limits of one document. */
export interface DocumentLimits {
  /** Bytes of a stored document, as JSON in UTF-8. Default 1,048,576. */
  readonly documentBytes: number
  /** Properties and list items in all. Default 10,000. */
  readonly values: number
  /** Properties of one object. Default 1,000. */
  readonly properties: number
  /** Items of one list. Default 1,000. */
  readonly listItems: number
  /** UTF-16 units of one text that no rule limits further, and of a property's name. Default 100,000. */
  readonly textLength: number
  /** Objects and lists within one another; at most 64. Default 64. */
  readonly nesting: number
}

/** The limits that apply if a host says nothing. */
export const documentLimits: DocumentLimits = {
  documentBytes: 1_048_576,
  values: 10_000,
  properties: 1_000,
  listItems: 1_000,
  textLength: 100_000,
  nesting: 64,
}

/** The first place where a document is larger than it may be; `path` leads to it. Bytes are not looked at. */
export function findTooLarge(document: unknown, limits: DocumentLimits): Violation | undefined {
  return new Counting(limits).look(document, [])
}

class Counting {
  readonly #limits: DocumentLimits
  #values = 0

  constructor(limits: DocumentLimits) {
    this.#limits = limits
  }

  /** `path` is the same array all the way down. */
  look(value: unknown, path: string[]): Violation | undefined {
    const { textLength, nesting, values, properties, listItems } = this.#limits
    if (typeof value === 'string')
      return value.length > textLength ? wrong(path, `is longer than ${textLength} characters`) : undefined
    if (value === null || typeof value !== 'object') return undefined
    if (path.length >= nesting) return { path: path.slice(0, 8), rule: 'depth', message: 'is nested too deep' }
    const isList = Array.isArray(value)
    const names = isList ? undefined : Object.keys(value)
    const count = names ? names.length : (value as readonly unknown[]).length
    const most = isList ? listItems : properties
    if (count > most) return wrong(path, `has more than ${most} ${isList ? 'items' : 'properties'}`)
    if ((this.#values += count) > values) return wrong(path.slice(0, 1), `has more than ${values} values in all`)
    return names
      ? this.#inObject(value as Readonly<Record<string, unknown>>, names, path)
      : this.#inList(value as readonly unknown[], path)
  }

  #inObject(value: Readonly<Record<string, unknown>>, names: readonly string[], path: string[]): Violation | undefined {
    for (const name of names) {
      if (name.length > this.#limits.textLength) return wrong(path, 'has a property whose name is too long')
      const inner = value[name]
      if (typeof inner !== 'string' && typeof inner !== 'object') continue
      path.push(name)
      const found = this.look(inner, path)
      if (found) return found
      path.pop()
    }
    return undefined
  }

  #inList(value: readonly unknown[], path: string[]): Violation | undefined {
    for (const [at, inner] of value.entries()) {
      if (typeof inner !== 'string' && typeof inner !== 'object') continue
      path.push(String(at))
      const found = this.look(inner, path)
      if (found) return found
      path.pop()
    }
    return undefined
  }
}

const wrong = (path: readonly string[], message: string): Violation => ({
  path: [...path],
  rule: 'constraint',
  message,
})

/** The violation of a document whose free data, which alone can be large, has more bytes than a document may. */
export function tooManyBytes(free: readonly unknown[], { documentBytes }: DocumentLimits): readonly Violation[] {
  if (bytesAtMost(free) <= documentBytes || free.every((part) => part === undefined)) return []
  const bytes = Buffer.byteLength(JSON.stringify(free))
  return bytes > documentBytes ? [wrong([], `is larger than ${documentBytes} bytes`)] : []
}

/** Bytes that a value may take as JSON: most free data is so far from the limit that no text of it is needed. */
function bytesAtMost(value: unknown): number {
  if (typeof value === 'string') return 2 + 6 * value.length
  if (value === null || typeof value !== 'object') return 25
  let bytes = 2
  if (Array.isArray(value)) for (const item of value) bytes += 1 + bytesAtMost(item)
  else
    for (const name of Object.keys(value))
      bytes += 4 + 6 * name.length + bytesAtMost((value as Readonly<Record<string, unknown>>)[name])
  return bytes
}
