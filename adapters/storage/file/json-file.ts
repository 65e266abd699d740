/**
 * Storage in a JSON file, durable without a database: a snapshot that is pleasant to read, and a journal beside it.
 */
import { checkOptions } from '../../../core/model/options.js'
import type { Storage } from '../../../core/ports/storage.js'
import { LocalStorage } from '../local/local-storage.js'
import { JsonFileBacking } from './json-file-backing.js'
import type { JsonFileOptions } from './json-file-options.js'

export type { JsonFileOptions } from './json-file-options.js'

/**
 * A storage that keeps its records in this process and makes each commit durable before anyone sees it.
 *
 * One process at a time has the file: opening it a second time fails, naming the owner. A torn last line of the
 * journal, which a crash leaves, is dropped with a warning; any other damage is an error that names file and line.
 *
 * @example
 * const clientele = await createClientele({ customerLists, storage: jsonFileStorage({ file: 'data/customers.json' }) })
 */
export function jsonFileStorage(options: JsonFileOptions): Storage {
  const figure = 'number'
  checkOptions<JsonFileOptions>(
    'jsonFileStorage',
    options,
    { file: 'string', journalBytes: figure, repair: 'boolean', disk: 'object', maxWaiting: figure, closeWait: figure },
    ['file'],
  )
  return new LocalStorage(options, new JsonFileBacking(options))
}
