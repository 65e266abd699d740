import 'reflect-metadata'
/** Defaults and dependency injection: the only file that knows tsyringe. */
import { randomBytes, randomInt } from 'node:crypto'
import { container as root, instanceCachingFactory } from 'tsyringe'
import type { DependencyContainer, InjectionToken } from 'tsyringe'
import type { Clientele } from './clientele.js'
import { defaultBreaker } from './extension/breaker.js'
import type { BreakerSettings } from './extension/breaker.js'
import { Timer } from './extension/deadline.js'
import { Handlers } from './extension/handlers.js'
import type { Plugin } from './extension/hooks.js'
import { startPlugins } from './extension/life-cycle.js'
import { Library } from './library.js'
import { createRegistry } from './extension/registry.js'
import type { CustomerList } from './model/documents.js'
import { checkKind, checkOptions } from './model/options.js'
import type { OptionTable } from './model/options.js'
import type { Path } from './model/query.js'
import { checkCopy } from './model/copy.js'
import { SetupError } from './model/setup-error.js'
import type {
  Clock,
  CustomerLists,
  HashPassword,
  Ids,
  Limits,
  Logger,
  OnError,
  Policies,
  SocialMediaUserSource,
} from './ports/host.js'
import { upgrader } from './ports/storage.js'
import type { Storage } from './ports/storage.js'
import { declaredAttributes } from './rules/custom-attributes.js'
import type { CustomAttributeOptions, DeclaredAttributes } from './rules/custom-attributes.js'
import { rulesOf } from './rules/index.js'
import { checkRegistered } from './rules/registered-schemas.js'
import { mixinSchemas } from './rules/mixins.js'
import type { MixinOptions, MixinSchemas } from './rules/mixins.js'
import { scryptHash } from './rules/passwords.js'
import { defaultPolicies } from './rules/policies.js'
import {
  guardedClock,
  guardedHash,
  guardedIds,
  guardedLists,
  guardedLogger,
  guardedPolicies,
} from './work/host-calls.js'
import { Incidents } from './work/incidents.js'
import { checkedLimits, defaultLimits, limitOptions } from './work/limits.js'
import type { Unit } from './work/unit.js'
import { Units } from './work/units.js'

/** Tokens of what a library is made of; registrations in the host's own container win over the defaults. */
export const tokens = {
  storage: Symbol.for('clientele/storage') as InjectionToken<Storage>,
  customerLists: Symbol.for('clientele/customerLists') as InjectionToken<CustomerLists>,
  plugins: Symbol.for('clientele/plugins') as InjectionToken<readonly Plugin[]>,
  logger: Symbol.for('clientele/logger') as InjectionToken<Logger>,
  clock: Symbol.for('clientele/clock') as InjectionToken<Clock>,
  ids: Symbol.for('clientele/ids') as InjectionToken<Ids>,
  limits: Symbol.for('clientele/limits') as InjectionToken<Limits>,
  policies: Symbol.for('clientele/policies') as InjectionToken<Policies>,
  hashPassword: Symbol.for('clientele/hashPassword') as InjectionToken<HashPassword>,
  mixins: Symbol.for('clientele/mixins') as InjectionToken<MixinSchemas>,
  customAttributes: Symbol.for('clientele/customAttributes') as InjectionToken<DeclaredAttributes>,
  socialMediaUsers: Symbol.for('clientele/socialMediaUsers') as InjectionToken<SocialMediaUserSource | undefined>,
} as const

/** Options of `createClientele`. */
export interface ClienteleOptions {
  /** The lists to serve, or how to look them up (decision 1.1). */
  readonly customerLists?: readonly CustomerList[] | CustomerLists
  /** What a storage factory returns, such as `memoryStorage()`. */
  readonly storage?: Storage
  readonly plugins?: readonly Plugin[]
  /** Customer properties to answer queries on without a scan: `['companyName', 'mixins.loyalty.tier']`. */
  readonly indexes?: readonly string[]
  /** Default: warnings and errors as JSON lines on stderr. */
  readonly logger?: Logger
  readonly clock?: Clock
  readonly ids?: Partial<Ids>
  /** How long things may take (decision 4.10), and how large documents may be (adapters/README.md, Limits). */
  readonly limits?: Partial<Limits>
  /**
   * Circuit breaker of each extension point: when too many of the last calls failed, the operations of that point are
   * refused for a while (problem `breakerOpen`). Default: none; `true` takes the published figures (hooks/README.md, Circuit breaker).
   */
  readonly breaker?: boolean | Partial<BreakerSettings>
  /** What is acceptable as email, login and password (decisions 1.11, 2.12, 2.13). */
  readonly policies?: Partial<Policies>
  /** Makes the stored form of a password; default scrypt. */
  readonly hashPassword?: HashPassword
  /** The JSON Schemas of YaaS mixins (decision 3.12); without any, mixins are refused. */
  readonly mixins?: MixinOptions
  /**
   * Custom attributes by name, without OCAPI's `c_`: `{ customer: { size: { type: 'integer' } } }`. Where a document has
   * declarations, only those are allowed; default: any attribute.
   */
  readonly customAttributes?: CustomAttributeOptions
  /** Where social media users are read from; default the storage, which `importSocialMediaUsers` fills (decision 3.14). */
  readonly socialMediaUsers?: SocialMediaUserSource
  /** Told of every incident, after it was logged; facts hold no personal data. */
  readonly onError?: OnError
  /** A tsyringe container of the host whose registrations of `tokens` win over the defaults, but not over options. */
  readonly container?: DependencyContainer
}

