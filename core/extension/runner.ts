/** Runs handlers: the only place that does. Frames, time limits, outcomes and who is to blame (decisions 4.5 to 4.10). */
import { AsyncLocalStorage } from 'node:async_hooks'
import { Breaker } from './breaker.js'
import type { BreakerSettings } from './breaker.js'
import { Deadline, TimeLimit, isThenable } from './deadline.js'
import { DocumentSpoilt } from './draft.js'
import { CustomerError, fail } from '../model/problems.js'
import type { Context } from './hooks.js'
import { Status } from './hooks.js'
import { copyOf, freeze } from '../model/json.js'
import type { Caller } from '../model/documents.js'
import { extensionPoints } from '../model/operations.js'
import type { ExtensionPoint, Operation } from '../model/operations.js'
import { PluginFault } from './plugin-fault.js'
import type { Handler, Registry } from './registry.js'
import { StorageUnavailable } from '../ports/storage.js'
import type { HandlerStep } from './trace.js'
import type { Unit } from '../work/unit.js'

/** One handler that runs: library calls inside it join its unit and take turns. */
export interface Frame {
  readonly unit: Unit
  readonly handler: Handler | undefined
  /** The record that the point is about; undefined on create. */
  readonly record: string | undefined
  readonly parent: Frame | undefined
  readonly depth: number
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
const maxDepth = 8

/** What limits handlers (decision 4.10). */
export interface RunnerLimits {
  /** Milliseconds that one handler, or one task after the commit, may take. */
  readonly handler: number
  /** Absent: no circuit breaker. */
  readonly breaker?: BreakerSettings | undefined
}

/** Runs the handlers of points, each in a frame of its own. */
export class Runner {
  readonly #registry: Registry
  readonly #limits: RunnerLimits
  readonly #breakers = new Map<string, Breaker>()
  readonly #frames = new AsyncLocalStorage<Frame | typeof outside>()
  readonly #running = new Map<Deadline, Unit | undefined>()

  /** `now` gives milliseconds, for the breakers. */
  constructor(registry: Registry, limits: RunnerLimits, now: () => number) {
    this.#registry = registry
    this.#limits = limits
    if (limits.breaker)
      for (const { name } of extensionPoints) this.#breakers.set(name, new Breaker(limits.breaker, now))
  }

  /** The frame that the caller runs in; undefined outside handlers. */
  get frame(): Frame | undefined {
    const frame = this.#frames.getStore()
    return frame === outside ? undefined : frame
  }

  /** Runs work in a frame if it runs in none, such as in a callback of something that does not carry it along. */
  withFrame<T>(frame: Frame, work: () => T): T {
    return this.#frames.getStore() === undefined ? this.#frames.run(frame, work) : work()
  }

  /** True if a point has handlers. */
  hasHandlers(point: string): boolean {
    return this.countHandlers(point) > 0
  }

  /** How many handlers a point has. */
  countHandlers(point: string): number {
    return this.#registry.handlersOf(point).length
  }

  /** Every point with its handlers. */
  describe(): HookDescription {
    const points = extensionPoints.map(({ name, operation, phase }) => ({
      point: name,
      operation,
      phase,
      handlers: this.#registry.handlersOf(name).map(({ plugin, name: handler, file }) => ({ plugin, handler, file })),
    }))
    return { points, toString: () => points.map(textOf).join('\n') }
  }

  /** Runs something outside all frames, within the time of a handler. Undefined: it was not asynchronous and has ended. */
  outside(work: (deadline: Deadline) => unknown): Promise<void> | undefined {
    const deadline = new Deadline()
    const result = this.#frames.run(outside, work, deadline)
    return isThenable(result) ? this.#end(result, deadline) : undefined
  }

  async #end(result: PromiseLike<unknown>, deadline: Deadline): Promise<void> {
    this.#running.set(deadline, undefined)
    try {
      await deadline.race(result, this.#limits.handler)
    } finally {
      this.#running.delete(deadline)
    }
  }

  /** Runs work in a frame of its own, which is closed when it ends; it must not leave calls open. */
  async inFrame<T>(
    unit: Unit,
    handler: Handler | undefined,
    record: string | undefined,
    work: (frame: Frame) => Promise<T>,
  ): Promise<T> {
    const parent = this.frame
    const depth = (parent?.depth ?? 0) + 1
    const own = handler ? performance.now() + this.#limits.handler : Infinity
    const endsAt = Math.min(own, parent?.endsAt ?? Infinity)
    const turn = Promise.resolve()
    const frame: Frame = { unit, handler, record, parent, depth, endsAt, open: 0, turn, closed: false }
    if (depth > maxDepth && handler)
      throw new PluginFault(handler, 0, `hooks call one another in a cycle: ${cycleOf(frame)}`)
    try {
      return await this.#frames.run(frame, () => work(frame))
    } finally {
      frame.closed = true
    }
  }

