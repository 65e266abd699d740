/**
 * Property selectors (adapters/ocapi/README.md, Selectors): `(**)`, `(*)`, `(a,b.(c))`, `(**,-a)`, `(data[0:4].(city))`,
 * `(data[?(@.city=='Boston' && @.suite!=null)])`. Used for `select`, and for the attributes that settings allow.
 */
import { isObject } from '../../core/model/json.js'
import { Selection } from './selection.js'
import type { Item, Part } from './selection.js'

/** A selector, ready to be applied. */
export interface Selector {
  /** As it was written. */
  readonly text: string
  /** How many names it has. */
  readonly items: number
  /** What it leaves of a document. Objects and lists keep their order. */
  apply(document: Readonly<Record<string, unknown>>): Record<string, unknown>
}

const longest = 2000
const deepest = 16

/** Reads selectors that add up, as the settings' rows do, or just one; undefined if one is malformed. */
export function selectorOf(...texts: readonly string[]): Selector | undefined {
  if (texts.some((text) => text.length > longest)) return undefined
  let items = 0
  try {
    const parts = texts.map((text) => {
      const parser = new SelectorParser(text)
      const part = parser.part(0)
      parser.end()
      items += parser.items
      return part
    })
    const selection = new Selection(parts)
    return { text: texts.join(' '), items, apply: (document) => selection.apply(document) }
  } catch (error) {
    if (error instanceof Malformed) return undefined
    throw error
  }
}

class Malformed extends Error {}

type Filter = (item: unknown) => boolean

/** Reads the grammar by descent. */
class SelectorParser {
  readonly #text: string
  #at = 0
  items = 0
  constructor(text: string) {
    this.#text = text
  }

  /** A selector in parentheses; one of removals holds nothing but names. */
  part(depth: number, removes = false): Part {
    if (depth > deepest) throw new Malformed()
    this.#need('(')
    let everything = false
    let plain = false
    const names = new Map<string, Item[]>()
    do {
      if (!removes && this.#takes('**')) everything = true
      else if (!removes && this.#takes('*')) plain = true
      else {
        const isRemoved = removes || this.#takes('-')
        if (isRemoved && !removes && !everything && !plain) throw new Malformed()
        if (!isRemoved) this.#takes('+')
        const [name, item] = this.#item(isRemoved, depth)
        const known = names.get(name)
        if (known) known.push(item)
        else names.set(name, [item])
      }
    } while (this.#takes(','))
    this.#need(')')
    return { everything, plain, names }
  }

  end(): void {
    this.#space()
    if (this.#at < this.#text.length) throw new Malformed()
  }

  #item(isRemoved: boolean, depth: number): [string, Item] {
    this.items++
    const name = this.#match(/[A-Za-z_][\w-]*/y)
    const pick = this.#takes('[') ? this.#index() : undefined
    const inner = this.#takes('.') ? this.#inner(isRemoved, depth + 1) : undefined
    return [name, { isRemoved, pick, inner }]
  }

  /** What follows a dot: a selector in parentheses, or one more name. */
  #inner(isRemoved: boolean, depth: number): Part {
    if (depth > deepest) throw new Malformed()
    this.#space()
    if (this.#text[this.#at] === '(') return this.part(depth, isRemoved)
    const [name, item] = this.#item(isRemoved, depth)
    return { everything: false, plain: false, names: new Map([[name, [item]]]) }
  }

  #index(): NonNullable<Item['pick']> {
    if (this.#takes('?(')) {
      const holds = this.#or(0)
      this.#need(')')
      this.#need(']')
      return holds
    }
    const first = this.#number()
    if (this.#takes(':')) {
      const last = this.#number()
      this.#need(']')
      return (_, at) => at >= (first ?? 0) && at <= (last ?? Infinity)
    }
    const numbers = [first]
    while (this.#takes(',')) numbers.push(this.#number())
    this.#need(']')
    if (numbers.includes(undefined)) throw new Malformed()
    return (_, at) => numbers.includes(at)
  }

  #number(): number | undefined {
    this.#space()
    return /\d/.test(this.#text[this.#at] ?? '') ? Number(this.#match(/\d{1,9}/y)) : undefined
  }

  #or(depth: number): Filter {
    const filters = [this.#and(depth)]
    while (this.#takes('||')) filters.push(this.#and(depth))
    return (item) => filters.some((each) => each(item))
  }

  #and(depth: number): Filter {
    const filters = [this.#comparison(depth)]
    while (this.#takes('&&')) filters.push(this.#comparison(depth))
    return (item) => filters.every((each) => each(item))
  }

  #comparison(depth: number): Filter {
    if (depth > deepest) throw new Malformed()
    if (this.#takes('(')) {
      const inner = this.#or(depth + 1)
      this.#need(')')
      return inner
    }
    const path = this.#match(/@(?:\.[A-Za-z_][\w-]*)+/y)
      .split('.')
      .slice(1)
    const operator = this.#match(/==|!=|<=|>=|<|>/y)
    const literal = this.#match(/'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?|true|false|null/y)
    const value: unknown = /^['"]/.test(literal)
      ? literal.slice(1, -1).replaceAll(/\\(.)/g, '$1')
      : (JSON.parse(literal.replace(/^(-?)0+(?=\d)/, '$1')) as unknown)
    return (item) => compares(valueOf(item, path), operator, value)
  }

  #space(): void {
    while (this.#text[this.#at] === ' ') this.#at++
  }

  #takes(word: string): boolean {
    this.#space()
    if (!this.#text.startsWith(word, this.#at)) return false
    this.#at += word.length
    return true
  }

  #need(word: string): void {
    if (!this.#takes(word)) throw new Malformed()
  }

  #match(pattern: RegExp): string {
    this.#space()
    pattern.lastIndex = this.#at
    const found = pattern.exec(this.#text)?.[0]
    if (found === undefined) throw new Malformed()
    this.#at += found.length
    return found
  }
}

function valueOf(item: unknown, path: readonly string[]): unknown {
  let value = item
  for (const name of path) value = isObject(value) && Object.hasOwn(value, name) ? value[name] : null
  return value
}

/** Compares values of one type; `!=` is the opposite of `==`. */
function compares(value: unknown, operator: string, wanted: unknown): boolean {
  if (operator === '==') return value === wanted
  if (operator === '!=') return value !== wanted
  if (typeof value !== typeof wanted || (typeof value !== 'number' && typeof value !== 'string')) return false
  const [a, b] = [value, wanted as typeof value]
  return operator === '<' ? a < b : operator === '>' ? a > b : operator === '<=' ? a <= b : a >= b
}
