/** Regular expressions in linear time (re2 syntax), the same on every storage. */
import { patternCompiler } from './pattern.js'
import { QueryRefused } from './storage.js'
import type { Condition } from './storage.js'

/** Says whether a text has a match anywhere. */
export type Matcher = (text: string) => boolean

/** Limits of a query with regular expressions; beyond them it is refused. */
export interface PatternLimits {
  /** UTF-16 units of one pattern. */
  readonly length: number
  /** Records that one query may look at. */
  readonly rows: number
  /** Time that one query may take, in milliseconds. */
  readonly time: number
}

/** The limits that apply. */
export const patternLimits: PatternLimits = { length: 256, rows: 250_000, time: 3_000 }

/** The patterns of a condition. */
export function patternsOf(where: Condition | undefined): string[] {
  if (!where) return []
  if (where.op === 'matches') return [where.pattern]
  if (where.op === 'not') return patternsOf(where.of)
  return where.op === 'and' || where.op === 'or' ? where.of.flatMap(patternsOf) : []
}

/** Matchers by pattern. QueryRefused for a pattern that is invalid or too long. */
export async function compilePatterns(
  patterns: readonly string[],
  limits = patternLimits,
): Promise<Map<string, Matcher>> {
  const matchers = new Map<string, Matcher>()
  if (patterns.length === 0) return matchers
  const compiler = await patternCompiler()
  for (const pattern of patterns) {
    if (pattern.length > limits.length)
      throw new QueryRefused(`a regular expression may have ${limits.length} characters at the most`)
    try {
      const compiled = compiler.compile(pattern)
      matchers.set(pattern, (text) => compiled.test(text))
    } catch (error) {
      throw new QueryRefused(`invalid regular expression: ${(error as Error).message}`)
    }
  }
  return matchers
}