  /** Ends the time of what runs now, in all units or in one; in all, also of tasks after the commit. */
  abort(reason: Error, unit?: Unit): void {
    for (const [deadline, of] of this.#running) if (unit === undefined || of === unit) deadline.end(reason)
  }

  /**
   * Runs the handlers of a point in order. `args` gives the arguments before the context, `look` is called after each
   * handler and throws if it left a document in a bad state.
   */
  async run(
    unit: Unit,
    point: string,
    record: string | undefined,
    previous: unknown,
    args: () => readonly unknown[],
    look: () => Promise<unknown>,
  ): Promise<void> {
    const handlers = this.#registry.handlersOf(point)
    const breaker = this.#breakers.get(point)
    const admission = breaker?.admit()
    if (breaker && admission === undefined) {
      for (const handler of handlers) skip(unit, handler, 'the circuit breaker of the point is open')
      throw fail('breakerOpen', { extensionPoint: point })
    }
    const ended = new Map<string, string>()
    let at = 0
    let isFailure = false
    try {
      for (; at < handlers.length; at++) {
        const handler = handlers[at] as Handler
        const why = this.#isRunning(handler, record)
          ? 'its own write: it runs already for this record'
          : ended.get(handler.chain ?? '')
        if (why !== undefined) {
          skip(unit, handler, why)
          continue
        }
        const returned = await this.inFrame(unit, handler, record, (frame) =>
          this.#runOne(frame, handler, previous, args(), look),
        )
        if (returned !== undefined && handler.chain !== undefined)
          ended.set(handler.chain, `plug-in '${handler.plugin}' (${handler.name}) ended the chain with a Status`)
      }
    } catch (error) {
      for (const handler of handlers.slice(at + 1))
        skip(unit, handler, `plug-in '${handlers[at]?.plugin}' ended the point`)
      isFailure = error instanceof PluginFault && error.extensionPoint === point
      throw error
    } finally {
      if (breaker && admission !== undefined && breaker.note(admission, isFailure))
        unit.parts.logger.warn(`the circuit breaker of ${point} opens`, { extensionPoint: point, list: unit.list })
    }
  }

  #isRunning(handler: Handler, record: string | undefined): boolean {
    if (record === undefined) return false
    for (let frame = this.frame; frame; frame = frame.parent)
      if (frame.handler === handler && frame.record === record) return true
    return false
  }

