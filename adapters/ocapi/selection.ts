/**
 * What selectors leave of a document. What the parts of a selector say of a name is worked out once, not for each value:
 * the cost of applying one grows with the document alone.
 */
import { isObject } from '../../core/model/json.js'

/** A selector in parentheses. */
export interface Part {
  readonly everything: boolean
  readonly plain: boolean
  readonly names: ReadonlyMap<string, readonly Item[]>
}

/** What a part says of one name. */
export interface Item {
  readonly isRemoved: boolean
  /** Which elements of a list are meant; absent: all, and what is no list. */
  readonly pick: ((element: unknown, at: number) => boolean) | undefined
  /** What of it is shown, or removed; absent: all. */
  readonly inner: Part | undefined
}

const everything: Part = { everything: true, plain: false, names: new Map() }
const noItems: readonly Item[] = []

/** Choices by the elements that are meant that one name keeps; others are worked out again. */
const mostKept = 100

/** Parts that add up. */
export class Selection {
  readonly #parts: readonly Part[]
  readonly #named: ReadonlySet<string>
  readonly #complex = new Map<string, Choice | undefined>()
  readonly #simple = new Map<string, Choice | undefined>()

  constructor(parts: Iterable<Part>) {
    this.#parts = [...new Set(parts)]
    this.#named = new Set(this.#parts.flatMap(({ names }) => [...names.keys()]))
  }

  /** What the parts show of a document together. */
  apply(document: Readonly<Record<string, unknown>>): Record<string, unknown> {
    const result = Object.create(null) as Record<string, unknown>
    for (const [name, value] of Object.entries(document)) {
      const shown = this.#choiceFor(name, value)?.show(value)
      if (shown !== undefined) result[name] = shown
    }
    return result
  }

  #choiceFor(given: string, value: unknown): Choice | undefined {
    const known = typeof value === 'object' && value !== null ? this.#complex : this.#simple
    // names that no part says anything of are all alike
    const name = this.#named.has(given) ? given : ''
    if (!known.has(name)) known.set(name, this.#choose(name, known === this.#complex))
    return known.get(name)
  }

  #choose(name: string, isComplex: boolean): Choice | undefined {
    const views = this.#parts.flatMap((part): View[] => {
      const items = part.names.get(name) ?? noItems
      const isWhole = part.everything || (part.plain && !isComplex)
      const isShown = isWhole || items.some(({ isRemoved }) => !isRemoved)
      const isGone = items.some(({ isRemoved, pick, inner }) => isRemoved && !pick && !inner)
      return isShown && !isGone ? [{ isWhole, items }] : []
    })
    return views.length === 0 ? undefined : new Choice(views)
  }
}

/** How one part sees a property: whole or not at all, and what is said of its name. */
interface View {
  readonly isWhole: boolean
  readonly items: readonly Item[]
}

/** What the views show of the values that one name has. */
class Choice {
  readonly #views: readonly View[]
  readonly #picks: readonly Item[]
  /** By the picks that mean an element; undefined: it is not shown. */
  readonly #kept = new Map<string, Selection | undefined>()

  constructor(views: readonly View[]) {
    this.#views = views
    this.#picks = views.flatMap(({ items }) => items.filter(({ pick }) => pick))
  }

  show(value: unknown): unknown {
    if (!Array.isArray(value)) return this.#left(value, -1)
    return value.map((each: unknown, at) => this.#left(each, at)).filter((each) => each !== undefined)
  }

  /** What is left of a value, or of one element of a list. */
  #left(value: unknown, at: number): unknown {
    const meant = this.#picks.filter(({ pick }) => at >= 0 && pick?.(value, at))
    const key = meant.map((item) => this.#picks.indexOf(item)).join()
    let selection = this.#kept.get(key)
    if (!selection && !this.#kept.has(key)) {
      selection = this.#selectionOf(new Set(meant))
      if (this.#kept.size < mostKept) this.#kept.set(key, selection)
    }
    return selection && isObject(value) ? selection.apply(value) : selection && value
  }

  #selectionOf(meant: ReadonlySet<Item>): Selection | undefined {
    const parts = this.#views.flatMap(({ isWhole, items }): Part[] => {
      const about = items.filter((item) => !item.pick || meant.has(item))
      const removed = about.filter(({ isRemoved }) => isRemoved).map(({ inner }) => inner)
      if (removed.includes(undefined)) return []
      const shown = new Set(about.filter(({ isRemoved }) => !isRemoved).map(({ inner }) => inner ?? everything))
      if (isWhole) shown.add(everything)
      return removed.length === 0 ? [...shown] : [...shown].map((part) => without(part, removed as readonly Part[]))
    })
    return parts.length === 0 ? undefined : new Selection(parts)
  }
}

/** A part with the removals of others. */
function without(part: Part, removals: readonly Part[]): Part {
  const names = new Map<string, Item[]>()
  for (const each of [part, ...removals])
    for (const [name, items] of each.names) {
      const all = names.get(name)
      if (all) all.push(...items)
      else names.set(name, [...items])
    }
  return { ...part, names }
}
