/**
 * Storage in this process, for tests and for trying things: keeps everything as long as it is open.
 */
import { checkOptions } from '../../../core/model/options.js'
import type { Storage } from '../../../core/ports/storage.js'
import { LocalStorage } from './local-storage.js'
import type { LocalOptions } from './local-storage.js'

/** Options of `memoryStorage`. */
export type MemoryOptions = LocalOptions

/**
 * A storage that keeps its records in this process and loses them when it is closed.
 *
 * @example
 * const clientele = await createClientele({ customerLists, storage: memoryStorage() })
 */
export function memoryStorage(options: MemoryOptions = {}): Storage {
  checkOptions('memoryStorage', options, { maxWaiting: 'number', closeWait: 'number' })
  return new LocalStorage(options)
}
