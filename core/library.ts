/** The library: each operation as a method, as a library call, as a flavour's call and as a handler's call. */
import type {
  CallOptions,
  Clientele,
  CustomerOperations,
  DomainEvent,
  DryRunOperations,
  ReadCall,
  Transaction,
  WriteCall,
} from './clientele.js'
import { changedCustomer, rulesOf } from './rules/customers.js'
import type { Running } from './rules/customers.js'
import { Deadline } from './extension/deadline.js'
import { changesIn } from './work/dry-run.js'
import type { Changes } from './work/dry-run.js'
import { CustomerError, fail } from './model/problems.js'
import type { Violation } from './model/problems.js'
import { Executor } from './work/executor.js'
import { Incidents } from './work/incidents.js'
import { changedMixins } from './rules/mixins.js'
import type { Customer, CustomerChange, CustomerCreate, CustomerList, SocialMediaUser } from './model/documents.js'
import { operations } from './model/operations.js'
import type { Operation, Reading, ResultOf, Writing } from './model/operations.js'
import type { Parts } from './ports/host.js'
import { profiles } from './rules/profiles.js'
import type { Profile } from './rules/profiles.js'
import type { Reader } from './rules/reads.js'
import { reads } from './rules/reads.js'
import { addressOf, customerOf } from './work/records.js'
import { isOver } from './extension/runner.js'
import { Secret } from './model/secret.js'
import type { Frame, HookDescription } from './extension/runner.js'
import type { Page, ReadUnit } from './ports/storage.js'
import type { Trace } from './extension/trace.js'
import type { CallFacts, Unit } from './work/unit.js'
import { checkedDocument, writes } from './rules/writes.js'

/** What a writing call says of itself. */
interface WriteOptions extends CallOptions {
  readonly dryRun?: boolean
  readonly changes?: Changes
  readonly password?: Secret
}

/** The library. Hosts make it with `createClientele`. */
export class Library implements Clientele {
  readonly #parts: Omit<Parts, 'generateNumber'>
  readonly #incidents: Incidents
  readonly #executor: Executor

  constructor(parts: Omit<Parts, 'generateNumber'>) {
    this.#parts = parts
    this.#incidents = new Incidents(parts)
    this.#executor = new Executor(parts, this.#incidents, (list, options) => this.list(list, options))
  }

  list(id: string, options: CallOptions = {}): CustomerOperations {
    const methods: Record<string, (input?: object) => Promise<unknown>> = {}
    for (const operation of Object.keys(operations) as Operation[])
      methods[operation] = (input = {}) =>
        operations[operation].kind === 'read'
          ? this.read(operation as Reading, { ...options, list: id, input })
          : this.#guarded(this.#writeChecked(operation as Writing, id, input, options))
    return methods as CustomerOperations
  }

  dryRun(list: string, options: CallOptions = {}): DryRunOperations {
    const methods: Record<string, (input?: object) => Promise<unknown>> = {}
    for (const operation of Object.keys(writes) as Writing[])
      methods[operation] = async (input = {}) => {
        if (this.#parts.runner.frame) throw new Error('a dry run is a unit of work of its own: not inside a handler')
        const changes: Changes = new Map()
        const result = await this.#writeChecked(operation, list, input, { ...options, dryRun: true, changes })
        return { result, changes: changesIn(changes) }
      }
    return methods as DryRunOperations
  }

  transaction<T>(list: string, work: (transaction: Transaction) => Promise<T>, options: CallOptions = {}): Promise<T> {
    return this.#guarded(this.#transact(list, work, options))
  }

  async #transact<T>(list: string, work: (transaction: Transaction) => Promise<T>, options: CallOptions): Promise<T> {
    const { frame } = this.#parts.runner
    if (frame) return this.#executor.join(frame, list, (unit) => this.#runTransaction(unit, work))
    const facts = this.#factsOf('transaction', list, options)
    return this.#executor.transact(facts, (unit) => this.#runTransaction(unit, work))
  }

