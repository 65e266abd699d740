/** Circuit breaker of extension points, with the figures that OCAPI publishes (decision 4.10). */

/** Figures of a circuit breaker. */
export interface BreakerSettings {
  /** How many of the last calls count. Default 100. */
  readonly window: number
  /** It opens when more than this many of them failed. Default 50. */
  readonly failures: number
  /** How long it stays open, in milliseconds. Default 60,000. */
  readonly openMs: number
  /** How many calls decide, after that time, whether it closes. Default 10. */
  readonly trial: number
  /** It opens again when more than this many of them failed. Default 5. */
  readonly trialFailures: number
}

/** The published figures. */
export const defaultBreaker: BreakerSettings = {
  window: 100,
  failures: 50,
  openMs: 60_000,
  trial: 10,
  trialFailures: 5,
}

/** Whether calls run: `closed` all, `open` none, `trial` a few that decide. */
export type BreakerState = 'closed' | 'open' | 'trial'

/** The breaker of one point. A call is one run of the point's handlers; it fails when one throws or takes too long. */
export class Breaker {
  readonly #settings: BreakerSettings
  readonly #now: () => number
  /** Outcomes of the last calls, oldest first; true for a failure. */
  #last: boolean[] = []
  #failed = 0
  #openUntil: number | undefined
  /** Trial calls that may still start; undefined while there is no trial. */
  #trialLeft: number | undefined
  /** Tells calls apart that started before the breaker opened or closed. */
  #epoch = 0

  /** `now` gives milliseconds. */
  constructor(settings: BreakerSettings, now: () => number) {
    this.#settings = settings
    this.#now = now
  }

  /** Lets a call run: what `note` needs when it has ended. Undefined: it must not run. */
  admit(): number | undefined {
    if (this.#openUntil !== undefined) {
      if (this.#now() < this.#openUntil) return undefined
      this.#turn(undefined, this.#settings.trial)
    }
    if (this.#trialLeft === 0) return undefined
    if (this.#trialLeft !== undefined) this.#trialLeft--
    return this.#epoch
  }

  /** Whether calls run now. */
  get state(): BreakerState {
    if (this.#openUntil !== undefined && this.#now() < this.#openUntil) return 'open'
    return this.#openUntil === undefined && this.#trialLeft === undefined ? 'closed' : 'trial'
  }

  /** Notes how an admitted call ended; true if the breaker opens by it. */
  note(admission: number, failed: boolean): boolean {
    if (admission !== this.#epoch) return false
    const { window, failures, trial, trialFailures, openMs } = this.#settings
    const isTrial = this.#trialLeft !== undefined
    this.#last.push(failed)
    if (failed) this.#failed++
    if (!isTrial && this.#last.length > window && this.#last.shift() === true) this.#failed--
    if (this.#failed > (isTrial ? trialFailures : failures)) {
      this.#turn(this.#now() + openMs, undefined)
      return true
    }
    if (isTrial && this.#last.length >= trial) this.#turn(undefined, undefined)
    return false
  }

  #turn(openUntil: number | undefined, trialLeft: number | undefined): void {
    this.#openUntil = openUntil
    this.#trialLeft = trialLeft
    this.#last = []
    this.#failed = 0
    this.#epoch++
  }
}
