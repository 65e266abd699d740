/** Tells the host's observer of operations, and of what the storage is asked for on their behalf. */
import { AsyncLocalStorage } from 'node:async_hooks'
import { CustomerError } from '../model/problems.js'
import type { Observer, OperationEnd, OperationStart, StorageEnd, StorageStart } from '../ports/observer.js'
import {
  DuplicateKey,
  LockTimeout,
  QueryRefused,
  SchemaTooNew,
  StaleVersion,
  StorageUnavailable,
} from '../ports/storage.js'
import type { Storage } from '../ports/storage.js'

/** What a library's observer is told through; made only where there is one. */
export class Observation {
  readonly #observer: Observer
  /** The operation that asks the storage. */
  readonly #asking = new AsyncLocalStorage<OperationStart>()

  constructor(observer: Observer) {
    this.#observer = observer
  }

  /** Runs an operation. */
  async operation<T>(start: OperationStart, isDryRun: boolean, work: () => Promise<T>): Promise<T> {
    const { onOperation, onStorage } = this.#observer
    const ended = onOperation?.(start)
    const since = performance.now()
    const tell = (outcome: OperationEnd['outcome']) => ended?.({ outcome, ms: performance.now() - since })
    try {
      const value = await (onStorage ? this.#asking.run(start, work) : work())
      tell(isDryRun ? 'dryRun' : 'done')
      return value
    } catch (error) {
      tell(outcomeOf(error))
      throw error
    }
  }

  /** The storage, observed; itself where nobody asks. */
  storage(storage: Storage): Storage {
    const { onStorage } = this.#observer
    if (!onStorage) return storage
    const observed = async <T>(call: StorageStart['call'], list: string, work: () => Promise<T>): Promise<T> => {
      const { requestId, operation } = this.#asking.getStore() ?? {}
      const ended = onStorage({ call, list, ...(operation !== undefined && { requestId: requestId ?? '', operation }) })
      const since = performance.now()
      const tell = (outcome: StorageEnd['outcome']) => ended?.({ outcome, ms: performance.now() - since })
      try {
        const value = await work()
        tell('done')
        return value
      } catch (error) {
        tell(portErrors.find((kind) => error instanceof kind)?.name ?? (call === 'write' ? 'taken back' : 'failed'))
        throw error
      }
    }
    return {
      open: (options) => storage.open(options),
      read: (list, work, signal) => observed('read', list, () => storage.read(list, work, signal)),
      write: (list, work, signal) => observed('write', list, () => storage.write(list, work, signal)),
      counter: (list, name, n) => observed('counter', list, () => storage.counter(list, name, n)),
      figures: () => storage.figures(),
      close: () => storage.close(),
    }
  }
}

const portErrors = [DuplicateKey, StaleVersion, LockTimeout, StorageUnavailable, QueryRefused, SchemaTooNew]

/** The outcome that an error is. */
export function outcomeOf(error: unknown): Exclude<OperationEnd['outcome'], 'done' | 'dryRun'> {
  return error instanceof CustomerError ? error.problem.kind : 'internal'
}
