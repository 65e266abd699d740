/** Documents in the hands of handlers: changed in place, looked at after each handler, cut off at the end of a phase. */
import type { Violation } from '../model/problems.js'
import { NotPlain, copyOf, freeze, isEqual, replaceContents } from '../model/json.js'
import type { Schema } from '../model/schemas.js'
import { check } from '../model/validation.js'

/** A handler left a document in a state that is not allowed: the plug-in's mistake, not the client's (decision 4.4). */
export class DocumentSpoilt extends Error {
  override readonly name = 'DocumentSpoilt'
}

function spoilt(document: string, violations: readonly Violation[]): DocumentSpoilt {
  return new DocumentSpoilt(violations.map((v) => `${[document, ...v.path].join('.')} ${v.message}`).join('; '))
}

/** Checks a state of a document against the last good one. */
type Rules<T> = { check(now: T, before: T): Promise<readonly Violation[]> }['check']

/** A document that handlers may change in place. */
export class Draft<T extends object> {
  /** The last state that was looked at and found good; frozen, plain data. */
  seen: T
  #live: T | undefined
  readonly #name: string
  readonly #schema: Schema
  readonly #managed: readonly string[]
  readonly #rules: Rules<T> | undefined

  /** `managed` names the properties that handlers may read only; `rules` checks what no schema of ours can say. */
  constructor(document: T, name: string, schema: Schema, managed: readonly string[] = [], rules?: Rules<T>) {
    this.seen = document
    this.#name = name
    this.#schema = schema
    this.#managed = managed
    this.#rules = rules
  }

  /** The object for handlers: one and the same until it is cut off. */
  get live(): T {
    this.#live ??= copyOf(this.seen)
    return this.#live
  }

  /** True while handlers may hold the object. */
  get isHeld(): boolean {
    return this.#live !== undefined
  }

  /** Looks at what handlers made of it; true if it changed since the last look. Throws DocumentSpoilt. */
  async look(): Promise<boolean> {
    if (this.#live === undefined) return false
    const now = this.#copy(this.#live)
    if (!Object.isExtensible(this.#live))
      throw spoilt(this.#name, [{ path: [], rule: 'constraint', message: 'was frozen or sealed: leave it open' }])
    if (isEqual(now, this.seen)) return false
    const violations: Violation[] = this.#managed
      .filter((name) => !isEqual((now as Record<string, unknown>)[name], (this.seen as Record<string, unknown>)[name]))
      .map((name) => ({ path: [name], rule: 'readOnly', message: 'is kept by the library' }))
    violations.push(...(await check(this.#schema, now)))
    if (violations.length === 0 && this.#rules) violations.push(...(await this.#rules(now, this.seen)))
    if (violations.length > 0) throw spoilt(this.#name, violations)
    this.seen = freeze(now)
    return true
  }

  #copy(live: T): T {
    try {
      return copyOf(live)
    } catch (error) {
      if (!(error instanceof NotPlain)) throw error
      throw spoilt(this.#name, [{ path: error.path, rule: 'type', message: error.what }])
    }
  }

  /** Makes this the state, also in the object that handlers hold. */
  become(document: T): void {
    this.seen = document
    if (this.#live) replaceContents(this.#live as Record<string, unknown>, document as Record<string, unknown>)
  }

  /** Ends the hold of handlers: what they do to the object from now on changes nothing. */
  cut(): void {
    this.#live = undefined
  }
}
