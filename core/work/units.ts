/** Opens units of work on the storage: time limits, second attempts, commit, joining, closing (core/README.md). */
import { Timer, isThenable } from '../extension/deadline.js'
import type { Frame } from '../extension/frames.js'
import type { Handlers } from '../extension/handlers.js'
import { PluginFault } from '../extension/plugin-fault.js'
import type { EventName, Listener } from '../model/events.js'
import type { Writing } from '../model/operations.js'
import { fail } from '../model/problems.js'
import { errorOf, tell } from '../model/thrown.js'
import type { Clock, CustomerLists, Logger } from '../ports/host.js'
import { StaleVersion, StorageUnavailable } from '../ports/storage.js'
import type { Storage, WriteUnit } from '../ports/storage.js'
import { throwIfAbandoned, unlessAbandoned } from './abandoned.js'
import { AfterCommit } from './after-commit.js'
import { Attempt } from './attempt.js'
import { errandOf } from './errand.js'
import type { Errand } from './errand.js'
import { problemOf } from './incidents.js'
import type { Incidents } from './incidents.js'
import { joinUnit } from './join.js'
import { Unit } from './unit.js'
import type { Call } from './call.js'
import { readied, runWrite } from './write.js'
import type { Asking, Prospect, Running, WriteOperation, Written } from './write.js'

/** What units of work are made with. */
export interface UnitsOptions {
  readonly storage: Storage
  readonly lists: CustomerLists
  readonly handlers: Handlers<Unit>
  readonly incidents: Incidents
  readonly logger: Logger
  readonly clock: Clock
  /** Milliseconds that a whole unit may take (decision 4.10). */
  readonly limit: number
  /** What the rules have ready before a unit opens, so that they need not ask the storage while it holds a connection. */
  readonly beforeUnit: (list: string) => Promise<void> | undefined
  /** Stops the plug-ins, when no call runs any more. */
  readonly stopPlugins: () => Promise<void>
}

/** Attempts that a lost race may take. */
const mostAttempts = 3

/** The units of work of one library. */
export class Units {
  readonly #options: UnitsOptions
  readonly #afterCommit: AfterCommit
  readonly #timer: Timer
  /** Calls that run now, and what follows the commits of others. */
  #busy = 0
  /** Who waits until none runs. */
  readonly #waiting: (() => void)[] = []
  #closing: Promise<void> | undefined

  constructor(options: UnitsOptions) {
    this.#options = options
    this.#afterCommit = new AfterCommit(options.handlers, options.incidents)
    this.#timer = new Timer(options.limit)
  }

  /** `close` was called. */
  get isClosing(): boolean {
    return this.#closing !== undefined
  }

  /** How many units of work and tasks after a commit have not ended. */
  get running(): number {
    return this.#busy
  }

