/** Work that is no unit of work, and opens short ones: between them no lock and no connection is held. */
import type { Ending } from '../model/calls.js'
import type { EventName, PayloadOf } from '../model/events.js'
import type { Clock } from '../ports/host.js'
import type { ReadUnit, Storage, WriteUnit } from '../ports/storage.js'
import { eventOf } from './call.js'
import type { Call } from './call.js'

/** What such work is done with. Its events are told when all of it has ended well. */
export interface Errand {
  readonly list: string
  readonly requestId: string
  /** Fires when its caller gives up. */
  readonly signal: Ending | undefined
  now(): Date
  /** Reads what is committed. */
  read<T>(work: (unit: ReadUnit) => Promise<T>): Promise<T>
  /** A unit of work, within the time of one. */
  write<T>(work: (unit: WriteUnit) => Promise<T>): Promise<T>
  emit<N extends EventName>(name: N, payload: PayloadOf<N>): void
}

/** An errand of a call. */
export function errandOf(
  call: Call,
  { storage, clock }: { readonly storage: Storage; readonly clock: Clock },
  write: Errand['write'],
): Errand {
  const { list, requestId, events, signal } = call
  return {
    list,
    requestId,
    signal,
    now: clock,
    read: (work) => storage.read(list, work, signal),
    write,
    emit: (name, payload) => void events.push(eventOf(call, clock().toISOString(), name, payload)),
  }
}
