/** From errors to what a caller gets to see: the problem it means, or an incident that the log explains. */
import { CustomerError, fail } from '../model/problems.js'
import type { Problem } from '../model/problems.js'
import type { Ids, Logger, OnError } from '../ports/host.js'
import { PluginFault } from '../extension/plugin-fault.js'
import { DuplicateKey, LockTimeout, QueryRefused, StaleVersion, StorageUnavailable } from '../ports/storage.js'

/** What an error belongs to. */
export interface Occasion {
  readonly operation: string
  readonly list: string
  readonly requestId?: string | undefined
}

/** Where reports go. */
export interface ReportPorts {
  readonly ids: Ids
  readonly logger: Logger
  readonly onError: OnError
}

/** Logs and reports what nobody expected. */
export class Incidents {
  readonly #ports: ReportPorts

  constructor(ports: ReportPorts) {
    this.#ports = ports
  }

  /** Logs and reports an error, and gives the CustomerError of kind `internal` to answer with. */
  report(error: unknown, facts: Readonly<Record<string, unknown>>): CustomerError {
    const { ids, logger, onError } = this.#ports
    const incident = ids.incident()
    const isPluginFault = error instanceof PluginFault
    const all = { incident, ...facts, ...(isPluginFault && pluginFacts(error)) }
    logger.error(isPluginFault ? error.message : 'unexpected error', { ...all, stack: stackOf(error) })
    try {
      onError(error, all)
    } catch (failure) {
      logger.error('onError threw', { incident, stack: stackOf(failure) })
    }
    return fail('internal', { incident }, { cause: error })
  }

  /** Logs what a callback of the host threw where nothing depends on it. */
  note(message: string, error: unknown, facts: Readonly<Record<string, unknown>>): void {
    this.#ports.logger.error(message, { ...facts, stack: stackOf(error) })
  }

  /** The CustomerError that an error means to a caller; an incident if nobody expected it. */
  explain(error: unknown, { operation, list, requestId }: Occasion): CustomerError {
    if (error instanceof CustomerError) return error
    const about = { operation, list, requestId }
    const problem = problemOf(error)
    if (!problem) return this.report(error, about)
    if (problem.kind === 'unavailable') this.#ports.logger.warn((error as Error).message, about)
    return new CustomerError(problem, { cause: error })
  }
}

/** The problem that an error of the storage port means; undefined for errors that nobody expected. */
export function problemOf(error: unknown): Problem | undefined {
  if (error instanceof DuplicateKey) {
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

/** An error's stack and those of its causes, for logs. */
export function stackOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const cause = error.cause === undefined ? '' : `\ncaused by: ${stackOf(error.cause)}`
  return `${error.stack ?? error.message}${cause}`
}
