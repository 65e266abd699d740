/**
 * The query language of the `q` parameter (decision 3.10, yaas.md 3.1): a parser, its syntax tree, and a printer.
 *
 * ```
 * query      = [ term *( blank term ) ]                    all terms must hold
 * term       = field ":" predicate / field bound           contactEmail:a@b.example   size<4
 * field      = segment *( "." segment )                    mixins.loyalty.tier
 * segment    = 1*( any character but blank : < > = " ( ) , . ~ )
 * predicate  = "null" / "missing"                          absent or null
 *            / "exists"                                    present and not null
 *            / bound                                       >=10
 *            / "~" ( quoted / 1*( not blank ) )            regular expression (re2), searched for in the value
 *            / "(" "~" text ")"                            the same, blanks allowed, parentheses balanced
 *            / "(" bound *( blank "AND" blank bound ) ")"  (>=10 AND <=20)
 *            / "(" literal *( "," literal ) ")"            one of these
 *            / literal                                     equal
 * bound      = ( "<" / "<=" / ">" / ">=" ) literal
 * literal    = quoted / 1*( any character but blank " ( ) , )
 * quoted     = DQUOTE *( character / "\" DQUOTE / "\\" ) DQUOTE
 * ```
 *
 * In quotes a backslash before any other character stands for itself. The words null, exists and missing must be quoted
 * to be values. `print` gives a text that parses to an equal tree.
 */

/** A value as written; `quoted` says that it is text, whatever it looks like. `at` is its offset in the query. */
export interface Literal {
  readonly text: string
  readonly quoted: boolean
  readonly at: number
}

/** One comparison of order. */
export interface Bound {
  readonly than: '<' | '<=' | '>' | '>='
  readonly value: Literal
}

/** What a term says of its field. */
export type Predicate =
  | { readonly is: 'absent' | 'present' }
  | { readonly is: 'equal'; readonly value: Literal }
  | { readonly is: 'among'; readonly values: readonly Literal[] }
  | { readonly is: 'within'; readonly bounds: readonly Bound[] }
  | { readonly is: 'like'; readonly pattern: string; readonly at: number }

/** A field, segment by segment, and what must hold of it. `at` is its offset in the query. */
export interface Term {
  readonly field: readonly string[]
  readonly at: number
  readonly predicate: Predicate
}

/** A query is not valid. `message` says what was expected and at which character, counted from 1. */
export class QueryMistake extends Error {
  override readonly name = 'QueryMistake'
  /** Offset of the mistake in the query, counted from 0. */
  readonly at: number
  constructor(at: number, message: string) {
    super(`at character ${at + 1}: ${message}`)
    this.at = at
  }
}

/** Most characters of a query, terms of a query, values of a list, and characters of a regular expression. */
export const queryLimits = { characters: 8000, terms: 50, values: 500, pattern: 250 } as const

