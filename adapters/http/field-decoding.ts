/** The way in: a request document is checked and turned round in one pass over its properties. */
import { isEqual, isObject } from '../../core/model/json.js'
import { fail } from '../../core/model/problems.js'
import type { Violation } from '../../core/model/problems.js'
import type { Path } from '../../core/ports/storage.js'
import { valueAt } from '../../core/ports/storage.js'
import { shownBy } from './field-showing.js'
import type { Decoded, Field, Mode, OpenFields, Rights } from './field.js'
import { mostViolations } from '../../core/model/validation.js'
import { none, violationsOf, wrongType } from './values.js'

/** What a decoder is made of. */
export interface DecoderParts<R> {
  readonly fields: readonly Field<R>[]
  readonly open: OpenFields | undefined
  readonly unknown: 'refuse' | 'ignore'
}

/** Turns a request document round; `current` is the stored record, absent on create. */
export type Decoder<R> = (
  body: unknown,
  mode: Mode,
  current?: R,
  may?: Rights,
) => Decoded<{ readonly [name: string]: unknown }>

/** Makes a decoder. */
export function decoder<R extends object>({ fields, open, unknown }: DecoderParts<R>): Decoder<R> {
  const known = fieldsByName(fields)
  return (body, mode, current, may) => {
    const decoding: Decoding<R> = { mode, current, may, unknown, document: {}, aside: {}, violations: [] }
    if (isObject(body)) takeProperties(decoding, body, known, open, [])
    else decoding.violations.push(wrongType([], ['object'], body))
    if (mode === 'replace' && current && isObject(body)) removeAbsent(decoding, body, fields, current)
    return decoding
  }
}

/** The document, if nothing is wrong with it; `name` names it in the violations. Throws documentInvalid. */
export function accepted<C>(name: string, { document, violations }: Decoded<C>): C {
  if (violations.length > 0) throw fail('documentInvalid', { document: name, violations })
  return document
}

/** A document half-way. */
interface Decoding<R> {
  readonly mode: Mode
  readonly current: R | undefined
  readonly may: Rights | undefined
  readonly unknown: 'refuse' | 'ignore'
  readonly document: Record<string, unknown>
  readonly aside: Record<string, unknown>
  readonly violations: Violation[]
}

/** Fields by name, nested ones too; compiled once for a table. */
type FieldsByName<R> = ReadonlyMap<string, NamedField<R>>

interface NamedField<R> {
  readonly field: Field<R>
  readonly path: Path
  /** What it shows of a stored record. */
  readonly shown: (record: R) => unknown
  readonly inner?: FieldsByName<R>
}

function fieldsByName<R>(fields: readonly Field<R>[], parent: Path = []): FieldsByName<R> {
  return new Map(
    fields.map((field) => {
      const path = [...parent, field.name]
      const named = { field, path, shown: shownBy(field) }
      return [field.name, field.fields ? { ...named, inner: fieldsByName(field.fields, path) } : named]
    }),
  )
}

function takeProperties<R>(
  decoding: Decoding<R>,
  body: Readonly<Record<string, unknown>>,
  fields: FieldsByName<R>,
  open: OpenFields | undefined,
  path: Path,
): void {
  for (const name of Object.keys(body)) {
    if (decoding.violations.length >= mostViolations) return
    const named = fields.get(name)
    if (named?.inner) takeNested(decoding, body[name], named, named.inner)
    else if (named) takeValue(decoding, body[name], named)
    else if (open && name.startsWith(open.prefix))
      takeOpen(decoding, body[name], open, name.slice(open.prefix.length), [...path, name])
    else if (decoding.unknown === 'refuse')
      decoding.violations.push({ path: [...path, name], rule: 'unknown', message: 'is no property of this document' })
  }
}

