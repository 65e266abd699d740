/**
 * Random records and queries from a seed, and the answer that every storage must give: the reference that the storage
 * contract compares an engine with. Published as part of `clientele/testing`, to compare engines with one another.
 */
import type { Condition, CustomerRecord, Page, Path, Query, Scalar } from '../core/ports/storage.js'

/** Numbers from 0 (inclusive) to 1 (exclusive), always the same for one seed. */
export type RandomSource = () => number

/** A random source from a seed (mulberry32). */
export function randomSource(seed: number): RandomSource {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

const pick = <T>(random: RandomSource, items: readonly T[]): T => items[Math.floor(random() * items.length)] as T

/** Strings whose order, case, length or characters go wrong easily. */
const strings = [
  '',
  ' ',
  'a',
  'A',
  'b',
  'aa',
  'Zoë',
  'zoe',
  'ß',
  'SS',
  'ς',
  '\uE000',
  '\uFFFD',
  '\u{10000}',
  '\u{1F600}',
  '\u{1F600}a',
  '10',
  '9',
  'true',
  'null',
  "it's",
  '"quoted"',
  'back\\slash',
  '100%',
  'under_score',
  'line\nbreak',
  '$1',
  'x'.repeat(300),
]
const numbers = [0, 1, -1, 2, 9, 10, 0.1, -0.5, 1e21, 1e-7, 1.7976931348623157e308, 5e-324, 9007199254740991, -1e100]
/** Places of values of any kind, or of none. The contract declares an index on the last. */
const paths: readonly Path[] = [
  ['title'],
  ['lastName'],
  ['active'],
  ['gender'],
  ['credentials', 'login'],
  ['mixins', 'loyalty', 'points'],
  ['mixins', 'loyalty'],
  ['mixins', '__proto__'],
  ['mixins', 'toString'],
  ['mixins', 'it\'s "odd".{}[]'],
  ['mixins', ''],
  ['mixins', 'list', '0'],
  ['keys', 'email'],
  ['mixins', 'loyalty', 'tier'],
]
/** Patterns that re2 and JavaScript understand alike. */
const patterns = ['a', '^a', 'e$', '^$', '[A-Z]', 'o.b', '^.$', '(a|b)+', 'x{3}', '\\\\', '^[^a]*$']

/** Path of `randomQuery` on which the contract declares an index; `unindexed` holds the same values without one. */
export const indexedPath: Path = ['mixins', 'loyalty', 'tier']

function randomScalar(random: RandomSource): Scalar {
  const type = random()
  if (type < 0.5) return pick(random, strings)
  return type < 0.85 ? pick(random, numbers) : random() < 0.5
}

/** Some JSON value, or undefined where the property is absent. */
function randomValue(random: RandomSource) {
  const type = random()
  if (type < 0.2) return undefined
  if (type < 0.27) return null
  if (type < 0.32) return [pick(random, strings)]
  if (type < 0.37) return { points: pick(random, numbers) }
  return randomScalar(random)
}

/** A hexadecimal id of 24 characters. */
export function randomId(random: RandomSource): string {
  return Array.from({ length: 24 }, () => Math.floor(random() * 16).toString(16)).join('')
}

/** A customer record with values of all types in all places. Its unique keys follow from its id. */
export function randomCustomer(random: RandomSource): CustomerRecord {
  const id = randomId(random)
  const mixins: Record<string, unknown> = {
    loyalty: { tier: randomValue(random), points: randomValue(random) },
    list: [randomScalar(random), randomScalar(random)],
    toString: randomValue(random),
    'it\'s "odd".{}[]': randomValue(random),
    '': randomValue(random),
  }
  if (random() < 0.2) mixins['loyalty'] = randomValue(random)
  Object.defineProperty(mixins, '__proto__', {
    value: randomValue(random),
    enumerable: true,
    writable: true,
    configurable: true,
  })
  const record = {
    id,
    version: 1,
    schema: 1,
    keys: {
      customerNo: id,
      ...(random() < 0.7 && { login: `l${id}`, email: pick(random, ['a@b.c', 'd@e.f', 'g@h.i']) }),
    },
    customerNo: id,
    active: random() < 0.5,
    credentials: { locked: false, ...(random() < 0.7 && { login: pick(random, strings) }) },
    creationDate: '2026-01-01T00:00:00.000Z',
    lastModified: '2026-01-01T00:00:00.000Z',
    title: random() < 0.6 ? pick(random, strings) : undefined,
    lastName: random() < 0.8 ? pick(random, strings) : undefined,
    gender: random() < 0.5 ? pick(random, numbers) : undefined,
    mixins,
  }
  return withoutUndefined(record) as CustomerRecord
}

/** Data as JSON keeps it: without undefined properties. */
function withoutUndefined(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value))
}