/** Every option, for checks. */
export const clienteleOptions: OptionTable<ClienteleOptions> = {
  customerLists: 'object',
  storage: 'object',
  plugins: 'list',
  indexes: 'list',
  logger: 'object',
  clock: 'function',
  ids: 'object',
  limits: 'object',
  breaker: 'any',
  policies: 'object',
  hashPassword: 'function',
  mixins: 'object',
  customAttributes: 'object',
  socialMediaUsers: 'function',
  onError: 'function',
  container: 'object',
}

/** Tells names that are not known, wrong types and promises; also in the options within options. Throws a SetupError. */
function checkAll(options: ClienteleOptions): void {
  checkOptions('createClientele', options, clienteleOptions)
  const { logger, ids, limits, breaker, policies, mixins, customAttributes } = options
  // a logger of the host may have more methods, such as pino's
  for (const level of ['debug', 'info', 'warn', 'error'] as const)
    if (logger) checkKind(`createClientele: logger.${level}`, logger[level], 'function')
  if (ids) checkOptions('ids', ids, { hex24: 'function', incident: 'function', customerNumber: 'function' })
  if (limits) checkOptions<Partial<Limits>>('limits', limits, limitOptions)
  if (policies) checkOptions('policies', policies, { email: 'function', login: 'function', password: 'function' })
  if (mixins)
    checkOptions('mixins', mixins, { schemas: 'any', fetch: 'function', fetchLimit: 'number', cacheSize: 'number' })
  if (customAttributes) checkOptions('customAttributes', customAttributes, { customer: 'object', address: 'object' })
  if (breaker !== undefined && typeof breaker !== 'boolean') {
    const figure = 'number'
    const figures = { window: figure, failures: figure, openMs: figure, trial: figure, trialFailures: figure } as const
    checkOptions<Partial<BreakerSettings>>('breaker', breaker, figures)
  }
}

/** Random bytes in hex, drawn from the system in blocks: one draw costs as much as the rest of a create. */
function hexMaker(bytes: number): () => string {
  let pool = ''
  let at = 0
  return () => {
    if (at >= pool.length) [pool, at] = [randomBytes(bytes * 256).toString('hex'), 0]
    at += bytes * 2
    return pool.slice(at - bytes * 2, at)
  }
}

const defaultIds: Ids = {
  hex24: hexMaker(12),
  incident: hexMaker(8),
  customerNumber: () => `C${String(randomInt(10 ** 10)).padStart(10, '0')}`,
}

const line = (level: string) => (message: string, fields?: Readonly<Record<string, unknown>>) =>
  void process.stderr.write(`${JSON.stringify({ time: new Date().toISOString(), level, message, ...fields })}\n`)
const defaultLogger: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: line('warn'),
  error: line('error'),
}

/**
 * Opens the storage and gives the library. Fails with a SetupError or the storage's own error that names what is wrong.
 *
 * ```ts
 * const clientele = await createClientele({ customerLists: [{ id: 'SiteGenesis' }], storage: memoryStorage() })
 * ```
 */
export async function createClientele(options: ClienteleOptions): Promise<Clientele> {
  checkAll(options)
  const parts = containerOf(options)
  const storage = need(parts, tokens.storage, 'storage')
  checkCopy('the storage', storage)
  const limits = checkedLimits(parts.resolve(tokens.limits))
  const timer = new Timer(limits.handler)
  const lists = guardedLists(need(parts, tokens.customerLists, 'customerLists'), timer)
  const logger = guardedLogger(parts.resolve(tokens.logger), defaultLogger)
  const clock = guardedClock(parts.resolve(tokens.clock))
  const breaker = options.breaker
    ? { ...defaultBreaker, ...(options.breaker === true ? {} : options.breaker) }
    : undefined
  if (options.mixins) await checkRegistered(options.mixins)
  const registry = createRegistry(parts.resolve(tokens.plugins))
  await openStorage(storage, options.indexes ?? [], limits, logger)
  const starting = startPlugins(registry.plugins, { logger, lists, clock }, timer)
  const stopPlugins = await starting.catch(async (error: unknown) => {
    await storage.close()
    throw error
  })
  const ids = guardedIds(parts.resolve(tokens.ids), defaultIds)
  const incidents = new Incidents({ ids, logger, onError: options.onError ?? (() => undefined) })
  const handlers = new Handlers<Unit>({ registry, limit: limits.handler, breaker, clock, logger })
  const rules = rulesOf({
    storage,
    ids,
    incidents,
    policies: guardedPolicies(parts.resolve(tokens.policies), timer),
    hashPassword: guardedHash(parts.resolve(tokens.hashPassword), timer),
    mixins: parts.resolve(tokens.mixins),
    customAttributes: parts.resolve(tokens.customAttributes),
    socialMediaUsers: parts.resolve(tokens.socialMediaUsers),
    limits,
  })
  const { beforeUnit } = rules
  const limit = limits.unit
  const units = new Units({ storage, lists, handlers, incidents, logger, clock, limit, beforeUnit, stopPlugins })
  return new Library({ storage, lists, ids, limits, timer, handlers, incidents, rules, units })
}

