/** A process that opens the PostgreSQL storage with a declared index, writes a record and ends: `open-postgres.js NUMBER`. */
import { postgresStorage } from '../../adapters/storage/postgres/postgres.js'
import { contractOptions, customerRecord } from '../storage-contract.js'

const storage = postgresStorage({
  connectionString: process.env['DATABASE_URL'] as string,
  locks: process.env['LOCKS'] === 'rows' ? 'rows' : 'advisory',
})
await storage.open(contractOptions)
const number = process.argv[2] as string
await storage.write('L', (unit) => unit.customers.insert({ ...customerRecord(number), id: number.padStart(24, '0') }))
await storage.close()
console.log('done')
