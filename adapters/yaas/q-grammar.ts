/**
 * The query language of the `q` parameter (decision 3.10): a parser, its syntax tree, and a printer.
 *
 * ```
 * query      = [ term *( blank term ) ]                    all terms must hold
 * term       = field ":" predicate / field bound           contactEmail:a@b.example   size<4
 * field      = segment *( "." segment )                    mixins.loyalty.tier
 * segment    = 1*( any character but blank : < > = " ( ) , . ~ )
 * predicate  = "null" / "missing"                          absent or null
 *            / "exists"                                    present and not null
 *            / bound                                       >=10
 *            / "~" ( quoted / 1*( not blank ) )            regular expression (re2), searched for in the value; in
 *                                                          its own parentheses it may hold blanks
 *            / "(" "~" text ")"                            the same, blanks allowed, parentheses balanced
 *            / "(" bound *( blank "AND" blank bound ) ")"  (>=10 AND <=20)
 *            / "(" literal *( "," literal ) ")"            one of these
 *            / literal                                     equal
 * bound      = ( "<" / "<=" / ">" / ">=" ) literal
 * literal    = quoted / 1*( any character but blank and ASCII punctuation other than @ + . - _ : )
 * quoted     = DQUOTE *( character / "\" DQUOTE / "\\" ) DQUOTE
 * ```
 *
 * In quotes a backslash before any other character stands for itself. The words null, exists and missing must be quoted
 * to be values. `print` gives a text that parses to an equal tree.
 */
import { patternLimits } from '../../core/ports/query-patterns.js'

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

/** Terms that a query may have, and values of one list. */
export type QueryLimits = Readonly<Record<'terms' | 'values', number>>

/** The limits that apply if a host says nothing; characters of a query and of a regular expression are fixed. */
export const queryLimits = { characters: 8000, terms: 50, values: 500, pattern: patternLimits.length } as const

