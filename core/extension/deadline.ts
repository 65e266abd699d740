/** The time that a handler, a task after the commit or a port of the host has (decision 4.10). */

/** The time is over. */
export class TimeLimit extends Error {
  override readonly name = 'TimeLimit'
  constructor(ms: number) {
    super(`it took longer than its time limit of ${ms} ms`)
  }
}

/** The time that something may take; the signal is made only for what asks for it. */
export class Deadline {
  #controller: AbortController | undefined
  #reason: Error | undefined
  #reject: ((reason: Error) => void) | undefined

  /** Fires when the time is over. */
  get signal(): AbortSignal {
    this.#controller ??= new AbortController()
    if (this.#reason) this.#controller.abort(this.#reason)
    return this.#controller.signal
  }

  /** Why the time ended early or at its limit; undefined while it lasts. */
  get reason(): Error | undefined {
    return this.#reason
  }

  /** Ends the time now. */
  end(reason: Error): void {
    this.#reason ??= reason
    this.#controller?.abort(this.#reason)
    this.#reject?.(this.#reason)
  }

  /** What comes of a promise, or a rejection when the time ends first. */
  race(result: unknown, ms: number): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.end(new TimeLimit(ms)), ms)
      this.#reject = (reason) => {
        clearTimeout(timer)
        reject(reason)
      }
      // adopted first: a `then` that throws rejects, like one that calls back
      Promise.resolve(result).then(
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

/** True for what can be awaited. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return value !== null && typeof value === 'object' && 'then' in value && typeof value.then === 'function'
}
