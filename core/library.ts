/**
 * Executes one operation: unit of work, lock, load, decode with the loaded record, precondition, before, validate, apply,
 * flush, after, validate, commit, afterCommit.
 */
import { createInternalAccount, linkAccount, unlinkAccount } from './accounts.js'
import { createAddress, deleteAddress, updateAddress } from './addresses.js'
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
import { createCustomer, deleteCustomer, isTakenNumber, updateCustomer } from './customers.js'
import type { Running } from './customers.js'
import { changesIn } from './dry-run.js'
import type { Changes } from './dry-run.js'
import { CustomerError, fail } from './errors.js'
import type { Problem } from './errors.js'
import { NotPlain, copyOf, freeze } from './json.js'
import { createMapping, deleteMappings } from './mappings.js'
import type { DeclaredAttributes } from './custom-attributes.js'
import type { MixinSchemas } from './mixins.js'
import type { CustomerList, SocialMediaUser } from './model.js'
import { Numbers } from './numbers.js'
import { operations } from './operations.js'
import type { DocumentOf, Operation, Reading, ResultOf, Writing } from './operations.js'
import type { HashPassword } from './password.js'
import type { Policies } from './policies.js'
import { profiles } from './profiles.js'
import type { Profile } from './profiles.js'
import type { Reader } from './reads.js'
import { reads } from './reads.js'
import { addressOf, customerOf } from './records.js'
import { PluginFault } from './plugin-fault.js'
import { isOver } from './runner.js'
import type { Frame, HookDescription, Runner } from './runner.js'
import {
  accountCreateSchema,
  addressChangeSchema,
  addressCreateSchema,
  customerChangeSchema,
  customerCreateSchema,
  externalAccountSchema,
  mappingCreateSchema,
  socialMediaUserSchema,
} from './schemas.js'
import type { Schema } from './schemas.js'
import { importSocialMediaUsers } from './social-media-users.js'
import type { SocialMediaUserSource } from './social-media-users.js'
import { DuplicateKey, LockTimeout, QueryRefused, StaleVersion, StorageUnavailable } from './storage.js'
import type { Page, ReadUnit, Storage, WriteUnit } from './storage.js'
import { Unit } from './unit.js'
import type { Trace } from './trace.js'
import type { CallFacts } from './unit.js'
import { check } from './validation.js'

/** Writes log lines; fields hold no personal data. */
export interface Logger {
  debug(message: string, fields?: Readonly<Record<string, unknown>>): void
  info(message: string, fields?: Readonly<Record<string, unknown>>): void
  warn(message: string, fields?: Readonly<Record<string, unknown>>): void
  error(message: string, fields?: Readonly<Record<string, unknown>>): void
}

/** Makes identifiers. */
export interface Ids {
  /** 24 hex characters, unique. */
  hex24(): string
  /** Identifies an incident or a request in logs and answers. */
  incident(): string
  /** Unpredictable customer number, `C` and ten digits (decision 3.5). */
  customerNumber(): string
}

/** Finds customer lists. */
export interface CustomerLists {
  byId(id: string): CustomerList | undefined | Promise<CustomerList | undefined>
  byTenant(tenant: string): CustomerList | undefined | Promise<CustomerList | undefined>
}

/** Time limits in milliseconds (decision 4.10). */
export interface Limits {
  /** One handler. Default 10,000. */
  readonly handler: number
  /** One wait for a lock. Default 15,000. */
  readonly lockWait: number
  /** A whole unit of work. Default 30,000. */
  readonly unit: number
}

/** What the library is made of; the container brings it together. */
export interface Parts {
  readonly storage: Storage
  readonly lists: CustomerLists
  readonly runner: Runner
  readonly logger: Logger
  readonly clock: () => Date
  readonly ids: Ids
  readonly limits: Limits
  readonly policies: Policies
  readonly hashPassword: HashPassword
  readonly mixins: MixinSchemas
  readonly customAttributes: DeclaredAttributes
  /** Absent: the storage is the source. */
  readonly socialMediaUsers: SocialMediaUserSource | undefined
  readonly onError: (error: unknown, facts: Readonly<Record<string, unknown>>) => void
  /** The next customer number of the form that the unit's profile asks for. */
  readonly generateNumber: (unit: Unit) => Promise<string>
}

