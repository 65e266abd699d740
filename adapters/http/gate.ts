/** How many requests a door serves at once, and how long each of them may take (adapters/README.md, Limits). */
import { setImmediate } from 'node:timers/promises'
import { Timer } from '../../core/extension/deadline.js'
import type { Deadline, Waiting } from '../../core/extension/deadline.js'
import { fail } from '../../core/model/problems.js'
import type { CustomerError } from '../../core/model/problems.js'
import type { ApiRequest } from './protocol.js'

/** The client has gone away before it was answered. */
export class ClientGone extends Error {
  override readonly name = 'ClientGone'
}

/** What a gate lets through. */
export interface GateLimits {
  /** Requests at once. */
  readonly maxRequests: number
  /** Milliseconds from a request's head to its answer. */
  readonly deadline: number
}

/** A request at the gate, and the time that it has. */
export interface Guest {
  readonly time: Deadline
  readonly request: Pick<ApiRequest, 'onGone'>
}

/** Lets requests in. */
export class Gate {
  readonly #most: number
  readonly #timer: Timer
  #inside = 0
  #opening: Promise<void> | undefined

  constructor({ maxRequests, deadline }: GateLimits) {
    this.#most = maxRequests
    this.#timer = new Timer(deadline)
  }

  /** Lets a request in and ends its time when it is over, or when the client goes away. Gives what `leave` takes. Throws unavailable. */
  enter({ time, request }: Guest): Waiting {
    if (this.#inside >= this.#most) throw comeAgain()
    this.#inside++
    request.onGone(() => time.end(new ClientGone('the client went away')))
    return this.#timer.start(time)
  }

  /**
   * Resolves at the end of this turn of the event loop. Requests of one turn go on together: a step runs for all of them while
   * the processor has its code in its caches.
   */
  opens(): Promise<void> {
    return (this.#opening ??= setImmediate().then(() => {
      this.#opening = undefined
    }))
  }

  /** The way out of a request that was let in. */
  leave(waiting: Waiting): void {
    this.#timer.stop(waiting)
    this.#inside--
  }
}

/** Throws unavailable once the time of a request is over. */
export function throwIfOver({ time: { reason } }: Guest): void {
  if (reason) throw comeAgain(reason)
}

/** What comes of a promise, or unavailable when the time of the request ends first. */
export function inTimeOf<T>({ time }: Guest, given: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const end = (): void => reject(comeAgain(time.reason))
    if (time.aborted) end()
    time.addEventListener('abort', end)
    given.then(
      (value) => {
        time.removeEventListener('abort', end)
        resolve(value)
      },
      (error: unknown) => {
        time.removeEventListener('abort', end)
        reject(error)
      },
    )
  })
}

function comeAgain(cause?: unknown): CustomerError {
  return fail('unavailable', { outcome: 'nothing', retryAfter: 1 }, { cause })
}
