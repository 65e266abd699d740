/** Normalised keys: computed here, never by a database, so that all storages agree (decision 1.4). */

/** Most UTF-16 units of a text that becomes a key: normalising takes more than linear time. */
export const longestKeyText = 1_024

/** What a text that is too long has in place of a key: no record has it, so such a text names nothing. */
const noKey = '\u001f'

const ascii = /^[\u0000-\u007f]*$/

/** The composed form of a text (NFC): of ASCII, which most keys are, the text itself. */
export function composed(text: string): string {
  return ascii.test(text) ? text : text.normalize('NFC')
}

/** Key of a customer number, login or email: NFC, trim, `toUpperCase().toLowerCase()`, NFC again; of ASCII, the small letters. */
export function keyOf(text: string): string {
  if (text.length > longestKeyText) return noKey
  if (ascii.test(text)) return text.trim().toLowerCase()
  return text.normalize('NFC').trim().toUpperCase().toLowerCase().normalize('NFC')
}

/** One key out of several parts that compare exactly. */
export function compositeKey(...parts: readonly string[]): string {
  return parts.join('\u001f')
}
