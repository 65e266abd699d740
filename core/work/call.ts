/** Calls from outside: what one says of itself, and what it is over all attempts of its unit. */
import type { CallFacts, Frame } from '../extension/frames.js'
import type { CallOptions, CustomerOperations, Ending } from '../model/calls.js'
import type { DomainEvent, EventName, PayloadOf } from '../model/events.js'
import { profileOf } from '../model/profile.js'
import type { Profile } from '../model/profile.js'
import type { OperationStart } from '../ports/observer.js'
import type { Change, Changes } from './dry-run.js'
import type { GuardedIds } from './host-calls.js'

/** A call, over all attempts of its unit. */
export interface Call extends CallFacts {
  readonly operation: OperationStart['operation']
  readonly profile: Profile
  /** Fires when the caller gives the call up. */
  readonly signal?: Ending | undefined
  readonly events: DomainEvent[]
  /** What the call changes, or a dry run would; absent: nobody asked. */
  readonly changes: Changes | undefined
  /** Gives handlers the library in this unit: the one way back to what stands above. */
  readonly customersIn: (frame: Frame) => CustomerOperations
  /** True once a handler has run: the unit must not be run again then. */
  hasRunHandlers: boolean
}

/** An event of a call. */
export function eventOf<N extends EventName>(
  { list, requestId }: Pick<Call, 'list' | 'requestId'>,
  time: string,
  name: N,
  payload: PayloadOf<N>,
): DomainEvent {
  return { name, list, requestId, time, payload } as DomainEvent
}

/** What a writing call says of itself. */
export interface WriteOptions extends CallOptions {
  readonly dryRun?: boolean
  readonly onChanges?: ((changes: readonly Change[]) => void) | undefined
}

/** What is known of who calls. */
type Own = Pick<Call, 'flavour' | 'requestId' | 'caller'>

/** A call. `customersIn` gives its handlers the library. */
export function callOf(
  operation: Call['operation'],
  list: string,
  options: WriteOptions,
  ids: Pick<GuardedIds, 'request'>,
  customersIn: (own: Own) => Call['customersIn'],
): Call {
  const { flavour = 'library', caller, requestId = ids.request(), wire } = options
  const own = { flavour, requestId, caller }
  return {
    operation,
    list,
    ...own,
    wire,
    profile: profileOf(options.profile),
    dryRun: options.dryRun ?? false,
    signal: options.signal,
    custom: {},
    tasks: [],
    ends: [],
    events: [],
    trace: options.onTrace && [],
    began: options.onTrace ? performance.now() : 0,
    changes: options.onChanges && new Map(),
    customersIn: customersIn(own),
    hasRunHandlers: false,
  }
}
