/** What follows a commit: tasks of handlers and events, once the data is safe (decision 4.6). */
import type { Handlers } from '../extension/handlers.js'
import type { DomainEvent, EventName, Listener } from '../model/events.js'
import type { Incidents } from './incidents.js'
import type { Call } from './call.js'
import type { Unit } from './unit.js'

/** Runs the tasks of committed calls and tells their events. Failures are reported and change nothing. */
export class AfterCommit {
  readonly #handlers: Handlers<Unit>
  readonly #incidents: Incidents
  readonly #listeners = new Set<(event: DomainEvent) => void | Promise<void>>()

  constructor(handlers: Handlers<Unit>, incidents: Incidents) {
    this.#handlers = handlers
    this.#incidents = incidents
  }

  /** Registers a listener for committed changes, or for those of one name; returns its undo. */
  subscribe<N extends EventName>(listener: Listener<N>, name?: N): () => void {
    const heard = (event: DomainEvent): void | Promise<void> =>
      name === undefined || event.name === name ? listener(event as DomainEvent<N>) : undefined
    this.#listeners.add(heard)
    return () => void this.#listeners.delete(heard)
  }

  /** True if something follows the commit of a call. */
  isAwaited({ tasks, events }: Call): boolean {
    return tasks.length > 0 || (events.length > 0 && this.#listeners.size > 0)
  }

  /** Runs one after the other; what is not asynchronous has run when the call returns. */
  async run(call: Call): Promise<void> {
    const { operation, list, requestId } = call
    const about = { operation, list, requestId }
    for (const { handler, task } of call.tasks) {
      const start = performance.now()
      try {
        const running = this.#handlers.outside((deadline) => task(deadline.signal))
        if (running) await running
      } catch (error) {
        const { plugin, point, name, file } = handler
        const durationMs = Math.round(performance.now() - start)
        const who = { plugin, extensionPoint: point, handler: name, file, durationMs, phase: 'afterCommit' }
        this.#incidents.report(error, { ...about, ...who }, `plug-in '${plugin}' at ${point}: its task failed`)
      }
    }
    for (const event of call.events)
      for (const listener of this.#listeners)
        try {
          const running = this.#handlers.outside(() => listener(event))
          if (running) await running
        } catch (error) {
          this.#incidents.report(error, { ...about, event: event.name }, `a listener of ${event.name} failed`)
        }
  }
}
