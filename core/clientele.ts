/** What `createClientele` returns, and what a call may say. */
import type { CustomerError, Violation } from './model/problems.js'
import type { Caller, Customer, CustomerChange, CustomerCreate, CustomerList, FlavourName } from './model/documents.js'
import type {
  DocumentOf,
  InputOf,
  Operation,
  PreviousOf,
  Reading,
  ResultOf,
  TargetOf,
  Writing,
} from './model/operations.js'
import type { Profile } from './rules/profiles.js'
import type { Secret } from './model/secret.js'
import type { HookDescription } from './extension/runner.js'
import type { Kind } from './ports/storage.js'
import type { Trace } from './extension/trace.js'

/** What a call may say of itself. */
export interface CallOptions {
  /** The API that the call came through; default `library`. */
  readonly flavour?: FlavourName | 'library'
  readonly caller?: Caller
  /** Correlates log lines, incidents and events; generated if absent. */
  readonly requestId?: string
  /** Rules that travel with the call; default `library` (decision 1.7). */
  readonly profile?: Profile['name'] | Profile
  /** Gets what happened in each call, when it has ended: points passed, handlers run or skipped and why. */
  readonly onTrace?: (trace: Trace) => void
}

/** One method per operation, on one customer list. `context.customers` in a hook has this type too. */
export type CustomerOperations = {
  readonly [O in Operation]: object extends InputOf<O>
    ? (input?: InputOf<O>) => Promise<ResultOf<O>>
    : (input: InputOf<O>) => Promise<ResultOf<O>>
}

/** A reading call as a flavour makes it. */
export interface ReadCall<O extends Reading> extends CallOptions {
  readonly list: string
  readonly input: InputOf<O>
}

/** A writing call as a flavour makes it: the document is decoded inside the unit of work, when the record is loaded. */
export interface WriteCall<O extends Writing> extends CallOptions {
  readonly list: string
  readonly target: TargetOf<O>
  /**
   * Gives the document, already checked against the flavour's own schema. `current` is the state before the change, read
   * under the customer's lock; undefined on create. Throws a CustomerError for a document that breaks rules.
   */
  readonly document: (current: PreviousOf<O>) => DocumentOf<O>
  /** The password that the document will hold: it is hashed before the unit of work opens, since that takes its time. */
  readonly password?: Secret
  /** Runs right after `document`; throws to stop the operation before any handler (If-Match, version). */
  readonly precondition?: (current: PreviousOf<O>) => void
  /** Told the number, as it is stored in the end, of the customer that an address or account is created for. */
  readonly owner?: (customerNo: string) => void
  /** Everything runs, then is rolled back; the result is the would-be result (decision 4.7). */
  readonly dryRun?: boolean
}

/** A record that a dry run would have created, changed or removed. */
export interface Change {
  readonly kind: Kind
  /** Absent for a new record. */
  readonly before?: object
  /** Absent for a removed record. */
  readonly after?: object
}

/** What a dry run tells: the would-be result, and the would-be changes in the order of the first write to each record. */
export interface DryRun<R> {
  readonly result: R
  readonly changes: readonly Change[]
}

/** One method per writing operation, on one customer list. */
export type DryRunOperations = {
  readonly [O in Writing]: object extends InputOf<O>
    ? (input?: InputOf<O>) => Promise<DryRun<ResultOf<O>>>
    : (input: InputOf<O>) => Promise<DryRun<ResultOf<O>>>
}

/** A change that was made, told after the commit (yaas.md 7). Payloads are plain JSON. */
export interface DomainEvent {
  readonly name: string
  readonly list: string
  readonly requestId: string
  readonly time: string
  readonly payload: Readonly<Record<string, unknown>>
}

/** What the work of a transaction gets. `clientOf` of the PostgreSQL storage takes it, as it takes a handler's context. */
export interface Transaction {
  /** The operations on the list, in this unit of work. Await every call. */
  readonly customers: CustomerOperations
  readonly requestId: string
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
  list(id: string, options?: CallOptions): CustomerOperations
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
  /** Resolves when no call runs and every task after a commit has ended. */
  idle(): Promise<void>
  /** Runs a reading operation. Throws CustomerError only. */
  read<O extends Reading>(operation: O, call: ReadCall<O>): Promise<ResultOf<O>>
  /** Runs a writing operation as one unit of work. Throws CustomerError only. */
  write<O extends Writing>(operation: O, call: WriteCall<O>): Promise<ResultOf<O>>
  /**
   * What is wrong with the email, mixins and custom attributes that a create or change document sets, so that a flavour
   * can tell it with all else that is wrong. Loads the schemas of mixins, so that no unit of work waits for them.
   */
  checkCustomer(change: CustomerCreate | CustomerChange, previous?: Customer): Promise<readonly Violation[]>
  /** Reports an error that nobody expected and gives the CustomerError of kind `internal` to answer with. */
  incident(error: unknown, facts: Readonly<Record<string, unknown>>): CustomerError
  /** Registers a listener for committed changes; returns its undo. A listener's failure is reported and changes nothing. */
  subscribe(listener: (event: DomainEvent) => void | Promise<void>): () => void
  /** Stops taking calls, aborts the handlers that still run after `graceMs` (default 4,000), then closes the storage. */
  close(options?: { readonly graceMs?: number }): Promise<void>
}
