/** Reads what is committed: each call is one statement, or one transaction that sees one moment. */
import type { Ending } from '../../../core/model/calls.js'
import { QueryRefused } from '../../../core/ports/storage.js'
import type { Condition, Kind, KeyOf, Page, Query, RecordReader, Records } from '../../../core/ports/storage.js'
import { hasPatterns } from '../../../core/ports/query-patterns.js'
import { faultOf } from './faults.js'
import type { Run } from './lease.js'
import type { Database } from './database.js'
import type { Borrower } from './admission.js'
import { QuerySql } from './query-sql.js'
import { findMatches, findPage } from './query.js'
import type { Found } from './query.js'
import { getStatement } from './tables.js'

/** Reads committed records of one kind. */
export class CommittedReader<K extends Kind> implements RecordReader<K> {
  readonly #database: Database
  readonly #list: string
  readonly #kind: K
  readonly #signal: Ending | undefined

  constructor(database: Database, list: string, kind: K, signal: Ending | undefined) {
    this.#database = database
    this.#list = list
    this.#kind = kind
    this.#signal = signal
  }

  async get(key: KeyOf<K>): Promise<Records[K] | undefined> {
    const { connections, load } = this.#database
    const { rows } = await connections.run(getStatement(this.#list, this.#kind, key), this.#signal)
    const document = rows[0]?.[0] ?? undefined
    return document === undefined ? undefined : load(this.#kind, document)
  }

  async find(query: Query): Promise<Page<Records[K]>> {
    const { connections, indexes, load } = this.#database
    const as = new QuerySql(this.#list, this.#kind, indexes).isScan(query) ? 'scan' : 'statement'
    const run: Run = (statement) => connections.run(statement, this.#signal, as)
    const found = hasPatterns(query)
      ? await this.#findMatches(query, as)
      : await findPage(this.#list, this.#kind, query, indexes, run)
    return { ...found, items: found.items.map((document) => load(this.#kind, document)) }
  }

  /** A refused query is no fault of the connection, which goes back to the pool. */
  async #findMatches(query: Query & { readonly where: Condition }, as: Borrower): Promise<Found> {
    const { connections, indexes } = this.#database
    const found = await connections.borrow(
      async (lease) => {
        const run: Run = (statement) => {
          this.#signal?.throwIfAborted()
          return lease.query(statement).catch((error: unknown) => {
            throw faultOf(error)
          })
        }
        await run({ text: 'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY' })
        const result = await findMatches(this.#list, this.#kind, query, indexes, run, 'later').catch(
          (error: unknown) => {
            if (error instanceof QueryRefused) return error
            throw error
          },
        )
        await run({ text: 'COMMIT' })
        return result
      },
      this.#signal,
      as,
    )
    if (found instanceof QueryRefused) throw found
    return found
  }
}
