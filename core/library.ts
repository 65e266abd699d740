/** The library: each operation as a method, as a library call, as a flavour's call and as a handler's call. */
import { copyMark, thisCopy } from './model/copy.js'
import type { Clientele, ListOperations, ReadCall, WriteCall } from './clientele.js'
import { Deadline } from './extension/deadline.js'
import type { Timer } from './extension/deadline.js'
import { isOver, type Frame } from './extension/frames.js'
import type { HookDescription } from './extension/description.js'
import type { Handlers } from './extension/handlers.js'
import type { CallOptions, CustomerOperations, PasswordCheck } from './model/calls.js'
import type { Customer, CustomerChange, CustomerCreate, CustomerList } from './model/documents.js'
import type { EventName, Listener } from './model/events.js'
import { operations } from './model/operations.js'
import type { InputOf, Operation, Reading, ResultOf, Writing } from './model/operations.js'
import type { CustomerError, Violation } from './model/problems.js'
import { profileOf } from './model/profile.js'
import type { Profile } from './model/profile.js'
import type { CustomerLists, Limits } from './ports/host.js'
import type { Observer, OperationStart } from './ports/observer.js'
import type { Storage } from './ports/storage.js'
import type { Rules } from './rules/index.js'
import { unlessAbandoned } from './work/abandoned.js'
import { callOf } from './work/call.js'
import type { Call, WriteOptions } from './work/call.js'
import type { Change, DryRunOperations } from './work/dry-run.js'
import { healthOf } from './work/health.js'
import type { GuardedIds } from './work/host-calls.js'
import type { Incidents } from './work/incidents.js'
import { runRead, runReadIn } from './work/read.js'
import type { Observation } from './work/observation.js'
import { readInputOf, requestOf } from './work/request.js'
import { observed, traced } from './work/traces.js'
import { runTransaction } from './work/transaction.js'
import type { Transaction } from './work/transaction.js'
import type { Unit } from './work/unit.js'
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
  /** What the doors tell of. */
  readonly observer: Observer
  readonly observation: Observation | undefined
}

/** The library. Hosts make it with `createClientele`. */
export class Library implements Clientele {
  readonly [copyMark] = thisCopy
  readonly #parts: LibraryParts
  readonly health: Clientele['health']
  readonly idle: Clientele['idle']
  readonly warn: Clientele['warn']
  readonly observer: Observer
  constructor(parts: LibraryParts) {
    this.#parts = parts
    this.health = healthOf(parts)
    this.observer = parts.observer
    this.idle = () => parts.units.idle()
    this.warn = (message, facts) => parts.incidents.warn(message, facts)
  }

  list(id: string, options: CallOptions = {}): ListOperations {
    const verifyPassword = (check: PasswordCheck) => this.#guarded(this.#verify(id, check, options))
    return { ...this.#operationsOn(id, options), verifyPassword }
  }

  #operationsOn(id: string, options: CallOptions): CustomerOperations {
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

  #read<O extends Reading>(
    operation: O,
    call: Omit<ReadCall<O>, 'input'>,
    asking: () => InputOf<O> | Promise<InputOf<O>>,
  ): Promise<ResultOf<O>> {
    const { storage, units, incidents, rules, ids, observation } = this.#parts
    const frame = this.#frame
    const { list, onTrace, signal, flavour = 'library' } = call
    const reading = rules.reads[operation]
    if (frame)
      return this.#join(frame, operation, list, async (unit) =>
        runReadIn(unit, frame, operation, reading, await asking()),
      )
    const requestId = call.requestId ?? ((onTrace ?? observation) && ids.request())
    const work = async () => {
      try {
        const admitted = units.admit(list)
        if (admitted) await admitted
        const input = asking()
        const asked = input instanceof Promise ? await input : input
        return await runRead(storage, { list, requestId, signal }, operation, reading, asked)
      } catch (error) {
        throw incidents.explain(unlessAbandoned(error, signal), { operation, list, requestId })
      }
    }
    const about = { operation, list, flavour, requestId: requestId ?? '', dryRun: false }
    return traced(this.#parts, about, { onTrace }, work)
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

  #perform<O extends Writing>(
    operation: O,
    list: string,
    options: WriteOptions,
    asking: Asking<O>,
  ): Promise<Written<O>> {
    const { units, rules } = this.#parts
    const frame = this.#frame
    if (frame) return this.#performIn(frame, operation, list, profileOf(options.profile), asking)
    const call = this.#callOf(operation, list, options)
    return traced(this.#parts, call, options, () => units.perform(call, rules.writes[operation], asking))
  }

  /** A call of a handler: part of the unit that the handler runs in. A failure dooms the unit. */
  async #performIn<O extends Writing>(
    frame: Frame<Unit>,
    operation: O,
    list: string,
    profile: Profile,
    asking: Asking<O>,
  ): Promise<Written<O>> {
    try {
      const writing = this.#parts.rules.writes[operation]
      return await this.#join(frame, operation, list, (unit) => runWriteIn(unit, frame, writing, asking, profile))
    } catch (error) {
      // a call that comes too late has done nothing, and another handler may be running by now
      if (!isOver(frame)) frame.unit.doom(error)
      throw error
    }
  }

  /** Runs a call of a handler in the unit that the handler runs in. */
  #join<T>(frame: Frame<Unit>, operation: Operation, list: string, work: (unit: Unit) => Promise<T>): Promise<T> {
    return this.#parts.units.join(frame, list, (unit) =>
      observed(this.#parts, unit.call, operation, frame.depth, () => work(unit)),
    )
  }

  async #transact<T>(list: string, work: (transaction: Transaction) => Promise<T>, options: CallOptions): Promise<T> {
    const { units } = this.#parts
    const frame = this.#frame
    if (frame) return units.join(frame, list, (unit) => runTransaction(unit, work))
    const call = this.#callOf('transaction', list, options)
    return traced(this.#parts, call, options, () => units.transact(call, (unit) => runTransaction(unit, work)))
  }

  async #verify(list: string, check: PasswordCheck, options: CallOptions) {
    const { units, rules } = this.#parts
    if (this.#frame) throw new Error('verifyPassword takes its time: not inside a handler or transaction')
    const call = this.#callOf('verifyPassword', list, options)
    return traced(this.#parts, call, options, () => units.attend(call, (errand) => rules.signIns.verify(errand, check)))
  }

  #callOf(operation: OperationStart['operation'], list: string, options: WriteOptions): Call {
    return callOf(operation, list, options, this.#parts.ids, (own) => (frame) => this.#customersIn(frame, list, own))
  }

  /** The library as a handler gets it: its calls join the frame's unit, from callbacks that lost the frame too. */
  #customersIn(frame: Frame, list: string, options: CallOptions): CustomerOperations {
    const { frames } = this.#parts.handlers
    const methods = Object.entries(this.#operationsOn(list, options)) as [string, (input: never) => Promise<unknown>][]
    const bound = methods.map(([name, call]): (typeof methods)[number] => [
      name,
      (input) => frames.rejoin(frame as Frame<Unit>, () => call(input)),
    ])
    return Object.fromEntries(bound) as CustomerOperations
  }
}
