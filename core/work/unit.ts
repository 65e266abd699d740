/** One unit of work: what it has loaded, who holds it, and the phases of its operations. */
import type { CustomerOperations, DomainEvent } from '../clientele.js'
import { DocumentSpoilt } from '../extension/draft.js'
import type { Draft } from '../extension/draft.js'
import { recording } from './dry-run.js'
import type { Changes } from './dry-run.js'
import type { Context, Task } from '../extension/hooks.js'
import type { Ids, Parts } from '../ports/host.js'
import type { Caller, FlavourName } from '../model/documents.js'
import { operations } from '../model/operations.js'
import type { ArgumentsOf, Pointed } from '../model/operations.js'
import { PluginFault } from '../extension/plugin-fault.js'
import type { Profile } from '../rules/profiles.js'
import type { Handler } from '../extension/registry.js'
import type { Frame } from '../extension/runner.js'
import type { Secret } from '../model/secret.js'
import type { WriteUnit } from '../ports/storage.js'
import type { Trace, TraceStep } from '../extension/trace.js'

/** What a call said of itself, and what it has gathered; lives as long as the call, over all its attempts. */
export interface CallFacts {
  readonly operation: string
  readonly list: string
  readonly flavour: FlavourName | 'library'
  readonly caller: Caller | undefined
  readonly requestId: string
  readonly profile: Profile
  readonly dryRun: boolean
  readonly custom: Record<string, unknown>
  readonly tasks: { readonly handler: Handler; readonly task: Task }[]
  readonly events: DomainEvent[]
  /** Absent: nobody asked for a trace. */
  readonly trace: TraceStep[] | undefined
  /** What a dry run would change; absent: nobody asked. */
  readonly changes: Changes | undefined
  readonly onTrace: ((trace: Trace) => void) | undefined
  /** The password that the call was announced with, and its hash, made before the unit opened if it is acceptable. */
  readonly password: Secret | undefined
  passwordHash: string | undefined
  /** True once a handler has run: the unit must not be run again then. */
  hasRunHandlers: boolean
  /** True if the customer's number was generated, so that a collision is no fault of the client. */
  hasGeneratedNumber: boolean
}

/** A record that the unit has loaded for change, and the draft of its document: one of each per record. */
export interface Held<R = unknown, D extends object = object> {
  record: R
  readonly draft: Draft<D>
  /** Brings the record to a desired document, with all the rules of its kind. */
  readonly store: (unit: Unit, held: Held<R, D>, desired: D) => Promise<void>
  /** The document that the record holds now. */
  readonly stored: () => D
  /** Emits the events of a change that the unit made to the record that it had loaded. */
  readonly tell: (unit: Unit, before: D) => void
}

/** A handler's arguments before the list id. `[never]` only makes array literals infer as tuples. */
type FirstArguments<O extends Pointed, P extends 'before' | 'after'> =
  (ArgumentsOf<O, P> extends [...infer First, customerListId: string] ? First : never) | [never]

/** What a phase is about. */
export interface Phase<O extends Pointed, P extends 'before' | 'after'> {
  /** Id of the record that the point is about; undefined on create. */
  readonly record?: string
  readonly previous?: unknown
  /** The handlers' arguments before the list id and the context. */
  readonly args: () => FirstArguments<O, P>
  /** Documents of the request that handlers may change. */
  readonly documents?: readonly Draft<object>[]
}

const units = new WeakMap<object, WriteUnit>()

/** The storage's unit that a handler's context belongs to; undefined for anything else. For storage adapters. */
export function storageUnitOf(context: Context | object): WriteUnit | undefined {
  return units.get(context)
}

/** A unit of work of the library around one of the storage. */
export class Unit {
  readonly tx: WriteUnit
  readonly call: CallFacts
  readonly parts: Parts
  /** Rules of the call that runs now: of a handler's call while one runs (decision 4.8). */
  profile: Profile
  /** The handler that runs now, the innermost of nested ones. */
  running: Handler | undefined
  /** The failed write of a handler's own call: the unit cannot commit, even if the handler swallowed it. */
  doomed: unknown
  /** Failures of calls that handlers made: which of them are not the handlers' mistake is for the runner to say. */
  readonly failures = new WeakSet<object>()
  /** Failures of what handlers changed in place: they keep their own faults, whenever they come to light (decision 4.4). */
  readonly faultsInPlace = new WeakSet<object>()
  /** True once the unit is committed or given up: nothing may be asked of it any more. */
  hasEnded = false
  /** True once a handler wrote something by a call of its own. */
  hasInnerWrites = false
  readonly #storage: WriteUnit
  readonly #held = new Map<string, Held>()
  /** The documents of loaded records as the unit found them. */
  readonly #origins = new Map<Held, object>()

