import { mkdtemp, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { describe, it } from 'mocha'
import { jsonFileStorage } from '../adapters/storage/json-file.js'
import type { Storage } from '../core/storage.js'
import { storageContract } from './storage-contract.js'

storageContract(
  { describe, it },
  {
    name: 'JSON file',
    maxWaiting: 60,
    open: async (options) => {
      const folder = await mkdtemp(path.join(os.tmpdir(), 'clientele-'))
      const open = async (): Promise<Storage> => {
        const storage = jsonFileStorage({ file: path.join(folder, 'customers.json'), maxWaiting: 60 })
        await storage.open(options)
        return storage
      }
      let current = await open()
      return {
        storage: current,
        second: async () => current,
        reopen: async () => {
          await current.close()
          current = await open()
          return current
        },
        dispose: async () => {
          await current.close()
          await rm(folder, { recursive: true })
        },
      }
    },
  },
)
