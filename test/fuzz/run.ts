/** `npm run fuzz`: 100,000 requests; `npm run fuzz -- 1000` sends fewer, `npm run fuzz -- 1000 7` those of seed 7. */
import { chunk, fuzz } from './fuzz.js'

const [count = 100_000, seed = Date.now() % 1_000_000] = process.argv.slice(2).map(Number)
console.log(`seed ${seed}`)
const began = performance.now()
const { kinds, wrong } = await fuzz(count, seed)
for (const [kind, times] of [...kinds].toSorted(([, a], [, b]) => b - a))
  console.log(`${String(times).padStart(7)} ${kind}`)
const shown = new Set<string>()
for (const each of wrong) {
  const what = each.replaceAll(/\d+/g, '').slice(0, 90)
  if (!shown.has(what)) console.log(each)
  shown.add(what)
}
const seconds = Math.round((performance.now() - began) / 1000)
console.log(
  `${count} requests in ${seconds} s, ${wrong.length} wrong; again: npm run fuzz -- ${Math.max(count, chunk)} ${seed}`,
)
process.exitCode = wrong.length === 0 ? 0 : 1