  readonly #library: (frame: Frame) => CustomerOperations

  constructor(parts: Parts, tx: WriteUnit, call: CallFacts, library: (frame: Frame) => CustomerOperations) {
    this.parts = parts
    this.#storage = tx
    this.tx = call.changes ? recording(tx, call.changes) : tx
    this.call = call
    this.profile = call.profile
    this.#library = library
  }

  /** The library on this unit, for what runs in a frame: `context.customers`. */
  customersFor(frame: Frame): CustomerOperations {
    return this.#library(frame)
  }
  get list(): string {
    return this.call.list
  }
  get ids(): Ids {
    return this.parts.ids
  }
  /** The time of a write: ISO 8601 UTC (decision 1.8). */
  now(): string {
    return this.parts.clock().toISOString()
  }

  /** Notes what the operation does by itself, beside what it was asked for (decision 4.1). */
  effect(effect: string, records = 1): void {
    if (records > 0) this.call.trace?.push({ step: 'effect', effect, records })
  }

  /** Notes an event, to be told after the commit. */
  emit(name: string, payload: Readonly<Record<string, unknown>>): void {
    this.call.events.push({ name, list: this.list, requestId: this.call.requestId, time: this.now(), payload })
  }

  /** Emits the events of all records that the unit has changed, by whatever operation, handler or side effect. */
  tellChanges(): void {
    for (const [held, before] of this.#origins) if (held.stored() !== before) held.tell(this, before)
    this.#origins.clear()
  }

  /** Ties a handler's context to this unit, for `storageUnitOf`. */
  bind(context: object): void {
    units.set(context, this.#storage)
  }

  /** The record with this id if the unit has loaded it, else what `load` makes of it. `isNew`: the unit has inserted it. */
  hold<R, D extends object>(id: string, load: () => Held<R, D>, isNew = false): Held<R, D> {
    let held = this.#held.get(id) as Held<R, D> | undefined
    if (!held) {
      held = load()
      this.#held.set(id, held as unknown as Held)
      if (!isNew) this.#origins.set(held as unknown as Held, held.stored())
    }
    return held
  }

  /** The record with this id, if the unit has loaded it. */
  holding(id: string): Held | undefined {
    return this.#held.get(id)
  }

  /** Forgets a removed record. */
  drop(id: string): void {
    const held = this.#held.get(id)
    if (!held) return
    held.draft.cut()
    this.#held.delete(id)
    this.#origins.delete(held)
  }

  /** True if a later phase of the operation has handlers, who must not see a write that turns out to be a duplicate. */
  needsFlush(operation: Pointed): boolean {
    return this.parts.runner.hasHandlers(operations[operation].after)
  }

  /** Runs the handlers of an operation's point; what they changed in place is stored when it returns. */
  async phase<O extends Pointed, P extends 'before' | 'after'>(
    operation: O,
    phase: P,
    about: Phase<O, P>,
  ): Promise<void> {
    const point = operations[operation][phase]
    const { runner } = this.parts
    const depth = runner.frame?.depth ?? 0
    this.call.trace?.push({ step: 'point', point, handlers: runner.countHandlers(point), depth })
    if (!runner.hasHandlers(point)) return
    this.call.hasRunHandlers = true
    if (phase === 'after') await this.tx.flush()
    const heldOutside = new Set([...this.#held.values()].filter((held) => held.draft.isHeld))
    const documents = about.documents ?? []
    about.args()
    const subjects = [...this.#held].filter(([, held]) => held.draft.isHeld).map(([id]) => id)
    await runner.run(
      this,
      point,
      about.record,
      about.previous,
      () => [...about.args(), this.list],
      async () => {
        for (const draft of documents) await draft.look()
        await this.#look()
        if (!subjects.every((id) => this.#held.has(id)))
          throw new DocumentSpoilt('it deleted the record that it was called for')
      },
    )
    await this.#settle()
    for (const held of this.#held.values()) if (!heldOutside.has(held)) held.draft.cut()
  }

  /** Stores what the handler that makes a call of its own has changed in place so far. */
  async settleFor(handler: Handler | undefined): Promise<void> {
    try {
      await this.#look()
    } catch (error) {
      throw handler ? new PluginFault(handler, 0, (error as Error).message, { cause: error }) : error
    }
    try {
      await this.#settle()
    } catch (error) {
      this.faultsInPlace.add(error as object)
      throw error
    }
  }

  async #look(): Promise<void> {
    for (const held of this.#held.values()) await held.draft.look()
  }

  async #settle(): Promise<void> {
    for (const held of this.#held.values())
      if (held.draft.seen !== held.stored()) await held.store(this, held, held.draft.seen)
  }
}
