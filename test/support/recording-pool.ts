/** A pool of the host that notes every statement: what a storage sends is part of its promise. */
import { Pool } from 'pg'
import type { PgPool, PgStatement } from '../../adapters/storage/postgres/postgres.js'

/** A pool, and the statements that were sent through it. */
export interface RecordingPool {
  readonly pool: PgPool
  readonly sent: PgStatement[]
  /** Plans of the statements sent since the list was emptied, as the server would run them; `ANALYZE` runs them too. */
  plans(how?: 'ANALYZE'): Promise<string[]>
  end(): Promise<void>
}

/** Opens a pool on a database. */
export function recordingPool(connectionString: string): RecordingPool {
  const inner = new Pool({ connectionString })
  const sent: PgStatement[] = []
  const pool: PgPool = {
    on: (event: 'error' | 'acquire', listener: (value: never) => void) => inner.on(event as 'error', listener as never),
    removeListener: (event: 'error' | 'acquire', listener: (value: never) => void) =>
      inner.removeListener(event, listener as never),
    connect: async () => {
      const client = await inner.connect()
      return {
        query: (statement) => {
          sent.push(statement)
          return client.query(statement)
        },
        release: (destroy) => client.release(destroy),
        on: (event, listener) => client.on(event, listener),
      }
    },
  }
  return {
    pool,
    sent,
    plans: async (how) => {
      const plans: string[] = []
      for (const { text, values } of sent) {
        const select = text.replace(/^DECLARE .* CURSOR FOR /, '')
        if (!/^(SELECT|WITH)/.test(select)) continue
        const { rows } = await inner.query<[string]>({
          text: `EXPLAIN ${how ? '(ANALYZE, TIMING OFF)' : ''} ${select}`,
          values: values ?? [],
          rowMode: 'array',
        })
        plans.push(rows.map(([line]) => line).join('\n'))
      }
      return plans
    },
    end: () => inner.end(),
  }
}
