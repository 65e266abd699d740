/** What benchmarks share: medians, numbers for people, and a watch on the event loop. */
import { existsSync, readFileSync } from 'node:fs'
import { PerformanceObserver } from 'node:perf_hooks'
import type { PerformanceEntry } from 'node:perf_hooks'
import { setTimeout } from 'node:timers/promises'

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

/** How long the event loop was held at a time, at the longest, with and without the garbage collection in it. */
export interface Hold {
  readonly longest: number
  readonly withoutCollection: number
}

/**
 * Watches how long the event loop is held at a time. On Linux in milliseconds of the main thread's processor time, so
 * that other programs do not count; elsewhere in milliseconds of the clock.
 */
export class LoopWatch {
  #holds: { readonly from: number; readonly to: number; readonly time: number }[] = []
  readonly #collections: PerformanceEntry[] = []
  readonly #observer = new PerformanceObserver((list) => this.#collections.push(...list.getEntries()))
  #isOn = true

  constructor() {
    this.#observer.observe({ entryTypes: ['gc'] })
    let last = now()
    let from = performance.now()
    const tick = (): void => {
      const time = now()
      const to = performance.now()
      if (time - last > 1) this.#holds.push({ from, to, time: time - last })
      last = time
      from = to
      if (this.#isOn) setImmediate(tick)
    }
    setImmediate(tick)
  }

  /** What was seen since the last call. */
  async take(): Promise<Hold> {
    // The observer hears of a collection some time after it.
    await setTimeout(50)
    const holds = this.#holds.splice(0)
    const collections = this.#collections.splice(0)
    const rest = holds.map(({ from, to, time }) => {
      const within = collections.filter(({ startTime }) => startTime >= from && startTime <= to)
      return time - within.reduce((sum, { duration }) => sum + duration, 0)
    })
    return { longest: Math.max(0, ...holds.map(({ time }) => time)), withoutCollection: Math.max(0, ...rest) }
  }

  stop(): void {
    this.#isOn = false
    this.#observer.disconnect()
  }
}

const statistics = `/proc/self/task/${process.pid}/schedstat`
const hasStatistics = existsSync(statistics)

function now(): number {
  return hasStatistics ? Number(readFileSync(statistics, 'utf8').split(' ')[0]) / 1e6 : performance.now()
}
