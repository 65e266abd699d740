/** What `createClientele` returns, and what a call may say. */
import type { HookDescription } from './extension/description.js'
import type { CallOptions, CustomerOperations, PasswordCheck } from './model/calls.js'
import type { Customer, CustomerChange, CustomerCreate, CustomerList } from './model/documents.js'
import type { EventName, Listener } from './model/events.js'
import type { InputOf, Reading, ResultOf, Writing } from './model/operations.js'
import type { CustomerError, Violation } from './model/problems.js'
import type { Limits } from './ports/host.js'
import type { Observer } from './ports/observer.js'
import type { Health } from './work/health.js'
import type { Change, DryRunOperations } from './work/dry-run.js'
import type { Transaction } from './work/transaction.js'
import type { WriteRequest, Written } from './work/write.js'

/** A reading call as a flavour makes it. */
export interface ReadCall<O extends Reading> extends CallOptions {
  readonly list: string
  readonly input: InputOf<O>
}

/** A writing call as a flavour makes it: the document is decoded inside the unit of work, when the record is loaded. */
export interface WriteCall<O extends Writing> extends CallOptions, WriteRequest<O> {
  readonly list: string
  /** Everything runs, then is rolled back; the result is the would-be result (decision 4.7). */
  readonly dryRun?: boolean
  /** Gets the records that the call has changed, or that a dry run would have, when it has ended well. */
  readonly onChanges?: (changes: readonly Change[]) => void
}

/** The operations on one customer list, and signing in. */
export interface ListOperations extends CustomerOperations {
  /**
   * The customer whose login and password these are; undefined for all else, and as slowly: a wrong password, a login that
   * nobody has, a customer that is locked out or not active (decision 1.18). Not inside a handler or transaction.
   *
   * ```ts
   * const known = await shop.verifyPassword({ login: 'dude', password: new Secret(sent) })
   * ```
   */
  verifyPassword(check: PasswordCheck): Promise<{ readonly customerNo: string } | undefined>
}

/** The library: customers of all lists of one storage. */
export interface Clientele {
  /**
   * The operations on one customer list.
   *
   * ```ts
   * const shop = clientele.list('SiteGenesis')
   * const customer = await shop.createCustomer({ create: { lastName: 'Lebowski' } })
   * ```
   */
  list(id: string, options?: CallOptions): ListOperations
  /** The list with this id, or undefined (decision 1.1). */
  listById(id: string): Promise<CustomerList | undefined>
  /** The list that this YaaS tenant names, or undefined. */
  listByTenant(tenant: string): Promise<CustomerList | undefined>
  /**
   * Runs writing operations without storing anything: all handlers, rules and checks run, then everything is rolled
   * back. Tasks after the commit and events do not happen; hooks see `context.dryRun`.
   *
   * ```ts
   * const { result, changes } = await clientele.dryRun('SiteGenesis').deleteCustomer({ customerNo: '00000001' })
   * ```
   */
  dryRun(list: string, options?: CallOptions): DryRunOperations
  /**
   * Runs several operations on one list as one unit of work: if `work` resolves, all of it is stored, else nothing. All
   * library calls in `work` join the unit, whichever object they are made on; one that writes and fails makes the whole
   * fail, even if `work` catches its error. Rejects with what `work` throws, or with a CustomerError. Inside a handler,
   * `work` joins the handler's unit. The time of a unit of work is limited: do slow things before or after.
   *
   * ```ts
   * await clientele.transaction('SiteGenesis', async ({ customers }) => {
   *   const { customerNo } = await customers.createCustomer({ create: { lastName: 'Lebowski' } })
   *   await customers.createAddress({ customerNo, create: { addressId: 'home', city: 'Los Angeles' } })
   * })
   * ```
   */
  transaction<T>(list: string, work: (transaction: Transaction) => Promise<T>, options?: CallOptions): Promise<T>
  /** Every extension point with its handlers, in the order in which they run; print it at start-up. */
  describeHooks(): HookDescription
  /**
   * Whether it can serve, within so many milliseconds (default 1,000): the storage is asked to read and to store a number
   * in a list of nobody. For readiness probes; never rejects.
   */
  readonly health: (within?: number) => Promise<Health>
  /** Resolves when no call runs and every task after a commit has ended. */
  readonly idle: () => Promise<void>
  /** Runs a reading operation. Throws CustomerError only. */
  read<O extends Reading>(operation: O, call: ReadCall<O>): Promise<ResultOf<O>>
  /** Runs a writing operation as one unit of work. Throws CustomerError only. */
  write<O extends Writing>(operation: O, call: WriteCall<O>): Promise<Written<O>>
  /**
   * What is wrong with the email and mixins that a create or change document sets, so that a flavour can tell it with all else that is wrong. Loads the schemas of mixins, so that no unit of work waits for them.
   */
  checkCustomer(change: CustomerCreate | CustomerChange, previous?: Customer): Promise<readonly Violation[]>
  /** How long things may take and how large documents may be, for this library. */
  readonly limits: Limits
  /** What comes of a promise of the host, within the time that a handler has; else it rejects. */
  inTime<T>(given: PromiseLike<T>): Promise<T>
  /** Reports whatever was thrown that nobody expected, and gives the CustomerError of kind `internal` to answer with. */
  incident(error: unknown, facts: Readonly<Record<string, unknown>>): CustomerError
  /** The host's observer, guarded; doors tell `onRequest` of it. Empty without one. */
  readonly observer: Observer
  /** Tells the host something through its logger. */
  readonly warn: (message: string, facts?: Readonly<Record<string, unknown>>) => void
  /**
   * Registers a listener for committed changes, or for those of one name; returns its undo. A listener's failure is
   * reported and changes nothing.
   *
   * ```ts
   * const stop = clientele.subscribe('customer-deleted', ({ payload }) => archive(payload.customerNumber))
   * ```
   */
  subscribe(listener: Listener): () => void
  subscribe<N extends EventName>(name: N, listener: Listener<N>): () => void
  /** Stops taking calls, aborts the handlers that still run after `graceMs` (default 4,000), then closes the storage. */
  close(options?: { readonly graceMs?: number }): Promise<void>
}
