/** Every storage that ships, for the tests of what holds on all of them: a new one is a line here. */
import { mkdtempSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { jsonFileStorage } from '../../adapters/storage/file/json-file.js'
import { memoryStorage } from '../../adapters/storage/local/memory.js'
import { postgresStorage } from '../../adapters/storage/postgres/postgres.js'
import type { Storage } from '../../core/ports/storage.js'
import { newDatabase } from './postgres.js'

function newFile(): string {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'clientele-engine-'))
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
  return path.join(folder, 'customers.json')
}

/** Each gives a storage that nobody else uses, empty and not yet open. */
export const engines: readonly (readonly [name: string, open: () => Promise<Storage>])[] = [
  ['memory', async () => memoryStorage()],
  ['json-file', async () => jsonFileStorage({ file: newFile() })],
  ['postgres', async () => postgresStorage({ connectionString: await newDatabase() })],
]