function takeNested<R>(
  decoding: Decoding<R>,
  value: unknown,
  { field, path }: NamedField<R>,
  inner: FieldsByName<R>,
): void {
  if (field.access === 'ignored') return
  if (decoding.may?.write(path) === false && !(isObject(value) && Object.keys(value).length > 0)) {
    decoding.violations.push(readOnly(path))
    return
  }
  if (value === null) {
    if (field.needed && decoding.mode === 'change') decoding.violations.push(cannotBeRemoved(path))
    return
  }
  if (!isObject(value)) {
    decoding.violations.push(wrongType(path, ['object'], value))
    return
  }
  if (decoding.mode === 'create' && field.at) setAt(decoding.document, field.at, {})
  takeProperties(decoding, value, inner, undefined, path)
}

function takeValue<R>(decoding: Decoding<R>, given: unknown, { field, path, shown }: NamedField<R>): void {
  const { access, at, name } = field
  const value = field.reads ? field.reads(given) : given
  if (access === 'ignored') return
  const isStored = decoding.current !== undefined && isEqual(value, shown(decoding.current))
  if (access === 'readOnly') {
    if (value === null && decoding.mode !== 'change') return
    if (!isStored || isHidden(decoding, path)) decoding.violations.push(readOnly(path))
    return
  }
  if (decoding.may?.write(path) === false) {
    if (!isStored || isHidden(decoding, path)) decoding.violations.push(readOnly(path))
    return
  }
  if (value === null) {
    if (decoding.mode !== 'change') return
    if (field.needed) decoding.violations.push(cannotBeRemoved(path))
    else if (access === 'aside') decoding.aside[name] = null
    else if (at) setAt(decoding.document, at, null)
    return
  }
  const isKept = isStored && decoding.mode === 'change'
  let found = isKept ? none : violationsOf(value, field.schema, path)
  if (!isKept && found.length === 0 && field.check) found = field.check(value, path)
  if (found.length > 0) {
    decoding.violations.push(...found)
    return
  }
  const taken = field.take ? field.take(value) : value
  if (access === 'aside') decoding.aside[name] = taken
  else if (at && !(decoding.mode === 'replace' && isEqual(taken, valueAt(decoding.current as object, at))))
    setAt(decoding.document, at, taken)
}

function takeOpen<R>(decoding: Decoding<R>, value: unknown, open: OpenFields, name: string, path: Path): void {
  const isStored = decoding.mode === 'change' && isEqual(value, valueAt(decoding.current as object, [...open.at, name]))
  if (decoding.may?.write(path) === false) {
    if (!isStored || isHidden(decoding, path)) decoding.violations.push(readOnly(path))
    return
  }
  let found = value === null || isStored ? none : violationsOf(value, undefined, path)
  if (!isStored && found.length === 0) found = open.check(name, value ?? undefined, path)
  if (found.length > 0) decoding.violations.push(...found)
  else if (value !== null || decoding.mode !== 'create') setAt(decoding.document, [...open.at, name], value)
}

/** A value that the client may not read is answered the same whether it guesses it or not (decision 2.8). */
function isHidden<R>({ may }: Decoding<R>, path: Path): boolean {
  return may?.read(path) === false
}

/** A replacement removes what it does not name. */
function removeAbsent<R extends object>(
  decoding: Decoding<R>,
  body: Readonly<Record<string, unknown>>,
  fields: readonly Field<R>[],
  current: R,
): void {
  for (const field of fields) {
    const sent: unknown = Object.hasOwn(body, field.name) ? body[field.name] : null
    if (field.fields) removeAbsent(decoding, isObject(sent) ? sent : {}, field.fields, current)
    else if (sent === null && field.at && !field.kept && (field.access ?? 'write') === 'write') {
      if (valueAt(current, field.at) !== undefined) setAt(decoding.document, field.at, null)
    }
  }
}

const readOnly = (path: Path): Violation => ({ path, rule: 'readOnly', message: 'is read-only' })

const cannotBeRemoved = (path: Path): Violation => ({ path, rule: 'constraint', message: 'cannot be removed' })

function setAt(document: Record<string, unknown>, path: Path, value: unknown): void {
  let place = document
  const last = path.length - 1
  for (let at = 0; at < last; at++) place = (place[path[at] as string] ??= {}) as Record<string, unknown>
  place[path[last] as string] = value
}
