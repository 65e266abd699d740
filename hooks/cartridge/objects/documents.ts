/** The documents `create` and `update` as scripts know them: camelCase, `c_…`, OCAPI's spelling as an alias. */
import type { Document } from '../messages.js'
import type { Place, Places } from '../fields.js'
import { plainOf, scriptValueOf } from './values.js'

const prefix = 'c_'

/** How a property of a document is reached. */
interface Slot {
  has(): boolean
  get(): unknown
  set(value: unknown): void
  remove(): void
}

/** Shows a document of the library. Reads and writes go to it at once; absent is null, `in` and `Object.keys` tell the truth. */
export function scriptDocument(document: Document, places: Places, hasCustom = true): object {
  const aliases = new Map([...places].map(([name, { alias }]) => [alias, name]))
  const slotOf = (name: string): Slot | undefined => {
    if (hasCustom && name.startsWith(prefix)) return slotAt(document, ['custom', name.slice(prefix.length)], false)
    const place = places.get(aliases.get(name) ?? name)
    return place && (place.fields ? nestedSlot(document, place) : slotAt(document, place.at ?? [], place.isDate))
  }
  const names = (): string[] => [
    ...[...places.keys()].filter((name) => slotOf(name)?.has()),
    ...(hasCustom ? Object.keys((document['custom'] as object | undefined) ?? {}).map((name) => prefix + name) : []),
  ]
  const target = {}
  return new Proxy(target, {
    get: (_, name) =>
      typeof name === 'string' && slotOf(name) ? slotOf(name)?.get() : (Reflect.get(target, name) as unknown),
    set(_, name, value) {
      const slot = typeof name === 'string' ? slotOf(name) : undefined
      if (!slot)
        throw new TypeError(
          `the document has no property '${String(name)}'; it has: ${[...places.keys()].join(', ')}, c_…`,
        )
      slot.set(value)
      return true
    },
    deleteProperty(_, name) {
      if (typeof name === 'string') slotOf(name)?.remove()
      return true
    },
    has: (_, name) => (typeof name === 'string' && slotOf(name) ? Boolean(slotOf(name)?.has()) : name in target),
    ownKeys: names,
    getOwnPropertyDescriptor(_, name) {
      const slot = typeof name === 'string' ? slotOf(name) : undefined
      if (!slot?.has()) return undefined
      const enumerable = !aliases.has(name as string) || places.has(name as string)
      return { value: slot.get(), enumerable, configurable: true, writable: true }
    },
  })
}

/** A value at a path. The way to it is made when it is set, and removed when nothing is left in it. */
function slotAt(document: Document, at: readonly string[], isDate: boolean): Slot {
  const last = at.at(-1) ?? ''
  const parent = (): Document | undefined =>
    at.slice(0, -1).reduce<Document | undefined>((inner, name) => inner?.[name] as Document | undefined, document)
  return {
    has: () => Object.hasOwn(parent() ?? {}, last),
    get: () => scriptValueOf(parent()?.[last], isDate),
    set(value) {
      let inner = document
      for (const name of at.slice(0, -1)) inner = (inner[name] ??= {}) as Document
      inner[last] = plainOf(value, isDate)
    },
    remove() {
      const inner = parent()
      if (!inner) return
      delete inner[last]
      const [outer] = at
      if (at.length === 2 && outer !== undefined && Object.keys(inner).length === 0) delete document[outer]
    },
  }
}

function nestedSlot(document: Document, { fields }: Place): Slot {
  const places: Places = fields ?? new Map()
  const slots = [...places.values()].map(({ at = [] }) => slotAt(document, at, false))
  const view = (): object => scriptDocument(document, places, false)
  return {
    has: () => slots.some((slot) => slot.has()),
    get: () => (slots.some((slot) => slot.has()) ? view() : null),
    set(value) {
      for (const slot of slots) slot.remove()
      if (value !== null && value !== undefined) Object.assign(view(), value)
    },
    remove: () => {
      for (const slot of slots) slot.remove()
    },
  }
}

/** Custom attributes of a platform object: an absent one is null, null removes, `hasOwnProperty` works. */
export function customObject(read: () => Document, write: (name: string, value: unknown) => void): object {
  const target = {}
  return new Proxy(target, {
    get(_, name) {
      if (typeof name === 'symbol' || (name in target && !Object.hasOwn(read(), name)))
        return Reflect.get(target, name) as unknown
      return Object.hasOwn(read(), name) ? read()[name] : null
    },
    set(_, name, value) {
      write(String(name), plainOf(value))
      return true
    },
    deleteProperty(_, name) {
      write(String(name), null)
      return true
    },
    has: (_, name) => Object.hasOwn(read(), name) || name in target,
    ownKeys: () => Object.keys(read()),
    getOwnPropertyDescriptor: (_, name) =>
      typeof name === 'string' && Object.hasOwn(read(), name)
        ? { value: read()[name], enumerable: true, configurable: true, writable: true }
        : undefined,
  })
}
