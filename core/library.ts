/**
 * Executes one operation: unit of work, lock, load, decode with the loaded record, precondition, before, validate, apply,
 * flush, after, validate, commit, afterCommit.
 */
import { createInternalAccount } from './accounts.js'
import { createAddress, deleteAddress, updateAddress } from './addresses.js'
import type { CallOptions, Clientele, CustomerOperations, DomainEvent, ReadCall, WriteCall } from './clientele.js'
import { createCustomer, deleteCustomer, isTakenNumber, updateCustomer } from './customers.js'
import type { Running } from './customers.js'
import { CustomerError, fail } from './errors.js'
import type { Problem } from './errors.js'
import { NotPlain, copyOf, freeze } from './json.js'
import { createMapping, deleteMappings } from './mappings.js'
import type { MixinSchemas } from './mixins.js'
import type { CustomerList } from './model.js'
import { Numbers } from './numbers.js'
import { operations } from './operations.js'
import type { DocumentOf, Operation, Reading, ResultOf, Writing } from './operations.js'
import type { HashPassword } from './password.js'
import type { Policies } from './policies.js'
import { profiles } from './profiles.js'
import type { Reader } from './reads.js'
import { reads } from './reads.js'
import { addressOf, customerOf } from './records.js'
import { PluginFault } from './runner.js'
import type { Frame, Runner } from './runner.js'
import {
  accountCreateSchema,
  addressChangeSchema,
  addressCreateSchema,
  customerChangeSchema,
  customerCreateSchema,
  mappingCreateSchema,
  socialMediaUserSchema,
} from './schemas.js'
import type { Schema } from './schemas.js'
import { importSocialMediaUsers } from './social-media-users.js'
import { DuplicateKey, LockTimeout, QueryRefused, StaleVersion, StorageUnavailable } from './storage.js'
import type { ReadUnit, Storage, WriteUnit } from './storage.js'
import { Unit } from './unit.js'
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
  readonly onError: (error: unknown, facts: Readonly<Record<string, unknown>>) => void
  /** The next customer number of the form that the unit's profile asks for. */
  readonly generateNumber: (unit: Unit) => Promise<string>
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

  async listById(id: string): Promise<CustomerList | undefined> {
    return this.#parts.lists.byId(id)
  }

  async listByTenant(tenant: string): Promise<CustomerList | undefined> {
    return this.#parts.lists.byTenant(tenant)
  }

  read<O extends Reading>(operation: O, call: ReadCall<O>): Promise<ResultOf<O>> {
    return this.#guarded(this.#read(operation, call))
  }

  write<O extends Writing>(operation: O, call: WriteCall<O>): Promise<ResultOf<O>> {
    return this.#guarded(this.#write(operation, call.list, call, () => call))
  }

  async #read<O extends Reading>(operation: O, call: ReadCall<O>): Promise<ResultOf<O>> {
    const run = (unit: ReadUnit, show: Pick<Reader, 'customer' | 'address'>) =>
      reads[operation]({ unit, list: call.list, ...show }, call.input)
    const { frame } = this.#parts.runner
    if (frame) return this.#join(frame, call.list, (unit) => run(unit.tx, liveIn(unit)))
    try {
      await this.#open(call.list)
      return await this.#parts.storage.read(call.list, (unit) => run(unit, asStored))
    } catch (error) {
      throw this.#explain(error, { operation, list: call.list, requestId: call.requestId })
    }
  }

  /** `prepare` gives the call; it runs in the turn of a handler's call, so that a call which is not awaited is noticed. */
  async #write<O extends Writing>(
    operation: O,
    list: string,
    options: CallOptions & { readonly dryRun?: boolean },
    prepare: () => WriteCall<O> | Promise<WriteCall<O>>,
  ): Promise<ResultOf<O>> {
    const { frame } = this.#parts.runner
    if (frame) return this.#writeInside(frame, operation, list, prepare)
    const call = await prepare()
    const facts = this.#factsOf(operation, list, options)
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
    const idle = async () => {
      while (this.#running.size > 0) await Promise.allSettled(this.#running)
    }
    await inTime(idle(), graceMs)
    runner.abort()
    await inTime(idle(), 500)
    await storage.close()
  }

  /** Fails if the library closes or the list is unknown. */
  async #open(list: string): Promise<void> {
    if (this.#closing) throw new StorageUnavailable('the library is closed')
    const found = this.#parts.lists.byId(list)
    if ((found instanceof Promise ? await found : found) === undefined) throw fail('listNotFound', { listId: list })
  }

  #factsOf(operation: string, list: string, call: CallOptions & { readonly dryRun?: boolean }): CallFacts {
    const { profile = 'library' } = call
    return {
      operation,
      list,
      flavour: call.flavour ?? 'library',
      caller: call.caller,
      requestId: call.requestId ?? this.#parts.ids.incident(),
      profile: typeof profile === 'string' ? profiles[profile] : profile,
      dryRun: call.dryRun ?? false,
      custom: {},
      tasks: [],
      events: [],
      trace: undefined,
      hasRunHandlers: false,
      hasGeneratedNumber: false,
    }
  }

  /** A library call: its documents are checked first. */
  #writeChecked<O extends Writing>(
    operation: O,
    list: string,
    input: object,
    options: CallOptions,
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
      try {
        const call = await prepare()
        await unit.settleFor(frame.handler)
        const result = await this.#run(operation, call, unit, (work) => work())
        await unit.tx.flush()
        unit.hasInnerWrites = true
        return result
      } catch (error) {
        unit.doomed ??= error
        throw error
      }
    })
  }

  async #join<T>(frame: Frame, list: string, work: (unit: Unit) => Promise<T>): Promise<T> {
    const who = frame.handler
      ? `the handler of plug-in '${frame.handler.plugin}' at ${frame.handler.point}`
      : 'the transaction'
    const mustBeOpen = () => {
      if (frame.closed) throw new Error(`a library call was made after ${who} had ended: await every call`)
    }
    mustBeOpen()
    if (list !== frame.unit.list)
      throw new Error(
        `${who} works on customer list '${frame.unit.list}' and cannot use '${list}' in the same unit of work: use afterCommit`,
      )
    frame.open++
    const mine = frame.turn.then(() => {
      mustBeOpen()
      return work(frame.unit)
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
    const value = await result
    if (!facts.dryRun) await this.#afterCommit(facts)
    return value
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
    const { storage, limits } = this.#parts
    let unit: Unit | undefined
    let isCommitting = false
    let timer: NodeJS.Timeout | undefined
    const tooLate = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(timeLimitOf(unit, limits.unit, isCommitting)), limits.unit)
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
    }
  }

  #unitOf(facts: CallFacts, tx: WriteUnit): Unit {
    facts.events.length = 0
    const { flavour, requestId, caller } = facts
    return new Unit(this.#parts, tx, facts, () =>
      this.list(facts.list, { flavour, requestId, ...(caller && { caller }) }),
    )
  }

  async #inside<T>(unit: Unit, work: (unit: Unit) => Promise<T>): Promise<T> {
    const result = await work(unit)
    if (!unit.call.dryRun) return result
    await unit.tx.flush()
    throw new RolledBack(result)
  }

  /** Tasks and events, once the data is safe; their failures are reported and change nothing (decision 4.6). */
  async #afterCommit(facts: CallFacts): Promise<void> {
    const { runner } = this.#parts
    const about = { operation: facts.operation, list: facts.list, requestId: facts.requestId }
    for (const { handler, task } of facts.tasks)
      try {
        await runner.outside(task)
      } catch (error) {
        this.incident(error, { ...about, plugin: handler.plugin, extensionPoint: handler.point, phase: 'afterCommit' })
      }
    for (const event of facts.events)
      for (const listener of this.#listeners)
        try {
          await runner.outside(() => listener(event))
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
