/** Mistakes of the host, told when it starts. */

/** A mistake in the set-up of a library: options, plug-ins, customer lists. The message says where and what would do. */
export class SetupError extends Error {
  override readonly name = 'SetupError'
}

/** The name that differs in the fewest letters. */
export function nearest(name: string, names: readonly string[]): string {
  const distances = names.map((other) => distance(name, other))
  return names[distances.indexOf(Math.min(...distances))] ?? ''
}

function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, at) => at)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++)
      next.push(
        Math.min((next[j - 1] ?? 0) + 1, (row[j] ?? 0) + 1, (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)),
      )
    row = next
  }
  return row[b.length] ?? 0
}
