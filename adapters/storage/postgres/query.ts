/** Answers queries: by one statement, or through a cursor where regular expressions run, which this process does. */
import { totalCap } from '../../../core/ports/storage.js'
import type { Condition, Kind, Page, Query, QueryRefused } from '../../../core/ports/storage.js'
import { compilePatterns, patternLimits, tooManyRecords, tooSlow } from '../../../core/ports/query-patterns.js'
import { totalOf } from './counts.js'
import type { Run, StatementResult } from './lease.js'
import { arrayOf, QuerySql } from './query-sql.js'
import type { DeclaredIndexes } from './query-sql.js'
import { named, storedKey, tableOf } from './tables.js'
import type { Statement } from './tables.js'

/** A page of documents as JSON texts. */
export type Found = Page<string>

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
  const statement = (text: string): Statement =>
    sql.isKeyLookup(query) ? { ...lookupOf(text), ...sql.statement(text) } : sql.statement(text)
  if (query.limit === undefined && !query.offset) {
    const { rows } = await run(statement(`SELECT doc FROM ${where} ORDER BY ${sql.order(query)}`))
    return { items: rows.map(([document]) => document as string), total: rows.length }
  }
  if (query.totals && query.totals !== 'exact' && query.where && sql.isScan(query))
    return findUncounted(sql, query, where, run)
  const { rows } = await run(
    query.where
      ? statement(chosenPage(sql, kind, query, where))
      : sql.statement(orderedPage(sql, query, where, totalOf(tableOf(kind)))),
  )
  return { items: rows.flatMap(([, document]) => document ?? []), total: Number(rows[0]?.[0]) }
}

/**
 * A page of what a condition chooses. It is chosen once, for count and page: put in order at the same time, the planner
 * would leave the index of the condition for a walk through that of the order. An index of keys has the ordinals itself.
 */
function chosenPage(sql: QuerySql, kind: Kind, query: Query, where: string): string {
  const { columns, order } = sql.sortColumns(query)
  return `WITH chosen AS MATERIALIZED (SELECT ${columns} FROM ${where})
    SELECT total, doc FROM (SELECT count(*) AS total FROM chosen) AS counted LEFT JOIN (
      SELECT doc, place FROM (SELECT ordinal, row_number() OVER () AS place
        FROM (SELECT ordinal FROM chosen ORDER BY ${order} ${sql.range(query)}) AS sorted) AS numbered
      JOIN ${tableOf(kind)} AS found ON found.list = $1 AND found.ordinal = numbered.ordinal
    ) AS page ON true ORDER BY place`
}

/** A page of records that an index has in their order; one beyond the last has a total too. */
function orderedPage(sql: QuerySql, query: Query, where: string, total: string): string {
  const page = `SELECT doc FROM ${where} ORDER BY ${sql.order(query)} ${sql.range(query)}`
  return `SELECT total, doc FROM (${total}) AS counted
    LEFT JOIN (SELECT doc, row_number() OVER () AS place FROM (${page}) AS sorted) AS page ON true ORDER BY place`
}

/** A page of a scan that ends where the page does, one record later, and where it is asked for the count up to its cap. */
async function findUncounted(sql: QuerySql, query: Query, where: string, run: Run): Promise<Found> {
  const { offset = 0, limit = Infinity } = query
  const begun = query.totals === 'capped' ? `SELECT FROM ${where} LIMIT ${totalCap + 1}` : 'SELECT LIMIT 0'
  const total = `SELECT count(*) AS total FROM (${begun}) AS begun`
  const { rows } = await run(sql.statement(orderedPage(sql, { ...query, limit: limit + 1 }, where, total)))
  const found = rows.flatMap(([, document]) => document ?? [])
  const items = found.slice(0, limit)
  const isWithin = found.length > 0 || offset === 0
  if (isWithin && found.length <= limit) return { items, total: offset + found.length }
  const counted = Number(rows[0]?.[0])
  if (query.totals === 'capped' && counted <= totalCap) return { items, total: counted }
  return { items, total: Math.max(Math.min(counted, totalCap), isWithin ? offset + found.length : 0), isAtLeast: true }
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
  if (loading === 'along' || kept.length === 0) return { items: kept, total }
  const { rows } = await run({
    text: `SELECT id, doc FROM ${tableOf(kind)} WHERE list = $1 AND id = ANY ($2::text[])`,
    values: [storedKey(list), arrayOf(kept)],
  })
  const byId = new Map(rows.map(([id, document]) => [id, document as string]))
  return { items: kept.flatMap((id) => byId.get(id) ?? []), total }
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
