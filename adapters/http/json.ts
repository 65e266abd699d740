/** JSON bodies: their value, and where a text stops being JSON. */
import { refuse } from './protocol.js'
import type { RawBody } from './protocol.js'

/**
 * The value of a JSON body; undefined when the body is empty. Throws bodyMalformed. Names like `__proto__` come as own
 * properties, so that they are refused like any unknown name.
 */
export function parseJson(body: RawBody): unknown {
  if ('parsed' in body) return body.parsed
  try {
    const value: unknown = negativeZero.test(body.text)
      ? JSON.parse(body.text, withoutNegativeZero)
      : JSON.parse(body.text)
    return value
  } catch {
    if (body.text.trim() === '') return undefined
    throw refuse('bodyMalformed', positionOf(body.text))
  }
}

/** A number that may be −0, which is 0. */
const negativeZero = /[:[,\s]-0/
const withoutNegativeZero = (_: string, value: unknown): unknown => (typeof value === 'number' ? value + 0 : value)

/** Words of a text that are read to find the mistake: more would take too long. */
const mostWords = 100_000

/**
 * Where a text stops being JSON: the first character that no valid JSON text continues with. Nothing if that is too far
 * from the start.
 */
function positionOf(text: string): { line?: number; column?: number } {
  const token =
    /[ \t\r\n]*(?:[{}[\],:]|"[^"\\\u0000-\u001f]*(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\\u0000-\u001f]*)*"|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)/y
  const open: ('{' | '[')[] = []
  let wants: Wanted = 'value'
  let at = 0
  for (let words = 0; words < mostWords; words++) {
    token.lastIndex = at
    const word: string | undefined = token.exec(text)?.[0].trimStart()
    const start =
      word === undefined
        ? at + (/^\s*/.exec(text.slice(at)) as RegExpExecArray)[0].length
        : token.lastIndex - word.length
    const next: Wanted | undefined = word === undefined ? undefined : following(word, wants, open)
    if (next === undefined) return lineAndColumn(text, start)
    wants = next
    at = token.lastIndex
  }
  return {}
}

type Wanted = 'value' | 'first' | 'name' | 'firstName' | 'colon' | 'more' | 'end'

/** What may follow a word of JSON where `wants` was wanted; undefined when the word itself is wrong. */
function following(word: string, wants: Wanted, open: ('{' | '[')[]): Wanted | undefined {
  const closed = (): Wanted => {
    open.pop()
    return open.length > 0 ? 'more' : 'end'
  }
  const first = word[0] as string
  if (wants === 'colon') return first === ':' ? 'value' : undefined
  if (wants === 'name' || wants === 'firstName') {
    if (first === '"') return 'colon'
    return wants === 'firstName' && first === '}' ? closed() : undefined
  }
  if (wants === 'more') {
    if (first === ',') return open.at(-1) === '{' ? 'name' : 'value'
    return (first === '}' && open.at(-1) === '{') || (first === ']' && open.at(-1) === '[') ? closed() : undefined
  }
  if (wants === 'end') return undefined
  if (first === ']') return wants === 'first' ? closed() : undefined
  if (first === '{' || first === '[') {
    open.push(first)
    return first === '{' ? 'firstName' : 'first'
  }
  if ('},:'.includes(first)) return undefined
  return open.length > 0 ? 'more' : 'end'
}

function lineAndColumn(text: string, offset: number): { line: number; column: number } {
  const before = text.slice(0, offset)
  return { line: before.split('\n').length, column: offset - before.lastIndexOf('\n') }
}
