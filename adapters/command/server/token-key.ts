/** The key that signs the example server's tokens: it outlives a restart, so that tokens do. */
import { createSecretKey, hkdfSync, randomBytes } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { chmodSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { SettingError } from './settings.js'
import type { Settings } from './settings.js'

/**
 * A key for HS256: from `TOKEN_SECRET`, which several processes may share; else from a file beside the data file, which only
 * its owner may read; else, without a data file, a new one that ends with the process.
 */
export function tokenKey({ tokenSecret, storage, dataFile }: Settings): KeyObject {
  if (tokenSecret !== undefined)
    return createSecretKey(Buffer.from(hkdfSync('sha256', tokenSecret, '', 'clientele example tokens', 32)))
  if (storage !== 'json-file') return createSecretKey(randomBytes(32))
  const file = `${path.resolve(dataFile)}.token-key`
  try {
    writeFileSync(file, randomBytes(32).toString('hex'), { flag: 'wx', mode: 0o600 })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
  chmodSync(file, 0o600)
  const text = readFileSync(file, 'utf8').trim()
  if (!/^[\da-f]{64}$/.test(text))
    throw new SettingError(`DATA_FILE: ${file} holds no key: remove it, and a new one is made`)
  return createSecretKey(Buffer.from(text, 'hex'))
}
