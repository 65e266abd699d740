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
