/** Queries of the port as SQL, and regular expressions, which run in this process. */
import { QueryRefused } from '../../../core/ports/storage.js'
import type { Condition, Kind, Path, Query, Scalar } from '../../../core/ports/storage.js'
import { compilePatterns, patternLimits, patternsOf, type Matcher } from '../../../core/ports/search-pattern.js'
import type { Outcome } from './connections.js'
import { keyColumn, keysOf, named, sortable, startLength, startOf, storedKey, tableOf, unstorable } from './tables.js'
import type { Statement } from './tables.js'

/** Documents of a page as JSON texts, and the number of all that meet the condition. */
export interface Found {
  readonly documents: readonly string[]
  readonly total: number
}

type Run = (statement: Statement) => Promise<Outcome>

/** Declared paths by kind. */
export type Indexes = ReadonlyMap<Kind, readonly Path[]>

/** Reads a page by one statement; `where` holds no regular expression. */
export async function findPage(list: string, kind: Kind, query: Query, indexes: Indexes, run: Run): Promise<Found> {
  const sql = new Compiler(list, kind, indexes)
  const where = sql.where(query.where && sql.condition(query.where))
  const order = sql.order(query)
  if (query.limit === undefined && !query.offset) {
    const text = `SELECT doc FROM ${where} ORDER BY ${order}`
    const { rows } = await run(
      sql.isKeyLookup(query) ? { ...lookupOf(text), ...sql.statement(text) } : sql.statement(text),
    )
    return { documents: rows.map(([document]) => document as string), total: rows.length }
  }
  const page = `SELECT doc FROM ${where} ORDER BY ${order} ${sql.range(query)}`
  // a page beyond the last record has a total too
  const { rows } = await run(
    sql.statement(`SELECT total, doc FROM (SELECT count(*) AS total FROM ${where}) AS counted
      LEFT JOIN (SELECT doc, row_number() OVER () AS place FROM (${page}) AS sorted) AS page ON true ORDER BY place`),
  )
  return { documents: rows.flatMap(([, document]) => document ?? []), total: Number(rows[0]?.[0]) }
}

/** How the page of a query with regular expressions is loaded: by the ids found, or along with all that is looked at. */
export type Loading = 'later' | 'along'

/**
 * Reads a page by a condition with regular expressions: what they look at is read through a cursor, in order, and
 * matched here. Needs a transaction; `later` needs one that sees the same records throughout.
 */
export async function findMatches(
  list: string,
  kind: Kind,
  query: Query & { readonly where: Condition },
  indexes: Indexes,
  run: Run,
  loading: Loading,
): Promise<Found> {
  const matchers = await compilePatterns(patternsOf(query.where))
  const sql = new Compiler(list, kind, indexes)
  const columns = [loading === 'later' ? 'id' : 'doc']
  const test = sql.split(query.where, matchers, columns)
  const where = sql.where(sql.necessary(query.where))
  const select = `SELECT ${columns.join(', ')} FROM ${where} ORDER BY ${sql.order(query)}`
  await run(sql.statement(`DECLARE clientele_matches NO SCROLL CURSOR FOR ${select}`))
  const kept: string[] = []
  let total = 0
  const from = query.offset ?? 0
  const to = from + (query.limit ?? Infinity)
  const refusal = await eachRow(run, (row) => {
    if (!test(row)) return
    if (total >= from && total < to) kept.push(row[0] as string)
    total++
  })
  await run({ text: 'CLOSE clientele_matches' })
  if (refusal) throw new QueryRefused(refusal)
  if (loading === 'along' || kept.length === 0) return { documents: kept, total }
  const { rows } = await run({
    text: `SELECT id, doc FROM ${tableOf(kind)} WHERE list = $1 AND id = ANY ($2::text[])`,
    values: [storedKey(list), arrayOf(kept)],
  })
  const byId = new Map(rows.map(([id, document]) => [id, document as string]))
  return { documents: kept.flatMap((id) => byId.get(id) ?? []), total }
}

/** Runs `look` on each row of the cursor, without holding the event loop. Returns why it gave up, if it did. */
async function eachRow(run: Run, look: (row: Outcome['rows'][number]) => void): Promise<string | undefined> {
  const batch = 1000
  const begin = performance.now()
  let pause = begin
  for (let looked = batch; ; looked += batch) {
    const { rows } = await run({ text: `FETCH ${batch} FROM clientele_matches` })
    if (looked > patternLimits.rows && rows.length > 0)
      return `a regular expression may be tried on ${patternLimits.rows} records at the most`
    for (const [index, row] of rows.entries()) {
      look(row)
      if (index % 16 > 0 || performance.now() - pause < 8) continue
      if (performance.now() - begin > patternLimits.time)
        return `the regular expression needs more than ${patternLimits.time} ms`
      await new Promise((resolve) => setImmediate(resolve))
      pause = performance.now()
    }
    if (rows.length < batch) return undefined
  }
}

