/** The way in: a request document is checked and turned round in one pass over its properties. */
import { isEqual, isObject } from '../../core/model/json.js'
import type { Violation } from '../../core/model/problems.js'
import type { Path } from '../../core/ports/storage.js'
import { valueAt } from '../../core/ports/storage.js'
import { shownBy } from './field-showing.js'
import type { Decoded, Field, Mode, OpenFields } from './field.js'
import { mostViolations, none, violationsOf, wrongType } from './values.js'

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
  may?: (path: Path) => boolean,
) => Decoded<{ readonly [name: string]: unknown }>

/** Makes a decoder. */
export function decoder<R extends object>({ fields, open, unknown }: DecoderParts<R>): Decoder<R> {
  const known = fieldsByName(fields)
  return (body, mode, current, may) => {
    const work: Work<R> = { mode, current, may, unknown, document: {}, aside: {}, violations: [] }
    if (isObject(body)) takeProperties(work, body, known, open, [])
    else work.violations.push(wrongType([], ['object'], body))
    if (mode === 'replace' && current && isObject(body)) removeAbsent(work, body, fields, current)
    return work
  }
}

/** A document half-way. */
interface Work<R> {
  readonly mode: Mode
  readonly current: R | undefined
  readonly may: ((path: Path) => boolean) | undefined
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
  work: Work<R>,
  body: Readonly<Record<string, unknown>>,
  fields: FieldsByName<R>,
  open: OpenFields | undefined,
  path: Path,
): void {
  for (const name of Object.keys(body)) {
    if (work.violations.length >= mostViolations) return
    const named = fields.get(name)
    if (named?.inner) takeNested(work, body[name], named, named.inner)
    else if (named) takeValue(work, body[name], named)
    else if (open && name.startsWith(open.prefix))
      takeOpen(work, body[name], open, name.slice(open.prefix.length), [...path, name])
    else if (work.unknown === 'refuse')
      work.violations.push({ path: [...path, name], rule: 'unknown', message: 'is no property of this document' })
  }
}

function takeNested<R>(work: Work<R>, value: unknown, { field, path }: NamedField<R>, inner: FieldsByName<R>): void {
  if (field.access === 'ignored') return
  if (work.may?.(path) === false && !(isObject(value) && Object.keys(value).length > 0)) {
    work.violations.push(readOnly(path))
    return
  }
  if (value === null) {
    if (field.needed && work.mode === 'change') work.violations.push(cannotBeRemoved(path))
    return
  }
  if (!isObject(value)) {
    work.violations.push(wrongType(path, ['object'], value))
    return
  }
  if (work.mode === 'create' && field.at) setAt(work.document, field.at, {})
  takeProperties(work, value, inner, undefined, path)
}

function takeValue<R>(work: Work<R>, given: unknown, { field, path, shown }: NamedField<R>): void {
  const { access, at, name } = field
  const value = field.trims && typeof given === 'string' ? given.trim() : given
  if (access === 'ignored') return
  if (access === 'readOnly') {
    if (value === null && work.mode !== 'change') return
    if (!work.current || !isEqual(value, shown(work.current))) work.violations.push(readOnly(path))
    return
  }
  const isStored = work.mode === 'change' && isEqual(value, shown(work.current as R))
  if (work.may?.(path) === false) {
    if (!isStored) work.violations.push(readOnly(path))
    return
  }
  if (value === null) {
    if (work.mode !== 'change') return
    if (field.needed) work.violations.push(cannotBeRemoved(path))
    else if (access === 'aside') work.aside[name] = null
    else if (at) setAt(work.document, at, null)
    return
  }
  let found = isStored ? none : violationsOf(value, field.schema, path)
  if (!isStored && found.length === 0 && field.check) found = field.check(value, path)
  if (found.length > 0) {
    work.violations.push(...found)
    return
  }
  const taken = field.take ? field.take(value) : value
  if (access === 'aside') work.aside[name] = taken
  else if (at && !(work.mode === 'replace' && isEqual(taken, valueAt(work.current as object, at))))
    setAt(work.document, at, taken)
}

function takeOpen<R>(work: Work<R>, value: unknown, open: OpenFields, name: string, path: Path): void {
  const isStored = work.mode === 'change' && isEqual(value, valueAt(work.current as object, [...open.at, name]))
  if (work.may?.(path) === false) {
    if (!isStored) work.violations.push(readOnly(path))
    return
  }
  let found = value === null || isStored ? none : violationsOf(value, undefined, path)
  if (!isStored && found.length === 0) found = open.check(name, value ?? undefined, path)
  if (found.length > 0) work.violations.push(...found)
  else if (value !== null || work.mode !== 'create') setAt(work.document, [...open.at, name], value)
}

/** A replacement removes what it does not name. */
function removeAbsent<R extends object>(
  work: Work<R>,
  body: Readonly<Record<string, unknown>>,
  fields: readonly Field<R>[],
  current: R,
): void {
  for (const field of fields) {
    const sent: unknown = Object.hasOwn(body, field.name) ? body[field.name] : null
    if (field.fields) removeAbsent(work, isObject(sent) ? sent : {}, field.fields, current)
    else if (sent === null && field.at && !field.kept && (field.access ?? 'write') === 'write') {
      if (valueAt(current, field.at) !== undefined) setAt(work.document, field.at, null)
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
