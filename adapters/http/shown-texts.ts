/** Texts of replies that show a record: a stored document never changes, and what was read is often read again. */

/** Characters of texts that are remembered, twice at the most: what was not asked for since goes first. */
const mostRemembered = 8 * 1024 * 1024

/** The texts that show records of one kind in one form, each made when it is first asked for and remembered while there is room. */
export class ShownTexts<R extends object> {
  readonly #write: (record: R) => string
  #young = new WeakMap<R, string>()
  #old = new WeakMap<R, string>()
  #room = mostRemembered

  /** `write` makes the text of a frozen record; it depends on nothing else. */
  constructor(write: (record: R) => string) {
    this.#write = write
  }

  /** The text of a record. */
  of(record: R): string {
    const young = this.#young.get(record)
    if (young !== undefined) return young
    const text = this.#old.get(record) ?? this.#write(record)
    this.#room -= text.length
    if (this.#room < 0) {
      this.#old = this.#young
      this.#young = new WeakMap()
      this.#room = mostRemembered - text.length
    }
    this.#young.set(record, text)
    return text
  }
}
