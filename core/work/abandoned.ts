/** Calls that their caller gives up: its signal fires (core/README.md, Rules of the unit of work). */
import type { Ending } from '../model/calls.js'
import { StorageUnavailable } from '../ports/storage.js'

/** The caller has given its call up; nothing was stored. It knows, so nobody else is told. */
export class Abandoned extends StorageUnavailable {
  constructor(reason: unknown) {
    super('the caller has given the call up', 'nothing', { cause: reason })
  }
}

/** Throws Abandoned if the signal has fired. */
export function throwIfAbandoned(signal: Ending | undefined): void {
  if (signal?.aborted) throw new Abandoned(signal.reason)
}

/** The same error; Abandoned in the place of the reason that the signal has fired with. */
export function unlessAbandoned(error: unknown, signal: Ending | undefined): unknown {
  return signal?.aborted && error === signal.reason ? new Abandoned(error) : error
}

/** Calls back with Abandoned when the signal fires; returns its undo. */
export function onAbandoned(signal: Ending | undefined, giveUp: (error: Abandoned) => void): () => void {
  if (!signal) return () => undefined
  const listener = (): void => giveUp(new Abandoned(signal.reason))
  signal.addEventListener('abort', listener, { once: true })
  return () => signal.removeEventListener('abort', listener)
}

/** What comes of a promise, or Abandoned when the signal fires first. */
export function inTimeOf<T>(given: Promise<T>, signal: Ending | undefined): Promise<T> {
  if (!signal) return given
  return new Promise((resolve, reject) => {
    const stop = onAbandoned(signal, reject)
    given.then(
      (value) => {
        stop()
        resolve(value)
      },
      (error: unknown) => {
        stop()
        reject(error)
      },
    )
  })
}
