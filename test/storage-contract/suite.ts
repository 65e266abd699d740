/** How the storage contract is run: on any test runner, on storages that a factory makes. */
import { upgrader } from '../../core/ports/storage.js'
import type { Storage, StorageOptions } from '../../core/ports/storage.js'
import { indexedPath } from '../random-queries.js'

/** The two functions of a test runner that the suite needs. */
export interface TestRunner {
  describe(title: string, define: () => void): unknown
  it(title: string, run: () => Promise<void>): unknown
}

/** A storage on data of its own. */
export interface Opened {
  readonly storage: Storage
  /** Another handle on the same data, open at the same time; `storage` itself where one handle is all there can be. */
  second(): Promise<Storage>
  /** Closes all handles and opens the data anew; `storage` itself, left open, where data ends with the handle. */
  reopen(): Promise<Storage>
  /** Closes all handles that are open and removes the data. */
  dispose(): Promise<void>
}

/** Makes storages for the suite. */
export interface StorageFactory {
  readonly name: string
  /** Opens a storage on fresh, empty data. */
  open(options: StorageOptions): Promise<Opened>
  /** So many units of work can wait for one lock at once in the storages that `open` makes; the next is refused. */
  readonly maxWaiting: number
}

/** Options that the suite opens storages with. */
export const contractOptions: StorageOptions = {
  indexes: { customers: [indexedPath], addresses: [['city']] },
  lockWait: 5_000,
  upgrade: upgrader(),
  warn: () => {},
}

/** What the topics of the contract define their tests with. */
export interface Suite {
  readonly maxWaiting: number
  readonly describe: (title: string, define: () => void) => unknown
  /** A test on a fresh storage, which is disposed of afterwards. */
  readonly test: (
    title: string,
    run: (storage: Storage, opened: Opened) => Promise<void>,
    options?: Partial<StorageOptions>,
  ) => unknown
}

/** The suite of one factory. */
export function suiteOf(runner: TestRunner, factory: StorageFactory): Suite {
  return {
    maxWaiting: factory.maxWaiting,
    describe: (title, define) => runner.describe(title, define),
    test: (title, run, options = {}) =>
      runner.it(title, async () => {
        const opened = await factory.open({ ...contractOptions, ...options })
        try {
          await run(opened.storage, opened)
        } finally {
          await opened.dispose()
        }
      }),
  }
}
