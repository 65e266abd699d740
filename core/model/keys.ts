/** Normalised keys: computed here, never by a database, so that all storages agree (decision 1.4). */

/** Key of a customer number, login or email: NFC, trim, `toUpperCase().toLowerCase()`, NFC again. */
export function keyOf(text: string): string {
  return text.normalize('NFC').trim().toUpperCase().toLowerCase().normalize('NFC')
}

/** One key out of several parts that compare exactly. */
export function compositeKey(...parts: readonly string[]): string {
  return parts.join('\u001f')
}
