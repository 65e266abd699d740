/**
 * What the host gave to be called, guarded once: each ends within the time of a handler, and what it throws comes as a
 * HostFault that names it, so that nothing else has to mistrust it (decision 4.12).
 */
import { types } from 'node:util'
import { Deadline, isThenable } from '../extension/deadline.js'
import type { Timer } from '../extension/deadline.js'
import { longestKeyText } from '../model/keys.js'
import { errorOf, messageOf, tell } from '../model/thrown.js'
import type { Clock, CustomerLists, HashPassword, Ids, Logger, PasswordHashFormat, Policies } from '../ports/host.js'

/** A function of the host failed: the message names it, and says what it threw. */
export class HostFault extends Error {
  override readonly name = 'HostFault'
  constructor(port: string, thrown: unknown) {
    super(`${port}: ${messageOf(thrown)}`, { cause: errorOf(thrown) })
  }
}

/** Asks a function of the host. Throws HostFault, and rejects with it, also when the time is over. */
export function ask<T>(port: string, timer: Timer, call: () => T | PromiseLike<T>): T | Promise<T> {
  try {
    const given = call()
    if (!isThenable(given)) return given
    return new Deadline().race(given, timer).catch((thrown: unknown) => {
      throw new HostFault(port, thrown)
    })
  } catch (thrown) {
    throw new HostFault(port, thrown)
  }
}

/** Asks a function of the host that answers at once. */
function askNow<T>(port: string, call: () => T, isGood: (given: T) => boolean): T {
  let given: T
  try {
    given = call()
  } catch (thrown) {
    throw new HostFault(port, thrown)
  }
  if (isGood(given)) return given
  // a promise that nobody asked for may still reject
  tell(
    () => given,
    () => undefined,
  )
  throw new HostFault(port, new TypeError('it gave something else than it should'))
}

const isText = (given: unknown) => typeof given === 'string' && given !== ''

/** Look-ups of lists that end in time. */
export function guardedLists(lists: CustomerLists, timer: Timer): CustomerLists {
  return {
    byId: (id) => ask('customerLists.byId', timer, () => lists.byId(id)),
    byTenant: (tenant) => ask('customerLists.byTenant', timer, () => lists.byTenant(tenant)),
  }
}

/** Policies that end in time, and are not asked about what is too long to be normalised (decision 1.4). */
export function guardedPolicies(policies: Policies, timer: Timer): Policies {
  const isShort = (text: string) => text.length <= longestKeyText
  const isAnswer = (given: unknown) => !isThenable(given)
  return {
    email: (email) => isShort(email) && askNow('policies.email', () => policies.email(email), isAnswer),
    login: (login) => isShort(login) && askNow('policies.login', () => policies.login(login), isAnswer),
    password: (password) =>
      isShort(password.reveal()) && ask('policies.password', timer, () => policies.password(password)),
  }
}

/** Hashing that ends in time and gives text. */
export function guardedHash(hash: HashPassword, timer: Timer): HashPassword {
  return async (password) => {
    const given = await ask('hashPassword', timer, () => hash(password))
    return askNow('hashPassword', () => given, isText)
  }
}

/** Forms of hashes that say yes or no, in time. */
export function guardedFormats(formats: readonly PasswordHashFormat[], timer: Timer): PasswordHashFormat[] {
  const isAnswer = (given: unknown) => typeof given === 'boolean'
  return formats.map(({ matches, verify, isCurrent = () => false }) => ({
    matches: (hash) => askNow('passwordHashes.matches', () => matches(hash), isAnswer),
    async verify(password, hash) {
      const given = await ask('passwordHashes.verify', timer, () => verify(password, hash))
      return askNow('passwordHashes.verify', () => given, isAnswer)
    },
    isCurrent: (hash) => askNow('passwordHashes.isCurrent', () => isCurrent(hash), isAnswer),
  }))
}

/** A clock that gives a time. */
export function guardedClock(clock: Clock): Clock {
  return () => askNow('clock', clock, (now) => types.isDate(now) && !Number.isNaN(now.getTime()))
}

/** Ids as the core asks for them: what the host calls an incident's makes those of requests too. */
export interface GuardedIds extends Ids {
  request(): string
}

/** Ids that are text. An incident and a request always get one: from `spare` if the host's fail. */
export function guardedIds(ids: Ids, spare: Ids): GuardedIds {
  const incident = (): string => {
    try {
      return askNow('ids.incident', () => ids.incident(), isText)
    } catch {
      return spare.incident()
    }
  }
  return {
    hex24: () => askNow('ids.hex24', () => ids.hex24(), isText),
    customerNumber: () => askNow('ids.customerNumber', () => ids.customerNumber(), isText),
    incident,
    request: incident,
  }
}

/** A logger that cannot fail: what the host's throws, and what it should have written, goes to `spare`. */
export function guardedLogger(logger: Logger, spare: Logger): Logger {
  const writer =
    (level: keyof Logger): Logger['error'] =>
    (message, fields) => {
      const lost = (error: Error): void => {
        const lines = () => {
          spare.error(`logger.${level}: ${error.message}`)
          spare[level](message, fields)
        }
        tell(lines, () => undefined)
      }
      tell(() => logger[level](message, fields), lost)
    }
  return { debug: writer('debug'), info: writer('info'), warn: writer('warn'), error: writer('error') }
}