const keywords: { readonly [word: string]: 'absent' | 'present' } = Object.assign(
  Object.create(null) as Record<string, 'absent' | 'present'>,
  { null: 'absent', missing: 'absent', exists: 'present' },
)
const blank = /\s/
const segmentCharacter = /[^\s:<>="(),.~]/
const bareCharacter = /[^\s"(),]/

/** The terms of a query; none for a blank text. Throws QueryMistake. */
export function parse(text: string): readonly Term[] {
  if (text.length > queryLimits.characters)
    throw new QueryMistake(queryLimits.characters, `a query has at most ${queryLimits.characters} characters`)
  let position = 0

  const peek = (): string => text.charAt(position)
  const skipBlanks = (): boolean => {
    const from = position
    while (position < text.length && blank.test(peek())) position++
    return position > from
  }
  const run = (allowed: RegExp): string => {
    const from = position
    while (position < text.length && allowed.test(peek())) position++
    return text.slice(from, position)
  }
  const mistake = (expected: string): QueryMistake =>
    new QueryMistake(position, `expected ${expected}, found ${peek() === '' ? 'the end' : JSON.stringify(peek())}`)

  const field = (): string[] => {
    const segments: string[] = []
    do {
      if (segments.length > 0) position++
      const segment = run(segmentCharacter)
      if (segment === '') throw mistake('a property name')
      segments.push(segment)
    } while (peek() === '.')
    return segments
  }

  const quoted = (): string => {
    const opening = position++
    let value = ''
    for (;;) {
      if (position >= text.length) throw new QueryMistake(opening, 'this quotation mark is never closed')
      const character = text.charAt(position++)
      if (character === '"') return value
      if (character === '\\' && (peek() === '"' || peek() === '\\')) value += text.charAt(position++)
      else value += character
    }
  }

  const literal = (): Literal => {
    const at = position
    if (peek() === '"') return { text: quoted(), quoted: true, at }
    const word = run(bareCharacter)
    if (word === '') throw mistake('a value')
    if (word in keywords) throw new QueryMistake(at, `${word} cannot stand here: quote it to use it as a value`)
    return { text: word, quoted: false, at }
  }

  const bound = (): Bound => {
    let than = text.charAt(position++) as '<' | '>'
    if (peek() !== '=') return { than, value: literal() }
    position++
    return { than: `${than}=`, value: literal() }
  }

  const like = (pattern: string, at: number): Predicate => {
    if (pattern === '') throw new QueryMistake(at, 'expected a regular expression')
    if (pattern.length > queryLimits.pattern)
      throw new QueryMistake(at, `a regular expression has at most ${queryLimits.pattern} characters`)
    return { is: 'like', pattern, at }
  }

  /** Text up to the parenthesis that closes the group, leaving out escaped ones and those in a character class. */
  const balanced = (opening: number): string => {
    const from = position
    let depth = 0
    let inClass = false
    for (; position < text.length; position++) {
      const character = peek()
      if (character === '\\') position++
      else if (inClass) inClass = character !== ']'
      else if (character === '[') inClass = true
      else if (character === '(') depth++
      else if (character === ')' && depth-- === 0) return text.slice(from, position)
    }
    throw new QueryMistake(opening, 'this parenthesis is never closed')
  }

  const group = (): Predicate => {
    const opening = position++
    const close = (): void => {
      if (peek() === '') throw new QueryMistake(opening, 'this parenthesis is never closed')
      if (peek() !== ')') throw mistake('a closing parenthesis')
      position++
    }
    skipBlanks()
    if (peek() === '~') {
      const at = ++position
      const pattern = balanced(opening)
      close()
      return like(pattern.trim(), at)
    }
    if (peek() === '<' || peek() === '>') {
      const bounds: Bound[] = [bound()]
      while (skipBlanks() && text.startsWith('AND', position)) {
        position += 3
        if (!skipBlanks()) throw mistake('a blank')
        if (peek() !== '<' && peek() !== '>') throw mistake('<, <=, > or >=')
        bounds.push(bound())
      }
      close()
      return { is: 'within', bounds }
    }
    const values: Literal[] = []
    for (;;) {
      skipBlanks()
      values.push(literal())
      if (values.length > queryLimits.values)
        throw new QueryMistake(position, `a list has at most ${queryLimits.values} values`)
      skipBlanks()
      if (peek() !== ',') break
      position++
    }
    close()
    return { is: 'among', values }
  }

  const predicate = (): Predicate => {
    switch (peek()) {
      case '(':
        return group()
      case '<':
      case '>':
        return { is: 'within', bounds: [bound()] }
      case '~': {
        const at = ++position
        return like(peek() === '"' ? quoted() : run(/\S/), at)
      }
      case '"':
        return { is: 'equal', value: literal() }
      default: {
        const at = position
        const word = run(bareCharacter)
        if (word === '') throw mistake('a value')
        return word in keywords ? { is: keywords[word]! } : { is: 'equal', value: { text: word, quoted: false, at } }
      }
    }
  }

  const terms: Term[] = []
  skipBlanks()
  while (position < text.length) {
    const at = position
    const name = field()
    if (peek() === ':') position++
    else if (peek() !== '<' && peek() !== '>') throw mistake("':' after the property name")
    terms.push({ field: name, at, predicate: predicate() })
    if (terms.length > queryLimits.terms)
      throw new QueryMistake(at, `a query has at most ${queryLimits.terms} conditions`)
    if (!skipBlanks() && position < text.length) throw mistake('a blank; quote a value that holds special characters')
  }
  return terms
}

const quote = (text: string): string => `"${text.replace(/["\\]/g, '\\$&')}"`
const printLiteral = (value: Literal): string => (value.quoted ? quote(value.text) : value.text)
const printBound = (bound: Bound): string => `${bound.than}${printLiteral(bound.value)}`

function printPredicate(predicate: Predicate): string {
  switch (predicate.is) {
    case 'absent':
      return 'missing'
    case 'present':
      return 'exists'
    case 'equal':
      return printLiteral(predicate.value)
    case 'among':
      return `(${predicate.values.map(printLiteral).join(',')})`
    case 'within':
      return predicate.bounds.length === 1
        ? printBound(predicate.bounds[0]!)
        : `(${predicate.bounds.map(printBound).join(' AND ')})`
    default:
      return `~${quote(predicate.pattern)}`
  }
}

/** The query as text; it parses to an equal tree, but for offsets. */
export function print(terms: readonly Term[]): string {
  return terms.map((term) => `${term.field.join('.')}:${printPredicate(term.predicate)}`).join(' ')
}
