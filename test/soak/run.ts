/** `npm run soak`: ten minutes, half of them on each storage; `npm run soak -- 2` takes two, `npm run soak -- 2 7` with another seed. */
import { randomSource } from '../random-queries.js'
import { stopShared } from '../support/postgres.js'
import { soak, storages } from './soak.js'

const [minutes = 10, seed = Date.now() % 1_000_000] = process.argv.slice(2).map(Number)
console.log(`seed ${seed}`)
for (const storage of storages) {
  const { requests, thirds, wrong } = await soak(storage, (minutes * 60_000) / storages.length, randomSource(seed))
  const figures = thirds.map(
    ({ heap, handles, median }) => `${heap.toFixed(1)} MB, ${handles} handles, ${median.toFixed(1)} ms`,
  )
  console.log(`${storage}: ${requests} requests; second third ${figures.join('; last third ')}`)
  for (const what of wrong.slice(0, 20)) console.log(`  ${what}`)
  if (wrong.length > 0) process.exitCode = 1
}
await stopShared()
