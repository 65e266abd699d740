/**
 * Kills a process that writes through the JSON file storage, with snapshots following one another, and compares what
 * is there afterwards with what the process said was stored.
 */
import path from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { jsonFileStorage } from '../../adapters/storage/json-file.js'
import { start } from '../support/child.js'
import type { RandomSource } from '../random-queries.js'
import { contractOptions } from '../storage-contract.js'
import type { TortureOptions, TortureResult } from './result.js'

/** Runs so many rounds in a folder. */
export async function tortureStorage(
  folder: string,
  rounds: number,
  random: RandomSource,
  { longest = 150, onRound }: TortureOptions = {},
): Promise<TortureResult> {
  const file = path.join(folder, 'customers.json')
  const losses: string[] = []
  let writes = 0
  for (let round = 1; round <= rounds; round++) {
    const child = start('test/torture/storage-writers.js', { FILE: file, ROUND: String(round) })
    await child.printed(/\n/)
    await setTimeout(random() * longest)
    await child.stop('SIGKILL')
    const said = new Map<string, number>()
    for (const [, name, value] of child.output().matchAll(/^([\w-]+) (\d+)$/gm)) said.set(name as string, Number(value))
    writes += [...child.output().matchAll(/\n/g)].length
    const lose = (loss: string): void => void losses.push(`round ${round}: ${loss}`)

    const storage = jsonFileStorage({ file })
    await storage.open({ ...contractOptions, warn: () => {} })
    const found = await storage.read('SiteGenesis', async (unit) => (await unit.customers.find({})).items)
    const values = new Map(found.map(({ customerNo, title }) => [customerNo, Number(title)]))
    // Each unit writes both halves of a pair; one may have been stored that nobody was told of.
    for (const [name, value] of said) {
      const [a, b] = [values.get(`${name}-a`), values.get(`${name}-b`)]
      if (a !== b) lose(`${name} is half applied: ${a} and ${b}`)
      else if (a === undefined || a < value || a > value + 1) lose(`${name} is ${a}, ${value} was acknowledged`)
    }
    for (const name of values.keys())
      if (!values.has(name.replace(/.$/, (half) => (half === 'a' ? 'b' : 'a')))) lose(`${name} has lost its other half`)
    await storage.write('SiteGenesis', async (unit) => {
      for (const record of found) await unit.customers.remove(record)
    })
    await storage.close()
    onRound?.(round)
  }
  return { rounds, writes, losses }
}
