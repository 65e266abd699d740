/** THE read: how every reading operation runs (core/README.md, The life of a read). No points, no locks. */
import type { Address, Customer } from '../model/documents.js'
import type { Ending } from '../model/calls.js'
import { operations } from '../model/operations.js'
import type { InputOf, Reading, ResultOf } from '../model/operations.js'
import type { AddressRecord, CustomerRecord, ReadUnit, Storage } from '../ports/storage.js'
import type { Frame } from '../extension/frames.js'
import { inTimeOf, throwIfAbandoned } from './abandoned.js'
import { addressOf, customerOf } from './records.js'
import type { Unit } from './unit.js'

/** Where a reading operation reads, and what it shows of a record: the document, or the object that a handler holds. */
export interface ReadView {
  readonly unit: ReadUnit
  readonly list: string
  customer(record: CustomerRecord): Customer
  address(record: AddressRecord): Address
}

/** The list that a call is about, and its id for logs. */
export interface CallPlace {
  readonly list: string
  readonly requestId?: string | undefined
  /** Fires when the caller gives the call up. */
  readonly signal?: Ending | undefined
}

/** A reading operation. */
export interface ReadOperation<O extends Reading = Reading, S = unknown> {
  read(view: ReadView, input: InputOf<O>): Promise<S>
  /** What is asked of somebody else, once the storage has answered. */
  complete?(found: S, input: InputOf<O>, call: CallPlace): Promise<ResultOf<O>>
}

/** Runs a reading operation on what is committed; throws or rejects. What reads one record ends by itself; a query is told when to end. */
export function runRead<O extends Reading>(
  storage: Storage,
  call: CallPlace,
  name: O,
  operation: ReadOperation<O>,
  input: InputOf<O>,
): Promise<ResultOf<O>> {
  const { list, signal } = call
  throwIfAbandoned(signal)
  const read = (unit: ReadUnit) => operation.read({ unit, list, customer: customerOf, address: addressOf }, input)
  const found = operations[name].isQuery ? storage.read(list, read, signal) : inTimeOf(storage.read(list, read), signal)
  const complete = operation.complete?.bind(operation)
  return complete ? found.then((value) => complete(value, input, call)) : (found as Promise<ResultOf<O>>)
}

/** Runs a reading operation of a handler, in the handler's unit. */
export async function runReadIn<O extends Reading>(
  unit: Unit,
  { handler }: Frame,
  name: O,
  operation: ReadOperation<O>,
  input: InputOf<O>,
): Promise<ResultOf<O>> {
  // what handlers changed in place so far is found too
  if (operations[name].isQuery) await unit.settleFor(handler)
  const found = await operation.read(liveIn(unit), input)
  return operation.complete ? operation.complete(found, input, unit.call) : (found as ResultOf<O>)
}

/** Inside a unit, a record that a handler holds shows as the very object that it holds. */
function liveIn(unit: Unit): ReadView {
  const live = <D extends object>(id: string, stored: D): D => {
    const held = unit.holding(id)
    return held?.isInHands ? (held.draft.live as D) : stored
  }
  return {
    unit: unit.tx,
    list: unit.list,
    customer: (record) => live(record.id, customerOf(record)),
    address: (record) => live(record.id, addressOf(record)),
  }
}
