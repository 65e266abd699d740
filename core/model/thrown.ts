/** What somebody else's code throws, read without trusting it: nothing in here can fail (decision 4.12). */
import { types } from 'node:util'

/** Something was thrown that is no error, or one that cannot be read. The message says what can be known of it. */
export class Thrown extends Error {
  override readonly name = 'Thrown'
}

/** Most causes that are shown, and longest message and stack: what is thrown may go on for ever. */
const mostCauses = 8
const longestMessage = 1_000
const longestStack = 16_000

/** What was thrown as an error that can be asked: itself if it is a sound Error, else a Thrown in its place. */
export function errorOf(thrown: unknown): Error {
  return isSound(thrown) ? thrown : new Thrown(described(thrown))
}

/** The message of what was thrown; for what has none, words that say so. */
export function messageOf(thrown: unknown): string {
  return clipped(read(thrown, 'message') ?? described(thrown), longestMessage)
}

/** The stack of what was thrown and those of its causes, for logs. */
export function stackOf(thrown: unknown): string {
  const seen = new Set<unknown>()
  const stacks: string[] = []
  for (let next = thrown; next !== undefined && stacks.length < mostCauses && !seen.has(next); next = causeOf(next)) {
    seen.add(next)
    stacks.push(clipped(read(next, 'stack') ?? messageOf(next), longestStack))
  }
  return stacks.join('\ncaused by: ')
}

/** Calls what nothing depends on; whatever it throws or rejects with goes to `failed`, which must not throw. */
export function tell(call: () => unknown, failed: (error: Error) => void): void {
  const refused = (thrown: unknown): void => failed(errorOf(thrown))
  try {
    const given = call()
    // adopted, not asked: a `then` may throw too
    if (typeof given === 'object' && given !== null) new Promise((resolve) => resolve(given)).catch(refused)
  } catch (thrown) {
    refused(thrown)
  }
}

/** True for an Error of this realm whose message is text, and that no proxy stands behind. */
function isSound(thrown: unknown): thrown is Error {
  try {
    for (let next: unknown = thrown; next !== null && typeof next === 'object'; next = Object.getPrototypeOf(next))
      if (types.isProxy(next)) return false
    return thrown instanceof Error && typeof thrown.message === 'string'
  } catch {
    return false
  }
}

/** A property that is text and not empty; undefined for what is none or cannot be read. */
function read(thrown: unknown, name: 'message' | 'stack'): string | undefined {
  try {
    const value: unknown = (thrown as Record<string, unknown>)[name]
    return typeof value === 'string' && value !== '' ? value : undefined
  } catch {
    return undefined
  }
}

function causeOf(thrown: unknown): unknown {
  try {
    return (thrown as { readonly cause?: unknown } | null)?.cause ?? undefined
  } catch {
    return undefined
  }
}

function described(thrown: unknown): string {
  if (typeof thrown === 'string') return thrown === '' ? 'an empty text was thrown' : thrown
  if (typeof thrown === 'object' && thrown !== null)
    return read(thrown, 'message') ?? 'an object was thrown that has no message'
  return typeof thrown === 'function' ? 'a function was thrown' : `${String(thrown)} was thrown`
}

function clipped(text: string, length: number): string {
  return text.length > length ? `${text.slice(0, length)}…` : text
}
