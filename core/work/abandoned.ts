/** Calls that their caller gives up: its signal fires (core/README.md, Rules of the unit of work). */
import { StorageUnavailable } from '../ports/storage.js'

/** The caller has given its call up; nothing was stored. It knows, so nobody else is told. */
export class Abandoned extends StorageUnavailable {
  constructor(reason: unknown) {
    super('the caller has given the call up', 'nothing', { cause: reason })
  }
}

/** Throws Abandoned if the signal has fired. */
export function throwIfAbandoned(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new Abandoned(signal.reason)
}

/** The same error; Abandoned in the place of the reason that the signal has fired with. */
export function unlessAbandoned(error: unknown, signal: AbortSignal | undefined): unknown {
  return signal?.aborted && error === signal.reason ? new Abandoned(error) : error
}

/** Calls back with Abandoned when the signal fires; returns its undo. */
export function onAbandoned(signal: AbortSignal | undefined, giveUp: (error: Abandoned) => void): () => void {
  if (!signal) return () => undefined
  const listener = (): void => giveUp(new Abandoned(signal.reason))
  signal.addEventListener('abort', listener, { once: true })
  return () => signal.removeEventListener('abort', listener)
}
