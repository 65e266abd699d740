/** What replies show of a record: a stored document never changes, and what was read is often read again. */

/** A record as replies show it. */
export interface Shown {
  /** The JSON text of its whole document. */
  readonly text: string
  /** Its entity tag. */
  readonly tag: string
}

/** Characters of texts that are remembered, twice at the most: what was not asked for since goes first. */
const mostRemembered = 4_000_000

/** How records of one kind are shown: found out when it is first asked for, and remembered while there is room. */
export class ShownRecords<R extends object> {
  /** The whole document of a record. */
  readonly document: (record: R) => { readonly [name: string]: unknown }
  readonly #tagOf: (record: R, text: string) => string
  #young = new WeakMap<R, Shown>()
  #old = new WeakMap<R, Shown>()
  #room = mostRemembered

  /** Document and tag depend on the frozen record alone; the tag may be made of the document's JSON text. */
  constructor(document: ShownRecords<R>['document'], tagOf: (record: R, text: string) => string) {
    this.document = document
    this.#tagOf = tagOf
  }

  /** How a record is shown. */
  of(record: R): Shown {
    const young = this.#young.get(record)
    if (young) return young
    const shown = this.#old.get(record) ?? this.new(record)
    this.#room -= shown.text.length
    if (this.#room < 0) {
      this.#old = this.#young
      this.#young = new WeakMap()
      this.#room = mostRemembered - shown.text.length
    }
    this.#young.set(record, shown)
    return shown
  }

  /** How a record is shown that has just been made: whoever reads it gets another object. */
  new(record: R): Shown {
    const text = JSON.stringify(this.document(record))
    return { text, tag: this.#tagOf(record, text) }
  }
}
