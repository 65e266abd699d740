/** Objects as the platform gives them: properties and getters of one table, and a clear error for what is not there. */

/** One property of a platform object. */
export interface Property {
  get(): unknown
  /** Absent: read-only. */
  set?(value: unknown): void
}

/** What a platform object is made of. */
export interface PlatformParts {
  /** Such as `dw.customer.Profile`. */
  readonly type: string
  readonly properties?: Readonly<Record<string, Property>>
  readonly methods?: Readonly<Record<string, (...args: never[]) => unknown>>
}

/** Names that scripts and the language itself ask any object for: absent means absent. */
const asked = ['getProfile', 'getCustomerNo', 'toJSON', 'then', 'length', 'iterator', 'constructor', 'inspect']

const members = new WeakMap<object, readonly string[]>()

/** Names of a platform object's properties and methods, as the tables of them say; the getters and setters are left out. */
export function membersOf(object: object): readonly string[] {
  return members.get(object) ?? []
}

/** A platform object: `x.firstName`, `x.getFirstName()` and `x.setFirstName(value)` by one entry. */
export function platformObject(parts: PlatformParts): object {
  const { type, properties = {}, methods = {} } = parts
  const functions = new Map<string, unknown>(Object.entries(methods))
  for (const [name, property] of Object.entries(properties)) {
    const suffix = name.charAt(0).toUpperCase() + name.slice(1)
    if (!functions.has(`get${suffix}`)) functions.set(`get${suffix}`, () => property.get())
    if (property.set) functions.set(`set${suffix}`, (given: unknown) => property.set?.(given))
  }
  const names = (): string[] => [...Object.keys(properties), ...Object.keys(methods)].toSorted()
  const there = (): string => names().join(', ')
  const target: object = Object.create({ constructor: { name: type }, toString: () => `[${type}]` }) as object
  const object = new Proxy(target, {
    get(_, name) {
      if (typeof name === 'symbol') return Reflect.get(target, name) as unknown
      if (Object.hasOwn(properties, name)) return properties[name]?.get()
      if (functions.has(name)) return functions.get(name)
      if (name in target) return Reflect.get(target, name) as unknown
      if (asked.includes(name)) return undefined
      throw new TypeError(`${type} has no member '${name}' here; it has: ${there()}`)
    },
    set(_, name, value) {
      const property = typeof name === 'string' && Object.hasOwn(properties, name) ? properties[name] : undefined
      if (!property) throw new TypeError(`${type} has no property '${String(name)}' here; it has: ${there()}`)
      if (!property.set) throw new TypeError(`${type}.${String(name)} can be read only`)
      property.set(value)
      return true
    },
    has: (_, name) => typeof name === 'string' && (Object.hasOwn(properties, name) || functions.has(name)),
    ownKeys: () => Object.keys(properties),
    getOwnPropertyDescriptor: (_, name) =>
      typeof name === 'string' && Object.hasOwn(properties, name)
        ? { value: properties[name]?.get(), enumerable: true, configurable: true, writable: true }
        : undefined,
  })
  members.set(object, names())
  return object
}

/** A module: a plain object or class whose unknown members fail with a clear error. */
export function platformModule<T extends object>(type: string, module: T): T {
  return new Proxy(module, {
    get(target, name, receiver) {
      if (typeof name === 'symbol' || name in target) return Reflect.get(target, name, receiver) as unknown
      if (asked.includes(name)) return undefined
      const there = Object.getOwnPropertyNames(target).filter(
        (member) => !['length', 'name', 'prototype'].includes(member),
      )
      throw new TypeError(`${type} has no member '${name}' here; it has: ${there.toSorted().join(', ')}`)
    },
  })
}
