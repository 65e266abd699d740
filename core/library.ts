/** The library: each operation as a method, as a library call, as a flavour's call and as a handler's call. */
import { copyMark, thisCopy } from './model/copy.js'
import type { Clientele, ReadCall, WriteCall } from './clientele.js'
import { Deadline } from './extension/deadline.js'
import type { Timer } from './extension/deadline.js'
import { isOver, type Frame } from './extension/frames.js'
import type { HookDescription } from './extension/description.js'
import type { Handlers } from './extension/handlers.js'
import type { CallOptions, CustomerOperations } from './model/calls.js'
import type { Customer, CustomerChange, CustomerCreate, CustomerList } from './model/documents.js'
import type { EventName, Listener } from './model/events.js'
import { operations } from './model/operations.js'
import type { InputOf, Operation, Reading, ResultOf, Writing } from './model/operations.js'
import type { CustomerError, Violation } from './model/problems.js'
import { profileOf } from './model/profile.js'
import type { Profile } from './model/profile.js'
import type { CustomerLists, Limits } from './ports/host.js'
import type { Storage } from './ports/storage.js'
import type { Rules } from './rules/index.js'
import { unlessAbandoned } from './work/abandoned.js'
import type { Change, DryRunOperations } from './work/dry-run.js'
import { healthOf } from './work/health.js'
import type { GuardedIds } from './work/host-calls.js'
import type { Incidents } from './work/incidents.js'
import { runRead, runReadIn } from './work/read.js'
import { readInputOf, requestOf } from './work/request.js'
import { outcomeOf, report, reportChanges } from './work/traces.js'
import { runTransaction } from './work/transaction.js'
import type { Transaction } from './work/transaction.js'
import type { Call, Unit } from './work/unit.js'
import type { Units } from './work/units.js'
import { runWriteIn } from './work/write.js'
import type { Asking, Written } from './work/write.js'

/** What the library is made of; the container brings it together. */
export interface LibraryParts {
  readonly storage: Storage
  readonly lists: CustomerLists
  readonly ids: GuardedIds
  readonly limits: Limits
  /** The time of a handler. */
  readonly timer: Timer
  readonly handlers: Handlers<Unit>
  readonly incidents: Incidents
  readonly rules: Rules
  readonly units: Units
}

/** What a writing call says of itself. */
interface WriteOptions extends CallOptions {
  readonly dryRun?: boolean
  readonly onChanges?: WriteCall<Writing>['onChanges']
}

/** The library. Hosts make it with `createClientele`. */
export class Library implements Clientele {
  readonly [copyMark] = thisCopy
  readonly #parts: LibraryParts
  readonly health: Clientele['health']
  readonly idle: Clientele['idle']
  readonly warn: Clientele['warn']
  constructor(parts: LibraryParts) {
    this.#parts = parts
    this.health = healthOf(parts)
    this.idle = () => parts.units.idle()
    this.warn = (message, facts) => parts.incidents.warn(message, facts)
  }

