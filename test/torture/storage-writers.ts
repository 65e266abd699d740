/** Sixteen writers on the JSON file FILE, each with a pair of records; prints each value once it is stored. */
import { jsonFileStorage } from '../../adapters/storage/json-file.js'
import { contractOptions, customerRecord } from '../storage-contract.js'

const storage = jsonFileStorage({ file: process.env['FILE'] ?? '', journalBytes: 20_000 })
await storage.open(contractOptions)

async function write(name: string): Promise<never> {
  let pair = await storage.write('SiteGenesis', async (unit) => [
    await unit.customers.insert(customerRecord(`${name}-a`, { id: idOf(`${name}a`), title: '1' })),
    await unit.customers.insert(customerRecord(`${name}-b`, { id: idOf(`${name}b`), title: '1' })),
  ])
  for (let value = 2; ; value++) {
    console.log(`${name} ${value - 1}`)
    const title = String(value)
    pair = await storage.write('SiteGenesis', (unit) =>
      Promise.all(pair.map((record) => unit.customers.update({ ...record, title }))),
    )
  }
}

const idOf = (text: string): string => Buffer.from(text).toString('hex').padStart(24, '0')

await Promise.all(Array.from({ length: 16 }, (_, index) => write(`w${process.env['ROUND']}-${index}`)))
