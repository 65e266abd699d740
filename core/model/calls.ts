/** The operations as methods: what hosts call, and what handlers get as `context.customers`. */
import type { Caller } from './documents.js'
import type { InputOf, Operation, ResultOf } from './operations.js'
import type { Profile } from './profile.js'
import type { Secret } from './secret.js'
import type { Trace } from './trace.js'

/** What the request of an API said beside its document, without credentials and body. */
export interface Wire {
  /** In upper case, as it was sent. */
  readonly method: string
  /** Parameters of the query, each with all its values. */
  readonly parameters: Readonly<Record<string, readonly string[]>>
  /** Headers by lower-case name, but for those that hold credentials. */
  readonly headers: Readonly<Record<string, string>>
}

/** Ends what is under way: an AbortSignal, or something that is asked in the same way and costs less. */
export interface Ending {
  /** True once it has fired. */
  readonly aborted: boolean
  /** Why it has. */
  readonly reason: unknown
  addEventListener(type: 'abort', listener: () => void, options?: { readonly once?: boolean }): void
  removeEventListener(type: 'abort', listener: () => void): void
  /** Throws the reason if it has fired. */
  throwIfAborted(): void
}

/** What a call may say of itself. */
export interface CallOptions {
  /** The API that the call came through; default `library`. */
  readonly flavour?: string
  readonly caller?: Caller | undefined
  /** Correlates log lines, incidents and events; generated if absent. */
  readonly requestId?: string | undefined
  /** Gives what the API's request said, to handlers that ask for it; absent for calls of the library. */
  readonly wire?: (() => Wire) | undefined
  /** Rules that travel with the call; default `library` (decision 1.7). */
  readonly profile?: 'library' | Profile
  /** Gets what happened in each call, when it has ended: points passed, handlers run or skipped and why. */
  readonly onTrace?: (trace: Trace) => void
  /**
   * An AbortSignal. Gives the call up when it fires: it waits for nothing any more and is `unavailable`, with nothing stored. What is
   * being committed then is committed. In a handler, the outer call's counts.
   */
  readonly signal?: Ending | undefined
}

/** A login and the password that comes with it. */
export interface PasswordCheck {
  readonly login: string
  readonly password: Secret
}

/** One method per operation, on one customer list. `context.customers` in a hook has this type too. */
export type CustomerOperations = {
  readonly [O in Operation]: object extends InputOf<O>
    ? (input?: InputOf<O>) => Promise<ResultOf<O>>
    : (input: InputOf<O>) => Promise<ResultOf<O>>
}
