/** What benchmarks share: medians, numbers for people, and a watch on the event loop. */
import { existsSync, readFileSync } from 'node:fs'

/** The middle one of some numbers. */
export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN
}

/** Milliseconds that some work takes. */
export async function timeOf(work: () => unknown): Promise<number> {
  const start = performance.now()
  await work()
  return performance.now() - start
}

/** A whole number with separators. */
export const whole = (value: number): string => Math.round(value).toLocaleString('en')

/**
 * Watches how long the event loop is held at a time. On Linux in milliseconds of the main thread's processor time, so
 * that other programs do not count; elsewhere in milliseconds of the clock.
 */
export class LoopWatch {
  #longest = 0
  #last = now()
  #isOn = true

  constructor() {
    const tick = (): void => {
      const time = now()
      this.#longest = Math.max(this.#longest, time - this.#last)
      this.#last = time
      if (this.#isOn) setImmediate(tick)
    }
    setImmediate(tick)
  }

  /** Longest time since the last call. */
  take(): number {
    const longest = this.#longest
    this.#longest = 0
    return longest
  }

  stop(): void {
    this.#isOn = false
  }
}

const statistics = `/proc/self/task/${process.pid}/schedstat`
const hasStatistics = existsSync(statistics)

function now(): number {
  return hasStatistics ? Number(readFileSync(statistics, 'utf8').split(' ')[0]) / 1e6 : performance.now()
}
