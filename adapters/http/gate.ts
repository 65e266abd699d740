/** How many requests a door serves at once, and how long each of them may take (adapters/README.md, Limits). */
import { TimeLimit, Timer } from '../../core/extension/deadline.js'
import type { Deadline } from '../../core/extension/deadline.js'
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

  constructor({ maxRequests, deadline }: GateLimits) {
    this.#most = maxRequests
    this.#timer = new Timer(deadline)
  }

  /** Lets a request in and ends its time when it is over, or when the client goes away. Returns the way out. Throws unavailable. */
  enter({ time, request }: Guest): () => void {
    if (this.#inside >= this.#most) throw comeAgain()
    this.#inside++
    const late = this.#timer.start(() => time.end(new TimeLimit(this.#timer.ms)))
    request.onGone(() => time.end(new ClientGone('the client went away')))
    return () => {
      this.#timer.stop(late)
      this.#inside--
    }
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
    given.then(resolve, reject).finally(() => time.removeEventListener('abort', end))
  })
}

function comeAgain(cause?: unknown): CustomerError {
  return fail('unavailable', { outcome: 'nothing', retryAfter: 1 }, { cause })
}
