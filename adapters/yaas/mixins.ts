/** What a request says of mixins, as parts of create and change documents (decision 3.12). */
import { reservedMixin } from '../../core/rules/mixins.js'
import type { Customer, CustomerChange, CustomerCreate, Json } from '../../core/model/documents.js'
import { isEqual } from '../../core/model/json.js'

type Names<T> = { [name: string]: T }
type Mixins = Readonly<Names<Json>>

/** What a request says of mixins: data, and schema references of `metadata.mixins`; undefined when not sent. */
export interface SentMixins {
  readonly mixins?: Mixins | null
  readonly references?: { readonly [name: string]: string | null } | null
}

/** What a body that the table found good says of mixins. */
export function sentMixins(body: Readonly<Record<string, unknown>>): SentMixins {
  const { mixins, metadata } = body as {
    readonly mixins?: NonNullable<SentMixins['mixins']> | null
    readonly metadata?: { readonly mixins?: NonNullable<SentMixins['references']> | null } | null
  }
  return {
    ...(mixins !== undefined && { mixins }),
    ...(metadata?.mixins !== undefined && { references: metadata.mixins }),
  }
}

/** The part of a create document that mixins are. */
export function createMixins(sent: SentMixins): Pick<CustomerCreate, 'mixins' | 'mixinSchemas' | 'custom'> {
  const { [reservedMixin]: custom, ...data } = withoutNulls(sent.mixins)
  const references = withoutNulls(sent.references)
  const attributes = withoutNulls(custom as Mixins | undefined)
  return {
    ...(Object.keys(data).length > 0 && { mixins: data }),
    ...(Object.keys(references).length > 0 && { mixinSchemas: references }),
    ...(Object.keys(attributes).length > 0 && { custom: attributes as NonNullable<Customer['custom']> }),
  }
}

/** The part of a change document that mixins are, for a PUT that replaces. */
export function replaceMixins(
  current: Customer,
  sent: SentMixins,
): Pick<CustomerChange, 'mixins' | 'mixinSchemas' | 'custom'> {
  const data: Mixins = current.mixins ?? {}
  const references: Readonly<Names<string>> = current.mixinSchemas ?? {}
  if (sent.mixins) {
    const { [reservedMixin]: custom, ...mixins } = withoutNulls(sent.mixins)
    const sentReferences = withoutNulls(sent.references)
    const kept = Object.fromEntries(Object.keys(mixins).flatMap((name) => own(references, name)))
    return {
      ...difference('mixins', data, mixins),
      ...difference('mixinSchemas', references, { ...kept, ...sentReferences }),
      ...(custom !== undefined && difference('custom', current.custom ?? {}, withoutNulls(custom as Mixins))),
    }
  }
  if (!sent.references) return {}
  const next = withoutNulls(sent.references)
  const staying = Object.fromEntries(Object.keys(next).flatMap((name) => own(data, name)))
  return { ...difference('mixins', data, staying), ...difference('mixinSchemas', references, next) }
}

/** The same for `?partial=true`: what is sent is merged, null removes, and data and reference go together, unless only one is removed and the other sent. */
export function mergeMixins(
  current: Customer,
  sent: SentMixins,
): Pick<CustomerChange, 'mixins' | 'mixinSchemas' | 'custom'> {
  const stored = current.mixins ?? {}
  const all =
    sent.mixins === null ? nulls({ ...stored, ...(current.custom && { [reservedMixin]: null }) }) : sent.mixins
  const { [reservedMixin]: custom, ...mixins } = all ?? {}
  const goesAlong = Object.keys(mixins).filter(
    (name) => mixins[name] === null && own(current.mixinSchemas ?? {}, name)[0],
  )
  const removed: Names<string | null> = Object.fromEntries(goesAlong.map((name) => [name, null]))
  const isAllGone = sent.references === null || (sent.mixins === null && sent.references === undefined)
  const references = isAllGone ? nulls(current.mixinSchemas) : { ...removed, ...sent.references }
  const change: Names<Json> = {}
  for (const [name, url] of Object.entries(references ?? {}))
    if (url === null && Object.hasOwn(stored, name)) change[name] = null
  for (const [name, data] of Object.entries(mixins)) change[name] = mergePatch(own(stored, name)[0]?.[1], data)
  return {
    ...(Object.keys(change).length > 0 && { mixins: change }),
    ...(references && Object.keys(references).length > 0 && { mixinSchemas: references }),
    ...(custom !== undefined && { custom: custom as NonNullable<CustomerChange['custom']> | null }),
  }
}

function nulls(names: object | undefined): Names<null> {
  return Object.fromEntries(Object.keys(names ?? {}).map((name) => [name, null]))
}

/** Merges as RFC 7396 says. */
function mergePatch(target: Json | undefined, patch: Json): Json {
  if (!isObject(patch)) return patch
  const stored = isObject(target) ? target : {}
  const kept = Object.entries(stored).filter(([name]) => !Object.hasOwn(patch, name))
  const sent = Object.entries(patch).filter(([, value]) => value !== null)
  const merged = sent.map(([name, value]): [string, Json] => [name, mergePatch(own(stored, name)[0]?.[1], value)])
  return Object.fromEntries([...kept, ...merged])
}

function isObject(value: Json | undefined): value is Mixins {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function own<T>(names: Readonly<Names<T>>, name: string): [string, T][] {
  return Object.hasOwn(names, name) ? [[name, names[name] as T]] : []
}

function withoutNulls<T extends Json>(names: { readonly [name: string]: T } | null | undefined): Names<NonNullable<T>> {
  return Object.fromEntries(Object.entries(names ?? {}).filter(([, value]) => value !== null)) as Names<NonNullable<T>>
}

/** What turns one set of names into another: new and other values, null for what is gone; nothing if they are equal. */
function difference<const N extends string>(
  property: N,
  from: Readonly<Names<Json>>,
  to: Readonly<Names<Json>>,
): { readonly [name in N]?: never } {
  const change: Names<Json> = {}
  for (const name of Object.keys(from)) if (!Object.hasOwn(to, name)) change[name] = null
  for (const [name, value] of Object.entries(to))
    if (!Object.hasOwn(from, name) || !isEqual(from[name], value)) change[name] = value
  return (Object.keys(change).length > 0 ? { [property]: change } : {}) as unknown as { readonly [name in N]?: never }
}