  /** Fails if the library closes or the list is unknown. */
  admit(list: string): Promise<void> | undefined {
    if (this.#closing) throw new StorageUnavailable('the library is closed')
    const found = this.#options.lists.byId(list)
    if (isThenable(found)) return Promise.resolve(found).then((later) => mustBeKnown(later, list))
    mustBeKnown(found, list)
    return undefined
  }

  /** Runs a writing operation as a unit of work of its own; again where that can help and no handler runs twice. */
  async perform<O extends Writing>(call: Call, operation: WriteOperation<O>, asking: Asking<O>): Promise<Written<O>> {
    const { handlers, storage } = this.#options
    const { dryRun, profile, list, signal } = call
    this.#busy++
    try {
      throwIfAbandoned(signal)
      const admitted = this.admit(list)
      if (admitted) await admitted
      const read: Prospect['read'] = (work) => storage.read(list, work, signal)
      const prospect: Prospect = { list, dryRun, profile, handlers, signal, read }
      const readying = readied(operation, asking, prospect)
      const running = readying instanceof Promise ? await readying : readying
      let written: Written<O> | undefined
      for (let attempt = 1; !written; attempt++) {
        const ready = this.#options.beforeUnit(list)
        if (ready) await ready
        try {
          written = await this.#inUnit(call, (unit) => runWrite(unit, operation, running))
        } catch (error) {
          if (!canRun(call, operation, running, error, attempt)) throw error
        }
      }
      if (!dryRun) this.#follow(call)
      return written
    } catch (error) {
      throw this.#options.incidents.explain(unlessAbandoned(error, signal), call)
    } finally {
      this.#end(call)
    }
  }

  /** Runs the host's own work as a unit of work, once; what the work itself throws comes through as it is. */
  async transact<T>(call: Call, work: (unit: Unit) => Promise<T>): Promise<T> {
    let failures: WeakSet<object> | undefined
    let own: { readonly thrown: unknown } | undefined
    this.#busy++
    try {
      await this.admit(call.list)
      await this.#options.beforeUnit(call.list)
      const value = await this.#inUnit(call, async (unit) => {
        failures = unit.failures
        try {
          return await work(unit)
        } catch (thrown) {
          own = { thrown }
          throw errorOf(thrown)
        }
      })
      this.#follow(call)
      return value
    } catch (thrown) {
      const error = errorOf(thrown)
      const isOurs = problemOf(error) || failures?.has(error) || error instanceof PluginFault
      throw own && !isOurs ? own.thrown : this.#options.incidents.explain(error, call)
    } finally {
      this.#end(call)
    }
  }

  /** Runs work that opens units of its own; then tells its events. */
  async attend<T>(call: Call, work: (errand: Errand) => Promise<T>): Promise<T> {
    this.#busy++
    try {
      await this.admit(call.list)
      const value = await work(errandOf(call, this.#options, (writing) => this.#inUnit(call, ({ tx }) => writing(tx))))
      this.#follow(call)
      return value
    } catch (error) {
      throw this.#options.incidents.explain(unlessAbandoned(error, call.signal), call)
    } finally {
      this.#end(call)
    }
  }

  /** Runs a call of a handler in the unit that it runs in. */
  join<T>(frame: Frame<Unit>, list: string, work: (unit: Unit) => Promise<T>): Promise<T> {
    return joinUnit(this.#options.logger, frame, list, work)
  }

  #end(call: Call): void {
    if (call.ends.length > 0) this.#tellEnds(call)
    this.#done()
  }

  #tellEnds({ ends, list, requestId }: Call): void {
    for (const task of ends.splice(0))
      tell(task, (failure) => this.#options.incidents.note('a task of onEnd failed', failure, { list, requestId }))
  }

  #done(): void {
    if (--this.#busy === 0 && this.#waiting.length > 0) for (const resolve of this.#waiting.splice(0)) resolve()
  }

  /** One unit of the storage, within the time limit of a whole unit. */
  #inUnit<T>(call: Call, work: (unit: Unit) => Promise<T>): Promise<T> {
    throwIfAbandoned(call.signal)
    const { storage, handlers } = this.#options
    const attempt = new Attempt(handlers)
    const inUnit = (tx: WriteUnit) => attempt.run(() => this.#begin(call, tx), work)
    return attempt.outcome(() => storage.write(call.list, inUnit, attempt), this.#timer, call.signal)
  }

  #begin(call: Call, tx: WriteUnit): Unit {
    call.events.length = 0
    call.changes?.clear()
    call.trace?.splice(0, call.trace.length, ...call.trace.filter(({ step }) => step !== 'effect'))
    return new Unit(tx, call, this.#options.handlers, this.#options.clock)
  }

  /** The caller does not wait for what follows the commit. */
  #follow(call: Call): void {
    if (!this.#afterCommit.isAwaited(call)) return
    this.#busy++
    void this.#afterCommit.run(call).finally(() => this.#done())
  }

  /** Registers a listener for committed changes; returns its undo. */
  subscribe<N extends EventName>(listener: Listener<N>, name?: N): () => void {
    return this.#afterCommit.subscribe(listener, name)
  }

  /** Resolves when no unit of work runs and no task after a commit. */
  async idle(): Promise<void> {
    while (this.#busy > 0) await new Promise<void>((resolve) => this.#waiting.push(resolve))
  }

  /** Stops taking calls, waits `graceMs` for those that run, aborts their handlers, closes the storage. */
  close({ graceMs = 4000 }: { readonly graceMs?: number } = {}): Promise<void> {
    this.#closing ??= this.#close(graceMs)
    return this.#closing
  }

  async #close(graceMs: number): Promise<void> {
    const { handlers, storage, stopPlugins } = this.#options
    await inTime(this.idle(), graceMs)
    handlers.abort(new StorageUnavailable('the library is closing'))
    await inTime(this.idle(), 500)
    await inTime(stopPlugins(), graceMs)
    await storage.close()
    handlers.frames.end()
  }
}

/** Whether running once more helps after an error, and runs no handler twice. */
function canRun<O extends Writing>(
  { hasRunHandlers }: Call,
  operation: WriteOperation<O>,
  running: Running<O>,
  error: unknown,
  attempt: number,
): boolean {
  if (running.accepted && operation.canRepeat?.(error, running.accepted)) return true
  running.accepted = undefined
  return error instanceof StaleVersion && !hasRunHandlers && attempt < mostAttempts
}

function mustBeKnown(found: unknown, listId: string): void {
  if (!found) throw fail('listNotFound', { listId })
}

/** Waits for work, but no longer than this. */
async function inTime(work: Promise<unknown>, ms: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  await Promise.race([work, new Promise((resolve) => (timer = setTimeout(resolve, ms)))])
  clearTimeout(timer)
}
