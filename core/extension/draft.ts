/** Documents in the hands of handlers: changed in place, looked at after each handler, cut off at the end of a phase. */
import { NotPlain, cloneOf, copyOf, freeze, isEqual, isSamePlain, replaceContents } from '../model/json.js'
import type { Violation } from '../model/problems.js'
import type { Schema } from '../model/schemas.js'
import { checkNow, isPrepared, prepare } from '../model/validation.js'

/** A handler left a document in a state that is not allowed: the plug-in's mistake, not the client's (decision 4.4). */
export class DocumentSpoilt extends Error {
  override readonly name = 'DocumentSpoilt'
}

function spoilt(document: string, violations: readonly Violation[]): DocumentSpoilt {
  return new DocumentSpoilt(violations.map((v) => `${[document, ...v.path].join('.')} ${v.message}`).join('; '))
}

/** What a draft is, beside its document. */
export interface DraftOptions<T> {
  /** What the document is called in messages. */
  readonly name: string
  readonly schema: Schema
  /** Properties that handlers may read only. */
  readonly managed?: readonly string[]
  /** Checks what no schema of ours can say, against the last good state. */
  check?(now: T, before: T): readonly Violation[] | Promise<readonly Violation[]>
}

/** A document that handlers may change in place. */
export class Draft<T extends object> {
  /** The last state that was looked at and found good; frozen, plain data. */
  seen: T
  #live: T | undefined
  readonly #options: DraftOptions<T>

  constructor(document: T, options: DraftOptions<T>) {
    this.seen = document
    this.#options = options
  }

  /** What the document is called. */
  get name(): string {
    return this.#options.name
  }

  /** The object for handlers: one and the same until it is cut off. */
  get live(): T {
    return (this.#live ??= cloneOf(this.seen))
  }

  /** True while handlers may hold the object. */
  get isInHands(): boolean {
    return this.#live !== undefined
  }

  /** Looks at what handlers made of it. Throws DocumentSpoilt, or rejects with it. */
  look(): Promise<void> | undefined {
    if (this.#live === undefined) return undefined
    if (!Object.isExtensible(this.#live))
      throw spoilt(this.name, [{ path: [], rule: 'constraint', message: 'was frozen or sealed: leave it open' }])
    return isSamePlain(this.#live, this.seen) ? undefined : this.#take(this.#live)
  }

  #take(live: T): Promise<void> | undefined {
    const now = this.#copy(live)
    if (isEqual(now, this.seen)) return undefined
    const { schema } = this.#options
    return isPrepared(schema) ? this.#judge(now) : prepare(schema).then(() => this.#judge(now))
  }

  #judge(now: T): Promise<void> | undefined {
    const { schema, managed = [] } = this.#options
    const wrong: Violation[] = []
    for (const name of managed)
      if (!isEqual((now as Record<string, unknown>)[name], (this.seen as Record<string, unknown>)[name]))
        wrong.push({ path: [name], rule: 'readOnly', message: 'is kept by the library' })
    wrong.push(...checkNow(schema, now, this.seen))
    this.#refuse(wrong)
    const found = this.#options.check?.(now, this.seen) ?? []
    if (found instanceof Promise) return found.then((violations) => this.#accept(now, violations))
    this.#accept(now, found)
    return undefined
  }

  #accept(now: T, violations: readonly Violation[]): void {
    this.#refuse(violations)
    this.seen = freeze(now)
  }

  #refuse(violations: readonly Violation[]): void {
    if (violations.length > 0) throw spoilt(this.name, violations)
  }

  /** A copy; parts that are as they were are those that were seen, so that nobody judges them again. */
  #copy(live: T): T {
    let now: T
    try {
      now = copyOf(live)
    } catch (error) {
      if (!(error instanceof NotPlain)) throw error
      throw spoilt(this.name, [{ path: error.path, rule: 'type', message: error.what }])
    }
    for (const name in this.seen) {
      const seen = this.seen[name]
      if (typeof seen === 'object' && isEqual(now[name], seen)) now[name] = seen
    }
    return now
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
