/**
 * The storage contract: what every storage promises (adapters/storage/README.md), test by test. A storage is an
 * implementation of `Storage` that passes it, whole. Each topic has a file in the folder beside.
 *
 * @example
 * import { describe, it } from 'mocha'
 * import { storageContract } from 'clientele/testing'
 * storageContract({ describe, it }, { name: 'my storage', maxWaiting: 20, open: async (options) => … })
 */
import { unitsOfWork } from './storage-contract/units-of-work.js'
import { isolation } from './storage-contract/isolation.js'
import { locks } from './storage-contract/locks.js'
import { uniqueKeys } from './storage-contract/unique-keys.js'
import { versionsAndCounters } from './storage-contract/versions.js'
import { queries } from './storage-contract/queries.js'
import { records } from './storage-contract/records.js'
import { cancelling } from './storage-contract/cancelling.js'
import { closing } from './storage-contract/closing.js'
import { suiteOf } from './storage-contract/suite.js'
import type { StorageFactory, TestRunner } from './storage-contract/suite.js'

export { customerRecord } from './storage-contract/samples.js'
export { contractOptions } from './storage-contract/suite.js'
export type { Opened, StorageFactory, TestRunner } from './storage-contract/suite.js'

const topics = [unitsOfWork, isolation, locks, uniqueKeys, versionsAndCounters, queries, records, cancelling, closing]

/** Defines the contract's tests for one storage. */
export function storageContract(runner: TestRunner, factory: StorageFactory): void {
  const suite = suiteOf(runner, factory)
  suite.describe(`storage contract: ${factory.name}`, () => {
    for (const define of topics) define(suite)
  })
}
