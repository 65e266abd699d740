/** The time that a handler, a task after the commit or a port of the host has (decision 4.10). */
import type { Ending } from '../model/calls.js'

/** The time is over. */
export class TimeLimit extends Error {
  override readonly name = 'TimeLimit'
  readonly ms: number
  constructor(ms: number) {
    super(`it took longer than its time limit of ${ms} ms`)
    this.ms = ms
  }
}

/** What ends in time: `end` is called when it has not. */
interface Limited {
  end(reason: TimeLimit): void
}

/** Something that must end in time, in its place at a timer. */
export interface Waiting<L extends Limited = Limited> {
  readonly limited: L
  readonly at: number
  before: Waiting<L> | undefined
  after: Waiting<L> | undefined
}

/** Limits of one length. One timer serves them all: the first to start is the first to end. */
export class Timer<L extends Limited = Limited> {
  readonly ms: number
  #first: Waiting<L> | undefined
  #last: Waiting<L> | undefined
  #timer: NodeJS.Timeout | undefined

  constructor(ms: number) {
    this.ms = ms
  }

  /** Ends something when the time is over, unless what this returns is given to `stop` before. */
  start(limited: L): Waiting<L> {
    const waiting: Waiting<L> = { limited, at: performance.now() + this.ms, before: this.#last, after: undefined }
    if (this.#last) this.#last.after = waiting
    else {
      this.#first = waiting
      this.#timer?.ref()
    }
    this.#last = waiting
    this.#timer ??= setTimeout(() => this.#ring(), this.ms)
    return waiting
  }

  /** Nothing will be ended. */
  stop(waiting: Waiting<L>): void {
    const { before, after } = waiting
    if (before) before.after = after
    else if (this.#first === waiting) this.#first = after
    else return
    if (after) after.before = before
    else this.#last = before
    waiting.before = waiting.after = undefined
    // the process may end although the timer has not
    if (!this.#first) this.#timer?.unref()
  }

  /** What has started and not stopped. */
  waiting(): L[] {
    const all: L[] = []
    for (let each = this.#first; each; each = each.after) all.push(each.limited)
    return all
  }

  #ring(): void {
    this.#timer = undefined
    for (let first = this.#first; first && first.at <= performance.now() + 1; first = this.#first) {
      this.stop(first)
      first.limited.end(new TimeLimit(this.ms))
    }
    if (!this.#first || this.#timer) return
    this.#timer = setTimeout(() => this.#ring(), Math.max(1, this.#first.at - performance.now()))
  }
}

/** The time of one thing; the signal is made only for what asks for it. */
export class Deadline implements Ending {
  /** Whose time it is, where somebody asks. */
  readonly owner: object | undefined
  #controller: AbortController | undefined
  #reason: Error | undefined
  #reject: ((reason: Error) => void) | undefined
  #listeners: (() => void)[] | undefined

  constructor(owner?: object) {
    this.owner = owner
  }

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

  /** True once the time is over. */
  get aborted(): boolean {
    return this.#reason !== undefined
  }

  throwIfAborted(): void {
    if (this.#reason) throw this.#reason
  }

  addEventListener(_: 'abort', listener: () => void): void {
    ;(this.#listeners ??= []).push(listener)
  }

  removeEventListener(_: 'abort', listener: () => void): void {
    const at = this.#listeners?.indexOf(listener) ?? -1
    if (at >= 0) this.#listeners?.splice(at, 1)
  }

  /** Ends the time now. */
  end(reason: Error): void {
    this.#reason ??= reason
    this.#controller?.abort(this.#reason)
    this.#reject?.(this.#reason)
    for (const listener of this.#listeners?.splice(0) ?? []) listener()
  }

  /** What comes of a promise, or a rejection when the time ends first. */
  race<T>(result: T | PromiseLike<T>, timer: Timer): Promise<T> {
    return new Promise((resolve, reject) => {
      const waiting = timer.start(this)
      const fail = (reason: Error): void => {
        timer.stop(waiting)
        reject(reason)
      }
      this.#reject = fail
      try {
        // adopted first: a `then` that throws rejects, like one that calls back
        Promise.resolve(result).then((value) => {
          timer.stop(waiting)
          resolve(value)
        }, fail)
      } catch (error) {
        fail(error as Error)
      }
      if (this.#reason) fail(this.#reason)
    })
  }
}

/** True for what can be awaited. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return value !== null && typeof value === 'object' && 'then' in value && typeof value.then === 'function'
}
