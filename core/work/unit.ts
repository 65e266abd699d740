/** One unit of work: what it has loaded, what it tells, and the points that it passes. */
import type { CustomerOperations } from '../model/calls.js'
import type { EventName, PayloadOf } from '../model/events.js'
import type { Profile } from '../model/profile.js'
import { errorOf, messageOf } from '../model/thrown.js'
import type { Draft } from '../extension/draft.js'
import { DocumentSpoilt } from '../extension/draft.js'
import type { Frame, HandledUnit } from '../extension/frames.js'
import type { Handlers } from '../extension/handlers.js'
import { PluginFault } from '../extension/plugin-fault.js'
import type { Handler } from '../extension/registry.js'
import type { Clock } from '../ports/host.js'
import type { WriteUnit } from '../ports/storage.js'
import { eventOf } from './call.js'
import type { Call } from './call.js'
import { recording } from './dry-run.js'

/** A record that the unit has loaded, and the draft of its document: one of each per record and unit. */
export abstract class Held<R extends object = object, D extends object = object> {
  /** The document as the unit found it; absent for a record that the unit has inserted. */
  found: D | undefined
  #record: R
  #document: D | undefined
  #draft: Draft<D> | undefined
  /** `document` is what the record holds, where that is known already. */
  constructor(record: R, document?: D) {
    this.#record = record
    this.#document = document
  }
  get record(): R {
    return this.#record
  }
  set record(record: R) {
    this.#record = record
    this.#document = undefined
  }
  /** The document that the record holds now. */
  get document(): D {
    return (this.#document ??= this.documentOf(this.#record))
  }
  /** The draft of the document, made when a handler gets it. */
  get draft(): Draft<D> {
    return (this.#draft ??= this.createDraft())
  }
  /** True while handlers may hold the document. */
  get isInHands(): boolean {
    return this.#draft?.isInHands ?? false
  }
  /** Makes the record's document the state of the draft. */
  refresh(): void {
    this.#draft?.become(this.document)
  }
  protected abstract createDraft(): Draft<D>
  /** The document of a record. */
  protected abstract documentOf(record: R): D
  /** Brings the record to a desired document, with all the rules of its kind. */
  abstract store(unit: Unit, desired: D): Promise<void>
  /** Emits the events of what the unit changed; `before` is the document as the unit found it. */
  abstract emitChange(unit: Unit, before: D): void
}

/** What a point is about when a unit passes it. */
export interface PointFacts {
  /** Id of the record; undefined on create. */
  readonly recordId?: string | undefined
  /** State before the change; undefined on create. */
  readonly previous: unknown
  /** The document of the request, which handlers may change. */
  readonly draft?: Draft<object> | undefined
  /** The handlers' arguments before the list id and the context. */
  args(): readonly unknown[]
}

/** A unit of work around one of the storage. */
export class Unit implements HandledUnit {
  readonly tx: WriteUnit
  readonly call: Call
  readonly handlers: Handlers<Unit>
  readonly storageUnit: WriteUnit
  #profile: Profile
  #running: Handler | undefined
  #doomed: unknown
  #hasEnded = false
  #hasInnerWrites = false
  readonly #clock: Clock
  #now: string | undefined
  readonly #held = new Map<string, Held>()
  /** How many records were deleted while handlers held them. */
  #lost = 0
  #failures: WeakSet<object> | undefined
  #faultsInPlace: WeakSet<object> | undefined

  constructor(tx: WriteUnit, call: Call, handlers: Handlers<Unit>, clock: Clock) {
    this.storageUnit = tx
    this.tx = call.changes ? recording(tx, call.changes) : tx
    this.call = call
    this.handlers = handlers
    this.#clock = clock
    this.#profile = call.profile
  }

  get list(): string {
    return this.call.list
  }

  get failures(): WeakSet<object> {
    return (this.#failures ??= new WeakSet())
  }

  get faultsInPlace(): WeakSet<object> {
    return (this.#faultsInPlace ??= new WeakSet())
  }

  /** The time of the unit's writes: ISO 8601 UTC (decision 1.8). */
  get now(): string {
    return (this.#now ??= this.#clock().toISOString())
  }

  /** Rules of the call that runs now: of a handler's call while one runs (decision 4.8). */
  get profile(): Profile {
    return this.#profile
  }

  /** Runs work under other rules. */
  async under<T>(profile: Profile, work: () => Promise<T>): Promise<T> {
    const outer = this.#profile
    this.#profile = profile
    try {
      return await work()
    } finally {
      this.#profile = outer
    }
  }

  get running(): Handler | undefined {
    return this.#running
  }

  handTo(handler: Handler | undefined): Handler | undefined {
    const outer = this.#running
    this.#running = handler
    return outer
  }

  get doomed(): unknown {
    return this.#doomed
  }

  doom(error: unknown): void {
    this.#doomed ??= error
  }

  get hasEnded(): boolean {
    return this.#hasEnded
  }

  /** The unit is committed or given up. */
  end(): void {
    this.#hasEnded = true
  }

  /** True once something was written by a call in the unit: from then on a collision must be noticed at its write. */
  get hasInnerWrites(): boolean {
    return this.#hasInnerWrites
  }

  noteInnerWrite(): void {
    this.#hasInnerWrites = true
  }

  customersIn(frame: Frame): CustomerOperations {
    return this.call.customersIn(frame)
  }

  /** Notes what the operation does by itself, beside what it was asked for (decision 4.1). */
  effect(effect: string, records = 1): void {
    if (records > 0) this.call.trace?.push({ step: 'effect', effect, records })
  }

  /** Notes an event, to be told after the commit. */
  emit<N extends EventName>(name: N, payload: PayloadOf<N>): void {
    this.call.events.push(eventOf(this.call, this.now, name, payload))
  }

  /** Emits the events of all records that the unit has changed, by whatever operation, handler or side effect. */
  emitChanges(): void {
    for (const held of this.#held.values())
      if (held.found !== undefined && held.document !== held.found) held.emitChange(this, held.found)
  }

  /** The record with this id if the unit holds it, else what `load` makes of it. `isNew`: the unit has inserted it. */
  hold<H extends Held>(id: string, load: () => H, isNew = false): H {
    let held = this.#held.get(id) as H | undefined
    if (!held) {
      held = load()
      this.#held.set(id, held)
      if (!isNew) held.found = held.document
    }
    return held
  }

  /** The record with this id, if the unit holds it. */
  holding(id: string): Held | undefined {
    return this.#held.get(id)
  }

  /** Forgets a removed record. */
  drop(id: string): void {
    const held = this.#held.get(id)
    if (!held) return
    if (held.isInHands) {
      held.draft.cut()
      this.#lost++
    }
    this.#held.delete(id)
  }

  /** Notes that a point is passed; true if it has handlers. */
  reaches(point: string): boolean {
    const count = this.handlers.count(point)
    this.call.trace?.push({ step: 'point', point, handlers: count, depth: this.handlers.frames.depth })
    return count > 0
  }

  /** Runs the handlers of a point; what they changed in place is stored when this returns. */
  runHandlers(point: string, facts: PointFacts): Promise<void> {
    const { recordId, previous, draft } = facts
    const heldOutside = this.#inHands()
    let lost = 0
    const args = (): readonly unknown[] => {
      lost = this.#lost
      return [...facts.args(), this.list]
    }
    const look = (): Promise<void> | undefined => {
      // a handler is not called for a record that is not there: it, or a call of its own, has deleted it
      if (this.#lost > lost) throw new DocumentSpoilt('it deleted the record that it was called for')
      return this.#look(draft)
    }
    const end = (): Promise<void> | undefined => {
      const settling = this.#settle()
      return settling ? settling.then(() => this.#cut(heldOutside)) : this.#cut(heldOutside)
    }
    this.call.hasRunHandlers = true
    return this.handlers.run(this, { point, recordId, previous, args, look, end })
  }

  /** The records whose documents handlers may hold. */
  #inHands(): readonly Held[] {
    const held: Held[] = []
    for (const each of this.#held.values()) if (each.isInHands) held.push(each)
    return held
  }

  /** Ends the hold of handlers, but for what handlers outside hold too. */
  #cut(heldOutside: readonly Held[]): undefined {
    for (const held of this.#held.values()) if (held.isInHands && !heldOutside.includes(held)) held.draft.cut()
  }

  /** Stores what the handler that makes a call of its own has changed in place so far. */
  async settleFor(handler: Handler | undefined): Promise<void> {
    try {
      await this.#look()
    } catch (error) {
      throw handler ? new PluginFault(handler, 0, messageOf(error), { cause: errorOf(error) }) : error
    }
    try {
      await this.#settle()
    } catch (error) {
      this.faultsInPlace.add(error as object)
      throw error
    }
  }

  /** Looks at what handlers made of a document that is not stored yet, if there is one, and of the records. */
  #look(draft?: Draft<object>): Promise<void> | undefined {
    const looking = draft?.look()
    const atRecords = () => inTurn(this.#inHands(), (held) => held.draft.look())
    return looking ? looking.then(atRecords) : atRecords()
  }

  #settle(): Promise<void> | undefined {
    return inTurn(this.#inHands(), (held) =>
      held.draft.seen === held.document ? undefined : held.store(this, held.draft.seen),
    )
  }
}

/** Does something with each, one after the other; a promise only if there is one to wait for. */
function inTurn<T>(
  all: readonly T[],
  work: (each: T) => Promise<void> | undefined,
  from = 0,
): Promise<void> | undefined {
  for (let at = from; at < all.length; at++) {
    const working = work(all[at] as T)
    if (working) return working.then(() => inTurn(all, work, at + 1))
  }
  return undefined
}
