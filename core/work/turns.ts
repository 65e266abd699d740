/** Work that takes turns: so much at once, so much waiting, and what does not fit is told to come again. */
import type { Ending } from '../model/calls.js'
import { fail } from '../model/problems.js'
import { onAbandoned, throwIfAbandoned } from './abandoned.js'

/** How much runs at once, and how much may wait. */
export interface TurnLimits {
  readonly atOnce: number
  readonly waiting: number
}

/** A bounded queue. */
export class Turns {
  readonly #limits: TurnLimits
  #running = 0
  readonly #waiting = new Set<() => void>()

  constructor(limits: TurnLimits) {
    this.#limits = limits
  }

  /** Runs work in its turn; whoever gives up leaves the queue. Throws unavailable where too much waits, and Abandoned. */
  async run<T>(work: () => Promise<T>, signal?: Ending): Promise<T> {
    const { atOnce, waiting } = this.#limits
    throwIfAbandoned(signal)
    if (this.#running < atOnce) this.#running++
    else if (this.#waiting.size < waiting) await this.#turn(signal)
    else throw fail('unavailable', { outcome: 'nothing', retryAfter: 5 })
    try {
      return await work()
    } finally {
      const [next] = this.#waiting
      if (next) next()
      else this.#running--
    }
  }

  #turn(signal: Ending | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        this.#waiting.delete(begin)
        stop()
      }
      const begin = (): void => {
        leave()
        resolve()
      }
      const stop = onAbandoned(signal, (error) => {
        leave()
        reject(error)
      })
      this.#waiting.add(begin)
    })
  }
}
