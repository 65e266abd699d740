/**
 * Tells of a call: its trace and its changes to whom asked for them (decision 4.1), its beginning and end to the host's
 * observer.
 */
import { tell } from '../model/thrown.js'
import type { Trace } from '../model/trace.js'
import type { OperationStart } from '../ports/observer.js'
import { changesIn } from './dry-run.js'
import type { Change } from './dry-run.js'
import type { Incidents } from './incidents.js'
import { outcomeOf } from './observation.js'
import type { Observation } from './observation.js'
import type { Call } from './call.js'

/** Who is told. */
export interface Told {
  readonly incidents: Incidents
  /** Absent: the host has no observer of operations and storage. */
  readonly observation: Observation | undefined
}

/** What a caller asks to be told. */
export interface Asked {
  readonly onTrace?: ((trace: Trace) => void) | undefined
  readonly onChanges?: ((changes: readonly Change[]) => void) | undefined
}

/** A call, as it is told of. */
type Traced = Pick<Call, 'operation' | 'list' | 'requestId' | 'flavour' | 'dryRun'> &
  Partial<Pick<Call, 'trace' | 'changes'>>

/** Runs a call of a handler, in frames of this depth, or one from outside. */
export function observed<T>(
  told: Told,
  { list, flavour, requestId, dryRun }: Traced,
  operation: OperationStart['operation'],
  depth: number,
  work: () => Promise<T>,
): Promise<T> {
  return told.observation
    ? told.observation.operation({ operation, list, flavour, requestId, depth }, dryRun, work)
    : work()
}

/** Runs a call from outside, and tells how it has ended. */
export function traced<T>(told: Told, call: Traced, asked: Asked, work: () => Promise<T>): Promise<T> {
  const isAsked = asked.onTrace ?? asked.onChanges
  return isAsked ? reported(told, call, asked, work) : observed(told, call, call.operation, 0, work)
}

async function reported<T>(told: Told, call: Traced, asked: Asked, work: () => Promise<T>): Promise<T> {
  const { onTrace, onChanges } = asked
  const { incidents } = told
  try {
    const value = await observed(told, call, call.operation, 0, work)
    if (onTrace) report(incidents, call, onTrace, call.dryRun ? 'dryRun' : 'done')
    if (onChanges) reportChanges(incidents, call, onChanges)
    return value
  } catch (error) {
    if (onTrace) report(incidents, call, onTrace, outcomeOf(error))
    throw error
  }
}

/** Reports what happened in a call that has ended. A throw of `onTrace` is logged and changes nothing. */
function report(
  incidents: Incidents,
  { operation, list, requestId, trace = [] }: Traced,
  onTrace: (trace: Trace) => void,
  outcome: Trace['outcome'],
): void {
  tell(
    () => onTrace({ operation, list, requestId, outcome, steps: trace }),
    (error) => incidents.note('onTrace threw', error, { operation, list, requestId }),
  )
}

/** Reports the records that a call has changed. A throw of `onChanges` is logged and changes nothing. */
function reportChanges(
  incidents: Incidents,
  { operation, list, requestId, changes }: Traced,
  onChanges: (changes: readonly Change[]) => void,
): void {
  tell(
    () => onChanges(changesIn(changes ?? new Map())),
    (error) => incidents.note('onChanges threw', error, { operation, list, requestId }),
  )
}
