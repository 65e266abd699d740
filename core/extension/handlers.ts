/** Runs handlers: the only place that does. Order, time limits, outcomes and who is to blame (decisions 4.5 to 4.10). */
import { extensionPoints } from '../model/operations.js'
import { CustomerError, fail } from '../model/problems.js'
import { errorOf, messageOf } from '../model/thrown.js'
import type { Logger } from '../ports/host.js'
import type { HandlerEnd, Observer } from '../ports/observer.js'
import { StorageUnavailable } from '../ports/storage.js'
import { Breaker } from './breaker.js'
import type { BreakerSettings } from './breaker.js'
import { HandlerContext } from './context.js'
import { Deadline, TimeLimit, Timer, isThenable } from './deadline.js'
import { DocumentSpoilt } from './draft.js'
import { descriptionOf } from './description.js'
import type { HookDescription } from './description.js'
import { Frames } from './frames.js'
import type { Frame, HandledUnit } from './frames.js'
import { Status } from './hooks.js'
import { describe, refusalOf, statusOf } from './outcome.js'
import { PluginBusy, PluginFault } from './plugin-fault.js'
import type { Handler, Registry } from './registry.js'

/** What handlers run under. */
export interface HandlersOptions {
  readonly registry: Registry
  /** Milliseconds that one handler, or one task after the commit, may take (decision 4.10). */
  readonly limit: number
  /** Absent: no circuit breaker. */
  readonly breaker: BreakerSettings | undefined
  readonly clock: () => Date
  readonly logger: Logger
  /** Told of every handler that runs; absent: nobody is. */
  readonly onHandler?: Observer['onHandler'] | undefined
}

/** One passing of a point. */
export interface Passing {
  readonly point: string
  /** Id of the record that the point is about; undefined on create. */
  readonly recordId: string | undefined
  readonly previous: unknown
  /** The handlers' arguments before the context; asked for anew before each handler. */
  args(): readonly unknown[]
  /** Called after each handler; throws or rejects if it left a document in a bad state. */
  look(): Promise<void> | undefined
  /** Called when all have ended well. */
  end(): Promise<void> | undefined
}

/** The handlers of one library. */
export class Handlers<U extends HandledUnit = HandledUnit> {
  readonly frames = new Frames<U>()
  readonly #options: HandlersOptions
  /** Holds what runs now. */
  readonly #timer: Timer<Deadline>
  /** By point; none without the option. */
  readonly breakers = new Map<string, Breaker>()

  constructor(options: HandlersOptions) {
    this.#options = options
    this.#timer = new Timer(options.limit)
    const { breaker, clock } = options
    if (breaker)
      for (const { name } of extensionPoints) this.breakers.set(name, new Breaker(breaker, () => clock().getTime()))
  }

  /** How many handlers a point has. */
  count(point: string): number {
    return this.#options.registry.handlersOf(point).length
  }

  /** Every point with its handlers. */
  describe(): HookDescription {
    return descriptionOf(this.#options.registry)
  }

  /** Runs something outside all frames, within the time of a handler. Undefined: it was not asynchronous and has ended. */
  outside(work: (deadline: Deadline) => unknown): Promise<unknown> | undefined {
    const deadline = new Deadline()
    const result = this.frames.outside(() => work(deadline))
    return isThenable(result) ? deadline.race(result, this.#timer) : undefined
  }

  /** Ends the time of what runs now, in all units or in one; in all, also of tasks after the commit. */
  abort(reason: Error, unit?: U): void {
    for (const deadline of this.#timer.waiting())
      if (unit === undefined || deadline.owner === unit) deadline.end(reason)
  }

  /** Runs the handlers of a point in order. */
  run(unit: U, passing: Passing): Promise<void> {
    const handlers = this.#options.registry.handlersOf(passing.point)
    const breaker = this.breakers.get(passing.point)
    return breaker ? this.#runGuarded(breaker, unit, handlers, passing) : this.#runAll(unit, handlers, passing)
  }

  async #runGuarded(breaker: Breaker, unit: U, handlers: readonly Handler[], passing: Passing): Promise<void> {
    const { point } = passing
    const admission = breaker.admit()
    if (admission === undefined) {
      for (const handler of handlers) this.#skip(unit, handler, 'the circuit breaker of the point is open')
      throw fail('breakerOpen', { extensionPoint: point })
    }
    let isFailure = false
    try {
      await this.#runAll(unit, handlers, passing)
    } catch (error) {
      isFailure = error instanceof PluginFault && error.extensionPoint === point
      throw error
    } finally {
      if (breaker.note(admission, isFailure))
        this.#options.logger.warn(`the circuit breaker of ${point} opens`, {
          extensionPoint: point,
          list: unit.call.list,
          requestId: unit.call.requestId,
        })
    }
  }

  async #runAll(unit: U, handlers: readonly Handler[], passing: Passing): Promise<void> {
    /** Chains that a Status has ended, and why. */
    let ended: Map<string, string> | undefined
    for (let at = 0; at < handlers.length; at++) {
      const handler = handlers[at] as Handler
      const { chain, plugin, name } = handler
      const why = this.frames.isRunning(handler, passing.recordId)
        ? 'its own write: it runs already for this record'
        : chain !== undefined && ended?.get(chain)
      if (why) {
        this.#skip(unit, handler, why)
        continue
      }
      try {
        const run = this.#begin(unit, handler, passing)
        try {
          if (isThenable(run.returned)) run.returned = await run.deadline.race(run.returned, this.#timer)
        } catch (thrown) {
          run.fail(thrown)
        }
        const ending = run.end(passing)
        if (ending) await ending
        run.note('ok')
        if (run.returned !== undefined && run.returned !== null && chain !== undefined)
          (ended ??= new Map()).set(chain, `plug-in '${plugin}' (${name}) ended the chain with a Status`)
      } catch (error) {
        for (const later of handlers.slice(at + 1)) this.#skip(unit, later, `plug-in '${plugin}' ended the point`)
        throw error
      }
    }
    const ending = passing.end()
    if (ending) await ending
  }

