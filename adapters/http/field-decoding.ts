/** The way in: a request document is checked and turned round in one pass over its properties. */
import { isEqual, isObject } from '../../core/model/json.js'
import { fail } from '../../core/model/problems.js'
import type { Violation } from '../../core/model/problems.js'
import type { Path } from '../../core/ports/storage.js'
import { valueAt } from '../../core/ports/storage.js'
import { readerOf, shownBy } from './field-showing.js'
import type { Decoded, Field, Mode, OpenFields, Rights } from './field.js'
import { mostViolations } from '../../core/model/validation.js'
import { none, valueCheck, wrongType } from './values.js'
import type { ValueCheck } from './values.js'

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
    if (mode === 'replace' && current && isObject(body)) removeAbsent(decoding, body, known, current)
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
type FieldsByName<R> = ReadonlyMap<string, KnownField<R>>

/** A field with all that is known of it before a request: of one shape, whatever the field says. */
interface KnownField<R> {
  readonly name: string
  readonly path: Path
  readonly at: Path | undefined
  readonly access: NonNullable<Field<R>['access']>
  readonly needed: boolean
  readonly reads: Field<R>['reads'] | undefined
  readonly wrong: ValueCheck
  readonly check: ValueCheck | undefined
  readonly take: ((value: unknown) => unknown) | undefined
  /** What it shows of a stored record. */
  readonly shown: ((record: R) => unknown) | undefined
  /** The stored value that it writes. */
  readonly stored: ((record: unknown) => unknown) | undefined
  /** A replacement that does not name it removes it. */
  readonly goes: boolean
  readonly inner: FieldsByName<R> | undefined
}

function fieldsByName<R>(fields: readonly Field<R>[], parent: Path = []): FieldsByName<R> {
  const known = fields.map((field): KnownField<R> => {
    const { name, at, access = 'write', needed = false, reads, schema, fields: inner } = field
    const path = [...parent, name]
    return {
      name,
      path,
      at,
      access,
      needed,
      reads,
      wrong: valueCheck(schema),
      check: field.check?.bind(field),
      take: field.take?.bind(field),
      shown: shownBy(field),
      stored: at && readerOf(at),
      goes: at !== undefined && access === 'write' && !field.kept,
      inner: inner && fieldsByName(inner, path),
    }
  })
  return new Map(known.map((field) => [field.name, field]))
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
    const field = fields.get(name)
    if (field?.inner) takeNested(decoding, body[name], field, field.inner)
    else if (field) takeValue(decoding, body[name], field)
    else if (open && name.startsWith(open.prefix))
      takeOpen(decoding, body[name], open, name.slice(open.prefix.length), [name])
    else if (decoding.unknown === 'refuse')
      decoding.violations.push({ path: [...path, name], rule: 'unknown', message: 'is no property of this document' })
  }
}

function takeNested<R>(
  decoding: Decoding<R>,
  value: unknown,
  { path, access, needed, at }: KnownField<R>,
  inner: FieldsByName<R>,
): void {
  if (access === 'ignored') return
  if (decoding.may?.write(path) === false && !(isObject(value) && Object.keys(value).length > 0)) {
    decoding.violations.push(readOnly(path))
    return
  }
  if (value === null) {
    if (needed && decoding.mode === 'change') decoding.violations.push(cannotBeRemoved(path))
    return
  }
  if (!isObject(value)) {
    decoding.violations.push(wrongType(path, ['object'], value))
    return
  }
  if (decoding.mode === 'create' && at) setAt(decoding.document, at, {})
  takeProperties(decoding, value, inner, undefined, path)
}

function takeValue<R>(decoding: Decoding<R>, given: unknown, field: KnownField<R>): void {
  const { access, path, check } = field
  if (access === 'ignored') return
  const { mode, current, may } = decoding
  const value = field.reads ? field.reads(given) : given
  if (access === 'readOnly' && value === null && mode !== 'change') return
  const isStored = current !== undefined && isEqual(value, field.shown?.(current))
  if (access === 'readOnly' || may?.write(path) === false) {
    if (!isStored || isHidden(decoding, path)) decoding.violations.push(readOnly(path))
    return
  }
  if (value === null) {
    if (mode === 'change') takeRemoval(decoding, field)
    return
  }
  if (!(isStored && mode === 'change')) {
    let found = field.wrong(value, path)
    if (found.length === 0 && check) found = check(value, path)
    if (found.length > 0) {
      decoding.violations.push(...found)
      return
    }
  }
  keep(decoding, field, field.take ? field.take(value) : value)
}

function takeRemoval<R>(decoding: Decoding<R>, { name, path, at, access, needed }: KnownField<R>): void {
  if (needed) decoding.violations.push(cannotBeRemoved(path))
  else if (access === 'aside') decoding.aside[name] = null
  else if (at) setAt(decoding.document, at, null)
}

function keep<R>({ mode, current, document, aside }: Decoding<R>, field: KnownField<R>, taken: unknown): void {
  const { at, access } = field
  if (access === 'aside') aside[field.name] = taken
  else if (at && !(mode === 'replace' && isEqual(taken, field.stored?.(current)))) setAt(document, at, taken)
}

function takeOpen<R>(decoding: Decoding<R>, value: unknown, open: OpenFields, name: string, path: Path): void {
  const at = [...open.at, name]
  const isStored = decoding.mode === 'change' && isEqual(value, valueAt(decoding.current as object, at))
  if (decoding.may?.write(path) === false) {
    if (!isStored || isHidden(decoding, path)) decoding.violations.push(readOnly(path))
    return
  }
  let found = value === null || isStored ? none : anyValue(value, path)
  if (!isStored && found.length === 0) found = open.check(name, value ?? undefined, path)
  if (found.length > 0) decoding.violations.push(...found)
  else if (value !== null || decoding.mode !== 'create') setAt(decoding.document, at, value)
}

const anyValue = valueCheck()

/** A value that the client may not read is answered the same whether it guesses it or not (decision 2.8). */
function isHidden<R>({ may }: Decoding<R>, path: Path): boolean {
  return may?.read(path) === false
}

/** A replacement removes what it does not name. */
function removeAbsent<R>(
  decoding: Decoding<R>,
  body: Readonly<Record<string, unknown>>,
  fields: FieldsByName<R>,
  current: R,
): void {
  for (const { name, at, inner, goes, stored } of fields.values()) {
    if (!inner && !goes) continue
    const sent: unknown = Object.hasOwn(body, name) ? body[name] : null
    if (inner) removeAbsent(decoding, isObject(sent) ? sent : {}, inner, current)
    else if (sent === null && at && stored?.(current) !== undefined) setAt(decoding.document, at, null)
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
