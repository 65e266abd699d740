/** Answers queries from a table, and from what a unit of work has staged on top of it. */
import { QueryRefused } from '../../../core/ports/storage.js'
import type { Condition, Envelope, Page, Path, Query } from '../../../core/ports/storage.js'
import { compileCondition, compileSort } from '../../../core/ports/condition.js'
import type { Test } from '../../../core/ports/condition.js'
import { rowsOf } from './ordered.js'
import type { Rows } from './ordered.js'
import { compilePatterns, patternLimits, patternsOf } from '../../../core/ports/search-pattern.js'
import type { Matcher, PatternLimits } from '../../../core/ports/search-pattern.js'
import type { Row, Table } from './table.js'

/** Rows that a unit of work staged, by record id; undefined for a removed record. */
export type Staged = ReadonlyMap<string, Row | undefined>

/** Rows among which the answer is, what remains to be tested, and the order in which they come. */
interface Selection {
  readonly rows: Rows<Row>
  readonly rest: Condition | undefined
  readonly order: 'creation' | 'sort' | 'other'
}

/** One page of the records that meet the condition, all of one moment. */
export async function find(
  table: Table,
  query: Query,
  staged?: Staged,
  limits = patternLimits,
): Promise<Page<Envelope>> {
  const patterns = patternsOf(query.where)
  if (patterns.length === 0) return answer(table, query, staged)
  return matchInSlices(table, query, staged, await compilePatterns(patterns, limits), limits)
}

function answer(table: Table, query: Query, staged: Staged | undefined): Page<Envelope> {
  const from = query.offset ?? 0
  const to = from + (query.limit ?? Infinity)
  const { rows, rest, order } = candidates(table, query, staged)
  const asked = query.sort?.length ? 'sort' : 'creation'
  if (!rest && order === asked) return { items: rows.slice(from, to).map((row) => row.record), total: rows.length }
  const page = new Window(from, to, order === asked ? undefined : ordering(query.sort))
  const test = rest ? compileCondition(rest, new Map()) : undefined
  for (const chunk of rows.chunks()) for (const row of chunk) if (!test || test(row.record)) page.add(row)
  return page.result()
}

/** Runs regular expressions over references taken in one moment, without holding the event loop, within the limits. */
async function matchInSlices(
  table: Table,
  query: Query,
  staged: Staged | undefined,
  matchers: ReadonlyMap<string, Matcher>,
  limits: PatternLimits,
): Promise<Page<Envelope>> {
  const from = query.offset ?? 0
  const { rows, rest } = candidates(table, query, staged)
  if (rows.length > limits.rows)
    throw new QueryRefused(`a regular expression may be tried on ${limits.rows} records at the most`)
  const snapshot: Row[] = []
  for (const chunk of rows.chunks()) for (const { record, ordinal } of chunk) snapshot.push({ record, ordinal })
  const test: Test = rest ? compileCondition(rest, matchers) : () => true
  const page = new Window(from, from + (query.limit ?? Infinity), ordering(query.sort))
  let busy = 0
  let start = performance.now()
  for (const [index, row] of snapshot.entries()) {
    if (test(row.record)) page.add(row)
    if (index % 16 === 0 && performance.now() - start > 8) {
      busy += performance.now() - start
      if (busy > limits.time) throw new QueryRefused(`the regular expression needs more than ${limits.time} ms`)
      await new Promise((resolve) => setImmediate(resolve))
      start = performance.now()
    }
  }
  return page.result()
}

function ordering(sort: Query['sort']): (a: Row, b: Row) => number {
  if (!sort?.length) return (a, b) => a.ordinal - b.ordinal
  const compare = compileSort(sort)
  return (a, b) => compare(a.record, b.record) || a.ordinal - b.ordinal
}

/** Rows to look at: of the table, and with a unit's staged rows in the place of those they replace. */
function candidates(table: Table, query: Query, staged: Staged | undefined): Selection {
  const selection = select(table, query)
  if (!staged?.size) return selection
  const rows: Row[] = []
  for (const chunk of selection.rows.chunks()) for (const row of chunk) if (!staged.has(row.record.id)) rows.push(row)
  for (const row of staged.values()) if (row) rows.push(row)
  return { rows: rowsOf(rows), rest: query.where, order: 'other' }
}

