/** Answers queries: by one statement, or through a cursor where regular expressions run, which this process does. */
import type { Condition, Kind, Query, QueryRefused } from '../../../core/ports/storage.js'
import { compilePatterns, patternLimits, tooManyRecords, tooSlow } from '../../../core/ports/query-patterns.js'
import type { Run, StatementResult } from './lease.js'
import { arrayOf, QuerySql } from './query-sql.js'
import type { DeclaredIndexes } from './query-sql.js'
import { named, storedKey, tableOf } from './tables.js'

/** Documents of a page as JSON texts, and the number of all that meet the condition. */
export interface Found {
  readonly documents: readonly string[]
  readonly total: number
}

/** Reads a page by one statement; `where` holds no regular expression. */
export async function findPage(
  list: string,
  kind: Kind,
  query: Query,
  indexes: DeclaredIndexes,
  run: Run,
): Promise<Found> {
  const sql = new QuerySql(list, kind, indexes)
  const where = sql.where(query.where && sql.condition(query.where))
  const order = sql.order(query)
  if (query.limit === undefined && !query.offset) {
    const text = `SELECT doc FROM ${where} ORDER BY ${order}`
    const { rows } = await run(
      sql.isKeyLookup(query) ? { ...lookupOf(text), ...sql.statement(text) } : sql.statement(text),
    )
    return { documents: rows.map(([document]) => document as string), total: rows.length }
  }
  const { rows } = await run(
    sql.statement(query.where ? chosenPage(sql, kind, query, where) : pageOfAll(sql, query, where)),
  )
  return { documents: rows.flatMap(([, document]) => document ?? []), total: Number(rows[0]?.[0]) }
}

/**
 * A page of what a condition chooses. It is chosen once, for count and page: put in order at the same time, the planner
 * would leave the index of the condition for a walk through that of the order.
 */
function chosenPage(sql: QuerySql, kind: Kind, query: Query, where: string): string {
  const { columns, order } = sql.sortColumns(query)
  return `WITH chosen AS MATERIALIZED (SELECT ${columns} FROM ${where})
    SELECT total, doc FROM (SELECT count(*) AS total FROM chosen) AS counted LEFT JOIN (
      SELECT doc, place FROM (SELECT id, row_number() OVER () AS place
        FROM (SELECT id FROM chosen ORDER BY ${order} ${sql.range(query)}) AS sorted) AS numbered
      JOIN ${tableOf(kind)} AS found ON found.list = $1 AND found.id = numbered.id
    ) AS page ON true ORDER BY place`
}

/** A page of all records; one beyond the last has a total too. */
function pageOfAll(sql: QuerySql, query: Query, where: string): string {
  const page = `SELECT doc FROM ${where} ORDER BY ${sql.order(query)} ${sql.range(query)}`
  return `SELECT total, doc FROM (SELECT count(*) AS total FROM ${where}) AS counted
    LEFT JOIN (SELECT doc, row_number() OVER () AS place FROM (${page}) AS sorted) AS page ON true ORDER BY place`
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
  indexes: DeclaredIndexes,
  run: Run,
  loading: Loading,
): Promise<Found> {
  const patterns = await compilePatterns(query.where)
  const sql = new QuerySql(list, kind, indexes)
  const columns = [loading === 'later' ? 'id' : 'doc']
  const test = sql.split(query.where, patterns, columns)
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
  if (refusal) throw refusal
  if (loading === 'along' || kept.length === 0) return { documents: kept, total }
  const { rows } = await run({
    text: `SELECT id, doc FROM ${tableOf(kind)} WHERE list = $1 AND id = ANY ($2::text[])`,
    values: [storedKey(list), arrayOf(kept)],
  })
  const byId = new Map(rows.map(([id, document]) => [id, document as string]))
  return { documents: kept.flatMap((id) => byId.get(id) ?? []), total }
}

/** Runs `look` on each row of the cursor, without holding the event loop. Returns why it gave up, if it did. */
async function eachRow(
  run: Run,
  look: (row: StatementResult['rows'][number]) => void,
): Promise<QueryRefused | undefined> {
  const batch = 1000
  const begin = performance.now()
  let pause = begin
  for (let looked = batch; ; looked += batch) {
    const { rows } = await run({ text: `FETCH ${batch} FROM clientele_matches` })
    if (looked > patternLimits.rows && rows.length > 0) return tooManyRecords(patternLimits)
    for (const row of rows) {
      look(row)
      if (performance.now() - pause < 8) continue
      if (performance.now() - begin > patternLimits.time) return tooSlow(patternLimits)
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
