/** `npm run torture`: 1,000 rounds; `npm run torture -- 100` runs fewer, `npm run torture -- 100 7` with another seed. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { randomSource } from '../random-queries.js'
import { describeResult } from './result.js'
import type { TortureResult } from './result.js'
import { tortureServer } from './server.js'
import { tortureStorage } from './storage.js'

const [rounds = 1_000, seed = Date.now() % 1_000_000] = process.argv.slice(2).map(Number)
const random = randomSource(seed)
console.log(`seed ${seed}`)
let losses = 0
for (const [name, torture] of [
  ['example server', tortureServer],
  ['storage', tortureStorage],
] as const) {
  const folder = await mkdtemp(path.join(tmpdir(), 'clientele-torture-'))
  const onRound = (soFar: TortureResult): void => {
    if (soFar.rounds % 100 === 0 && soFar.rounds < rounds) console.log(describeResult(name, soFar))
  }
  const result = await torture(folder, rounds, random, { onRound })
  console.log(describeResult(name, result))
  losses += result.losses.length
  if (result.losses.length === 0) await rm(folder, { recursive: true })
  else console.log(`files kept in ${folder}`)
}
process.exitCode = losses === 0 ? 0 : 1
