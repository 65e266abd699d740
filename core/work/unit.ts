/** One unit of work: what it has loaded, what it tells, and the points that it passes. */
import type { CustomerOperations, Ending } from '../model/calls.js'
import type { DomainEvent, EventName, PayloadOf } from '../model/events.js'
import type { Profile } from '../model/profile.js'
import { errorOf, messageOf } from '../model/thrown.js'
import type { Draft } from '../extension/draft.js'
import { DocumentSpoilt } from '../extension/draft.js'
import type { CallFacts, Frame, HandledUnit } from '../extension/frames.js'
import type { Handlers } from '../extension/handlers.js'
import { PluginFault } from '../extension/plugin-fault.js'
import type { Handler } from '../extension/registry.js'
import type { Clock } from '../ports/host.js'
import type { OperationStart } from '../ports/observer.js'
import type { WriteUnit } from '../ports/storage.js'
import type { Changes } from './dry-run.js'
import { recording } from './dry-run.js'

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

/** A record that the unit has loaded, and the draft of its document: one of each per record and unit. */
export abstract class Held<R extends object = object, D extends object = object> {
  record: R
  #draft: Draft<D> | undefined
  constructor(record: R) {
    this.record = record
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
  /** The document that the record holds now. */
  abstract get document(): D
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
  readonly failures = new WeakSet<object>()
  readonly faultsInPlace = new WeakSet<object>()
  readonly storageUnit: WriteUnit
  #profile: Profile
  #running: Handler | undefined
  #doomed: unknown
  #hasEnded = false
  #hasInnerWrites = false
  readonly #clock: Clock
  #now: string | undefined
  readonly #held = new Map<string, Held>()
  /** The documents of loaded records as the unit found them. */
  readonly #found = new Map<Held, object>()

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

  /** The time of the unit's writes: ISO 8601 UTC (decision 1.8). */
  get now(): string {
    this.#now ??= this.#clock().toISOString()
    return this.#now
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
    for (const [held, before] of this.#found) if (held.document !== before) held.emitChange(this, before)
    this.#found.clear()
  }

  /** The record with this id if the unit holds it, else what `load` makes of it. `isNew`: the unit has inserted it. */
  hold<H extends Held>(id: string, load: () => H, isNew = false): H {
    let held = this.#held.get(id) as H | undefined
    if (!held) {
      held = load()
      this.#held.set(id, held)
      if (!isNew) this.#found.set(held, held.document)
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
    if (held.isInHands) held.draft.cut()
    this.#held.delete(id)
    this.#found.delete(held)
  }

  /** Notes that a point is passed; true if it has handlers. */
  reaches(point: string): boolean {
    const count = this.handlers.count(point)
    this.call.trace?.push({ step: 'point', point, handlers: count, depth: this.handlers.frames.depth })
    return count > 0
  }

  /** Runs the handlers of a point; what they changed in place is stored when this returns. */
  async runHandlers(point: string, facts: PointFacts): Promise<void> {
    const { recordId, previous, draft } = facts
    const heldOutside = this.#inHands()
    let subjects: readonly string[] = []
    const args = (): readonly unknown[] => {
      const given = [...facts.args(), this.list]
      // what a handler is given is in its hands from now on
      subjects = [...this.#held].filter(([, held]) => held.isInHands).map(([id]) => id)
      return given
    }
    const look = (): Promise<void> | undefined => {
      if (!subjects.every((id) => this.#held.has(id)))
        throw new DocumentSpoilt('it deleted the record that it was called for')
      const drafts = this.#inHands().map((held) => held.draft)
      return inTurn(draft ? [draft, ...drafts] : drafts, (each) => each.look())
    }
    this.call.hasRunHandlers = true
    await this.handlers.run(this, { point, recordId, previous, args, look })
    const settling = this.#settle()
    if (settling) await settling
    for (const held of this.#inHands()) if (!heldOutside.includes(held)) held.draft.cut()
  }

  /** The records whose documents handlers may hold. */
  #inHands(): readonly Held[] {
    const held: Held[] = []
    for (const each of this.#held.values()) if (each.isInHands) held.push(each)
    return held
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

  #look(): Promise<void> | undefined {
    return inTurn(this.#inHands(), (held) => held.draft.look())
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
