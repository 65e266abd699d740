/** The host's own tables in a unit's transaction. */
import type { WriteUnit } from '../../../core/ports/storage.js'
import { storageUnitOf } from '../../../core/ports/bound-unit.js'
import type { PgTransaction } from './transaction.js'

/** The connection of a running unit of work, for statements of the host. */
export interface PgUnitClient {
  /**
   * Runs one statement in the unit's transaction, after what the library has written so far; rejects with the error of
   * `pg`. After a failed statement the whole unit fails, unless a savepoint of the host was rolled back to.
   */
  query<R = Record<string, unknown>>(text: string, values?: readonly unknown[]): Promise<PgUnitResult<R>>
}

/** What a statement of the host gave. */
export interface PgUnitResult<R> {
  readonly rows: readonly R[]
  readonly rowCount: number | null
}

/** The transactions of the units that run. */
const transactions = new WeakMap<WriteUnit, PgTransaction>()
const control =
  /^\s*(begin|start\s+transaction|commit|end|rollback(?!\s+(work\s+|transaction\s+)?to\b)|abort|prepare\s+transaction)\b/i

/** Lets `clientOf` find the transaction of a unit. */
export function lend(unit: WriteUnit, transaction: PgTransaction): void {
  transactions.set(unit, transaction)
}

/**
 * The client of the unit of work that a handler or a transaction runs in: tables of the host that are written through it
 * are committed and rolled back with the customer. The context is the handler's last argument, or what
 * `clientele.transaction` gives.
 *
 * ```ts
 * 'dw.ocapi.data.customer_list.customers.afterPOST': async (customer, create, customerListId, context) => {
 *   await clientOf(context).query('INSERT INTO outbox (topic, body) VALUES ($1, $2)', ['customer created', customer])
 * }
 * ```
 */
export function clientOf(context: object): PgUnitClient {
  const unit = storageUnitOf(context)
  const transaction = unit && transactions.get(unit)
  if (!transaction)
    throw new Error('clientOf takes the context of a handler, or of a transaction, on the PostgreSQL storage')
  return {
    async query<R>(text: string, values: readonly unknown[] = []): Promise<PgUnitResult<R>> {
      if (control.test(text)) throw new Error('the unit of work begins and ends its transaction itself')
      const { rows, rowCount } = await transaction.send(text, values)
      return { rows: rows as readonly R[], rowCount }
    },
  }
}