function openStorage(
  storage: Storage,
  indexes: readonly string[],
  { lockWait }: Limits,
  logger: Logger,
): Promise<void> {
  return storage.open({
    indexes: { customers: indexes.map((path): Path => path.split('.')) },
    lockWait,
    upgrade: upgrader(),
    warn: (message, fields) => logger.warn(message, fields),
  })
}

/** A child container of its own for each library: two libraries in one process share nothing. */
function containerOf(options: ClienteleOptions): DependencyContainer {
  const host = options.container ?? root
  const child = host.createChildContainer()
  const provide = <T>(token: InjectionToken<T>, given: T | undefined, byDefault?: () => T) => {
    if (given !== undefined) child.register(token, { useValue: given })
    else if (byDefault && !(options.container?.isRegistered(token, true) ?? false))
      child.register(token, { useFactory: instanceCachingFactory(byDefault) })
  }
  provide(tokens.storage, options.storage)
  provide(tokens.customerLists, options.customerLists && listsOf(options.customerLists))
  provide(tokens.plugins, options.plugins, () => [])
  provide(tokens.logger, options.logger, () => defaultLogger)
  provide(tokens.clock, options.clock, () => () => new Date())
  provide(tokens.ids, options.ids && { ...defaultIds, ...options.ids }, () => defaultIds)
  provide(tokens.limits, options.limits && { ...defaultLimits, ...options.limits }, () => defaultLimits)
  provide(tokens.policies, options.policies && { ...defaultPolicies, ...options.policies }, () => defaultPolicies)
  provide(tokens.hashPassword, options.hashPassword, scryptHash)
  provide(tokens.socialMediaUsers, options.socialMediaUsers, () => undefined)
  const warn = (message: string, fields: object) =>
    guardedLogger(child.resolve(tokens.logger), defaultLogger).warn(message, { ...fields })
  const mixins = options.mixins && mixinSchemas(options.mixins, child.resolve(tokens.limits).handler, warn)
  provide(tokens.mixins, mixins, mixinSchemas)
  const declared = options.customAttributes && declaredAttributes(options.customAttributes)
  provide(tokens.customAttributes, declared, () => declaredAttributes())
  return child
}

function need<T>(parts: DependencyContainer, token: InjectionToken<T>, option: string): T {
  if (!parts.isRegistered(token, true)) throw new SetupError(`createClientele needs the option '${option}'`)
  return parts.resolve(token)
}

const tenantPattern = /^[a-z][a-z0-9]{2,15}$/

/** The tenant of a list: its own, or its id if that fits the pattern (decision 1.1). */
export function tenantOf(list: CustomerList): string | undefined {
  return list.tenant ?? (tenantPattern.test(list.id) ? list.id : undefined)
}

function listsOf(given: readonly CustomerList[] | CustomerLists): CustomerLists {
  if (!Array.isArray(given)) return given as CustomerLists
  const lists = given as readonly CustomerList[]
  const byId = new Map<string, CustomerList>()
  const byTenant = new Map<string, CustomerList>()
  for (const list of lists) {
    if (typeof list?.id !== 'string' || list.id === '') throw new SetupError('a customer list needs an id')
    if (list.tenant !== undefined && !tenantPattern.test(list.tenant))
      throw new SetupError(`tenant '${list.tenant}' of customer list '${list.id}' does not fit ${tenantPattern}`)
    if (byId.has(list.id)) throw new SetupError(`two customer lists have the id '${list.id}'`)
    byId.set(list.id, list)
    const tenant = tenantOf(list)
    if (tenant === undefined) continue
    if (byTenant.has(tenant)) throw new SetupError(`two customer lists have the tenant '${tenant}'`)
    byTenant.set(tenant, list)
  }
  return { byId: (id) => byId.get(id), byTenant: (tenant) => byTenant.get(tenant) }
}
