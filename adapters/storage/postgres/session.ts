/** What a session is told about limits, and what is between it and the server. */
import type { Connections } from './connections.js'
import type { PgPoolClient } from './pg.js'

/** The statement that begins a unit's transaction, with the limits that this server knows. */
export async function beginStatement(connections: Connections): Promise<string> {
  const { lockWait, statement } = connections.limits
  const limits = [
    `lock_timeout = ${lockWait}`,
    `statement_timeout = ${statement}`,
    `idle_in_transaction_session_timeout = ${2 * statement}`,
  ]
  // from version 14, not on every platform: a statement whose caller has gone ends, and its locks are free
  const lease = await connections.lease()
  const check = 'client_connection_check_interval = 1000'
  const knows = lease.query({ text: `BEGIN; SET LOCAL ${check}; ROLLBACK` })
  const isKnown = await knows.then(
    () => true,
    () => false,
  )
  lease.release(isKnown ? undefined : 'destroy')
  const sets = (isKnown ? [...limits, check] : limits).map((limit) => `SET LOCAL ${limit}`)
  return ['BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE', ...sets].join('; ')
}

/** Whether a pooler hands on what is sent: then another process serves a connection than the one it was told of. */
export async function isBehindPooler(connections: Connections): Promise<boolean> {
  const lease = await connections.lease()
  try {
    const { rows } = await lease.query({ text: 'SELECT pg_backend_pid()' })
    lease.release()
    return lease.process !== undefined && String(lease.process) !== rows[0]?.[0]
  } catch (error) {
    lease.release('destroy')
    throw error
  }
}

/**
 * Gives a new connection of our own its limits: for statements outside of units, and for those whose caller has gone.
 * A pooler would hand them on to others, so there they are left to units and to cancel requests.
 */
export async function limitStatements(client: Pick<PgPoolClient, 'query' | 'processID'>, ms: number): Promise<void> {
  const set = (settings: Readonly<Record<string, number>>) => {
    const calls = Object.entries(settings).map(([name, value]) => `set_config('${name}', '${value}', false)`)
    return client.query({ text: `SELECT ${calls.join(', ')} WHERE pg_backend_pid() = ${client.processID ?? 0}` })
  }
  const limit = { statement_timeout: ms }
  // from version 14, not on every platform; who cannot set anything is told by the first statement
  await set({ ...limit, client_connection_check_interval: 1000 })
    .catch(() => set(limit))
    .catch(() => undefined)
}
