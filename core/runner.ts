/** Runs handlers: the only place that does. Frames, time limits, outcomes and who is to blame (decisions 4.5 to 4.10). */
import { AsyncLocalStorage } from 'node:async_hooks'
import { fail } from './errors.js'
import type { Context } from './hooks.js'
import { Status } from './hooks.js'
import type { Handler, Registry } from './registry.js'
import type { Unit } from './unit.js'

/** One handler that runs: library calls inside it join its unit and take turns. */
export interface Frame {
  readonly unit: Unit
  readonly handler: Handler | undefined
  /** The record that the point is about; undefined on create. */
  readonly record: string | undefined
  readonly parent: Frame | undefined
  readonly depth: number
  /** Calls that were started and have not ended. */
  open: number
  /** The last of the calls that wait for one another. */
  turn: Promise<unknown>
  closed: boolean
}

/** What one handler did, for traces: outcome `skipped` with the reason why. */
export interface TraceEntry {
  readonly point: string
  readonly plugin: string
  readonly handler: string
  readonly outcome: 'ok' | 'error' | 'threw' | 'skipped'
  readonly reason?: string
  readonly ms?: number
}

/** A plug-in's mistake, with all that its author needs to find it. */
export class PluginFault extends Error {
  override readonly name = 'PluginFault'
  readonly plugin: string
  readonly extensionPoint: string
  readonly handler: string
  readonly file: string | undefined
  /** Milliseconds from the handler's start to its end. */
  readonly duration: number
  constructor(handler: Handler, duration: number, why: string, options?: ErrorOptions) {
    super(`plug-in '${handler.plugin}' at ${handler.point}: ${why}`, options)
    this.plugin = handler.plugin
    this.extensionPoint = handler.point
    this.handler = handler.name
    this.file = handler.file
    this.duration = duration
  }
}

/** Units of work nested deeper than this are taken for a cycle. */
const maxDepth = 8

/** Runs the handlers of points, each in a frame of its own. */
export class Runner {
  readonly #registry: Registry
  readonly #timeLimit: number
  readonly #frames = new AsyncLocalStorage<Frame | undefined>()
  readonly #running = new Set<Deadline>()

  /** `timeLimit`: milliseconds that one handler may take. */
  constructor(registry: Registry, timeLimit: number) {
    this.#registry = registry
    this.#timeLimit = timeLimit
  }

  /** The frame that the caller runs in; undefined outside handlers. */
  get frame(): Frame | undefined {
    return this.#frames.getStore()
  }

  /** True if a point has handlers. */
  hasHandlers(point: string): boolean {
    return this.#registry.handlersOf(point).length > 0
  }

  /** Runs something outside all frames. */
  outside<T>(work: () => T): T {
    return this.#frames.run(undefined, work)
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
    const frame: Frame = { unit, handler, record, parent, depth, open: 0, turn: Promise.resolve(), closed: false }
    if (depth > maxDepth && handler)
      throw new PluginFault(handler, 0, `hooks call one another in a cycle: ${chainOf(frame).join(' -> ')}`)
    try {
      return await this.#frames.run(frame, () => work(frame))
    } finally {
      frame.closed = true
    }
  }

