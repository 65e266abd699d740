/** Runs units of work on the storage: time limits, second attempts, commit, tasks and events after it, traces, closing. */
import { setImmediate } from 'node:timers/promises'
import type { CallOptions, CustomerOperations, DomainEvent } from '../clientele.js'
import { isTakenNumber } from '../rules/customers.js'
import type { Running } from '../rules/customers.js'
import { isThenable } from '../extension/deadline.js'
import { CustomerError, fail } from '../model/problems.js'
import { problemOf, stackOf } from './incidents.js'
import type { Incidents } from './incidents.js'
import { Numbers } from '../rules/numbers.js'
import type { Writing } from '../model/operations.js'
import type { Parts } from '../ports/host.js'
import { PluginFault } from '../extension/plugin-fault.js'
import { isOver } from '../extension/runner.js'
import type { Frame } from '../extension/runner.js'
import { StaleVersion, StorageUnavailable } from '../ports/storage.js'
import type { WriteUnit } from '../ports/storage.js'
import type { Trace } from '../extension/trace.js'
import { Unit } from './unit.js'
import type { CallFacts } from './unit.js'

/** An operation as a method, without its types. */
type Call = (input: never) => Promise<unknown>

/** Carries the would-be result of a dry run out of the unit that it rolls back. */
class RolledBack {
  readonly result: unknown
  constructor(result: unknown) {
    this.result = result
  }
}

/** Runs units of work, and ends them when the library closes. */
export class Executor {
  readonly #parts: Parts
  readonly #incidents: Incidents
  readonly #numbers: Numbers
  readonly #operationsOn: (list: string, options: CallOptions) => CustomerOperations
  readonly #listeners = new Set<(event: DomainEvent) => void | Promise<void>>()
  readonly #running = new Set<Promise<unknown>>()
  #closing: Promise<void> | undefined