  /** Gives what the handler returned. */
  async #runOne(
    frame: Frame,
    handler: Handler,
    previous: unknown,
    args: readonly unknown[],
    look: () => Promise<unknown>,
  ): Promise<unknown> {
    const { unit } = frame
    const start = performance.now()
    const trace = (outcome: HandlerStep['outcome'], reason?: string) => {
      const { point, plugin, name } = handler
      const ms = performance.now() - start
      const about = { step: 'handler', point, plugin, handler: name, outcome, ms, depth: frame.depth - 1 } as const
      unit.call.trace?.push(reason === undefined ? about : { ...about, reason })
    }
    const blame = (why: string, cause?: unknown) => {
      trace('threw', why)
      return new PluginFault(handler, performance.now() - start, why, cause === undefined ? undefined : { cause })
    }
    const deadline = new Deadline()
    this.#running.set(deadline, unit)
    const outer = unit.running
    unit.running = handler
    let returned: unknown
    try {
      const result = handler.run(...args, contextOf(frame, handler, previous, deadline))
      returned = isThenable(result) ? await deadline.race(result, this.#limits.handler) : result
    } catch (error) {
      if (isOf(unit, deadline, error)) {
        trace('threw', 'a call of its own failed')
        throw error
      }
      throw blame(error instanceof TimeLimit ? error.message : 'it threw', error)
    } finally {
      frame.closed = true
      unit.running = outer
      this.#running.delete(deadline)
    }
    if (frame.open > 0) throw blame('it returned while a library call of its own was still open: await it')
    if (unit.doomed) throw blame('a write of its own failed, so the whole unit of work fails', unit.doomed)
    const status = statusOf(returned)
    if (status === undefined) throw blame(`it returned ${describe(returned)}: return nothing or a Status`)
    if (status.status === Status.ERROR) throw refusal(handler, status, trace, blame)
    try {
      await look()
    } catch (error) {
      throw blame(error instanceof DocumentSpoilt ? error.message : 'it left a document that cannot be read', error)
    }
    trace('ok')
    return returned
  }
}

/** A point with its handlers. */
export interface PointDescription {
  readonly point: ExtensionPoint
  readonly operation: Operation
  readonly phase: 'before' | 'after'
  /** In the order in which they run. */
  readonly handlers: readonly {
    readonly plugin: string
    readonly handler: string
    readonly file: string | undefined
  }[]
}

/** Every extension point with its handlers. */
export interface HookDescription {
  readonly points: readonly PointDescription[]
  /** One line per point, and one per handler with its plug-in and file. */
  toString(): string
}

function textOf({ point, handlers }: PointDescription): string {
  const lines = handlers.map(({ plugin, handler, file }, at) => {
    const where = file === undefined ? '' : ` (${file})`
    return `  ${at + 1}. ${plugin}${handler === point ? '' : `: ${handler}`}${where}`
  })
  return [handlers.length === 0 ? `${point}: no handlers` : point, ...lines].join('\n')
}

/** True when a frame or its unit has ended: nothing may be asked of it any more. */
export function isOver(frame: Frame): boolean {
  return frame.closed || frame.unit.hasEnded
}

/** What is not the running handler's mistake: a fault of a handler deeper down, a refusal there, or no storage. */
function isOf(unit: Unit, deadline: Deadline, error: unknown): boolean {
  if (error instanceof PluginFault) return true
  if (error instanceof StorageUnavailable) return error === deadline.reason
  if (!(error instanceof CustomerError) || !unit.failures.has(error)) return false
  if (unit.faultsInPlace.has(error) || unit.faultsInPlace.has(error.cause as object)) return true
  return ['refusedByHook', 'breakerOpen', 'unavailable'].includes(error.problem.kind)
}

function skip(unit: Unit, handler: Handler, reason: string): void {
  const { point, plugin, name } = handler
  const depth = unit.parts.runner.frame?.depth ?? 0
  unit.call.trace?.push({ step: 'handler', point, plugin, handler: name, outcome: 'skipped', reason, depth })
}

/** The error for Status.ERROR. */
function refusal(
  handler: Handler,
  status: Status,
  trace: (outcome: 'error', reason: string) => void,
  blame: (why: string, cause: unknown) => Error,
): Error {
  const { code, message, details } = status
  try {
    const facts = {
      extensionPoint: handler.point,
      plugin: handler.plugin,
      details: copyOf({ ...details }),
      ...(code !== undefined && { code: asText(code) }),
      ...(message !== undefined && { message: asText(message) }),
    }
    trace('error', facts.code ?? 'Status.ERROR')
    return fail('refusedByHook', facts)
  } catch (error) {
    return blame(`the details of its Status are no plain JSON data: ${(error as Error).message}`, error)
  }
}

/** Plug-ins in plain JavaScript may give anything as code and message. */
function asText(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? typeof value)
}

function contextOf(frame: Frame, handler: Handler, previous: unknown, deadline: Deadline): Context {
  const { unit } = frame
  let customers: Context['customers'] | undefined
  const context: Context = {
    extensionPoint: handler.point,
    flavour: unit.call.flavour,
    get caller() {
      return frozenCaller(unit.call.caller)
    },
    requestId: unit.call.requestId,
    get customers() {
      return (customers ??= unit.customersFor(frame))
    },
    previous: previous as never,
    custom: unit.call.custom,
    get signal() {
      return deadline.signal
    },
    dryRun: unit.call.dryRun,
    afterCommit(task) {
      if (frame.closed) throw new Error(`afterCommit was called after the handler of plug-in '${handler.plugin}' ended`)
      if (typeof task !== 'function') throw new Error('afterCommit takes a function')
      unit.call.tasks.push({ handler, task })
      unit.call.trace?.push({ step: 'task', point: handler.point, plugin: handler.plugin })
    },
  }
  unit.bind(context)
  // a bag that is replaced would be lost: TypeError instead
  return Object.freeze(context)
}

const callers = new WeakMap<Caller, Caller>()

/** The caller as handlers get it: they must not change what a token cache holds. */
function frozenCaller(caller: Caller | undefined): Caller | undefined {
  if (caller === undefined) return undefined
  let frozen = callers.get(caller)
  if (!frozen) {
    const facts = Object.entries(caller).map(([name, fact]) => [name, Array.isArray(fact) ? freeze([...fact]) : fact])
    callers.set(caller, (frozen = Object.freeze(Object.fromEntries(facts)) as Caller))
  }
  return frozen
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

/** What a handler returned as a Status; undefined for what is none. */
export function statusOf(returned: unknown): Status | undefined {
  if (returned === undefined || returned === Status.OK) return Status.ok()
  if (returned === Status.ERROR) return new Status(Status.ERROR)
  return returned instanceof Status ? returned : undefined
}

function describe(value: unknown): string {
  if (value === null) return 'null'
  const { name } = (value as { constructor?: { name?: string } }).constructor ?? {}
  if (name === 'Status') return 'a Status of another copy of clientele'
  return typeof value === 'object' ? 'an object that is no Status' : `a ${typeof value}`
}
