/** Calls from outside: what one says of itself, and what it is over all attempts of its unit. */
import type { CallOptions } from '../model/calls.js'
import { profileOf } from '../model/profile.js'
import type { Change } from './dry-run.js'
import type { GuardedIds } from './host-calls.js'
import type { Call } from './unit.js'

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