  /** `operationsOn` gives the library on a list: what handlers get as `context.customers`. */
  constructor(
    parts: Omit<Parts, 'generateNumber'>,
    incidents: Incidents,
    operationsOn: (list: string, options: CallOptions) => CustomerOperations,
  ) {
    this.#numbers = new Numbers(parts.storage)
    this.#parts = {
      ...parts,
      generateNumber: async (unit) =>
        unit.profile.numbers === 'random' ? unit.ids.customerNumber() : this.#numbers.next(unit.list),
    }
    this.#incidents = incidents
    this.#operationsOn = operationsOn
  }

  /** Fails if the library closes or the list is unknown. */
  async open(list: string): Promise<void> {
    if (this.#closing) throw new StorageUnavailable('the library is closed')
    const found = this.#parts.lists.byId(list)
    const known = isThenable(found) ? await found : found
    if (!known) throw fail('listNotFound', { listId: list })
  }

  /** Runs a call of a handler in the unit that it runs in; calls of one handler take turns. */
  async join<T>(frame: Frame, list: string, work: (unit: Unit) => Promise<T>): Promise<T> {
    const who = frame.handler
      ? `the handler of plug-in '${frame.handler.plugin}' at ${frame.handler.point}`
      : 'the transaction'
    const mustBeOpen = () => {
      if (!isOver(frame)) return
      const why = `a library call was made after ${who} had ended: await every call, and use afterCommit for later ones`
      this.#parts.logger.warn(why, { list, requestId: frame.unit.call.requestId })
      throw new Error(why)
    }
    mustBeOpen()
    if (list !== frame.unit.list)
      throw new Error(
        `${who} works on customer list '${frame.unit.list}' and cannot use '${list}' in the same unit of work: use afterCommit`,
      )
    frame.open++
    const mine = frame.turn.then(async () => {
      // a loop of calls to a storage that answers at once would never let the timer of the time limit fire
      if (performance.now() > frame.endsAt) await setImmediate()
      mustBeOpen()
      try {
        return await work(frame.unit)
      } catch (error) {
        const problem = error instanceof CustomerError ? undefined : problemOf(error)
        const shown = problem ? new CustomerError(problem, { cause: error }) : error
        if (shown instanceof Error) frame.unit.failures.add(shown)
        throw shown
      }
    })
    frame.turn = mine.catch(() => undefined)
    try {
      return await mine
    } finally {
      frame.open--
    }
  }

  /** Runs work as a unit of work of its own; again where that can help and no handler runs twice. */
  async perform<T>(facts: CallFacts, work: (unit: Unit, once: Running<Writing>['once']) => Promise<T>): Promise<T> {
    let prepared: Promise<unknown> | undefined
    const once = <V>(prepare: () => Promise<V>) => (prepared ??= prepare()) as Promise<V>
    const result = this.#tracked(async () => {
      try {
        await this.open(facts.list)
        await this.#hashPassword(facts)
        for (let attempt = 1; ; attempt++) {
          await this.#numbers.fill(facts.list)
          try {
            return await this.#inUnit(facts, (unit) => work(unit, once))
          } catch (error) {
            if (!mayRunAgain(error, facts, attempt)) throw error
          }
        }
      } catch (error) {
        throw this.#incidents.explain(error, facts)
      }
    })
    let outcome: Trace['outcome'] = facts.dryRun ? 'dryRun' : 'done'
    try {
      const value = await result
      if (!facts.dryRun) this.#afterCommit(facts)
      return value
    } catch (error) {
      outcome = (error as CustomerError).problem.kind
      throw error
    } finally {
      this.tell(facts, outcome)
    }
  }

  /** A hash takes its time, and many take turns: it is made while no lock is held and no time limit runs. */
  async #hashPassword(facts: CallFacts): Promise<void> {
    const { policies, hashPassword } = this.#parts
    const { password } = facts
    if (password && (await policies.password(password))) facts.passwordHash = await hashPassword(password)
  }

  /** Runs the host's own work as a unit of work, once; what the work itself throws comes through as it is. */
  async transact<T>(facts: CallFacts, work: (unit: Unit) => Promise<T>): Promise<T> {
    let failures: WeakSet<Error> | undefined
    const value = await this.#tracked(async () => {
      try {
        await this.open(facts.list)
        await this.#numbers.fill(facts.list)
        return await this.#inUnit(facts, (unit) => {
          failures = unit.failures
          return work(unit)
        })
      } catch (error) {
        const isOurs = error instanceof Error && (problemOf(error) || failures?.has(error))
        const shown = isOurs || error instanceof PluginFault ? this.#incidents.explain(error, facts) : error
        this.tell(facts, shown instanceof CustomerError ? shown.problem.kind : 'internal')
        throw shown
      }
    })
    this.#afterCommit(facts)
    this.tell(facts, 'done')
    return value
  }

  /** Gives the trace to whom asked for it. */
  tell(
    {
      operation,
      list,
      requestId,
      trace,
      onTrace,
    }: Pick<CallFacts, 'list' | 'requestId' | 'trace' | 'onTrace'> & {
      readonly operation: string
    },
    outcome: Trace['outcome'],
  ): void {
    try {
      onTrace?.({ operation: operation as Trace['operation'], list, requestId, outcome, steps: trace ?? [] })
    } catch (error) {
      this.#parts.logger.error('onTrace threw', { operation, list, requestId, stack: stackOf(error) })
    }
  }

  async #tracked<T>(work: () => Promise<T>): Promise<T> {
    const running = work()
    this.#running.add(running)
    try {
      return await running
    } finally {
      this.#running.delete(running)
    }
  }

  /** One unit of the storage, within the time limit of a whole unit. */
  async #inUnit<T>(facts: CallFacts, work: (unit: Unit) => Promise<T>): Promise<T> {
    const { storage, limits, runner } = this.#parts
    let unit: Unit | undefined
    let isCommitting = false
    let timer: NodeJS.Timeout | undefined
    const tooLate = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        const error = timeLimitOf(unit, limits.unit, isCommitting)
        if (unit) runner.abort(error, unit)
        reject(error)
      }, limits.unit)
    })
    tooLate.catch(() => undefined)
    const write = storage.write(facts.list, async (tx) => {
      unit = this.#unitOf(facts, tx)
      try {
        const result = await Promise.race([this.#inside(unit, work), tooLate])
        isCommitting = true
        return result
      } finally {
        unit.hasEnded = true
      }
    })
    try {
      return await Promise.race([write, tooLate])
    } catch (error) {
      write.catch(() => undefined)
      if (error instanceof RolledBack) return error.result as T
      throw error
    } finally {
      clearTimeout(timer)
    }
  }

  #unitOf(facts: CallFacts, tx: WriteUnit): Unit {
    facts.events.length = 0
    facts.changes?.clear()
    facts.trace?.splice(0, facts.trace.length, ...facts.trace.filter(({ step }) => step !== 'effect'))
    const { flavour, requestId, caller } = facts
    const { runner } = this.#parts
    return new Unit(this.#parts, tx, facts, (frame) => {
      const operations = this.#operationsOn(facts.list, { flavour, requestId, ...(caller && { caller }) })
      const bound = Object.entries(operations as Record<string, Call>).map(([name, call]): [string, Call] => [
        name,
        (input) => runner.withFrame(frame, () => call(input)),
      ])
      return Object.fromEntries(bound) as CustomerOperations
    })
  }

  async #inside<T>(unit: Unit, work: (unit: Unit) => Promise<T>): Promise<T> {
    const result = await work(unit)
    unit.tellChanges()
    if (!unit.call.dryRun) return result
    await unit.tx.flush()
    throw new RolledBack(result)
  }

  /**
   * Tasks and events, once the data is safe; their failures are reported and change nothing (decision 4.6). The caller
   * does not wait, but what is not asynchronous has run when this returns.
   */
  #afterCommit(facts: CallFacts): void {
    if (facts.tasks.length > 0 || (facts.events.length > 0 && this.#listeners.size > 0))
      void this.#tracked(() => this.#tellAll(facts))
  }

  async #tellAll(facts: CallFacts): Promise<void> {
    const { runner } = this.#parts
    const about = { operation: facts.operation, list: facts.list, requestId: facts.requestId }
    for (const { handler, task } of facts.tasks) {
      const start = performance.now()
      try {
        const running = runner.outside((deadline) => task(deadline.signal))
        if (running) await running
      } catch (error) {
        const { plugin, point, name, file } = handler
        const durationMs = Math.round(performance.now() - start)
        const who = { plugin, extensionPoint: point, handler: name, file, durationMs }
        this.#incidents.report(error, { ...about, ...who, phase: 'afterCommit' })
      }
    }
    for (const event of facts.events)
      for (const listener of this.#listeners)
        try {
          const running = runner.outside(() => listener(event))
          if (running) await running
        } catch (error) {
          this.#incidents.report(error, { ...about, event: event.name })
        }
  }

  /** Resolves when no unit of work runs and no task after a commit. */
  async idle(): Promise<void> {
    while (this.#running.size > 0) await Promise.allSettled(this.#running)
  }

  /** Registers a listener for committed changes; returns its undo. */
  subscribe(listener: (event: DomainEvent) => void | Promise<void>): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  /** Stops taking calls, waits `graceMs` for those that run, aborts their handlers, closes the storage. */
  close({ graceMs = 4000 }: { readonly graceMs?: number } = {}): Promise<void> {
    this.#closing ??= this.#close(graceMs)
    return this.#closing
  }

  async #close(graceMs: number): Promise<void> {
    const { runner, storage } = this.#parts
    await inTime(this.idle(), graceMs)
    runner.abort(new StorageUnavailable('the library is closing'))
    await inTime(this.idle(), 500)
    await storage.close()
  }
}

/** A generated number that collides at the commit is answered with the next one; a lost race is run again before any handler. */
function mayRunAgain(error: unknown, facts: CallFacts, attempt: number): boolean {
  if (isTakenNumber(error)) return facts.hasGeneratedNumber
  return error instanceof StaleVersion && !facts.hasRunHandlers && attempt < 3
}

/** A handler that is too slow is its plug-in's fault; without one, the storage is. */
function timeLimitOf(unit: Unit | undefined, ms: number, isCommitting: boolean): Error {
  const why = `the unit of work took longer than ${ms} ms`
  const handler = unit?.running
  return handler ? new PluginFault(handler, ms, why) : new StorageUnavailable(why, isCommitting ? 'unknown' : 'nothing')
}

/** Waits for work, but no longer than this. */
async function inTime(work: Promise<unknown>, ms: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  await Promise.race([work, new Promise((resolve) => (timer = setTimeout(resolve, ms)))])
  clearTimeout(timer)
}
