/** What a request says of mixins, as parts of create and change documents (decision 3.12). */
import { reservedMixin } from '../../core/rules/mixins.js'
import type { Customer, CustomerChange, CustomerCreate, Json } from '../../core/model/documents.js'
import { isEqual, isObject } from '../../core/model/json.js'

type Names<T> = { [name: string]: T }
type Mixins = Readonly<Names<Json>>
type Attributes = NonNullable<Customer['custom']>

/** What a request says of mixins: data, and schema references of `metadata.mixins`; undefined when not sent. */
export interface SentMixins {
  readonly mixins: Mixins | null | undefined
  readonly references: { readonly [name: string]: string | null } | null | undefined
}

/** What a body that the table found good says of mixins; undefined for nothing. */
export function sentMixins(body: Readonly<Record<string, unknown>>): SentMixins | undefined {
  const { mixins, metadata } = body as {
    readonly mixins?: SentMixins['mixins']
    readonly metadata?: { readonly mixins?: SentMixins['references'] } | null
  }
  const references = metadata?.mixins
  return mixins === undefined && references === undefined ? undefined : { mixins, references }
}

/** The parts of a document that mixins are. */
type MixinParts<D extends CustomerCreate | CustomerChange> = Pick<D, 'mixins' | 'mixinSchemas' | 'custom'>

/** The same without those that are undefined. */
function defined<P extends object>(parts: { readonly [K in keyof P]: P[K] | undefined }): P {
  return Object.fromEntries(Object.entries(parts).filter(([, part]) => part !== undefined)) as P
}

/** The part of a create document that mixins are. */
export function createMixins(sent: SentMixins): MixinParts<CustomerCreate> {
  const { [reservedMixin]: custom, ...data } = withoutNulls(sent.mixins)
  const references = withoutNulls(sent.references)
  const attributes = withoutNulls(custom as Mixins | undefined)
  return defined({
    mixins: filled(data),
    mixinSchemas: filled(references),
    custom: filled(attributes as Attributes),
  })
}

/** The part of a change document that mixins are, for a PUT that replaces. */
export function replaceMixins(current: Customer, sent: SentMixins): MixinParts<CustomerChange> {
  const data: Mixins = current.mixins ?? {}
  const references: Readonly<Names<string>> = current.mixinSchemas ?? {}
  if (sent.mixins) {
    const { [reservedMixin]: custom, ...mixins } = withoutNulls(sent.mixins)
    const sentReferences = withoutNulls(sent.references)
    const kept = Object.fromEntries(Object.keys(mixins).flatMap((name) => own(references, name)))
    return defined({
      mixins: difference(data, mixins),
      mixinSchemas: difference(references, { ...kept, ...sentReferences }),
      custom: custom === undefined ? undefined : difference(current.custom ?? {}, withoutNulls(custom as Attributes)),
    })
  }
  if (!sent.references) return {}
  const next = withoutNulls(sent.references)
  const staying = Object.fromEntries(Object.keys(next).flatMap((name) => own(data, name)))
  return defined({ mixins: difference(data, staying), mixinSchemas: difference(references, next) })
}

/** The same for `?partial=true`: what is sent is merged, null removes, and data and reference go together, unless only one is removed and the other sent. */
export function mergeMixins(current: Customer, sent: SentMixins): MixinParts<CustomerChange> {
  const stored = current.mixins ?? {}
  const everything = current.custom ? [...Object.keys(stored), reservedMixin] : Object.keys(stored)
  const all = sent.mixins === null ? nulls(everything) : sent.mixins
  const { [reservedMixin]: custom, ...mixins } = all ?? {}
  const goesAlong = Object.keys(mixins).filter(
    (name) => mixins[name] === null && own(current.mixinSchemas ?? {}, name)[0],
  )
  const removed: Names<string | null> = Object.fromEntries(goesAlong.map((name) => [name, null]))
  const isAllGone = sent.references === null || (sent.mixins === null && sent.references === undefined)
  const references = isAllGone ? nulls(Object.keys(current.mixinSchemas ?? {})) : { ...removed, ...sent.references }
  const change: Names<Json> = {}
  for (const [name, url] of Object.entries(references ?? {}))
    if (url === null && Object.hasOwn(stored, name)) change[name] = null
  for (const [name, data] of Object.entries(mixins)) change[name] = mergePatch(own(stored, name)[0]?.[1], data)
  return defined({
    mixins: filled(change),
    mixinSchemas: filled(references),
    custom: custom as CustomerChange['custom'],
  })
}

function nulls(names: readonly string[]): Names<null> {
  return Object.fromEntries(names.map((name) => [name, null]))
}

/** Names, if there are any. */
function filled<N extends object>(names: N): N | undefined {
  return Object.keys(names).length > 0 ? names : undefined
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

function own<T>(names: Readonly<Names<T>>, name: string): [string, T][] {
  return Object.hasOwn(names, name) ? [[name, names[name] as T]] : []
}

function withoutNulls<T extends Json>(names: { readonly [name: string]: T } | null | undefined): Names<NonNullable<T>> {
  return Object.fromEntries(Object.entries(names ?? {}).filter(([, value]) => value !== null)) as Names<NonNullable<T>>
}

/** What turns one set of names into another: new and other values, null for what is gone; nothing if they are equal. */
function difference<T extends Json>(from: Readonly<Names<T>>, to: Readonly<Names<T>>): Names<T | null> | undefined {
  const change: Names<T | null> = {}
  for (const name of Object.keys(from)) if (!Object.hasOwn(to, name)) change[name] = null
  for (const [name, value] of Object.entries(to))
    if (!Object.hasOwn(from, name) || !isEqual(from[name], value)) change[name] = value
  return filled(change)
}
