/** A process that opens the JSON file FILE, stores a customer and stays. */
import { jsonFileStorage } from '../../adapters/storage/file/json-file.js'
import { contractOptions, customerRecord } from '../storage-contract.js'

const storage = jsonFileStorage({ file: process.env['FILE'] ?? '' })
await storage.open(contractOptions)
await storage.write('SiteGenesis', async (unit) => void (await unit.customers.insert(customerRecord('1'))))
console.log('open')
setInterval(() => {}, 1_000)