  /** Calls a handler, in a frame of its own. */
  #begin(unit: U, handler: Handler, passing: Passing): Run {
    const { logger, onHandler } = this.#options
    const frame = this.frames.create(unit, handler, passing.recordId, this.#timer.ms)
    const run = new Run(frame, handler, onHandler)
    try {
      run.returned = this.frames.enter(frame, () => {
        const context = new HandlerContext(frame, handler, passing.previous, run.deadline, logger)
        return handler.run(...passing.args(), context)
      })
    } catch (thrown) {
      run.fail(thrown)
    }
    return run
  }

  #skip(unit: U, { point, plugin, name }: Handler, reason: string): void {
    const { depth } = this.frames
    unit.call.trace?.push({ step: 'handler', point, plugin, handler: name, outcome: 'skipped', reason, depth })
  }
}

/** One run of one handler: what it came to, and who is to blame. */
class Run {
  /** What the handler has returned, at last. */
  returned: unknown
  readonly deadline: Deadline
  readonly #frame: Frame
  readonly #handler: Handler
  /** The handler around it. */
  readonly #outer: Handler | undefined
  readonly #start: number
  readonly #ended: ((end: HandlerEnd) => void) | void = undefined

  constructor(frame: Frame, handler: Handler, onHandler: Observer['onHandler']) {
    this.deadline = new Deadline(frame.unit)
    this.#frame = frame
    this.#handler = handler
    this.#outer = frame.unit.handTo(handler)
    this.#start = frame.began
    if (!onHandler) return
    const { list, requestId } = frame.unit.call
    const { plugin, point, name } = handler
    this.#ended = onHandler({ point, plugin, handler: name, list, requestId, depth: frame.depth - 1 })
  }

  note(outcome: HandlerEnd['outcome'], reason?: string): void {
    this.#ended?.({ outcome, ms: performance.now() - this.#start })
    const { trace, began } = this.#frame.unit.call
    if (!trace) return
    const { point, plugin, name } = this.#handler
    const times = { ms: performance.now() - this.#start, at: this.#start - began }
    const depth = this.#frame.depth - 1
    const step = { step: 'handler', point, plugin, handler: name, outcome, ...times, depth } as const
    trace.push(reason === undefined ? step : { ...step, reason })
  }

  /** The plug-in's fault. The trace says why; the log says also what the cause says of itself, which may be anything. */
  blame(why: string, cause?: unknown, itself?: string): PluginFault {
    this.note('threw', why)
    const options = cause === undefined ? undefined : { cause: errorOf(cause) }
    const whole = itself === undefined ? why : `${why}: ${itself}`
    return new PluginFault(this.#handler, performance.now() - this.#start, whole, options)
  }

  /** Throws what the handler has thrown, or whose fault it is. */
  fail(thrown: unknown): never {
    this.#close()
    const error = errorOf(thrown)
    if (isOf(this.#frame.unit, this.deadline, error)) {
      this.note('threw', error instanceof PluginBusy ? error.message : 'a call of its own failed')
      throw error
    }
    if (error instanceof TimeLimit) throw this.blame(error.message, error)
    throw this.blame('it threw', error, messageOf(error))
  }

  /** Throws, or rejects, unless the handler has ended well and left its documents in a good state. */
  end(passing: Passing): Promise<void> | undefined {
    this.#close()
    this.#judge(this.returned)
    try {
      return passing.look()?.catch((error: unknown) => this.#spoilt(error))
    } catch (error) {
      return this.#spoilt(error)
    }
  }

  #close(): void {
    this.#frame.closed = true
    this.#frame.unit.handTo(this.#outer)
  }

  #judge(returned: unknown): void {
    const { unit, open } = this.#frame
    if (open > 0) throw this.blame('it returned while a library call of its own was still open: await it')
    if (unit.doomed) throw this.blame('a write of its own failed, so the whole unit of work fails', unit.doomed)
    const status = this.#read(returned)
    if (status.status === Status.ERROR) throw this.#refusal(status)
  }

  #read(returned: unknown): Status {
    let what: string
    try {
      const status = statusOf(returned)
      if (status) return status
      what = describe(returned)
    } catch (error) {
      throw this.blame('it returned something that cannot be read', error, messageOf(error))
    }
    throw this.blame(`it returned ${what}: return nothing or a Status`)
  }

  /** The error for Status.ERROR. */
  #refusal(status: Status): Error {
    try {
      const refusal = refusalOf(this.#handler, status)
      this.note('error', refusal.problem.kind === 'refusedByHook' ? (refusal.problem.code ?? 'Status.ERROR') : '')
      return refusal
    } catch (error) {
      return this.blame('the details of its Status are no plain JSON data', error, messageOf(error))
    }
  }

  #spoilt(error: unknown): never {
    throw this.blame(error instanceof DocumentSpoilt ? error.message : 'it left a document that cannot be read', error)
  }
}

/** What is not the running handler's mistake: a fault of a handler deeper down, a refusal there, or no storage. */
function isOf(unit: HandledUnit, deadline: Deadline, error: Error): boolean {
  if (error instanceof PluginFault || error instanceof PluginBusy) return true
  if (error instanceof StorageUnavailable) return error === deadline.reason
  if (!(error instanceof CustomerError) || !unit.failures.has(error)) return false
  if (unit.faultsInPlace.has(error) || unit.faultsInPlace.has(error.cause as object)) return true
  return ['refusedByHook', 'breakerOpen', 'unavailable'].includes(error.problem.kind)
}
