/** Reads the source of a script without running it: what it requires, and which members it uses, line by line. */

/** A word of the source. */
interface Token {
  readonly kind: 'name' | 'text' | 'sign'
  readonly text: string
  readonly line: number
  /** Braces around it: 0 runs when the script is loaded. */
  readonly depth: number
}

/** One thing that a script names. */
export interface Use {
  /** `dw/system/Status`, `~/cartridge/x`, or the name of a global. */
  readonly module: string
  /** Absent: the module itself. */
  readonly member: string | undefined
  /** Of an instance, not of the module. */
  readonly isInstance: boolean
  /** The first argument where it is a text: the name of a service or of a preference. */
  readonly argument: string | undefined
  readonly line: number
  /** Loading the script is enough to get there. */
  readonly isAtLoad: boolean
}

const word =
  /\s+|\/\/[^\n]*|\/\*[\s\S]*?\*\/|(?<text>'(?:\\[\s\S]|[^\\'\n])*'|"(?:\\[\s\S]|[^\\"\n])*"|`(?:\\[\s\S]|[^\\`])*`)|(?<name>[A-Za-z_$][\w$]*)|(?<number>\d[\w.]*)|(?<sign>[\s\S])/y
const pattern = /\/(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n[])+\/[a-z]*/y
/** After these a slash begins a regular expression. */
const beforePattern = /^(?:[=(,:[!&|?{};+\-*%<>~^]|return|typeof|case|in|of)$/

function tokensOf(source: string): readonly Token[] {
  const tokens: Token[] = []
  let [line, depth, at] = [1, 0, 0]
  while (at < source.length) {
    const last = tokens.at(-1)?.text
    const isPattern = source[at] === '/' && (last === undefined || beforePattern.test(last))
    word.lastIndex = pattern.lastIndex = at
    const isComment = /^\/[/*]/.test(source.slice(at, at + 2))
    const match = (isPattern && !isComment && pattern.exec(source)) || word.exec(source)
    if (!match) break
    const { text, name, number, sign } = match.groups ?? {}
    if (sign === '}') depth--
    if (text !== undefined) tokens.push({ kind: 'text', text: text.slice(1, -1), line, depth })
    else if (name !== undefined) tokens.push({ kind: 'name', text: name, line, depth })
    else if (sign !== undefined || number !== undefined)
      tokens.push({ kind: 'sign', text: sign ?? number ?? '', line, depth })
    else if (isPattern && !isComment) tokens.push({ kind: 'sign', text: '0', line, depth })
    if (sign === '{') depth++
    line += match[0].split('\n').length - 1
    at += match[0].length
  }
  return tokens
}

/** What a script names: modules it requires with their members, `dw.…`, and globals that are not supported. */
export function usesOf(source: string): readonly Use[] {
  return new Reader(tokensOf(source)).uses
}

/** True if the word stands in the source, outside comments and texts. */
export function hasName(source: string, name: string): boolean {
  return tokensOf(source).some(({ kind, text }) => kind === 'name' && text === name)
}

/** Finds uses among the words of a script; names are taken to mean one thing in a file. */
class Reader {
  readonly uses: Use[] = []
  readonly #tokens: readonly Token[]
  readonly #bound = new Map<string, { readonly module: string; readonly isInstance: boolean }>()

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens
    for (const at of tokens.keys()) this.#bind(at)
    for (const at of tokens.keys()) this.#read(at)
  }

  #is(at: number, ...texts: readonly string[]): boolean {
    return texts.every((text, i) => this.#tokens[at + i]?.text === text && this.#tokens[at + i]?.kind !== 'text')
  }

  /** The module that is required here. */
  #required(at: number): string | undefined {
    const name = this.#tokens[at + 2]
    return this.#is(at, 'require', '(') && !this.#is(at - 1, '.') && name?.kind === 'text' && this.#is(at + 3, ')')
      ? name.text
      : undefined
  }

  /** `X = require('…')` and `x = new X(`. */
  #bind(at: number): void {
    const name = this.#tokens[at - 2]
    if (!this.#is(at - 1, '=') || name?.kind !== 'name') return
    const module = this.#required(at)
    if (module !== undefined && !this.#is(at + 4, '.')) this.#bound.set(name.text, { module, isInstance: false })
    const made = this.#is(at, 'new') ? this.#bound.get(this.#tokens[at + 1]?.text ?? '') : undefined
    if (made && !made.isInstance) this.#bound.set(name.text, { module: made.module, isInstance: true })
  }

  #read(at: number): void {
    const token = this.#tokens[at]
    if (token?.kind !== 'name') return
    const required = this.#required(at)
    if (required !== undefined) {
      this.#note(required, at)
      return this.#members(required, at + 4, false)
    }
    if (this.#is(at - 1, '.')) return
    const isCall = this.#is(at + 1, '(')
    if (isCall && ['importScript', 'importPackage', 'importClass'].includes(token.text)) this.#note(token.text, at)
    if (token.text === 'dw' && this.#is(at + 1, '.') && this.#is(at + 3, '.')) {
      const module = `dw/${this.#tokens[at + 2]?.text}/${this.#tokens[at + 4]?.text}`
      this.#note(module, at)
      return this.#members(module, at + 5, false)
    }
    const bound = this.#bound.get(token.text)
    if (bound && !this.#is(at + 1, ':')) this.#members(bound.module, at + 1, bound.isInstance)
  }

  /** A member that follows. */
  #members(module: string, at: number, isInstance: boolean): void {
    const member = this.#tokens[at + 1]
    if (this.#is(at, '.') && member?.kind === 'name') this.#note(module, at + 1, member.text, isInstance)
  }

  #note(module: string, at: number, member?: string, isInstance = false): void {
    const { line = 0, depth = 0 } = this.#tokens[at] ?? {}
    const first = this.#is(at + 1, '(') ? this.#tokens[at + 2] : undefined
    const argument = member !== undefined && first?.kind === 'text' ? first.text : undefined
    this.uses.push({ module, member, isInstance, argument, line, isAtLoad: depth === 0 })
  }
}
