/**
 * Sixteen writers on the JSON file FILE, each with a pair of records. Each value that was acknowledged is a line of the
 * file ACKNOWLEDGED, which is there whenever this process is killed; what it prints could be lost on its way.
 */
import { openSync, writeSync } from 'node:fs'
import { jsonFileStorage } from '../../adapters/storage/file/json-file.js'
import { contractOptions, customerRecord } from '../storage-contract.js'

const storage = jsonFileStorage({ file: process.env['FILE'] ?? '', journalBytes: 20_000 })
await storage.open(contractOptions)
const acknowledged = openSync(process.env['ACKNOWLEDGED'] ?? '', 'w')

async function write(name: string): Promise<never> {
  let pair = await storage.write('SiteGenesis', async (unit) => [
    await unit.customers.insert(customerRecord(`${name}-a`, { id: idOf(`${name}a`), title: '1' })),
    await unit.customers.insert(customerRecord(`${name}-b`, { id: idOf(`${name}b`), title: '1' })),
  ])
  for (let value = 2; ; value++) {
    writeSync(acknowledged, `${name} ${value - 1}\n`)
    if (value === 2) console.log('writes')
    const title = String(value)
    pair = await storage.write('SiteGenesis', (unit) =>
      Promise.all(pair.map((record) => unit.customers.update({ ...record, title }))),
    )
  }
}

const idOf = (text: string): string => Buffer.from(text).toString('hex').padStart(24, '0')

await Promise.all(Array.from({ length: 16 }, (_, index) => write(`w${process.env['ROUND']}-${index}`)))
