/** Frames: which handler runs, so that its library calls join its unit of work and take turns (decision 4.8). */
import { AsyncLocalStorage } from 'node:async_hooks'
import type { CustomerOperations, Wire } from '../model/calls.js'
import type { Caller } from '../model/documents.js'
import type { TraceStep } from '../model/trace.js'
import type { WriteUnit } from '../ports/storage.js'
import type { Task } from './hooks.js'
import { PluginFault } from './plugin-fault.js'
import type { Handler } from './registry.js'

/** What a call said of itself, and what its handlers gather; lives as long as the call, over all attempts of its unit. */
export interface CallFacts {
  readonly list: string
  readonly flavour: string
  readonly caller: Caller | undefined
  readonly requestId: string
  readonly wire: (() => Wire) | undefined
  readonly dryRun: boolean
  readonly custom: Record<string, unknown>
  readonly tasks: { readonly handler: Handler; readonly task: Task }[]
  /** What handlers asked to be told of the end of the call. */
  readonly ends: (() => void)[]
  /** Absent: nobody asked for a trace. */
  readonly trace: TraceStep[] | undefined
  /** When the call began, where there is a trace. */
  readonly began: number
}

/** What a unit of work is to the handlers that run in it. */
export interface HandledUnit {
  readonly call: CallFacts
  /** Notes the handler that runs now, the innermost of nested ones; gives the one before. */
  handTo(handler: Handler | undefined): Handler | undefined
  /** The failed write of a handler's own call: the unit cannot commit, even if the handler swallowed it. */
  readonly doomed: unknown
  /** Failures of calls that handlers made: which of them are not the handlers' mistake is decided when one throws. */
  readonly failures: WeakSet<object>
  /** Failures of what handlers changed in place: they keep their own faults, whenever they come to light (decision 4.4). */
  readonly faultsInPlace: WeakSet<object>
  /** True once the unit is committed or given up: nothing may be asked of it any more. */
  readonly hasEnded: boolean
  /** The library in this unit, for what runs in a frame. */
  customersIn(frame: Frame): CustomerOperations
  /** The storage's own unit, for storages that give their client to hooks. */
  readonly storageUnit: WriteUnit
}

/** One handler that runs: library calls inside it join its unit and take turns. */
export interface Frame<U extends HandledUnit = HandledUnit> {
  readonly unit: U
  /** Absent: the work of a transaction. */
  readonly handler: Handler | undefined
  /** Id of the record that the point is about; undefined on create. */
  readonly recordId: string | undefined
  readonly parent: Frame | undefined
  readonly depth: number
  /** When it began, by `performance.now()`. */
  readonly began: number
  /** When its time is over, or that of a frame around it, by `performance.now()`. */
  readonly endsAt: number
  /** Calls that were started and have not ended. */
  open: number
  /** The last of the calls that wait for one another. */
  turn: Promise<unknown>
  closed: boolean
}

/** Says that what runs is known to be outside all frames. */
const outside = Symbol('outside')

/** Units of work nested deeper than this are taken for a cycle. */
const mostNested = 8

/** The frames of one library. */
export class Frames<U extends HandledUnit = HandledUnit> {
  readonly #frames = new AsyncLocalStorage<Frame<U> | typeof outside>()

  /** The frame that the caller runs in; undefined outside handlers. */
  get current(): Frame<U> | undefined {
    const frame = this.#frames.getStore()
    return frame === outside ? undefined : frame
  }

  /** How many frames the caller runs in. */
  get depth(): number {
    return this.current?.depth ?? 0
  }

  /** Runs work in a frame if it runs in none, such as in a callback of something that does not carry it along. */
  rejoin<T>(frame: Frame<U>, work: () => T): T {
    return this.#frames.getStore() === undefined ? this.#frames.run(frame, work) : work()
  }

  /** Runs work outside all frames. */
  outside<T>(work: () => T): T {
    return this.#frames.run(outside, work)
  }

  /** A frame within the caller's. `ms` limits it; without a handler, only the frames around it do. */
  create(unit: U, handler: Handler | undefined, recordId: string | undefined, ms: number): Frame<U> {
    const parent = this.current
    const depth = (parent?.depth ?? 0) + 1
    const began = performance.now()
    const endsAt = Math.min(began + ms, parent?.endsAt ?? Infinity)
    const frame = { unit, handler, recordId, parent, depth, began, endsAt, open: 0, turn: nothing, closed: false }
    if (depth > mostNested && handler)
      throw new PluginFault(handler, 0, `hooks call one another in a cycle: ${cycleOf(frame)}`)
    return frame
  }

  /** Runs work in a frame. */
  enter<T>(frame: Frame<U>, work: () => T): T {
    return this.#frames.run(frame, work)
  }

  /** Forgets all frames: kept ones would make every promise of the process slower on Node 20 and 22. */
  end(): void {
    this.#frames.disable()
  }

  /** True if a handler runs already, in a frame around the caller, for this record. */
  isRunning(handler: Handler, recordId: string | undefined): boolean {
    if (recordId === undefined) return false
    for (let frame: Frame | undefined = this.current; frame; frame = frame.parent)
      if (frame.handler === handler && frame.recordId === recordId) return true
    return false
  }
}

const nothing = Promise.resolve()

/** True when a frame or its unit has ended: nothing may be asked of it any more. */
export function isOver(frame: Frame): boolean {
  return frame.closed || frame.unit.hasEnded
}

/** The handlers from the one before that is the same as this frame's, or else from the outermost, to this one. */
function cycleOf(frame: Frame): string {
  const frames: Frame[] = [frame]
  for (let outer = frame.parent; outer; outer = outer.parent) {
    frames.unshift(outer)
    if (outer.handler === frame.handler) break
  }
  return frames.map(({ handler }) => (handler ? `${handler.plugin} at ${handler.point}` : 'transaction')).join(' -> ')
}