/** What a writing call says of itself. */
interface WriteOptions extends CallOptions {
  readonly dryRun?: boolean
  readonly changes?: Changes
}

type Write<O extends Writing> = (unit: Unit, call: Running<O>) => Promise<ResultOf<O>>

const writes: { readonly [O in Writing]: Write<O> } = {
  createCustomer,
  updateCustomer,
  deleteCustomer,
  createAddress,
  updateAddress,
  deleteAddress,
  createInternalAccount,
  linkAccount,
  unlinkAccount,
  createMapping,
  deleteMappings,
  importSocialMediaUsers,
}

/** The documents of a library call that are checked, by property of the input. */
const checkedDocuments: { readonly [O in Writing]?: Readonly<Record<string, Schema>> } = {
  createCustomer: { create: customerCreateSchema },
  updateCustomer: { update: customerChangeSchema },
  createAddress: { create: addressCreateSchema },
  updateAddress: { update: addressChangeSchema },
  createInternalAccount: { create: accountCreateSchema },
  linkAccount: { account: externalAccountSchema },
  createMapping: { create: mappingCreateSchema },
  importSocialMediaUsers: { users: { type: 'array', items: socialMediaUserSchema } },
}

/** Carries the would-be result of a dry run out of the unit that it rolls back. */
class RolledBack {
  readonly result: unknown
  constructor(result: unknown) {
    this.result = result
  }
}

/** The library. Hosts make it with `createClientele`. */
export class Library implements Clientele {
  readonly #parts: Parts
  readonly #numbers: Numbers
  readonly #listeners = new Set<(event: DomainEvent) => void | Promise<void>>()
  readonly #running = new Set<Promise<unknown>>()
  #closing: Promise<void> | undefined

