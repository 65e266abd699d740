/** The last requests, for the page: kept in memory, told to who listens. */
import type { Trace } from '../../../core/model/trace.js'
import type { Change } from '../../../core/work/dry-run.js'
import type { AnsweredRequest } from '../../../core/ports/observer.js'
import type { ShownBody } from './body.js'

/** One answered request, as the list of the page shows it. */
export interface SeenRequest extends AnsweredRequest {
  /** From 1 on, in the order of the answers. */
  readonly id: number
  /** When it came: ISO 8601 UTC. */
  readonly time: string
  /** Path and query. */
  readonly path: string
  readonly isDryRun: boolean
  /** Of the operation that it ran; absent where it was answered before. */
  readonly trace?: Trace
}

/** Headers and body of a message, without what is secret. */
export interface SeenMessage {
  readonly headers: Readonly<Record<string, string>>
  readonly body?: ShownBody
}

/** All that is known of one request. */
export interface SeenExchange extends SeenRequest {
  readonly sent: SeenMessage
  readonly answered: SeenMessage
  /** Records before and after; absent where they are too large to be shown. */
  readonly changes?: readonly Change[]
}

/** How many requests are kept. */
export const keptRequests = 200

/** The last requests of the APIs. */
export class RecentRequests {
  readonly #kept: SeenExchange[] = []
  readonly #listeners = new Set<(request: SeenRequest) => void>()
  #last = 0

  /** Keeps a request, and tells of it. */
  add(exchange: Omit<SeenExchange, 'id'>): void {
    const seen = { ...exchange, id: ++this.#last }
    this.#kept.push(seen)
    if (this.#kept.length > keptRequests) this.#kept.shift()
    for (const listener of this.#listeners) listener(summaryOf(seen))
  }

  /** Those that are kept, the oldest first. */
  list(): readonly SeenRequest[] {
    return this.#kept.map(summaryOf)
  }

  /** All that is known of one; undefined for one that is not kept any more. */
  get(id: number): SeenExchange | undefined {
    return this.#kept.find((seen) => seen.id === id)
  }

  /** Tells a listener of every request from now on; returns its undo. */
  listen(listener: (request: SeenRequest) => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }
}

function summaryOf({ sent: _sent, answered: _answered, changes: _changes, ...summary }: SeenExchange): SeenRequest {
  return summary
}
