/** The order of values that every storage keeps (adapters/storage/README.md, Order): by type, numbers by size, strings by code point. */

/** Weight of a UTF-16 unit: surrogates stand for code points above all others. */
const weight = (unit: number): number => (unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit)

/**
 * Compares two strings by code point, as PostgreSQL's collation "C" does on UTF-8. `<` compares UTF-16 units, which
 * puts U+10000 and above before U+E000.
 */
export function compareStrings(a: string, b: string): number {
  if (a === b) return 0
  const shorter = Math.min(a.length, b.length)
  for (let i = 0; i < shorter; i++) {
    const x = a.charCodeAt(i)
    const y = b.charCodeAt(i)
    if (x !== y) return x < 0xd800 || y < 0xd800 ? x - y : weight(x) - weight(y)
  }
  return a.length - b.length
}

const highUnits = /[\ud800-\uffff]/

/** A text in the place of another: `<`, the fastest comparison there is, orders these as `compareStrings` orders those. */
export function sortable(text: string): string {
  if (!highUnits.test(text)) return text
  return text.replace(/[\ud800-\uffff]/g, (unit) => {
    const code = unit.charCodeAt(0)
    return String.fromCharCode(code < 0xe000 ? code + 0x2000 : code - 0x800)
  })
}

/** Rank of a value's type in a sort: absent and null, boolean, number, string, others. */
export function rankOf(value: unknown): number {
  if (value === undefined || value === null) return 0
  if (typeof value === 'boolean') return 1
  if (typeof value === 'number') return 2
  return typeof value === 'string' ? 3 : 4
}

/** Compares two scalars of one type. */
export function compareScalars(a: unknown, b: unknown): number {
  if (typeof a === 'string') return compareStrings(a, b as string)
  return Number(a) - Number(b)
}

/** Compares any two values as a sort does; arrays and objects are all equal. */
export function compareValues(a: unknown, b: unknown): number {
  if (typeof a === 'string' && typeof b === 'string') return compareStrings(a, b)
  const rank = rankOf(a)
  const difference = rank - rankOf(b)
  if (difference !== 0 || rank === 0 || rank === 4) return difference
  return compareScalars(a, b)
}
