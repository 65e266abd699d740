/** Times as text. */

let second = NaN
/** The text of that second, up to its fraction. */
let head = ''

/** ISO 8601 UTC. The text of the last second is kept: times that come in order share it. */
export function isoOf(date: Date): string {
  const time = date.getTime()
  const whole = Math.floor(time / 1_000)
  if (whole !== second) {
    head = date.toISOString().slice(0, -4)
    second = whole
  }
  return `${head}${String(time - whole * 1_000).padStart(3, '0')}Z`
}