  constructor(parts: Omit<Parts, 'generateNumber'>) {
    this.#numbers = new Numbers(parts.storage)
    this.#parts = {
      ...parts,
      generateNumber: async (unit) =>
        unit.profile.numbers === 'random' ? unit.ids.customerNumber() : this.#numbers.next(unit.list),
    }
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
    if (frame) return this.#join(frame, list, (unit) => this.#runTransaction(unit, work))
    const facts = this.#factsOf('transaction', list, options)
    let failures: WeakSet<Error> | undefined
    const value = await this.#tracked(async () => {
      try {
        await this.#open(list)
        await this.#numbers.fill(list)
        return await this.#inUnit(facts, (unit) => {
          failures = unit.failures
          return this.#runTransaction(unit, work)
        })
      } catch (error) {
        // what `work` itself throws is the caller's own
        const isOurs = error instanceof Error && (problemOf(error) || failures?.has(error))
        const shown = isOurs || error instanceof PluginFault ? this.#explain(error, facts) : error
        this.#tell(facts, shown instanceof CustomerError ? shown.problem.kind : 'internal')
        throw shown
      }
    })
    this.#afterCommit(facts)
    this.#tell(facts, 'done')
    return value
  }

  #runTransaction<T>(unit: Unit, work: (transaction: Transaction) => Promise<T>): Promise<T> {
    return this.#parts.runner.inFrame(unit, undefined, undefined, async (frame) => {
      const transaction: Transaction = { customers: unit.customers, requestId: unit.call.requestId }
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

  async idle(): Promise<void> {
    while (this.#running.size > 0) await Promise.allSettled(this.#running)
  }

  async listById(id: string): Promise<CustomerList | undefined> {
    return this.#parts.lists.byId(id)
  }

  async listByTenant(tenant: string): Promise<CustomerList | undefined> {
    return this.#parts.lists.byTenant(tenant)
  }

  async prepareMixins(urls: readonly string[]): Promise<void> {
    await this.#parts.mixins.prepare(urls)
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
      const items = await source({ customerNo, listId: call.list })
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
    if (frame) return this.#join(frame, call.list, (unit) => run(unit.tx, liveIn(unit)))
    const { list, requestId = '', onTrace } = call
    let outcome: Trace['outcome'] = 'done'
    try {
      await this.#open(list)
      return await this.#parts.storage.read(list, (unit) => run(unit, asStored))
    } catch (error) {
      const explained = this.#explain(error, { operation, list, requestId: call.requestId })
      outcome = explained.problem.kind
      throw explained
    } finally {
      if (onTrace) this.#tell({ operation, list, requestId, trace: [], onTrace }, outcome)
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
      this.#tell(facts, error instanceof CustomerError ? error.problem.kind : 'internal')
      throw error
    }
    return this.#perform(facts, (unit, once) => this.#run(operation, call, unit, once))
  }

  /** A handler may forget to await its call; the unit fails then, and the process must not fail with it. */
  #guarded<T>(promise: Promise<T>): Promise<T> {
    if (this.#parts.runner.frame) promise.catch(() => undefined)
    return promise
  }

  incident(error: unknown, facts: Readonly<Record<string, unknown>>): CustomerError {
    const { ids, logger, onError } = this.#parts
    const incident = ids.incident()
    const about = error instanceof PluginFault ? pluginFacts(error) : {}
    const all = { incident, ...facts, ...about }
    logger.error(error instanceof PluginFault ? error.message : 'unexpected error', { ...all, stack: stackOf(error) })
    try {
      onError(error, all)
    } catch (failure) {
      logger.error('onError threw', { incident, stack: stackOf(failure) })
    }
    return fail('internal', { incident }, { cause: error })
  }

  subscribe(listener: (event: DomainEvent) => void | Promise<void>): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  close({ graceMs = 4000 }: { readonly graceMs?: number } = {}): Promise<void> {
    this.#closing ??= this.#close(graceMs)
    return this.#closing
  }

  async #close(graceMs: number): Promise<void> {
    const { runner, storage } = this.#parts
    await inTime(this.idle(), graceMs)
    runner.abort(new StorageUnavailable('the library is closing'))
    await inTime(this.idle(), 500)
    await storage.close()
  }

  /** Fails if the library closes or the list is unknown. */
  async #open(list: string): Promise<void> {
    if (this.#closing) throw new StorageUnavailable('the library is closed')
    const found = this.#parts.lists.byId(list)
    if ((found instanceof Promise ? await found : found) === undefined) throw fail('listNotFound', { listId: list })
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
    return this.#write(operation, list, options, async () => {
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
    return this.#join(frame, list, async (unit) => {
      const { profile } = unit
      try {
        const call = await prepare()
        await unit.settleFor(frame.handler)
        unit.profile = profileOf(call)
        const result = await this.#run(operation, call, unit, (work) => work())
        await unit.tx.flush()
        unit.hasInnerWrites = true
        return result
      } catch (error) {
        unit.doomed ??= error
        throw error
      } finally {
        unit.profile = profile
      }
    })
  }

  async #join<T>(frame: Frame, list: string, work: (unit: Unit) => Promise<T>): Promise<T> {
    const who = frame.handler
      ? `the handler of plug-in '${frame.handler.plugin}' at ${frame.handler.point}`
      : 'the transaction'
    const mustBeOpen = () => {
      if (!isOver(frame)) return
      const why = `a library call was made after ${who} had ended: await every call, and use afterCommit for later ones`
      this.#parts.logger.warn(why, { list, requestId: frame.unit.call.requestId })
      throw new Error(why)
    }
    mustBeOpen()
    if (list !== frame.unit.list)
      throw new Error(
        `${who} works on customer list '${frame.unit.list}' and cannot use '${list}' in the same unit of work: use afterCommit`,
      )
    frame.open++
    const mine = frame.turn.then(async () => {
      mustBeOpen()
      try {
        return await work(frame.unit)
      } catch (error) {
        const problem = error instanceof CustomerError ? undefined : problemOf(error)
        const shown = problem ? new CustomerError(problem, { cause: error }) : error
        if (shown instanceof Error) frame.unit.failures.add(shown)
        throw shown
      }
    })
    frame.turn = mine.catch(() => undefined)
    try {
      return await mine
    } finally {
      frame.open--
    }
  }

  /** Runs work as a unit of work of its own; again where that can help and no handler runs twice. */
  async #perform<T>(facts: CallFacts, work: (unit: Unit, once: Running<Writing>['once']) => Promise<T>): Promise<T> {
    let prepared: Promise<unknown> | undefined
    const once = <V>(prepare: () => Promise<V>) => (prepared ??= prepare()) as Promise<V>
    const result = this.#tracked(async () => {
      try {
        await this.#open(facts.list)
        for (let attempt = 1; ; attempt++) {
          await this.#numbers.fill(facts.list)
          try {
            return await this.#inUnit(facts, (unit) => work(unit, once))
          } catch (error) {
            if (!mayRunAgain(error, facts, attempt)) throw error
          }
        }
      } catch (error) {
        throw this.#explain(error, facts)
      }
    })
    let outcome: Trace['outcome'] = facts.dryRun ? 'dryRun' : 'done'
    try {
      const value = await result
      if (!facts.dryRun) this.#afterCommit(facts)
      return value
    } catch (error) {
      outcome = (error as CustomerError).problem.kind
      throw error
    } finally {
      this.#tell(facts, outcome)
    }
  }

  /** Gives the trace to whom asked for it. */
  #tell(
    {
      operation,
      list,
      requestId,
      trace,
      onTrace,
    }: Pick<CallFacts, 'list' | 'requestId' | 'trace' | 'onTrace'> & {
      readonly operation: string
    },
    outcome: Trace['outcome'],
  ): void {
    try {
      onTrace?.({ operation: operation as Trace['operation'], list, requestId, outcome, steps: trace ?? [] })
    } catch (error) {
      this.#parts.logger.error('onTrace threw', { operation, list, requestId, stack: stackOf(error) })
    }
  }

  async #tracked<T>(work: () => Promise<T>): Promise<T> {
    const running = work()
    this.#running.add(running)
    try {
      return await running
    } finally {
      this.#running.delete(running)
    }
  }

  /** One unit of the storage, within the time limit of a whole unit. */
  async #inUnit<T>(facts: CallFacts, work: (unit: Unit) => Promise<T>): Promise<T> {
    const { storage, limits, runner } = this.#parts
    let unit: Unit | undefined
    let isCommitting = false
    let timer: NodeJS.Timeout | undefined
    const tooLate = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        const error = timeLimitOf(unit, limits.unit, isCommitting)
        if (unit) runner.abort(error, unit)
        reject(error)
      }, limits.unit)
    })
    tooLate.catch(() => undefined)
    const write = storage.write(facts.list, async (tx) => {
      unit = this.#unitOf(facts, tx)
      const result = await Promise.race([this.#inside(unit, work), tooLate])
      isCommitting = true
      return result
    })
    try {
      return await Promise.race([write, tooLate])
    } catch (error) {
      write.catch(() => undefined)
      if (error instanceof RolledBack) return error.result as T
      throw error
    } finally {
      clearTimeout(timer)
      if (unit) unit.hasEnded = true
    }
  }

  #unitOf(facts: CallFacts, tx: WriteUnit): Unit {
    facts.events.length = 0
    facts.changes?.clear()
    facts.trace?.splice(0, facts.trace.length, ...facts.trace.filter(({ step }) => step !== 'effect'))
    const { flavour, requestId, caller } = facts
    return new Unit(this.#parts, tx, facts, () =>
      this.list(facts.list, { flavour, requestId, ...(caller && { caller }) }),
    )
  }

  async #inside<T>(unit: Unit, work: (unit: Unit) => Promise<T>): Promise<T> {
    const result = await work(unit)
    unit.tellChanges()
    if (!unit.call.dryRun) return result
    await unit.tx.flush()
    throw new RolledBack(result)
  }

  /**
   * Tasks and events, once the data is safe; their failures are reported and change nothing (decision 4.6). The caller
   * does not wait, but what is not asynchronous has run when this returns.
   */
  #afterCommit(facts: CallFacts): void {
    if (facts.tasks.length > 0 || (facts.events.length > 0 && this.#listeners.size > 0))
      void this.#tracked(() => this.#tellAll(facts))
  }

  async #tellAll(facts: CallFacts): Promise<void> {
    const { runner } = this.#parts
    const about = { operation: facts.operation, list: facts.list, requestId: facts.requestId }
    for (const { handler, task } of facts.tasks) {
      const start = performance.now()
      try {
        const running = runner.outside((deadline) => task(deadline.signal))
        if (running) await running
      } catch (error) {
        const { plugin, point, name, file } = handler
        const durationMs = Math.round(performance.now() - start)
        const who = { plugin, extensionPoint: point, handler: name, file, durationMs }
        this.incident(error, { ...about, ...who, phase: 'afterCommit' })
      }
    }
    for (const event of facts.events)
      for (const listener of this.#listeners)
        try {
          const running = runner.outside(() => listener(event))
          if (running) await running
        } catch (error) {
          this.incident(error, { ...about, event: event.name })
        }
  }

  /** What a caller gets to see of an error. */
  #explain(
    error: unknown,
    facts: { readonly operation: string; readonly list: string; readonly requestId?: string | undefined },
  ): CustomerError {
    if (error instanceof CustomerError) return error
    const problem = problemOf(error)
    if (problem) {
      if (problem.kind === 'unavailable')
        this.#parts.logger.warn((error as Error).message, {
          operation: facts.operation,
          list: facts.list,
          requestId: facts.requestId,
        })
      return new CustomerError(problem, { cause: error })
    }
    return this.incident(error, { operation: facts.operation, list: facts.list, requestId: facts.requestId })
  }
}

