/** From errors to what a caller gets to see: the problem it means, or an incident that the log explains. */
import { CustomerError, fail } from '../model/problems.js'
import type { Problem } from '../model/problems.js'
import { errorOf, messageOf, stackOf, tell } from '../model/thrown.js'
import type { Ids, Logger, OnError } from '../ports/host.js'
import { PluginFault } from '../extension/plugin-fault.js'
import { DuplicateKey, LockTimeout, QueryRefused, StaleVersion, StorageUnavailable } from '../ports/storage.js'
import { Abandoned } from './abandoned.js'
import { HostFault } from './host-calls.js'

/** What an error belongs to. */
export interface Occasion {
  readonly operation: string
  readonly list: string
  readonly requestId?: string | undefined
}

/** Where reports go. Logger and ids are guarded, so that they cannot fail (`host-calls.ts`). */
export interface ReportPorts {
  readonly ids: Ids
  readonly logger: Logger
  readonly onError: OnError
}

/** Logs and reports what nobody expected: the one place that does, and it cannot fail (decision 4.12). */
export class Incidents {
  readonly #ports: ReportPorts

  constructor(ports: ReportPorts) {
    this.#ports = ports
  }

  /**
   * Logs and reports whatever was thrown, and gives the CustomerError of kind `internal` to answer with. The log line
   * says `what` went wrong and the error's own message; faults of plug-ins and of the host's functions say it themselves.
   */
  report(thrown: unknown, facts: Readonly<Record<string, unknown>>, what = 'unexpected error'): CustomerError {
    const { ids, logger, onError } = this.#ports
    const error = errorOf(thrown)
    const incident = ids.incident()
    const isNamed = error instanceof PluginFault || error instanceof HostFault
    const all = { incident, ...facts, ...(error instanceof PluginFault && pluginFacts(error)) }
    const message = isNamed ? error.message : `${what}: ${messageOf(error)}`
    logger.error(message, { ...all, stack: stackOf(error) })
    tell(
      () => onError(error, all),
      (failure) => this.note('onError threw', failure, { incident }),
    )
    return fail('internal', { incident }, { cause: error })
  }

  /** Logs what the host should know. */
  warn(message: string, facts?: Readonly<Record<string, unknown>>): void {
    this.#ports.logger.warn(message, facts)
  }

  /** Logs what a callback of the host threw where nothing depends on it. */
  note(message: string, error: unknown, facts: Readonly<Record<string, unknown>>): void {
    this.#ports.logger.error(`${message}: ${messageOf(error)}`, { ...facts, stack: stackOf(error) })
  }

  /** The CustomerError that whatever was thrown means to a caller; an incident if nobody expected it. */
  explain(thrown: unknown, { operation, list, requestId }: Occasion): CustomerError {
    const error = errorOf(thrown)
    if (error instanceof CustomerError) return error
    const about = { operation, list, requestId }
    const problem = problemOf(error)
    if (!problem) return this.report(error, about)
    if (problem.kind === 'unavailable' && !(error instanceof Abandoned)) this.#ports.logger.warn(error.message, about)
    return new CustomerError(problem, { cause: error })
  }
}

/** The problem that an error of the storage port means; undefined for errors that nobody expected. */
export function problemOf(error: Error): Problem | undefined {
  if (error instanceof DuplicateKey) {
    // ids are made for the caller: what repeats itself is the host's own source of them
    if (error.key === 'id') return undefined
    const taken = {
      customers: error.key === 'login' ? 'loginInUse' : 'customerNoInUse',
      addresses: 'addressIdInUse',
      accounts: 'accountInUse',
    } as const
    return error.kind in taken ? { kind: taken[error.kind as keyof typeof taken] } : undefined
  }
  if (error instanceof StorageUnavailable) return { kind: 'unavailable', outcome: error.outcome, retryAfter: 2 }
  if (error instanceof LockTimeout || error instanceof StaleVersion)
    return { kind: 'unavailable', outcome: 'nothing', retryAfter: 1 }
  if (error instanceof QueryRefused) return { kind: 'queryRefused', reason: error.message }
  return undefined
}

function pluginFacts(fault: PluginFault): Readonly<Record<string, unknown>> {
  const { plugin, extensionPoint, handler, file, duration } = fault
  return { plugin, extensionPoint, handler, file, durationMs: Math.round(duration) }
}
