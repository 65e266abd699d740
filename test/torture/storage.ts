/**
 * Kills a process that opens a JSON file and writes to it, with snapshots following one another, and compares what is
 * there afterwards with what the process said was stored, and with what was there before.
 */
import { readFile, rm } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { jsonFileStorage } from '../../adapters/storage/file/json-file.js'
import { start } from '../support/child.js'
import type { RandomSource } from '../random-queries.js'
import { contractOptions } from '../storage-contract.js'
import type { TortureOptions, TortureResult } from './result.js'

/** Rounds after which the file is emptied. */
const EMPTIED = 50

/** Runs so many rounds in a folder. */
export async function tortureStorage(
  folder: string,
  rounds: number,
  random: RandomSource,
  { longest = 200, onRound }: TortureOptions = {},
): Promise<TortureResult> {
  const file = path.join(folder, 'customers.json')
  const said = path.join(folder, 'acknowledged')
  const losses: string[] = []
  let writes = 0
  /** Pairs of earlier rounds, which nobody changes any more. */
  let settled = new Map<string, number>()
  for (let round = 1; round <= rounds; round++) {
    await rm(said, { force: true })
    const child = start('test/torture/storage-writers.js', { FILE: file, ACKNOWLEDGED: said, ROUND: String(round) })
    // Some die while they open the file.
    if (random() < 0.7) await child.printed(/\n/)
    await setTimeout(random() * longest)
    await child.stop('SIGKILL')
    const acknowledged = new Map<string, number>()
    for (const line of (await readFile(said, 'utf8').catch(() => '')).split('\n').slice(0, -1)) {
      const [name = '', value] = line.split(' ')
      acknowledged.set(name, Number(value))
      writes++
    }
    const lose = (loss: string): void => void losses.push(`round ${round}: ${loss}`)

    const storage = jsonFileStorage({ file })
    await storage.open({ ...contractOptions, warn: () => {} })
    const found = await storage.read('SiteGenesis', async (unit) => (await unit.customers.find({})).items)
    const values = new Map(found.map(({ customerNo, title }) => [customerNo, Number(title)]))
    const pairs = new Map<string, number>()
    for (const [half, value] of values) {
      const name = half.slice(0, -2)
      if (values.get(`${name}-a`) !== values.get(`${name}-b`)) lose(`${name} is half applied`)
      pairs.set(name, value)
    }
    // One write may have been stored that nobody was told of.
    for (const [name, value] of acknowledged)
      if (pairs.get(name) !== value && pairs.get(name) !== value + 1)
        lose(`${name} is ${pairs.get(name)}, ${value} was acknowledged`)
    for (const [name, value] of settled)
      if (pairs.get(name) !== value) lose(`${name} of an earlier round is ${pairs.get(name)}, it was ${value}`)
    settled = pairs
    if (round % EMPTIED === 0) {
      await storage.write('SiteGenesis', async (unit) => {
        for (const record of found) await unit.customers.remove(record)
      })
      settled = new Map()
    }
    await storage.close()
    onRound?.({ rounds: round, writes, losses })
  }
  return { rounds, writes, losses }
}
