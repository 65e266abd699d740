/** The options of factories: a name that is not known, a value of another type and a promise are told at start. */
import { SetupError, nearest } from './setup-error.js'

/** What the value of an option is; `any` where the factory itself says more. */
export type OptionKind = 'string' | 'number' | 'boolean' | 'function' | 'list' | 'object' | 'any'

type NamesOf<T> = T extends unknown ? keyof T : never

/** The options of a factory by name: one that is missing here or too many does not compile. */
export type OptionTable<T> = { readonly [K in NamesOf<T>]: OptionKind }

const inWords: Readonly<Record<OptionKind, string>> = {
  string: 'a string',
  number: 'a number',
  boolean: 'true or false',
  function: 'a function',
  list: 'a list',
  object: 'an object',
  any: 'a value',
}

/**
 * Checks what a host gives to a factory. Throws a SetupError that names the factory, the option and what would do: the
 * nearest name for one that is not known, "await it" for a promise.
 *
 * ```ts
 * checkOptions<WebhookOptions>('webhook', options, { url: 'string', … }, ['url', 'secret'])
 * ```
 */
export function checkOptions<T extends object>(
  factory: string,
  options: T,
  table: OptionTable<T>,
  needed: readonly NamesOf<T>[] = [],
): void {
  checkKind(`${factory}: what it is given`, options, 'object')
  const kinds: Readonly<Record<string, OptionKind>> = table
  for (const [name, value] of Object.entries(options)) {
    const kind = Object.hasOwn(kinds, name) ? kinds[name] : undefined
    if (!kind)
      throw new SetupError(`${factory} has no option '${name}'; did you mean '${nearest(name, Object.keys(kinds))}'?`)
    if (value !== undefined) checkKind(`${factory}: ${name}`, value, kind)
  }
  for (const name of needed)
    if (options[name as keyof T] === undefined) throw new SetupError(`${factory} needs the option '${String(name)}'`)
}

/** Checks one value that a host gives; `what` begins the message. Throws a SetupError. */
export function checkKind(what: string, value: unknown, kind: OptionKind): void {
  if (typeof (value as { then?: unknown } | null | undefined)?.then === 'function')
    throw new SetupError(`${what} is a promise: await it`)
  const isOne = kind === 'any' || (kind === 'list' ? Array.isArray(value) : value !== null && typeof value === kind)
  if (isOne) return
  const isUncalled = typeof value === 'function' && kind === 'object'
  throw new SetupError(`${what} must be ${inWords[kind]}, not ${isUncalled ? 'a function: call it' : kindOf(value)}`)
}

function kindOf(value: unknown): string {
  if (value === null || value === undefined) return String(value)
  if (Array.isArray(value)) return inWords.list
  return inWords[typeof value as OptionKind] ?? `a ${typeof value}`
}
