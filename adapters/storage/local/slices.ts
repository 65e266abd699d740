/** Long work in slices, between which others are served (adapters/storage/README.md, Cancelling). */
import type { Ending } from '../../../core/model/calls.js'
import { setImmediate } from 'node:timers/promises'
import { tooSlow } from '../../../core/ports/query-patterns.js'
import type { PatternLimits } from '../../../core/ports/query-patterns.js'

/** Longest slice in milliseconds. */
const longest = 5

/** The slices of one query. */
export class Slices {
  readonly #signal: Ending | undefined
  readonly #limits: PatternLimits | undefined
  #busy = 0
  #began = performance.now()

  /** `limits` are those of a query with regular expressions. */
  constructor(signal: Ending | undefined, limits: PatternLimits | undefined) {
    this.#signal = signal
    this.#limits = limits
  }

  /** Records between two looks at the clock: one regular expression may take long. */
  get step(): number {
    return this.#limits ? 1 : 16
  }

  /** Whether the slice has lasted long enough. */
  get isOver(): boolean {
    return performance.now() - this.#began > longest
  }

  /** Lets others go first. QueryRefused when the query takes too long, the signal's reason when nobody waits for it. */
  async next(): Promise<void> {
    this.#busy += performance.now() - this.#began
    if (this.#limits && this.#busy > this.#limits.time) throw tooSlow(this.#limits)
    await setImmediate()
    this.#signal?.throwIfAborted()
    this.#began = performance.now()
  }
}
