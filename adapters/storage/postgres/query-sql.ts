/** Queries of the port as SQL. Regular expressions are not part of it: the database gives what they are tried on. */
import type { Condition, Kind, Path, Query, Scalar } from '../../../core/ports/storage.js'
import { patternsOf } from '../../../core/ports/query-patterns.js'
import type { Patterns } from '../../../core/ports/query-patterns.js'
import type { StatementResult } from './lease.js'
import {
  isFlag,
  isHashLike,
  keyColumn,
  keysOf,
  lastHash,
  literal,
  sortable,
  startLength,
  startOf,
  storedKey,
  tableOf,
  unstorable,
} from './tables.js'
import type { Statement } from './tables.js'

/** Declared paths by kind. */
export type DeclaredIndexes = ReadonlyMap<Kind, readonly Path[]>

const operators = { eq: '=', lt: '<', lte: '<=', gt: '>', gte: '>=' } as const

type Comparison = keyof typeof operators

/** What holds for the beginnings of two texts that compare so. */
const widened = { eq: '=', lt: '<=', lte: '<=', gt: '>=', gte: '>=' } as const

/** Writes the SQL of one query. No condition of its is ever null, so that `not` is the opposite. */
export class QuerySql {
  readonly #kind: Kind
  readonly #declared: ReadonlySet<string>
  readonly #values: string[]

  constructor(list: string, kind: Kind, indexes: DeclaredIndexes) {
    this.#kind = kind
    this.#declared = new Set((indexes.get(kind) ?? []).map((path) => JSON.stringify(path)))
    this.#values = [storedKey(list)]
  }