const lookups = new Map<string, ReturnType<typeof named>>()

/** A look-up by a key as a named statement. There are as many as there are keys, and the core uses them in every operation. */
function lookupOf(text: string): ReturnType<typeof named> {
  let lookup = lookups.get(text)
  if (!lookup) lookups.set(text, (lookup = named(text)))
  return lookup
}

const operators = { eq: '=', lt: '<', lte: '<=', gt: '>', gte: '>=' } as const

type Comparison = keyof typeof operators

/** Writes the SQL of one query. No condition of its is ever null, so that `not` is the opposite. */
class Compiler {
  readonly #kind: Kind
  readonly #declared: ReadonlySet<string>
  readonly #values: string[]

  constructor(list: string, kind: Kind, indexes: Indexes) {
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

  order({ sort = [] }: Query): string {
    const terms = sort.flatMap(({ path, descending }) => {
      const { rank, size, start, text } = sortable(path)
      // the first columns of the index, so that it gives the order; the whole text decides what its start leaves open
      return [rank, size, ...(this.#isDeclared(path) ? [start] : []), text].map((term) =>
        descending ? `${term} DESC` : term,
      )
    })
    return [...terms, 'ordinal', 'id'].join(', ')
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
  split(
    where: Condition,
    matchers: ReadonlyMap<string, Matcher>,
    columns: string[],
  ): (row: Outcome['rows'][number]) => boolean {
    const add = (column: string): number => columns.push(column) - 1
    if (where.op === 'matches') {
      const column = add(sortable(where.path).text)
      const matches = matchers.get(where.pattern) as Matcher
      return (row) => {
        const text = row[column]
        return typeof text === 'string' && matches(text)
      }
    }
    if (where.op === 'not') {
      const test = this.split(where.of, matchers, columns)
      return (row) => !test(row)
    }
    if ((where.op === 'and' || where.op === 'or') && patternsOf(where).length > 0) {
      const tests = where.of.map((part) => this.split(part, matchers, columns))
      return where.op === 'and' ? (row) => tests.every((test) => test(row)) : (row) => tests.some((test) => test(row))
    }
    const column = add(this.condition(where))
    return (row) => row[column] === 't'
  }

  #compare(path: Path, op: Comparison, value: Scalar): string {
    const { json, rank, size, text, start } = sortable(path)
    const isDeclared = this.#isDeclared(path)
    if (typeof value === 'boolean') {
      const test = `${size} ${operators[op]} ${value ? 1 : 0}`
      return isDeclared
        ? `(${rank} = 1 AND ${test})`
        : `(CASE jsonb_typeof(${json}) WHEN 'boolean' THEN ${test} ELSE false END)`
    }
    if (typeof value === 'number') {
      if (Number.isNaN(value)) return 'false'
      const number = this.#place(String(value), 'numeric')
      return isDeclared
        ? `(${rank} = 2 AND ${size} ${operators[op]} ${number})`
        : `(CASE jsonb_typeof(${json}) WHEN 'number' THEN ${json}::numeric ${operators[op]} ${number} ELSE false END)`
    }
    const key = this.#keyAt(path)
    if (op === 'eq' && unstorable.test(value)) return 'false'
    const [storable, bound] = storableBound(op, value)
    const place = this.#place(bound, 'text')
    const test = `(CASE jsonb_typeof(${json}) WHEN 'string' THEN ${text} ${operators[storable]} ${place} ELSE false END)`
    if (key !== undefined && op === 'eq')
      return `(${keyColumn(key)} IS NOT NULL AND ${keyColumn(key)} = ${this.#place(storedKey(value), 'text')} AND ${test})`
    if (!isDeclared) return test
    const wider = { eq: '=', lt: '<=', lte: '<=', gt: '>=', gte: '>=' }[storable]
    return `(${rank} = 3 AND ${size} IS NULL AND ${start} ${wider} ${startOf(place)} AND ${test})`
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
          : `(CASE jsonb_typeof(${json}) WHEN 'number' THEN ${json}::numeric = ANY (${all}) ELSE false END)`,
      )
    }
    if (texts.length > 0) {
      const all = this.#place(arrayOf(texts), 'text[]')
      const test = `(CASE jsonb_typeof(${json}) WHEN 'string' THEN ${text} = ANY (${all}) ELSE false END)`
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
const arrayOf = (texts: readonly string[]): string =>
  `{${texts.map((text) => `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`).join(',')}}`
