/** What `clientele/testing` offers: the storage contract, random queries, and a storage that fails on demand. */
export * from './faulty-storage.js'
export * from './random-queries.js'
export * from './storage-contract.js'
