/** Gives the trace and the changes of a call to whom asked for them (decision 4.1). */
import { CustomerError } from '../model/problems.js'
import { tell } from '../model/thrown.js'
import type { Trace } from '../model/trace.js'
import { changesIn } from './dry-run.js'
import type { Change } from './dry-run.js'
import type { Incidents } from './incidents.js'
import type { Call } from './unit.js'

/** The outcome that an error is. */
export function outcomeOf(error: unknown): Trace['outcome'] {
  return error instanceof CustomerError ? error.problem.kind : 'internal'
}

/** Reports what happened in a call that has ended. A throw of `onTrace` is logged and changes nothing. */
export function report(
  incidents: Incidents,
  { operation, list, requestId, trace = [] }: Pick<Call, 'operation' | 'list' | 'requestId' | 'trace'>,
  onTrace: (trace: Trace) => void,
  outcome: Trace['outcome'],
): void {
  tell(
    () => onTrace({ operation: operation as Trace['operation'], list, requestId, outcome, steps: trace }),
    (error) => incidents.note('onTrace threw', error, { operation, list, requestId }),
  )
}

/** Reports the records that a call has changed. A throw of `onChanges` is logged and changes nothing. */
export function reportChanges(
  incidents: Incidents,
  { operation, list, requestId, changes }: Pick<Call, 'operation' | 'list' | 'requestId' | 'changes'>,
  onChanges: (changes: readonly Change[]) => void,
): void {
  tell(
    () => onChanges(changesIn(changes ?? new Map())),
    (error) => incidents.note('onChanges threw', error, { operation, list, requestId }),
  )
}
