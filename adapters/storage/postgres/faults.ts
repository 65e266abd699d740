/** What `pg` reports, as the port says it. */
import { LockTimeout, QueryRefused, StorageUnavailable } from '../../../core/ports/storage.js'

/** The connection broke while a statement ran, or before: then the outcome is `nothing`. */
export class ConnectionLost extends StorageUnavailable {}

/** The five characters with which the server names an error; undefined for errors that are not the server's. */
export function sqlStateOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error) || !('severity' in error)) return undefined
  return typeof error.code === 'string' ? error.code : undefined
}

/**
 * Whether a statement did not run since the connection knows another one by its name, or none: between here and the server
 * a pooler hands on what it gets to this connection and to that.
 */
export const isNameLost = (error: unknown): boolean => ['42P05', '26000'].includes(sqlStateOf(error) ?? '')

/** The name of the index or constraint that an error tells of. */
function constraintOf(error: unknown): string | undefined {
  return error instanceof Error && 'constraint' in error && typeof error.constraint === 'string'
    ? error.constraint
    : undefined
}

/** The port's error for what `pg` reported. `commit`: the statement may have been stored although it failed. */
export function faultOf(error: unknown, at: 'statement' | 'commit' = 'statement'): Error {
  if (error instanceof ConnectionLost) return error
  const outcome = at === 'commit' ? 'unknown' : 'nothing'
  const state = sqlStateOf(error)
  if (state === undefined) return new ConnectionLost('the connection to PostgreSQL was lost', outcome, { cause: error })
  if (isNameLost(error))
    return new ConnectionLost(`the connection to PostgreSQL is another one (${state})`, 'nothing', { cause: error })
  // deadlock, lock_timeout, serialization failure
  if (['40P01', '55P03', '40001'].includes(state)) return new LockTimeout(`PostgreSQL gave no lock (${state})`)
  // the server, or this session, is being ended
  if (/^(08|57P|25P03)/.test(state))
    return new ConnectionLost(`PostgreSQL ended the connection (${state})`, outcome, { cause: bare(error, state) })
  // no memory or disk, a limit of time, an input or output error, a replica that only reads, statements that were
  // prepared before the tables changed
  if (/^(53|57|58|25006|0A000)/.test(state))
    return new StorageUnavailable(`PostgreSQL cannot serve now (${state})`, 'nothing', { cause: bare(error, state) })
  // a limit of the program, such as the depth of its stack
  if (state.startsWith('54')) return new QueryRefused('the query is too large')
  return bare(error, state)
}

/** The error without its details, which quote data. */
function bare(error: unknown, state: string): Error {
  const text = /^2[23]/.test(state) || !(error instanceof Error) ? 'refused a statement' : error.message
  return new Error(`PostgreSQL: ${text} (SQLSTATE ${state}${constraintOf(error) ? `, ${constraintOf(error)}` : ''})`)
}
