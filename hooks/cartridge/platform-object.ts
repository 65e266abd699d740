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

const parts = new WeakMap<object, PlatformParts>()

/** Names of a platform object's properties and methods; their getters and setters are left out. */
export function membersOf(object: object): readonly string[] {
  const { properties = {}, methods = {} } = parts.get(object) ?? {}
  return [...Object.keys(properties), ...Object.keys(methods)].toSorted()
}

/** The property `firstName` of `getFirstName`, `ID` of `getID`. */
function propertyBehind(name: string, properties: Readonly<Record<string, Property>>): Property | undefined {
  const exact = name.slice(3)
  const lower = exact.charAt(0).toLowerCase() + exact.slice(1)
  const found = [lower, exact].find((each) => each !== name && Object.hasOwn(properties, each))
  return found === undefined ? undefined : properties[found]
}

/** A method, or the getter or setter of a property. */
function functionOf({ properties = {}, methods = {} }: PlatformParts, name: string): unknown {
  if (Object.hasOwn(methods, name)) return methods[name]
  const property = /^[gs]et[A-Z]/.test(name) ? propertyBehind(name, properties) : undefined
  if (!property) return undefined
  if (name.startsWith('get')) return () => property.get()
  return property.set && ((given: unknown) => property.set?.(given))
}

/** A platform object: `x.firstName`, `x.getFirstName()` and `x.setFirstName(value)` by one entry. */
export function platformObject(made: PlatformParts): object {
  const { type, properties = {} } = made
  const target: object = Object.create({ constructor: { name: type }, toString: () => `[${type}]` }) as object
  const there = (): string => membersOf(object).join(', ')
  const object: object = new Proxy(target, {
    get(_, name) {
      if (typeof name === 'symbol') return Reflect.get(target, name) as unknown
      if (Object.hasOwn(properties, name)) return properties[name]?.get()
      const found = functionOf(made, name)
      if (found) return found
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
    has: (_, name) =>
      typeof name === 'string' && (Object.hasOwn(properties, name) || functionOf(made, name) !== undefined),
    ownKeys: () => Object.keys(properties),
    getOwnPropertyDescriptor: (_, name) =>
      typeof name === 'string' && Object.hasOwn(properties, name)
        ? { value: properties[name]?.get(), enumerable: true, configurable: true, writable: true }
        : undefined,
  })
  parts.set(object, made)
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
