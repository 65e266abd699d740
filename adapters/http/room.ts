/** The room that an answer has: a page that would be too large is refused before it is written. */

/** Counts the documents of an answer. */
export class Room {
  #left: number
  /** Documents that have found room. */
  documents = 0

  constructor(bytes: number) {
    this.#left = bytes
  }

  /** Whether a document, given as its text, has room too. The first one always has. */
  takes(text: string): boolean {
    this.#left -= Buffer.byteLength(text)
    if (this.#left < 0 && this.documents > 0) return false
    this.documents++
    return true
  }
}
