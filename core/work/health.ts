/** Whether a library can serve: its storage asked, and what its breakers say (core/README.md, Health). */
import type { BreakerState } from '../extension/breaker.js'
import type { Handlers } from '../extension/handlers.js'
import { messageOf } from '../model/thrown.js'
import type { Storage } from '../ports/storage.js'
import type { Unit } from './unit.js'
import type { Units } from './units.js'

/** How a storage has answered. */
export interface StorageHealth {
  /** It answered a read in time. */
  readonly reachable: boolean
  /** It stored something durably in time. */
  readonly writable: boolean
  /** Milliseconds that the read took: with PostgreSQL the wait for a connection of the pool is in it. */
  readonly readMs: number
  /** Milliseconds that the write took: what a journal or a pool lags behind is in it. */
  readonly writeMs: number
  /** How it does, in numbers of its own: connections of a pool, lag of a journal (adapters/storage/README.md, Figures). */
  readonly figures: Readonly<Record<string, number>>
  /** Why it did not answer or store; for the host, not for its clients. */
  readonly error?: string
}

/** What `clientele.health()` tells. */
export interface Health {
  /** True when calls can be served: the library is open, and its storage reads and stores in time. */
  readonly ok: boolean
  /** `close` was called. */
  readonly closing: boolean
  /** Units of work and tasks after a commit that have not ended. */
  readonly running: number
  readonly storage: StorageHealth
  /** Extension points whose circuit breaker is not closed. */
  readonly breakers: readonly { readonly point: string; readonly state: Exclude<BreakerState, 'closed'> }[]
}

/** Nobody's customer list: probes leave no mark in anybody's. */
const probeList = 'clientele-health'
const noRecord = { id: '0'.repeat(24) }

/** Gives `health`: probes that are asked for at the same time are one. */
export function healthOf({ storage, units, handlers }: HealthParts): (within?: number) => Promise<Health> {
  let probing: Promise<StorageHealth> | undefined
  return async (within = 1_000) => {
    probing ??= probe(storage, within).finally(() => (probing = undefined))
    const found = await probing
    const breakers = [...handlers.breakers].flatMap(([point, { state }]) =>
      state === 'closed' ? [] : [{ point, state }],
    )
    const { isClosing: closing, running } = units
    return { ok: !closing && found.reachable && found.writable, closing, running, storage: found, breakers }
  }
}

/** What is asked. */
export interface HealthParts {
  readonly storage: Storage
  readonly units: Units
  readonly handlers: Handlers<Unit>
}

async function probe(storage: Storage, within: number): Promise<StorageHealth> {
  const [read, write] = await Promise.all([
    timed(within, () => storage.read(probeList, (unit) => unit.customers.get(noRecord))),
    timed(within, () => storage.counter(probeList, 'health', 1)),
  ])
  const error = read.error ?? write.error
  const figures = storage.figures()
  const facts = { reachable: !read.error, writable: !write.error, readMs: read.ms, writeMs: write.ms, figures }
  return error === undefined ? facts : { ...facts, error }
}

/** How long something takes, and why it failed; it has failed when the time is over. */
async function timed(within: number, work: () => Promise<unknown>): Promise<{ ms: number; error?: string }> {
  const start = performance.now()
  const since = () => Math.round((performance.now() - start) * 10) / 10
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer in ${within} ms`)), within)
  })
  try {
    await Promise.race([work(), late])
    return { ms: since() }
  } catch (error) {
    return { ms: since(), error: messageOf(error) }
  } finally {
    clearTimeout(timer)
  }
}
