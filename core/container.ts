import 'reflect-metadata'
/** Defaults and dependency injection: the only file that knows tsyringe. */
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
import { defaultIds, defaultLogger } from './ports/defaults.js'
import type {
  Clock,
  CustomerLists,
  HashPassword,
  Ids,
  Limits,
  Logger,
  OnError,
  PasswordHashFormat,
  Policies,
  SignInLock,
  SocialMediaUserSource,
} from './ports/host.js'
import { listsOf } from './ports/lists.js'
import { guardedObserver, observerOptions } from './ports/observer.js'
import type { Observer } from './ports/observer.js'
import { upgrader } from './ports/storage.js'
import type { Storage } from './ports/storage.js'
import { declaredAttributes } from './rules/custom-attributes.js'
import type { CustomAttributeOptions, DeclaredAttributes } from './rules/custom-attributes.js'
import { rulesOf } from './rules/index.js'
import { checkRegistered } from './rules/registered-schemas.js'
import { mixinSchemas } from './rules/mixins.js'
import type { MixinOptions, MixinSchemas } from './rules/mixins.js'
import { scryptFormat, scryptHash } from './rules/scrypt.js'
import { defaultPolicies } from './rules/policies.js'
import {
  guardedClock,
  guardedFormats,
  guardedHash,
  guardedIds,
  guardedLists,
  guardedLogger,
  guardedPolicies,
} from './work/host-calls.js'
import { Incidents } from './work/incidents.js'
import { checkedLimits, defaultLimits, limitOptions } from './work/limits.js'
import { Observation } from './work/observation.js'
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
  /** Forms of stored hashes that other systems have made, or `hashPassword` makes, so that `verifyPassword` can tell (decision 1.18). */
  readonly passwordHashes?: readonly PasswordHashFormat[]
  /** Locks a login out for `forMs` milliseconds when `after` passwords in a row were wrong (decision 1.18). Default: none is. */
  readonly lock?: SignInLock
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
  /** Told of the beginning and end of requests, operations, handlers and calls of the storage; nothing of it is personal data. */
  readonly observe?: Observer
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
  passwordHashes: 'list',
  lock: 'object',
  mixins: 'object',
  customAttributes: 'object',
  socialMediaUsers: 'function',
  onError: 'function',
  observe: 'object',
  container: 'object',
}

/** Tells names that are not known, wrong types and promises; also in the options within options. Throws a SetupError. */
function checkAll(options: ClienteleOptions): void {
  checkOptions('createClientele', options, clienteleOptions)
  const { logger, ids, limits, breaker, policies, mixins, customAttributes, passwordHashes, lock } = options
  // a logger of the host may have more methods, such as pino's
  for (const level of ['debug', 'info', 'warn', 'error'] as const)
    if (logger) checkKind(`createClientele: logger.${level}`, logger[level], 'function')
  if (ids) checkOptions('ids', ids, { hex24: 'function', incident: 'function', customerNumber: 'function' })
  if (limits) checkOptions<Partial<Limits>>('limits', limits, limitOptions)
  if (policies) checkOptions('policies', policies, { email: 'function', login: 'function', password: 'function' })
  for (const [at, format] of passwordHashes?.entries() ?? [])
    checkOptions<PasswordHashFormat>(`passwordHashes[${at}]`, format, hashFormatOptions, ['matches', 'verify'])
  if (lock) checkLock(lock)
  if (options.observe) checkOptions<Observer>('observe', options.observe, observerOptions)
  if (mixins)
    checkOptions('mixins', mixins, { schemas: 'any', fetch: 'function', fetchLimit: 'number', cacheSize: 'number' })
  if (customAttributes) checkOptions('customAttributes', customAttributes, { customer: 'object', address: 'object' })
  if (breaker !== undefined && typeof breaker !== 'boolean') {
    const figure = 'number'
    const figures = { window: figure, failures: figure, openMs: figure, trial: figure, trialFailures: figure } as const
    checkOptions<Partial<BreakerSettings>>('breaker', breaker, figures)
  }
}

const hashFormatOptions = { matches: 'function', verify: 'function', isCurrent: 'function' } as const

function checkLock(lock: SignInLock): void {
  checkOptions<SignInLock>('lock', lock, { after: 'number', forMs: 'number' }, ['after', 'forMs'])
  if (!Number.isInteger(lock.after) || lock.after < 1 || !(lock.forMs >= 1))
    throw new SetupError('lock: after is a whole number above 0, forMs a number of milliseconds')
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
  const given = need(parts, tokens.storage, 'storage')
  checkCopy('the storage', given)
  const limits = checkedLimits(parts.resolve(tokens.limits))
  const timer = new Timer(limits.handler)
  const lists = guardedLists(need(parts, tokens.customerLists, 'customerLists'), timer)
  const logger = guardedLogger(parts.resolve(tokens.logger), defaultLogger)
  const clock = guardedClock(parts.resolve(tokens.clock))
  if (options.mixins) await checkRegistered(options.mixins)
  const registry = createRegistry(parts.resolve(tokens.plugins))
  await openStorage(given, options.indexes ?? [], limits, logger)
  const starting = startPlugins(registry.plugins, { logger, lists, clock }, timer)
  const stopPlugins = await starting.catch(async (error: unknown) => {
    await given.close()
    throw error
  })
  const ids = guardedIds(parts.resolve(tokens.ids), defaultIds)
  const incidents = new Incidents({ ids, logger, onError: options.onError ?? (() => undefined) })
  const { observer, observation } = observationOf(options, incidents)
  const storage = observation?.storage(given) ?? given
  const running = { limit: limits.handler, breaker: breakerOf(options), onHandler: observer.onHandler }
  const handlers = new Handlers<Unit>({ registry, clock, logger, ...running })
  const rules = rulesOf({
    storage,
    ids,
    incidents,
    policies: guardedPolicies(parts.resolve(tokens.policies), timer),
    ...passwordPartsOf(parts, options, timer),
    mixins: parts.resolve(tokens.mixins),
    customAttributes: parts.resolve(tokens.customAttributes),
    socialMediaUsers: parts.resolve(tokens.socialMediaUsers),
    limits,
  })
  const unitParts = { handlers, incidents, limit: limits.unit, beforeUnit: rules.beforeUnit, stopPlugins }
  const units = new Units({ storage, lists, logger, clock, ...unitParts })
  const told = { incidents, observer, observation }
  return new Library({ storage, lists, ids, limits, timer, handlers, rules, units, ...told })
}

function breakerOf({ breaker }: ClienteleOptions): BreakerSettings | undefined {
  return breaker ? { ...defaultBreaker, ...(breaker === true ? {} : breaker) } : undefined
}

/** The host's observer, and what tells it of operations and storage, where it wants to know. */
function observationOf({ observe = {} }: ClienteleOptions, incidents: Incidents) {
  const observer = guardedObserver(observe, (step, error) => void incidents.report(error, { step }))
  const isTold = observer.onOperation !== undefined || observer.onStorage !== undefined
  return { observer, observation: isTold ? new Observation(observer) : undefined }
}

/** How passwords are hashed, verified and locked out. */
function passwordPartsOf(parts: DependencyContainer, options: ClienteleOptions, timer: Timer) {
  const { hashPassword, container, passwordHashes = [], lock } = options
  const isOwn = hashPassword !== undefined || (container?.isRegistered(tokens.hashPassword, true) ?? false)
  return {
    hashPassword: guardedHash(parts.resolve(tokens.hashPassword), timer),
    hashFormats: [...guardedFormats(passwordHashes, timer), scryptFormat(!isOwn)],
    lock,
  }
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