/** The smallest set of rows that an index can give, or all. */
function select(table: Table, query: Query): Selection {
  const conditions = query.where ? conjuncts(query.where) : []
  let best: (Omit<Selection, 'rest'> & { readonly condition: Condition }) | undefined
  for (const condition of conditions) {
    const found = lookUp(table, condition, query.sort)
    if (found && (!best || found.rows.length < best.rows.length)) best = { ...found, condition }
  }
  const rest = conditions.filter((condition) => condition !== best?.condition)
  const remaining: Condition | undefined = rest.length > 1 ? { op: 'and', of: rest } : rest[0]
  if (best) return { rows: best.rows, order: best.order, rest: remaining }
  const step = query.sort?.length === 1 ? query.sort[0] : undefined
  const index = step && declaredIndex(table, step.path)
  if (!index) return { rows: table.rows, order: 'creation', rest: remaining }
  return { rows: step.descending ? index.descending() : index.rows, order: 'sort', rest: remaining }
}

function conjuncts(where: Condition): readonly Condition[] {
  return where.op === 'and' ? where.of.flatMap(conjuncts) : [where]
}

const declaredIndex = (table: Table, path: Path) => table.declared.find((index) => samePath(index.path, path))

const samePath = (a: Path, b: Path): boolean => a.length === b.length && a.every((name, i) => name === b[i])

/** The rows that meet a condition, if an index knows them. */
function lookUp(table: Table, condition: Condition, sort: Query['sort']): Omit<Selection, 'rest'> | undefined {
  switch (condition.op) {
    case 'eq':
      return equal(table, condition.path, [condition.value])
    case 'in':
      return equal(table, condition.path, [...new Set(condition.values)])
    case 'lt':
    case 'lte':
    case 'gt':
    case 'gte': {
      const index = declaredIndex(table, condition.path)
      if (!index) return undefined
      const step = sort?.length === 1 ? sort[0] : undefined
      const sorted = step && !step.descending && samePath(step.path, condition.path)
      return { rows: index.range(condition.op, condition.value), order: sorted ? 'sort' : 'other' }
    }
    default:
      return undefined
  }
}

function equal(
  table: Table,
  path: Path,
  values: readonly (string | number | boolean)[],
): Omit<Selection, 'rest'> | undefined {
  const index = declaredIndex(table, path)
  const find = index ? (value: string | number | boolean) => index.equal(value) : keyLookUp(table, path)
  if (!find) return undefined
  const [first] = values
  if (first !== undefined && values.length === 1) return { rows: find(first), order: 'creation' }
  const rows: Row[] = []
  for (const value of values) for (const chunk of find(value).chunks()) for (const row of chunk) rows.push(row)
  return { rows: rowsOf(rows), order: 'other' }
}

/** A look-up in the index of a record's id or of one of its keys. */
function keyLookUp(table: Table, path: Path): ((value: unknown) => Rows<Row>) | undefined {
  const [first, second] = path
  if (path.length === 1 && first === 'id') return (value) => oneRow(table.byId.get(value as string))
  if (path.length !== 2 || first !== 'keys' || second === undefined) return undefined
  if (table.unique.some(({ name }) => name === second))
    return (value) => oneRow(table.uniqueRow(second, value as string))
  const index = table.indexed.find(({ name }) => name === second)
  return index && ((value) => index.rows.get(value as string))
}

const oneRow = (row: Row | undefined): Rows<Row> => rowsOf(row ? [row] : [])

/** Up to so many rows are kept sorted while they come in; more are sorted at the end. */
const KEEP_SORTED = 1_000

/** Counts all rows and keeps those of one page. */
class Window {
  readonly #from: number
  readonly #to: number
  readonly #compare: ((a: Row, b: Row) => number) | undefined
  readonly #sortsAtEnd: boolean
  readonly #rows: Row[] = []
  #total = 0

  /** Rows come in the right order already if there is no `compare`. */
  constructor(from: number, to: number, compare: ((a: Row, b: Row) => number) | undefined) {
    this.#from = from
    this.#to = to
    this.#compare = compare
    this.#sortsAtEnd = to > KEEP_SORTED
  }

  add(row: Row): void {
    const place = this.#total++
    const compare = this.#compare
    if (!compare) {
      if (place >= this.#from && place < this.#to) this.#rows.push(row)
    } else if (this.#sortsAtEnd) this.#rows.push(row)
    else this.#insert(row, compare)
  }

  /** Keeps the first `to` rows of all that came so far. */
  #insert(row: Row, compare: (a: Row, b: Row) => number): void {
    const rows = this.#rows
    if (rows.length === this.#to) {
      if (rows.length === 0 || compare(row, rows.at(-1) as Row) > 0) return
      rows.pop()
    }
    let low = 0
    let high = rows.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (compare(row, rows[middle] as Row) < 0) high = middle
      else low = middle + 1
    }
    rows.splice(low, 0, row)
  }

  result(): Page<Envelope> {
    if (this.#compare && this.#sortsAtEnd) this.#rows.sort(this.#compare)
    const rows = this.#compare ? this.#rows.slice(this.#from, this.#to) : this.#rows
    return { items: rows.map((row) => row.record), total: this.#total }
  }
}