function profileOf({ profile = 'library' }: CallOptions): Profile {
  return typeof profile === 'string' ? profiles[profile] : profile
}

/** The document of a library call's input, copied and checked against the domain's schema. */
async function checkedDocument<O extends Writing>(operation: O, input: object): Promise<DocumentOf<O>> {
  const document: Record<string, unknown> = { ...input }
  for (const [property, schema] of Object.entries<Schema>(checkedDocuments[operation] ?? {})) {
    const copied = plainCopyOf(property, document[property] ?? {})
    const violations = await check(schema, copied)
    if (violations.length > 0) throw fail('documentInvalid', { document: property, violations })
    document[property] = copied
  }
  return document as DocumentOf<O>
}

function plainCopyOf(property: string, value: unknown): unknown {
  try {
    return freeze(copyOf(value))
  } catch (error) {
    if (!(error instanceof NotPlain)) throw error
    throw fail('documentInvalid', {
      document: property,
      violations: [{ path: error.path, rule: 'type', message: error.message }],
    })
  }
}

/** A generated number that collides at the commit is answered with the next one; a lost race is run again before any handler. */
function mayRunAgain(error: unknown, facts: CallFacts, attempt: number): boolean {
  if (isTakenNumber(error)) return facts.hasGeneratedNumber
  return error instanceof StaleVersion && !facts.hasRunHandlers && attempt < 3
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

/** The problem that an error of the storage port means; undefined for errors that nobody expected. */
function problemOf(error: unknown): Problem | undefined {
  if (error instanceof DuplicateKey) {
    const taken = {
      customers: error.key === 'login' ? 'loginInUse' : 'customerNoInUse',
      addresses: 'addressIdInUse',
      accounts: 'accountInUse',
    } as const
    return error.kind in taken ? { kind: taken[error.kind as keyof typeof taken] } : undefined
  }
  if (error instanceof StorageUnavailable) return { kind: 'unavailable', outcome: error.outcome, retryAfter: 2 }
  if (error instanceof LockTimeout || error instanceof StaleVersion)
    return { kind: 'unavailable', outcome: 'nothing', retryAfter: 1 }
  if (error instanceof QueryRefused) return { kind: 'queryRefused', reason: error.message }
  return undefined
}

/** A handler that is too slow is its plug-in's fault; without one, the storage is. */
function timeLimitOf(unit: Unit | undefined, ms: number, isCommitting: boolean): Error {
  const why = `the unit of work took longer than ${ms} ms`
  const handler = unit?.running
  return handler ? new PluginFault(handler, ms, why) : new StorageUnavailable(why, isCommitting ? 'unknown' : 'nothing')
}

function pluginFacts(fault: PluginFault): Readonly<Record<string, unknown>> {
  const { plugin, extensionPoint, handler, file, duration } = fault
  return { plugin, extensionPoint, handler, file, durationMs: Math.round(duration) }
}

function stackOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const cause = error.cause === undefined ? '' : `\ncaused by: ${stackOf(error.cause)}`
  return `${error.stack ?? error.message}${cause}`
}

/** Waits for work, but no longer than this. */
async function inTime(work: Promise<unknown>, ms: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  await Promise.race([work, new Promise((resolve) => (timer = setTimeout(resolve, ms)))])
  clearTimeout(timer)
}
