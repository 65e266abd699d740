/** One answer for one query, whichever storage is asked (adapters/storage/README.md, Conditions). */
import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { describe, it } from 'mocha'
import { jsonFileStorage } from '../adapters/storage/file/json-file.js'
import { memoryStorage } from '../adapters/storage/local/memory.js'
import { postgresStorage } from '../adapters/storage/postgres/postgres.js'
import { randomCustomer, randomQuery, randomSource } from './random-queries.js'
import { contractOptions } from './storage-contract.js'
import { newDatabase } from './support/postgres.js'

describe('equal answers on memory, file and PostgreSQL: random data, random queries', () => {
  it('give the same records in the same order, and the same total', async () => {
    const seed = Date.now() % 1e9
    const random = randomSource(seed)
    const folder = await mkdtemp(path.join(tmpdir(), 'clientele-'))
    const postgres = postgresStorage({ connectionString: await newDatabase() })
    const storages = [memoryStorage(), jsonFileStorage({ file: path.join(folder, 'customers.json') }), postgres]
    const records = Array.from({ length: 120 }, () => randomCustomer(random))
    for (const storage of storages) {
      await storage.open(contractOptions)
      await storage.write('L', async (unit) => {
        for (const record of records) await unit.customers.insert(record)
      })
    }
    for (let i = 0; i < 150; i++) {
      const query = randomQuery(random)
      const [memory, ...others] = await Promise.all(
        storages.map((storage) => storage.read('L', (unit) => unit.customers.find(query))),
      )
      for (const other of others) assert.deepEqual(other, memory, `seed ${seed}: ${JSON.stringify(query)}`)
    }
    for (const storage of storages) await storage.close()
    await rm(folder, { recursive: true })
  })
})
