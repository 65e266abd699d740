/** What benchmarks share: medians, numbers for people, and a watch on the event loop. */

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

/** Watches how long the event loop is held at a time. */
export class LoopWatch {
  #longest = 0
  #last = performance.now()
  #isOn = true

  constructor() {
    const tick = (): void => {
      const now = performance.now()
      this.#longest = Math.max(this.#longest, now - this.#last)
      this.#last = now
      if (this.#isOn) setImmediate(tick)
    }
    setImmediate(tick)
  }

  /** Longest time since the last call, in milliseconds. */
  take(): number {
    const longest = this.#longest
    this.#longest = 0
    return longest
  }

  stop(): void {
    this.#isOn = false
  }
}