  list(id: string, options: CallOptions = {}): CustomerOperations {
    const methods: Record<string, (input?: object) => Promise<unknown>> = {}
    for (const operation of Object.keys(operations) as Operation[])
      methods[operation] =
        operations[operation].kind === 'read'
          ? (input = {}) =>
              this.#guarded(
                this.#read(operation as Reading, { ...options, list: id }, () =>
                  readInputOf(operation as Reading, input),
                ),
              )
          : (input = {}) => this.#guarded(this.#performChecked(operation as Writing, id, input, options))
    return methods as CustomerOperations
  }

  dryRun(list: string, options: CallOptions = {}): DryRunOperations {
    const methods: Record<string, (input?: object) => Promise<unknown>> = {}
    for (const operation of Object.keys(this.#parts.rules.writes) as Writing[])
      methods[operation] = async (input = {}) => {
        if (this.#frame) throw new Error('a dry run is a unit of work of its own: not inside a handler')
        let changes: readonly Change[] = []
        const onChanges = (made: typeof changes) => void (changes = made)
        const result = await this.#performChecked(operation, list, input, { ...options, dryRun: true, onChanges })
        return { result, changes }
      }
    return methods as DryRunOperations
  }

  transaction<T>(list: string, work: (transaction: Transaction) => Promise<T>, options: CallOptions = {}): Promise<T> {
    return this.#guarded(this.#transact(list, work, options))
  }

  describeHooks(): HookDescription {
    return this.#parts.handlers.describe()
  }

  async listById(id: string): Promise<CustomerList | undefined> {
    return this.#explained('listById', id, async () => (await this.#parts.lists.byId(id)) ?? undefined)
  }

  async listByTenant(tenant: string): Promise<CustomerList | undefined> {
    return this.#explained('listByTenant', tenant, async () => (await this.#parts.lists.byTenant(tenant)) ?? undefined)
  }

  checkCustomer(change: CustomerCreate | CustomerChange, previous?: Customer): Promise<readonly Violation[]> {
    return this.#explained('checkCustomer', '', () => this.#parts.rules.checkCustomer(change, previous))
  }

  async #explained<T>(operation: string, list: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (error) {
      throw this.#parts.incidents.explain(error, { operation, list })
    }
  }

  get limits(): Limits {
    return this.#parts.limits
  }

  inTime<T>(given: PromiseLike<T>): Promise<T> {
    return new Deadline().race(given, this.#parts.timer)
  }

  read<O extends Reading>(operation: O, call: ReadCall<O>): Promise<ResultOf<O>> {
    return this.#guarded(this.#read(operation, call, () => call.input))
  }

  write<O extends Writing>(operation: O, call: WriteCall<O>): Promise<Written<O>> {
    return this.#guarded(this.#perform(operation, call.list, call, () => call))
  }

  incident(error: unknown, facts: Readonly<Record<string, unknown>>): CustomerError {
    return this.#parts.incidents.report(error, facts)
  }

  subscribe(listener: Listener): () => void
  subscribe<N extends EventName>(name: N, listener: Listener<N>): () => void
  subscribe<N extends EventName>(first: N | Listener, second?: Listener<N>): () => void {
    const { units } = this.#parts
    return typeof first === 'function' ? units.subscribe(first) : units.subscribe(second as Listener<N>, first)
  }

  close(options?: { readonly graceMs?: number }): Promise<void> {
    return this.#parts.units.close(options)
  }

  /** The frame of the handler that calls; undefined for calls from outside. */
  get #frame(): Frame<Unit> | undefined {
    return this.#parts.handlers.frames.current
  }

  /** A handler may forget to await its call; the unit fails then, and the process must not fail with it. */
  #guarded<T>(promise: Promise<T>): Promise<T> {
    if (this.#frame) promise.catch(() => undefined)
    return promise
  }

  async #read<O extends Reading>(
    operation: O,
    call: Omit<ReadCall<O>, 'input'>,
    asking: () => InputOf<O> | Promise<InputOf<O>>,
  ): Promise<ResultOf<O>> {
    const { storage, units, incidents, rules } = this.#parts
    const frame = this.#frame
    const { list, onTrace, signal } = call
    const reading = rules.reads[operation]
    if (frame)
      return units.join(frame, list, async (unit) => runReadIn(unit, frame, operation, reading, await asking()))
    const requestId = call.requestId ?? (onTrace && this.#parts.ids.request())
    const trace = onTrace && { operation, list, requestId: requestId ?? '', trace: undefined }
    try {
      await units.admit(list)
      const input = asking()
      const asked = input instanceof Promise ? await input : input
      const result = await runRead(storage, { list, requestId, signal }, reading, asked)
      if (trace) report(incidents, trace, onTrace, 'done')
      return result
    } catch (error) {
      const explained = incidents.explain(unlessAbandoned(error, signal), { operation, list, requestId })
      if (trace) report(incidents, trace, onTrace, explained.problem.kind)
      throw explained
    }
  }

  /** A library call: its documents are checked first. */
  async #performChecked<O extends Writing>(
    operation: O,
    list: string,
    input: object,
    options: WriteOptions,
  ): Promise<ResultOf<O>> {
    const { documents } = this.#parts.rules.writes[operation]
    const { result } = await this.#perform(operation, list, options, () =>
      requestOf(operation, documents, input, this.#parts.limits),
    )
    return result
  }

  async #perform<O extends Writing>(
    operation: O,
    list: string,
    options: WriteOptions,
    asking: Asking<O>,
  ): Promise<Written<O>> {
    const { units, incidents, rules } = this.#parts
    const frame = this.#frame
    if (frame) return this.#performIn(frame, operation, list, profileOf(options.profile), asking)
    const call = this.#callOf(operation, list, options)
    try {
      const written = await units.perform(call, rules.writes[operation], asking)
      if (options.onTrace) report(incidents, call, options.onTrace, call.dryRun ? 'dryRun' : 'done')
      if (options.onChanges) reportChanges(incidents, call, options.onChanges)
      return written
    } catch (error) {
      if (options.onTrace) report(incidents, call, options.onTrace, outcomeOf(error))
      throw error
    }
  }

  /** A call of a handler: part of the unit that the handler runs in. A failure dooms the unit. */
  async #performIn<O extends Writing>(
    frame: Frame<Unit>,
    operation: O,
    list: string,
    profile: Profile,
    asking: Asking<O>,
  ): Promise<Written<O>> {
    const { units, rules } = this.#parts
    try {
      return await units.join(frame, list, (unit) => runWriteIn(unit, frame, rules.writes[operation], asking, profile))
    } catch (error) {
      // a call that comes too late has done nothing, and another handler may be running by now
      if (!isOver(frame)) frame.unit.doom(error)
      throw error
    }
  }

  async #transact<T>(list: string, work: (transaction: Transaction) => Promise<T>, options: CallOptions): Promise<T> {
    const { units, incidents } = this.#parts
    const frame = this.#frame
    if (frame) return units.join(frame, list, (unit) => runTransaction(unit, work))
    const call = this.#callOf('transaction', list, options)
    try {
      const value = await units.transact(call, (unit) => runTransaction(unit, work))
      if (options.onTrace) report(incidents, call, options.onTrace, 'done')
      return value
    } catch (error) {
      if (options.onTrace) report(incidents, call, options.onTrace, outcomeOf(error))
      throw error
    }
  }

  #callOf(operation: string, list: string, options: WriteOptions): Call {
    const { flavour = 'library', caller, requestId = this.#parts.ids.request(), wire } = options
    return {
      operation,
      list,
      flavour,
      caller,
      requestId,
      wire,
      profile: profileOf(options.profile),
      dryRun: options.dryRun ?? false,
      signal: options.signal,
      custom: {},
      tasks: [],
      ends: [],
      events: [],
      trace: options.onTrace && [],
      began: options.onTrace ? performance.now() : 0,
      changes: options.onChanges && new Map(),
      customersIn: (frame) => this.#customersIn(frame, list, { flavour, requestId, caller }),
      hasRunHandlers: false,
    }
  }

  /** The library as a handler gets it: its calls join the frame's unit, from callbacks that lost the frame too. */
  #customersIn(frame: Frame, list: string, options: CallOptions): CustomerOperations {
    const { frames } = this.#parts.handlers
    const methods = Object.entries(this.list(list, options)) as [string, (input: never) => Promise<unknown>][]
    const bound = methods.map(([name, call]): (typeof methods)[number] => [
      name,
      (input) => frames.rejoin(frame as Frame<Unit>, () => call(input)),
    ])
    return Object.fromEntries(bound) as CustomerOperations
  }
}