  statement(text: string): Statement {
    return { text, values: this.#values }
  }

  where(condition: string | undefined): string {
    return `${tableOf(this.#kind)} WHERE list = $1${condition === undefined ? '' : ` AND ${condition}`}`
  }

  order(query: Query): string {
    return [...this.#terms(query).map(({ term, way }) => term + way), 'ordinal', 'id'].join(', ')
  }

  /** The columns that rows are put in order by after they were chosen, and that order. */
  sortColumns(query: Query): { readonly columns: string; readonly order: string } {
    const terms = this.#terms(query)
    return {
      columns: ['ordinal', ...terms.map(({ term }, i) => `${term} AS term${i}`)].join(', '),
      order: [...terms.map(({ way }, i) => `term${i}${way}`), 'ordinal'].join(', '),
    }
  }

  #terms({ sort = [] }: Query): { readonly term: string; readonly way: string }[] {
    return sort.flatMap(({ path, descending }) => {
      const { rank, size, start, text } = sortable(path)
      // the first columns of the index, so that it gives the order; the whole text decides what its start leaves open
      const terms = [rank, size, ...(this.#isDeclared(path) ? [start] : []), text]
      return terms.map((term) => ({ term, way: descending ? ' DESC' : '' }))
    })
  }

  range({ offset = 0, limit }: Query): string {
    const place = (n: number): string => this.#place(String(Math.min(n, Number.MAX_SAFE_INTEGER)), 'bigint')
    return `OFFSET ${place(offset)}${limit === undefined ? '' : ` LIMIT ${place(limit)}`}`
  }

  /** Whether a query asks for the records with one key, and nothing else. */
  isKeyLookup({ where, sort }: Query): boolean {
    return (
      where?.op === 'eq' && !sort?.length && typeof where.value === 'string' && this.#keyAt(where.path) !== undefined
    )
  }

  /** Whether the whole table is read: no index gives what is asked for. */
  isScan({ where, sort }: Query): boolean {
    if (where) return !this.#isIndexed(where)
    return sort !== undefined && !sort.slice(0, 1).every(({ path }) => this.#isDeclared(path))
  }

  #isIndexed(where: Condition): boolean {
    switch (where.op) {
      case 'and':
        return where.of.some((part) => this.#isIndexed(part))
      case 'or':
        return where.of.every((part) => this.#isIndexed(part))
      case 'not':
        return where.of.op === 'exists' && this.#isDeclared(where.of.path)
      case 'eq':
      case 'in':
        return this.#isDeclared(where.path) || this.#keyAt(where.path) !== undefined
      case 'matches':
      case 'exists':
        return where.op === 'exists' && this.#isDeclared(where.path)
      default:
        return (
          this.#isDeclared(where.path) || (typeof where.value === 'string' && this.#keyAt(where.path) !== undefined)
        )
    }
  }

  condition(where: Condition): string {
    switch (where.op) {
      case 'and':
      case 'or':
        return join(
          where.op,
          where.of.map((part) => this.condition(part)),
        )
      case 'not':
        return `(NOT ${this.condition(where.of)})`
      case 'exists': {
        const { json, rank } = sortable(where.path)
        return this.#isDeclared(where.path) ? `(${rank} > 0)` : `(coalesce(jsonb_typeof(${json}), 'null') <> 'null')`
      }
      case 'in':
        return this.#isOneOf(where.path, where.values)
      case 'matches':
        throw new Error('regular expressions do not run in the database')
      default:
        return this.#compare(where.path, where.op, where.value)
    }
  }

  /** A condition that every record meets which meets `where`; regular expressions only ask for a string. */
  necessary(where: Condition): string {
    if (where.op === 'matches') return `(coalesce(jsonb_typeof(${sortable(where.path).json}), '') = 'string')`
    if (where.op === 'and' || where.op === 'or')
      return join(
        where.op,
        where.of.map((part) => this.necessary(part)),
      )
    return patternsOf(where).length > 0 ? 'true' : this.condition(where)
  }

  /** A test of the rows whose further columns it adds to `columns`: texts to match, and what the database has judged. */
  split(where: Condition, patterns: Patterns, columns: string[]): (row: StatementResult['rows'][number]) => boolean {
    const add = (column: string): number => columns.push(column) - 1
    if (where.op === 'matches') {
      const column = add(sortable(where.path).text)
      const pattern = patterns.get(where.pattern)
      return (row) => {
        const text = row[column]
        return typeof text === 'string' && pattern?.test(text) === true
      }
    }
    if (where.op === 'not') {
      const test = this.split(where.of, patterns, columns)
      return (row) => !test(row)
    }
    if ((where.op === 'and' || where.op === 'or') && patternsOf(where).length > 0) {
      const tests = where.of.map((part) => this.split(part, patterns, columns))
      return where.op === 'and' ? (row) => tests.every((test) => test(row)) : (row) => tests.some((test) => test(row))
    }
    const column = add(this.condition(where))
    return (row) => row[column] === 't'
  }

  #compare(path: Path, op: Comparison, value: Scalar): string {
    const { json, rank, size, text, start } = sortable(path)
    const isDeclared = this.#isDeclared(path)
    // IS TRUE: never null, and the planner guesses as it does for the comparison alone
    if (typeof value === 'boolean')
      return op === 'eq' && !isDeclared
        ? isFlag(json, value)
        : `(${rank} = 1 AND ${size} ${operators[op]} ${value ? 1 : 0})`
    if (typeof value === 'number') {
      if (Number.isNaN(value)) return 'false'
      const number = this.#place(String(value), 'numeric')
      return isDeclared
        ? `(${rank} = 2 AND ${size} ${operators[op]} ${number})`
        : `((CASE jsonb_typeof(${json}) WHEN 'number' THEN ${json}::numeric END ${operators[op]} ${number}) IS TRUE)`
    }
    if (op === 'eq' && unstorable.test(value)) return 'false'
    const key = this.#keyAt(path)
    if (key !== undefined) return this.#compareKey(keyColumn(key), text, op, value)
    if (op === 'eq' && !isDeclared) return this.#isText(path, value)
    const [storable, bound] = storableBound(op, value)
    const place = this.#place(bound, 'text')
    const test = `((${text} ${operators[storable]} ${place}) IS TRUE)`
    if (!isDeclared) return test
    return `(${rank} = 3 AND ${size} IS NULL AND ${start} ${widened[storable]} ${startOf(place)} AND ${test})`
  }

  /** A comparison by the column of a key; where that may hold a hash, the document says what is behind it. */
  #compareKey(column: string, text: string, op: Comparison, value: string): string {
    const stored = storedKey(value)
    if (op === 'eq' && !isHashLike(stored))
      return `(${column} IS NOT NULL AND ${column} = ${this.#place(stored, 'text')})`
    const [storable, bound] = storableBound(op, value)
    const place = this.#place(bound, 'text')
    const range = op === 'eq' ? `${column} = ${this.#place(stored, 'text')}` : `${column} ${widened[storable]} ${place}`
    const hasHashes = op === 'eq' || (widened[storable] === '<=' && bound > lastHash)
    const candidates = hasHashes ? range : `(${range} OR ${column} <= ${literal(lastHash)})`
    return `(${column} IS NOT NULL AND ${candidates} AND ((${text} ${operators[storable]} ${place}) IS TRUE))`
  }

  /** The cheapest test of a scan: most records are judged by a text alone. The planner sees one comparison. */
  #isText(path: Path, value: string): string {
    const { json, shown } = sortable(path)
    return `((CASE WHEN ${shown} = ${this.#place(value, 'text')} THEN jsonb_typeof(${json}) END = 'string') IS TRUE)`
  }

  #isOneOf(path: Path, values: readonly Scalar[]): string {
    const { json, rank, size, text, start } = sortable(path)
    const texts = values.filter((value) => typeof value === 'string').filter((value) => !unstorable.test(value))
    const numbers = values.filter((value) => typeof value === 'number').filter((value) => !Number.isNaN(value))
    const parts = [true, false]
      .filter((value) => values.includes(value))
      .map((value) => this.#compare(path, 'eq', value))
    if (numbers.length > 0) {
      const all = this.#place(arrayOf(numbers.map(String)), 'numeric[]')
      parts.push(
        this.#isDeclared(path)
          ? `(${rank} = 2 AND ${size} = ANY (${all}))`
          : `((CASE jsonb_typeof(${json}) WHEN 'number' THEN ${json}::numeric END = ANY (${all})) IS TRUE)`,
      )
    }
    if (texts.length > 0) {
      const all = this.#place(arrayOf(texts), 'text[]')
      const test = `((${text} = ANY (${all})) IS TRUE)`
      const key = this.#keyAt(path)
      if (key !== undefined) {
        const stored = this.#place(arrayOf(texts.map(storedKey)), 'text[]')
        parts.push(`(${keyColumn(key)} IS NOT NULL AND ${keyColumn(key)} = ANY (${stored}) AND ${test})`)
      } else if (this.#isDeclared(path)) {
        const starts = this.#place(
          arrayOf(texts.map((value) => Array.from(value).slice(0, startLength).join(''))),
          'text[]',
        )
        parts.push(`(${rank} = 3 AND ${size} IS NULL AND ${start} = ANY (${starts}) AND ${test})`)
      } else parts.push(test)
    }
    return join('or', parts)
  }

  #place(value: string, type: string): string {
    return `$${this.#values.push(value)}::${type}`
  }

  #isDeclared(path: Path): boolean {
    return this.#declared.has(JSON.stringify(path))
  }

  /** The key whose column holds the value at a path. */
  #keyAt([first, name, ...rest]: Path): string | undefined {
    return first === 'keys' && rest.length === 0 ? keysOf(this.#kind).find((key) => key === name) : undefined
  }
}

const join = (op: 'and' | 'or', parts: readonly string[]): string =>
  parts.length === 0 ? String(op === 'and') : `(${parts.join(op === 'and' ? ' AND ' : ' OR ')})`

/**
 * The same comparison with a text that PostgreSQL can hold. No stored string has a NUL or a lone surrogate, so what
 * follows the first one decides nothing.
 */
function storableBound(op: Comparison, value: string): [Comparison, string] {
  const at = value.search(unstorable)
  if (at < 0) return [op, value]
  const isBelow = op === 'lt' || op === 'lte'
  const head = value.slice(0, at)
  return value[at] === '\0' ? [isBelow ? 'lte' : 'gt', head] : [isBelow ? 'lt' : 'gte', `${head}\ue000`]
}

/** A parameter for an array of texts. */
export const arrayOf = (texts: readonly string[]): string =>
  `{${texts.map((text) => `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`).join(',')}}`
