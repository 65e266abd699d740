/** What `clientele/testing` offers: the test kit for plug-ins, the storage contract, random queries, a storage that fails on demand. */
export * from './faulty-storage.js'
export * from './hook-kit.js'
export * from './random-queries.js'
export * from './storage-contract.js'
