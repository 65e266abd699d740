/** What the modules of one request are made of. */
import type { Asking } from '../bridge.js'
import type { Loader } from '../loader.js'
import type { CartridgeFolder, RequestFacts, WorkerSetup } from '../messages.js'
import type { Records } from '../objects/customers.js'

/** Makes a module for one request. */
export type ModuleMaker = (around: Surroundings) => object

/** What modules are made of: one request's. */
export interface Surroundings {
  readonly setup: WorkerSetup
  readonly cartridges: readonly CartridgeFolder[]
  readonly bridge: Asking
  readonly records: Records
  readonly request: RequestFacts
  /** Loads scripts of custom points. */
  readonly loader: () => Loader
}
