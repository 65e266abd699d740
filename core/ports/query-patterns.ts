/**
 * The regular expressions of queries: the same syntax, limits and refusals on every storage
 * (adapters/storage/README.md, Regular expressions).
 */
import { patternCompiler } from '../model/pattern.js'
import type { Pattern } from '../model/pattern.js'
import { QueryRefused } from './storage.js'
import type { Condition, Query } from './storage.js'

/** Compiled regular expressions by their text. */
export type Patterns = ReadonlyMap<string, Pattern>

/** Limits of a query with regular expressions; beyond them it is refused. */
export interface PatternLimits {
  /** UTF-16 units of one pattern. */
  readonly length: number
  /** Records that one query may look at. */
  readonly rows: number
  /** Time that one query may take, in milliseconds. */
  readonly time: number
  /** Work on one record: instructions of all patterns of the query, times the length of a text. */
  readonly work: number
}

/** The limits that apply. */
export const patternLimits: PatternLimits = { length: 250, rows: 250_000, time: 3_000, work: 2_000_000 }

/** The patterns of a condition. */
export function patternsOf(where: Condition | undefined): string[] {
  if (!where) return []
  if (where.op === 'matches') return [where.pattern]
  if (where.op === 'not') return patternsOf(where.of)
  return where.op === 'and' || where.op === 'or' ? where.of.flatMap(patternsOf) : []
}

/** Whether a query has regular expressions. */
export function hasPatterns(query: Query): query is Query & { readonly where: Condition } {
  return patternsOf(query.where).length > 0
}

/**
 * Compiles all patterns of a condition. QueryRefused for one that is invalid or too long; their `test` throws it for a
 * text that would take too long, so that no record holds the event loop.
 */
export async function compilePatterns(where: Condition | undefined, limits = patternLimits): Promise<Patterns> {
  const compiled = new Map<string, Pattern>()
  const patterns = patternsOf(where)
  if (patterns.length === 0) return compiled
  const compiler = await patternCompiler()
  for (const pattern of patterns) {
    if (pattern.length > limits.length)
      throw new QueryRefused(`a regular expression may have ${limits.length} characters at the most`)
    try {
      compiled.set(pattern, compiler.compile(pattern))
    } catch (error) {
      throw new QueryRefused(`invalid regular expression: ${(error as Error).message}`)
    }
  }
  const all = [...compiled.values()].reduce((sum, { size }) => sum + size, 0)
  return new Map([...compiled].map(([text, pattern]) => [text, limited(pattern, limits.work / all)]))
}

function limited(pattern: Pattern, longest: number): Pattern {
  return {
    size: pattern.size,
    test(text) {
      if (text.length > longest)
        throw new QueryRefused('the regular expression is too complex for the length of a text that it is tried on')
      return pattern.test(text)
    },
  }
}

/** The refusal of a query that would look at more records than it may. */
export function tooManyRecords({ rows }: PatternLimits): QueryRefused {
  return new QueryRefused(`a regular expression may be tried on ${rows} records at the most`)
}

/** The refusal of a query that takes longer than it may. */
export function tooSlow({ time }: PatternLimits): QueryRefused {
  return new QueryRefused(`the regular expression needs more than ${time} ms`)
}
