/** Regular expressions that run in linear time (re2 syntax), the same for queries on every storage and for mixin schemas. */

/** Says whether a text has a match anywhere. The time is at most in proportion to the size and to the text's length. */
export interface Pattern {
  /** Instructions of its program. */
  readonly size: number
  test(text: string): boolean
}

/** Compiles patterns; throws for one that is invalid. */
export interface PatternCompiler {
  /** A pattern in re2's own syntax. */
  compile(pattern: string): Pattern
  /** A pattern written for JavaScript, as in JSON Schema; look-around and back-references are refused. */
  compileScript(pattern: string): Pattern
}

/** What every text begins with in which a pattern finds a match: what stands literally after `^`; empty if nothing does. */
export function prefixOf(pattern: string): string {
  if (!pattern.startsWith('^') || pattern.includes('|')) return ''
  const prefix: string[] = []
  for (const [, escape, character = ''] of pattern.slice(1).matchAll(/(\\?)([^])/gu)) {
    // the character before may be missing, also where flags or empty quotes come between
    if ((escape ? 'QE' : '*?{(').includes(character)) return prefix.slice(0, -1).join('')
    if (escape ? !/[!-/:-@[-^`{-~]/.test(character) : '.^$+)['.includes(character)) break
    prefix.push(character)
  }
  return prefix.join('')
}

/** The first text, by code point, after all that begin with a prefix; undefined if there is none. */
export function textAfter(prefix: string): string | undefined {
  const points = Array.from(prefix, (character) => character.codePointAt(0) as number)
  while (points.at(-1) === 0x10ffff) points.pop()
  const last = points.pop()
  // between these two there are only halves of characters
  return last === undefined ? undefined : String.fromCodePoint(...points, last === 0xd7ff ? 0xe000 : last + 1)
}

function patternOf(expression: { programSize(): number; test(text: string): boolean }): Pattern {
  return { size: expression.programSize(), test: (text) => expression.test(text) }
}

let loading: Promise<PatternCompiler> | undefined

/** Loads the engine when first needed. */
export async function patternCompiler(): Promise<PatternCompiler> {
  loading ??= import('re2js').then(({ RE2JS }) => ({
    compile: (pattern) => patternOf(RE2JS.compile(pattern)),
    compileScript: (pattern) => patternOf(RE2JS.compile(RE2JS.translateRegExp(pattern))),
  }))
  return loading
}