function randomCondition(random: RandomSource, depth: number): Condition {
  const type = random()
  if (depth > 0 && type < 0.35) {
    const of = Array.from({ length: Math.floor(random() * 4) }, () => randomCondition(random, depth - 1))
    return { op: random() < 0.6 ? 'and' : 'or', of }
  }
  if (depth > 0 && type < 0.45) return { op: 'not', of: randomCondition(random, depth - 1) }
  const path = random() < 0.25 ? indexedPath : pick(random, paths)
  if (type < 0.6) return { op: 'eq', path, value: randomScalar(random) }
  if (type < 0.7)
    return { op: 'in', path, values: Array.from({ length: Math.floor(random() * 5) }, () => randomScalar(random)) }
  if (type < 0.78) return { op: 'exists', path }
  if (type < 0.83) return { op: 'matches', path, pattern: pick(random, patterns) }
  return { op: pick(random, ['lt', 'lte', 'gt', 'gte'] as const), path, value: randomScalar(random) }
}

/** A query with a random condition, order and page. */
export function randomQuery(random: RandomSource): Query {
  const sort = Array.from({ length: Math.floor(random() * 3) }, () => ({
    path: random() < 0.4 ? indexedPath : pick(random, paths),
    descending: random() < 0.5,
  }))
  return {
    ...(random() < 0.9 && { where: randomCondition(random, 3) }),
    ...(random() < 0.6 && { sort }),
    ...(random() < 0.5 && { offset: Math.floor(random() * 8) }),
    ...(random() < 0.5 && { limit: Math.floor(random() * 8) }),
  }
}

/** What a storage with these records, in order of creation, must answer. Written for clearness, from the port's rules. */
export function expectedPage<T extends object>(records: readonly T[], query: Query): Page<T> {
  const { where, sort = [], offset = 0, limit = Infinity } = query
  const found = records.filter((record) => !where || meets(record, where))
  const ordered = found.toSorted((a, b) => {
    for (const { path, descending } of sort) {
      const order = compare(lookUp(a, path), lookUp(b, path))
      if (order !== 0) return descending ? -order : order
    }
    return 0
  })
  return { items: ordered.slice(offset, offset + limit), total: found.length }
}

function meets(record: object, where: Condition): boolean {
  if (where.op === 'not') return !meets(record, where.of)
  if ('of' in where) {
    const met = where.of.filter((condition) => meets(record, condition))
    return where.op === 'and' ? met.length === where.of.length : met.length > 0
  }
  const value = lookUp(record, where.path)
  switch (where.op) {
    case 'exists':
      return value !== undefined && value !== null
    case 'in':
      return where.values.some((other) => other === value)
    case 'eq':
      return value === where.value
    case 'matches':
      return typeof value === 'string' && new RegExp(where.pattern, 'u').test(value)
    default: {
      const order = compare(value, where.value)
      const isMet = { lt: order < 0, lte: order <= 0, gt: order > 0, gte: order >= 0 }[where.op]
      return typeof value === typeof where.value && isMet
    }
  }
}

function lookUp(record: object, path: Path): unknown {
  let value: unknown = record
  for (const name of path) {
    if (value === null || typeof value !== 'object' || Array.isArray(value)) return undefined
    value = Object.getOwnPropertyDescriptor(value, name)?.value
  }
  return value
}

const types = ['boolean', 'number', 'string', 'object']

function compare(a: unknown, b: unknown): number {
  const rank = (value: unknown): number => (value === undefined || value === null ? -1 : types.indexOf(typeof value))
  if (rank(a) !== rank(b)) return rank(a) - rank(b)
  if (typeof a === 'string') return Buffer.compare(Buffer.from(a), Buffer.from(b as string))
  return typeof a === 'number' || typeof a === 'boolean' ? Number(a) - Number(b) : 0
}
