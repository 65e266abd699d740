/**
 * Property selectors (adapters/ocapi/README.md, Selectors): `(**)`, `(*)`, `(a,b.(c))`, `(**,-a)`, `(data[0:4].(city))`,
 * `(data[?(@.city=='Boston' && @.suite!=null)])`. Used for `select`, and for the attributes that settings allow.
 */
import { isObject } from '../../core/model/json.js'

/** A selector, ready to be applied. */
export interface Selector {
  /** As it was written. */
  readonly text: string
  /** What it leaves of a document. Objects and lists keep their order. */
  apply(document: Readonly<Record<string, unknown>>): Record<string, unknown>
}

interface Part {
  readonly everything: boolean
  readonly plain: boolean
  readonly names: ReadonlyMap<string, readonly Item[]>
}
interface Item {
  readonly isRemoved: boolean
  /** Which elements of a list are meant; absent: all, and what is no list. */
  readonly pick: ((element: unknown, at: number) => boolean) | undefined
  /** What of it is shown, or removed; absent: all. */
  readonly inner: Part | undefined
}

const everything: Part = { everything: true, plain: false, names: new Map() }

const longest = 2000
const deepest = 16

/** Reads selectors that add up, as the settings' rows do, or just one; undefined if one is malformed. */
export function selectorOf(...texts: readonly string[]): Selector | undefined {
  if (texts.some((text) => text.length > longest)) return undefined
  try {
    const parts = texts.map((text) => {
      const parser = new SelectorParser(text)
      const part = parser.part(0)
      parser.end()
      return part
    })
    return { text: texts.join(' '), apply: (document) => applyTo(document, parts) }
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
        names.set(name, [...(names.get(name) ?? []), item])
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

/** What the parts show of a document together. */
function applyTo(document: Readonly<Record<string, unknown>>, parts: readonly Part[]): Record<string, unknown> {
  const result = Object.create(null) as Record<string, unknown>
  for (const [name, value] of Object.entries(document)) {
    const chosen = choose(value, name, parts)
    if (chosen !== undefined) result[name] = chosen
  }
  return result
}

/** What the parts show of one property together; undefined for nothing. */
function choose(value: unknown, name: string, parts: readonly Part[]): unknown {
  const isComplex = typeof value === 'object' && value !== null
  const views: View[] = []
  for (const part of parts) {
    const items = part.names.get(name) ?? []
    const isWhole = part.everything || (part.plain && !isComplex)
    const isShown = isWhole || items.some(({ isRemoved }) => !isRemoved)
    const isGone = items.some(({ isRemoved, pick, inner }) => isRemoved && !pick && !inner)
    if (isShown && !isGone) views.push({ isWhole, items })
  }
  if (views.length === 0) return undefined
  if (!Array.isArray(value)) return left(value, views, ({ pick }) => !pick)
  return value
    .map((each: unknown, at) => left(each, views, ({ pick }) => !pick || pick(each, at)))
    .filter((each) => each !== undefined)
}

/** How one part sees a property: whole or not at all, and what is said of its name. */
interface View {
  readonly isWhole: boolean
  readonly items: readonly Item[]
}

/** What the views show of a value, or of one element of a list; `isMeant` says which items are about it. */
function left(value: unknown, views: readonly View[], isMeant: (item: Item) => boolean): unknown {
  const parts: Part[] = []
  for (const { isWhole, items } of views) {
    const meant = items.filter(isMeant)
    const removed = meant.filter(({ isRemoved }) => isRemoved).map(({ inner }) => inner)
    if (removed.includes(undefined)) continue
    const shown = meant.filter(({ isRemoved }) => !isRemoved).map(({ inner }) => inner ?? everything)
    if (isWhole) shown.push(everything)
    parts.push(...shown.map((part) => removed.reduce<Part>((rest, each) => without(rest, each as Part), part)))
  }
  if (parts.length === 0) return undefined
  return isObject(value) ? applyTo(value, parts) : value
}

/** A part with the removals of another. */
function without(part: Part, removals: Part): Part {
  const names = new Map(part.names)
  for (const [name, items] of removals.names) names.set(name, [...(names.get(name) ?? []), ...items])
  return { ...part, names }
}
