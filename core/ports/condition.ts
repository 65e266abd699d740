/** Conditions compiled to functions, by the rules of the port (adapters/storage/README.md, Conditions). */
import type { Pattern } from '../model/pattern.js'
import { valueAt } from './storage.js'
import type { Condition, Path, Query, Scalar } from './storage.js'
import { compareScalars, compareValues } from './order.js'
import type { Patterns } from './query-patterns.js'

/** Whether a record meets a condition. */
export type Test = (record: object) => boolean

type Read = (record: object) => unknown

/** A condition as a function; `patterns` are its regular expressions, compiled. */
export function compileCondition(where: Condition, patterns: Patterns): Test {
  switch (where.op) {
    case 'and': {
      const tests = compileAll(where.of, patterns)
      return (record) => tests.every((test) => test(record))
    }
    case 'or': {
      const tests = compileAll(where.of, patterns)
      return (record) => tests.some((test) => test(record))
    }
    case 'not': {
      const test = compileCondition(where.of, patterns)
      return (record) => !test(record)
    }
    case 'eq': {
      const { value } = where
      const read = compilePath(where.path)
      return (record) => read(record) === value
    }
    case 'in': {
      const values = new Set<unknown>(where.values)
      const read = compilePath(where.path)
      return (record) => values.has(read(record))
    }
    case 'exists': {
      const read = compilePath(where.path)
      return (record) => (read(record) ?? undefined) !== undefined
    }
    case 'matches':
      return compileMatch(compilePath(where.path), patterns.get(where.pattern))
    default:
      return compileComparison(where.op, compilePath(where.path), where.value)
  }
}

function compileMatch(read: Read, pattern: Pattern | undefined): Test {
  if (!pattern) throw new TypeError('the patterns of a condition are compiled before it')
  return (record) => {
    const value = read(record)
    return typeof value === 'string' && pattern.test(value)
  }
}

/** Cheap conditions first: the order of an `and` or `or` does not change its value. */
function compileAll(conditions: readonly Condition[], patterns: Patterns): Test[] {
  const cost = (condition: Condition): number => ('of' in condition ? 1 : condition.op === 'matches' ? 2 : 0)
  return conditions.toSorted((a, b) => cost(a) - cost(b)).map((condition) => compileCondition(condition, patterns))
}

function compileComparison(op: 'lt' | 'lte' | 'gt' | 'gte', read: Read, bound: Scalar): Test {
  /** NaN for values of another type, which compare with nothing. */
  const compare = (record: object): number => {
    const value = read(record)
    return typeof value === typeof bound ? compareScalars(value, bound) : Number.NaN
  }
  const tests: { readonly [name in typeof op]: Test } = {
    lt: (record) => compare(record) < 0,
    lte: (record) => compare(record) <= 0,
    gt: (record) => compare(record) > 0,
    gte: (record) => compare(record) >= 0,
  }
  return tests[op]
}

/** A function that reads the value at a path. The direct look-up is only for names that objects do not inherit. */
export function compilePath(path: Path): Read {
  const [first, second] = path
  if (first === undefined || path.some((name) => name in Object.prototype)) return (record) => valueAt(record, path)
  if (second === undefined) return (record) => (record as Record<string, unknown>)[first]
  const rest = path.slice(1)
  return (record) => {
    let value = (record as Record<string, unknown>)[first]
    for (const name of rest) {
      // isObject, written out: a scan runs through here for every record, and a call costs it a sixth
      if (value === null || typeof value !== 'object' || Array.isArray(value)) return undefined
      value = (value as Record<string, unknown>)[name]
    }
    return value
  }
}

/** The order that `sort` asks for, without its ties. */
export function compileSort(sort: NonNullable<Query['sort']>): (a: object, b: object) => number {
  const steps = sort.map(({ path, descending }) => ({ read: compilePath(path), sign: descending ? -1 : 1 }))
  return (a, b) => {
    for (const { read, sign } of steps) {
      const difference = compareValues(read(a), read(b))
      if (difference !== 0) return sign * difference
    }
    return 0
  }
}
