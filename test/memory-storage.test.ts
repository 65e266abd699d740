import { describe, it } from 'mocha'
import { memoryStorage } from '../adapters/storage/memory.js'
import { storageContract } from './storage-contract.js'

storageContract(
  { describe, it },
  {
    name: 'memory',
    maxWaiting: 60,
    open: async (options) => {
      const storage = memoryStorage({ maxWaiting: 60 })
      await storage.open(options)
      const same = async () => storage
      return { storage, second: same, reopen: same, dispose: () => storage.close() }
    },
  },
)