  /** Aborts the signals of all handlers that run now. */
  abort(): void {
    for (const deadline of this.#running) deadline.end(new Error('the library is closing'))
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
    for (const handler of this.#registry.handlersOf(point)) {
      if (this.#isRunning(handler, record)) {
        unit.trace({
          point,
          plugin: handler.plugin,
          handler: handler.name,
          outcome: 'skipped',
          reason: 'its own write: it runs already for this record',
        })
        continue
      }
      await this.inFrame(unit, handler, record, (frame) => this.#runOne(frame, handler, previous, args(), look))
    }
  }

  #isRunning(handler: Handler, record: string | undefined): boolean {
    if (record === undefined) return false
    for (let frame = this.frame; frame; frame = frame.parent)
      if (frame.handler === handler && frame.record === record) return true
    return false
  }

  async #runOne(
    frame: Frame,
    handler: Handler,
    previous: unknown,
    args: readonly unknown[],
    look: () => Promise<unknown>,
  ): Promise<void> {
    const { unit } = frame
    const start = performance.now()
    const trace = (outcome: TraceEntry['outcome']) =>
      unit.trace({
        point: handler.point,
        plugin: handler.plugin,
        handler: handler.name,
        outcome,
        ms: performance.now() - start,
      })
    const blame = (why: string, cause?: unknown) => {
      trace('threw')
      return new PluginFault(handler, performance.now() - start, why, cause === undefined ? undefined : { cause })
    }
    const deadline = new Deadline()
    this.#running.add(deadline)
    const outer = unit.running
    unit.running = handler
    let returned: unknown
    try {
      const result = handler.run(...args, contextOf(frame, handler, previous, deadline))
      returned = isThenable(result) ? await deadline.race(result, this.#timeLimit) : result
    } catch (error) {
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
    if (status.status === Status.ERROR) {
      trace('error')
      throw fail('refusedByHook', {
        extensionPoint: handler.point,
        plugin: handler.plugin,
        details: status.details,
        ...(status.code !== undefined && { code: status.code }),
        ...(status.message !== undefined && { message: status.message }),
      })
    }
    try {
      await look()
    } catch (error) {
      throw blame(error instanceof Error ? error.message : 'it left a bad document', error)
    }
    trace('ok')
  }
}

/** The time that a handler has; the signal is made only for a handler that asks for it. */
class Deadline {
  #controller: AbortController | undefined
  #reason: Error | undefined
  #reject: ((reason: Error) => void) | undefined

  get signal(): AbortSignal {
    this.#controller ??= new AbortController()
    if (this.#reason) this.#controller.abort(this.#reason)
    return this.#controller.signal
  }

  /** Ends the time now. */
  end(reason: Error): void {
    this.#reason ??= reason
    this.#controller?.abort(this.#reason)
    this.#reject?.(this.#reason)
  }

  /** What a handler returns, or a rejection when its time ends first. */
  race(result: PromiseLike<unknown>, ms: number): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.end(new TimeLimit(ms)), ms)
      this.#reject = (reason) => {
        clearTimeout(timer)
        reject(reason)
      }
      result.then(
        (value) => {
          clearTimeout(timer)
          resolve(value)
        },
        (error: Error) => {
          clearTimeout(timer)
          reject(error)
        },
      )
      if (this.#reason) this.#reject(this.#reason)
    })
  }
}

class TimeLimit extends Error {
  constructor(ms: number) {
    super(`it took longer than its time limit of ${ms} ms`)
  }
}

function contextOf(frame: Frame, handler: Handler, previous: unknown, deadline: Deadline): Context {
  const { unit } = frame
  const context: Context = {
    extensionPoint: handler.point,
    flavour: unit.call.flavour,
    caller: unit.call.caller,
    requestId: unit.call.requestId,
    get customers() {
      return unit.customers
    },
    previous: previous as never,
    custom: unit.call.custom,
    get signal() {
      return deadline.signal
    },
    dryRun: unit.call.dryRun,
    afterCommit(task) {
      if (frame.closed) throw new Error(`afterCommit was called after the handler of plug-in '${handler.plugin}' ended`)
      unit.call.tasks.push({ handler, task })
    },
  }
  unit.bind(context)
  return context
}

/** The frames from the outermost to this one. */
function chainOf(frame: Frame): string[] {
  const name = frame.handler ? `${frame.handler.plugin} at ${frame.handler.point}` : 'transaction'
  return frame.parent ? [...chainOf(frame.parent), name] : [name]
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return value !== null && typeof value === 'object' && 'then' in value && typeof value.then === 'function'
}

function statusOf(returned: unknown): Status | undefined {
  if (returned === undefined || returned === Status.OK) return Status.ok()
  if (returned === Status.ERROR) return new Status(Status.ERROR)
  return returned instanceof Status ? returned : undefined
}

function describe(value: unknown): string {
  if (value === null) return 'null'
  return typeof value === 'object' ? 'an object that is no Status' : `a ${typeof value}`
}