  #runTransaction<T>(unit: Unit, work: (transaction: Transaction) => Promise<T>): Promise<T> {
    return this.#parts.runner.inFrame(unit, undefined, undefined, async (frame) => {
      const transaction: Transaction = { customers: unit.customersFor(frame), requestId: unit.call.requestId }
      unit.bind(transaction)
      // a generated number that collides is noticed at its create, not at the end, when `work` cannot run again
      unit.hasInnerWrites = true
      const result = await work(transaction)
      if (frame.open > 0) throw new Error('the transaction ended while a library call of its own was open: await it')
      if (unit.doomed !== undefined) throw unit.doomed
      return result
    })
  }

  describeHooks(): HookDescription {
    return this.#parts.runner.describe()
  }

  idle(): Promise<void> {
    return this.#executor.idle()
  }

  async listById(id: string): Promise<CustomerList | undefined> {
    return (await this.#parts.lists.byId(id)) ?? undefined
  }

  async listByTenant(tenant: string): Promise<CustomerList | undefined> {
    return (await this.#parts.lists.byTenant(tenant)) ?? undefined
  }

  async checkCustomer(change: CustomerCreate | CustomerChange, previous?: Customer): Promise<readonly Violation[]> {
    const { mixins, policies } = this.#parts
    const before: CustomerCreate = previous ?? {}
    const now = changedCustomer(before, change)
    await mixins.prepare(changedMixins(before, now).flatMap((name) => now.mixinSchemas?.[name] ?? []))
    const { email } = now
    const isGood = email === undefined || email === before.email || policies.email(email.trim())
    const wrong: Violation = { path: ['email'], rule: 'constraint', message: 'is not a valid email address' }
    return [...(isGood ? [] : [wrong]), ...(await rulesOf(this.#parts)(now, before))]
  }

  read<O extends Reading>(operation: O, call: ReadCall<O>): Promise<ResultOf<O>> {
    return this.#guarded(this.#read(operation, call))
  }

  write<O extends Writing>(operation: O, call: WriteCall<O>): Promise<ResultOf<O>> {
    return this.#guarded(this.#write(operation, call.list, call, () => call))
  }

  async #read<O extends Reading>(operation: O, call: ReadCall<O>): Promise<ResultOf<O>> {
    const { socialMediaUsers: source } = this.#parts
    if (operation !== 'findSocialMediaUsers' || !source) return this.#readStored(operation, call)
    const { customerNo } = await this.#readStored('getCustomer', call as ReadCall<'getCustomer'>)
    try {
      const items = await new Deadline().race(source({ customerNo, listId: call.list }), this.#parts.limits.handler)
      if (!Array.isArray(items)) throw new TypeError('the source of social media users gave no list')
      return { items, total: items.length } as Page<SocialMediaUser> as ResultOf<O>
    } catch (error) {
      const { problem } = this.incident(error, { operation, list: call.list, requestId: call.requestId })
      throw fail(
        'sourceUnavailable',
        { incident: problem.kind === 'internal' ? problem.incident : '' },
        { cause: error },
      )
    }
  }

  async #readStored<O extends Reading>(operation: O, call: ReadCall<O>): Promise<ResultOf<O>> {
    const run = (unit: ReadUnit, show: Pick<Reader, 'customer' | 'address'>) =>
      reads[operation]({ unit, list: call.list, ...show }, call.input)
    const { frame } = this.#parts.runner
    if (frame)
      return this.#executor.join(frame, call.list, async (unit) => {
        // what handlers changed in place so far is found by queries too
        if (operation.startsWith('find')) await unit.settleFor(frame.handler)
        return run(unit.tx, liveIn(unit))
      })
    const { list, requestId = '', onTrace } = call
    let outcome: Trace['outcome'] = 'done'
    try {
      await this.#executor.open(list)
      return await this.#parts.storage.read(list, (unit) => run(unit, asStored))
    } catch (error) {
      const explained = this.#incidents.explain(error, { operation, list, requestId: call.requestId })
      outcome = explained.problem.kind
      throw explained
    } finally {
      if (onTrace) this.#executor.tell({ operation, list, requestId, trace: [], onTrace }, outcome)
    }
  }

  /** `prepare` gives the call; it runs in the turn of a handler's call, so that a call which is not awaited is noticed. */
  async #write<O extends Writing>(
    operation: O,
    list: string,
    options: WriteOptions,
    prepare: () => WriteCall<O> | Promise<WriteCall<O>>,
  ): Promise<ResultOf<O>> {
    const { frame } = this.#parts.runner
    if (frame) return this.#writeInside(frame, operation, list, prepare)
    const facts = this.#factsOf(operation, list, options)
    let call: WriteCall<O>
    try {
      call = await prepare()
    } catch (error) {
      this.#executor.tell(facts, error instanceof CustomerError ? error.problem.kind : 'internal')
      throw error
    }
    return this.#executor.perform(facts, (unit, once) => this.#run(operation, call, unit, once))
  }

  /** A handler may forget to await its call; the unit fails then, and the process must not fail with it. */
  #guarded<T>(promise: Promise<T>): Promise<T> {
    if (this.#parts.runner.frame) promise.catch(() => undefined)
    return promise
  }

  incident(error: unknown, facts: Readonly<Record<string, unknown>>): CustomerError {
    return this.#incidents.report(error, facts)
  }

  subscribe(listener: (event: DomainEvent) => void | Promise<void>): () => void {
    return this.#executor.subscribe(listener)
  }

  close(options?: { readonly graceMs?: number }): Promise<void> {
    return this.#executor.close(options)
  }

  #factsOf(operation: string, list: string, call: WriteOptions): CallFacts {
    return {
      operation,
      list,
      flavour: call.flavour ?? 'library',
      caller: call.caller,
      requestId: call.requestId ?? this.#parts.ids.incident(),
      profile: profileOf(call),
      dryRun: call.dryRun ?? false,
      custom: {},
      tasks: [],
      events: [],
      trace: call.onTrace && [],
      onTrace: call.onTrace,
      changes: call.changes,
      password: call.password,
      passwordHash: undefined,
      hasRunHandlers: false,
      hasGeneratedNumber: false,
    }
  }

  /** A library call: its documents are checked first. */
  #writeChecked<O extends Writing>(
    operation: O,
    list: string,
    input: object,
    options: WriteOptions,
  ): Promise<ResultOf<O>> {
    const { password } = input as { readonly password?: unknown }
    const announced = password instanceof Secret ? { ...options, password } : options
    return this.#write(operation, list, announced, async () => {
      const document = await checkedDocument(operation, input)
      return { ...options, list, target: input as WriteCall<O>['target'], document: () => document }
    })
  }

  #run<O extends Writing>(
    operation: O,
    call: WriteCall<O>,
    unit: Unit,
    once: Running<O>['once'],
  ): Promise<ResultOf<O>> {
    const running: Running<O> = {
      target: call.target,
      ...(call.owner && { owner: call.owner }),
      document: (current) => {
        const document = call.document(current)
        call.precondition?.(current)
        return document
      },
      once,
    }
    return writes[operation](unit, running)
  }

  /** A call of a handler: part of the unit that the handler runs in. A failure dooms the unit. */
  #writeInside<O extends Writing>(
    frame: Frame,
    operation: O,
    list: string,
    prepare: () => WriteCall<O> | Promise<WriteCall<O>>,
  ): Promise<ResultOf<O>> {
    const written = this.#executor.join(frame, list, async (unit) => {
      const { profile } = unit
      try {
        const call = await prepare()
        await unit.settleFor(frame.handler)
        unit.profile = profileOf(call)
        const result = await this.#run(operation, call, unit, (work) => work())
        await unit.tx.flush()
        unit.hasInnerWrites = true
        return result
      } finally {
        unit.profile = profile
      }
    })
    return written.catch((error: unknown) => {
      // a call that comes too late has done nothing, and another handler may be running by now
      if (!isOver(frame)) frame.unit.doomed ??= error
      throw error
    })
  }
}

function profileOf({ profile = 'library' }: CallOptions): Profile {
  return typeof profile === 'string' ? profiles[profile] : profile
}

const asStored: Pick<Reader, 'customer' | 'address'> = { customer: customerOf, address: addressOf }

/** Inside a unit, a record that a handler holds shows as the very object that it holds. */
function liveIn(unit: Unit): Pick<Reader, 'customer' | 'address'> {
  const live = <D extends object>(id: string, stored: D): D => {
    const held = unit.holding(id)
    return held?.draft.isHeld ? (held.draft.live as D) : stored
  }
  return {
    customer: (record) => live(record.id, customerOf(record)),
    address: (record) => live(record.id, addressOf(record)),
  }
}