const words = { null: 'absent', missing: 'absent', exists: 'present' } as const
const keywords = new Map<string, 'absent' | 'present'>(Object.entries(words))
const segmentCharacter = /[^\s:<>="(),.~]/
const bareCharacter = /[^\s!"#$%&'()*,/;<=>?[\\\]^`{|}~]/

/** The terms of a query; none for a blank text. Throws QueryMistake. */
export function parse(text: string, limits: QueryLimits = queryLimits): readonly Term[] {
  const { characters } = queryLimits
  if (text.length > characters) throw new QueryMistake(characters, `a query has at most ${characters} characters`)
  return new QueryParser(text, limits).terms()
}

/** Reads the grammar by descent: one method for each rule that stands in it. */
class QueryParser {
  readonly #text: string
  readonly #limits: QueryLimits
  #at = 0
  constructor(text: string, limits: QueryLimits) {
    this.#text = text
    this.#limits = limits
  }

  terms(): readonly Term[] {
    const terms: Term[] = []
    this.#skipBlanks()
    while (this.#at < this.#text.length) {
      const term = this.#term()
      terms.push(term)
      if (terms.length > this.#limits.terms)
        throw new QueryMistake(term.at, `a query has at most ${this.#limits.terms} conditions`)
      if (!this.#skipBlanks() && this.#at < this.#text.length)
        throw this.#mistake('a blank; quote a value that holds special characters')
    }
    return terms
  }

  #term(): Term {
    const at = this.#at
    const field = this.#field()
    if (this.#peek() === ':') this.#at++
    else if (!this.#isBound()) throw this.#mistake("':' after the property name")
    return { field, at, predicate: this.#predicate() }
  }

  #field(): string[] {
    const segments: string[] = []
    do {
      if (segments.length > 0) this.#at++
      const segment = this.#run(segmentCharacter)
      if (segment === '') throw this.#mistake('a property name')
      segments.push(segment)
    } while (this.#peek() === '.')
    return segments
  }

  #predicate(): Predicate {
    if (this.#isBound()) return { is: 'within', bounds: [this.#bound()] }
    const at = this.#at
    switch (this.#peek()) {
      case '(':
        return this.#group()
      case '~':
        this.#at++
        return this.#like(this.#peek() === '"' ? this.#quoted() : this.#pattern(/\s/), at + 1)
      case '"':
        return { is: 'equal', value: this.#literal() }
      default: {
        const word = this.#bare()
        const is = keywords.get(word)
        return is ? { is } : { is: 'equal', value: { text: word, quoted: false, at } }
      }
    }
  }

  #group(): Predicate {
    const opening = this.#at++
    this.#skipBlanks()
    if (this.#peek() === '~') {
      const at = ++this.#at
      const pattern = this.#pattern(/\)/)
      this.#close(opening)
      return this.#like(pattern.trim(), at)
    }
    const group: Predicate = this.#isBound()
      ? { is: 'within', bounds: this.#bounds() }
      : { is: 'among', values: this.#values() }
    this.#close(opening)
    return group
  }

  #bounds(): Bound[] {
    const bounds = [this.#bound()]
    while (this.#skipBlanks() && this.#text.startsWith('AND', this.#at)) {
      this.#at += 3
      if (!this.#skipBlanks()) throw this.#mistake('a blank')
      if (!this.#isBound()) throw this.#mistake('<, <=, > or >=')
      bounds.push(this.#bound())
    }
    return bounds
  }

  #values(): Literal[] {
    const values: Literal[] = []
    for (;;) {
      this.#skipBlanks()
      values.push(this.#literal())
      if (values.length > this.#limits.values)
        throw new QueryMistake(this.#at, `a list has at most ${this.#limits.values} values`)
      this.#skipBlanks()
      if (this.#peek() !== ',') return values
      this.#at++
    }
  }

  #like(pattern: string, at: number): Predicate {
    if (pattern === '') throw new QueryMistake(at, 'expected a regular expression')
    if (pattern.length > queryLimits.pattern)
      throw new QueryMistake(at, `a regular expression has at most ${queryLimits.pattern} characters`)
    return { is: 'like', pattern, at }
  }

  #bound(): Bound {
    const than = this.#text.charAt(this.#at++) as '<' | '>'
    if (this.#peek() !== '=') return { than, value: this.#literal() }
    this.#at++
    return { than: `${than}=`, value: this.#literal() }
  }

  #literal(): Literal {
    const at = this.#at
    if (this.#peek() === '"') return { text: this.#quoted(), quoted: true, at }
    const text = this.#bare()
    if (keywords.has(text)) throw new QueryMistake(at, `${text} cannot stand here: quote it to use it as a value`)
    return { text, quoted: false, at }
  }

  #bare(): string {
    const word = this.#run(bareCharacter)
    if (word === '') throw this.#mistake('a value')
    return word
  }

  #quoted(): string {
    const opening = this.#at++
    let value = ''
    for (;;) {
      if (this.#at >= this.#text.length) throw new QueryMistake(opening, 'this quotation mark is never closed')
      const character = this.#text.charAt(this.#at++)
      if (character === '"') return value
      const isEscape = character === '\\' && (this.#peek() === '"' || this.#peek() === '\\')
      value += isEscape ? this.#text.charAt(this.#at++) : character
    }
  }

  /** A regular expression up to `end`, which does not count in its own parentheses, escaped, or in a character class. */
  #pattern(end: RegExp): string {
    const from = this.#at
    let depth = 0
    let inClass = false
    for (; this.#at < this.#text.length; this.#at++) {
      const character = this.#peek()
      if (depth === 0 && !(inClass && character === ')') && end.test(character)) break
      if (character === '\\' && !/\s/.test(this.#text.charAt(this.#at + 1))) this.#at++
      else if (inClass) inClass = character !== ']'
      else if (character === '[') inClass = true
      else if (character === '(') depth++
      else if (character === ')' && depth > 0) depth--
    }
    return this.#text.slice(from, this.#at)
  }

  #close(opening: number): void {
    if (this.#peek() === '') throw new QueryMistake(opening, 'this parenthesis is never closed')
    if (this.#peek() !== ')') throw this.#mistake('a closing parenthesis')
    this.#at++
  }

  #isBound(): boolean {
    return this.#peek() === '<' || this.#peek() === '>'
  }

  #peek(): string {
    return this.#text.charAt(this.#at)
  }

  #skipBlanks(): boolean {
    return this.#run(/\s/) !== ''
  }

  #run(allowed: RegExp): string {
    const from = this.#at
    while (this.#at < this.#text.length && allowed.test(this.#peek())) this.#at++
    return this.#text.slice(from, this.#at)
  }

  #mistake(expected: string): QueryMistake {
    const found = this.#peek() === '' ? 'the end' : JSON.stringify(this.#peek())
    return new QueryMistake(this.#at, `expected ${expected}, found ${found}`)
  }
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
