/** The `q` parameter: parsed, its regular expressions tried, and turned into a condition (decision 3.10). */
import { patternCompiler } from '../../core/model/pattern.js'
import type { PatternCompiler } from '../../core/model/pattern.js'
import type { Condition } from '../../core/ports/storage.js'
import { parameterFault } from './faults.js'
import { conditionOf } from './q-conditions.js'
import type { QueryFields } from './q-conditions.js'
import { parse, QueryMistake } from './q-grammar.js'
import type { QueryLimits } from './q-grammar.js'

/**
 * The condition that the text of `q` asks for; undefined for none. Throws a 400 that says where the mistake is. The
 * engine of regular expressions is loaded if the text has any.
 */
export async function whereOf(
  text: string | null,
  fields: QueryFields,
  limits: QueryLimits,
): Promise<Condition | undefined> {
  if (text === null) return undefined
  try {
    const terms = parse(text, limits)
    for (const { predicate } of terms) if (predicate.is === 'like') compile(await patternCompiler(), predicate)
    return conditionOf(terms, fields)
  } catch (error) {
    throw error instanceof QueryMistake ? parameterFault('q', `not a valid query, ${error.message}`) : error
  }
}

function compile(compiler: PatternCompiler, like: { readonly pattern: string; readonly at: number }) {
  try {
    compiler.compile(like.pattern)
  } catch (error) {
    throw new QueryMistake(like.at, `invalid regular expression: ${(error as Error).message}`)
  }
}
