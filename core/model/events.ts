/** THE literal of events: what is told after the commit, and what each says. */

interface Payload<T> {
  readonly payload?: T
}
const event = <T>(): Payload<T> => ({})

interface OfCustomer {
  readonly customerNumber: string
}
interface OfAddress extends OfCustomer {
  readonly addressId: string
}
interface OfAccount extends OfCustomer {
  readonly accountId: string
  readonly providerId: string
}

interface OfLock extends OfCustomer {
  /** Attempts so far, with this one. */
  readonly attempts: number
  /** When the lock ends, as decision 1.8 says. */
  readonly until: string
}

/** Every event by name. Payloads are plain JSON (adapters/yaas/README.md, Events). */
export const events = {
  'customer-signup': event<OfCustomer & { readonly email?: string }>(),
  'customer-updated': event<OfCustomer>(),
  'customer-deleted': event<OfCustomer & { readonly email?: string; readonly user?: string }>(),
  'customer-login-email-changed': event<OfCustomer & { readonly oldEmail: string; readonly newEmail: string }>(),
  'customer-account-linked': event<OfAccount>(),
  'customer-account-unlinked': event<OfAccount>(),
  /** A wrong password was one too many; or an attempt, whatever its password, met the lock (decision 1.18). */
  'customer-locked-out': event<OfLock>(),
  'address-created': event<OfAddress>(),
  'address-updated': event<OfAddress>(),
  'address-deleted': event<OfAddress>(),
} as const

/** Name of an event. */
export type EventName = keyof typeof events
/** What an event says. */
export type PayloadOf<N extends EventName> = NonNullable<(typeof events)[N]['payload']>

/** A change that was made, told after the commit; `name` tells the type of `payload`. */
export type DomainEvent<N extends EventName = EventName> = {
  readonly [E in N]: {
    readonly name: E
    readonly list: string
    readonly requestId: string
    /** ISO 8601 UTC (decision 1.8). */
    readonly time: string
    readonly payload: PayloadOf<E>
  }
}[N]

/** Told of committed changes, one after the other. Its failure is reported and changes nothing. */
export type Listener<N extends EventName = EventName> = (event: DomainEvent<N>) => void | Promise<void>
