/** Times as text. */

let lastTime = NaN
let lastText = ''

/** ISO 8601 UTC. Times that come in order often fall into one millisecond: the last text is kept. */
export function isoOf(date: Date): string {
  const time = date.getTime()
  if (time !== lastTime) {
    lastText = date.toISOString()
    lastTime = time
  }
  return lastText
}
