/** The last argument of handlers (decision 4.7). */
import type { CustomerOperations, Wire } from '../model/calls.js'
import type { Caller } from '../model/documents.js'
import { freeze } from '../model/json.js'
import { UnitBound } from '../ports/bound-unit.js'
import type { Logger } from '../ports/host.js'
import type { Deadline } from './deadline.js'
import type { Frame } from './frames.js'
import type { Context, Task } from './hooks.js'
import type { Handler } from './registry.js'

/**
 * The context of a handler that runs in a frame, frozen: a bag that is replaced would be lost. What costs something is
 * made when it is asked for.
 */
export class HandlerContext extends UnitBound implements Context {
  readonly extensionPoint: string
  readonly flavour: string
  readonly requestId: string
  readonly previous: never
  readonly custom: Record<string, unknown>
  readonly dryRun: boolean
  readonly #frame: Frame
  readonly #handler: Handler
  readonly #deadline: Deadline
  readonly #log: Logger
  #customers: CustomerOperations | undefined

  constructor(frame: Frame, handler: Handler, previous: unknown, deadline: Deadline, logger: Logger) {
    super(frame.unit.storageUnit)
    const { call } = frame.unit
    this.extensionPoint = handler.point
    this.flavour = call.flavour
    this.requestId = call.requestId
    this.previous = previous as never
    this.custom = call.custom
    this.dryRun = call.dryRun
    this.#frame = frame
    this.#handler = handler
    this.#deadline = deadline
    this.#log = logger
    Object.freeze(this)
  }

  get caller(): Caller | undefined {
    return frozenCaller(this.#frame.unit.call.caller)
  }
  get wire(): Wire | undefined {
    return this.#frame.unit.call.wire?.()
  }
  get customers(): CustomerOperations {
    return (this.#customers ??= this.#frame.unit.customersIn(this.#frame))
  }
  get signal(): AbortSignal {
    return this.#deadline.signal
  }
  get logger(): Logger {
    return boundLogger(this.#log, this.#handler, this.requestId)
  }
  /** A function by itself, since handlers take the context apart. */
  get afterCommit(): (task: Task) => void {
    return (task) => this.#schedule(task)
  }

  get onEnd(): (task: () => void) => void {
    return (task) => {
      if (typeof task !== 'function') throw new Error('onEnd takes a function')
      this.#frame.unit.call.ends.push(task)
    }
  }

  #schedule(task: Task): void {
    const { plugin, point } = this.#handler
    if (this.#frame.closed) throw new Error(`afterCommit was called after the handler of plug-in '${plugin}' ended`)
    if (typeof task !== 'function') throw new Error('afterCommit takes a function')
    const { tasks, trace } = this.#frame.unit.call
    tasks.push({ handler: this.#handler, task })
    trace?.push({ step: 'task', point, plugin })
  }
}

/** A logger whose lines say which plug-in writes them, where, and for which request. */
export function boundLogger(
  logger: Logger,
  { plugin, point }: Pick<Handler, 'plugin' | 'point'>,
  requestId: string,
): Logger {
  const bound = { plugin, extensionPoint: point, requestId }
  return {
    debug: (message, fields) => logger.debug(message, { ...fields, ...bound }),
    info: (message, fields) => logger.info(message, { ...fields, ...bound }),
    warn: (message, fields) => logger.warn(message, { ...fields, ...bound }),
    error: (message, fields) => logger.error(message, { ...fields, ...bound }),
  }
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
