/** What this storage uses of the package `pg`. */

/** What this storage uses of a `pg` pool; a `Pool` of that package fits. */
export interface PgPool {
  /** `max` is how many connections it has; ten, if it does not say. */
  readonly options?: { readonly max?: number | undefined }
  readonly totalCount?: number
  readonly idleCount?: number
  readonly waitingCount?: number
  connect(): Promise<PgPoolClient>
  on(event: 'error', listener: (error: Error) => void): unknown
  on(event: 'acquire', listener: (client: PgPoolClient) => void): unknown
  removeListener(event: 'error', listener: (error: Error) => void): unknown
  removeListener(event: 'acquire', listener: (client: PgPoolClient) => void): unknown
}

/** A client of the pool. What a cancel request takes is read where the client has it. */
export interface PgPoolClient {
  readonly host?: string
  readonly port?: number
  readonly ssl?: unknown
  readonly processID?: number | null
  readonly secretKey?: number | null
  query(statement: PgStatement): Promise<PgResult>
  /** Gives the client back, or ends its connection. */
  release(destroy?: boolean): void
  on(event: 'error', listener: (error: Error) => void): unknown
  on(event: 'end', listener: () => void): unknown
}

/** A statement as `pg` takes it. */
export interface PgStatement {
  name?: string
  text: string
  values?: unknown[]
  /** Set for the storage's own statements: values come back as the server sent them, whatever parsers the host has set. */
  rowMode?: 'array'
  types?: { getTypeParser(): (value: string | null) => string | null }
}

/** What `pg` gives for a statement. */
export interface PgResult {
  readonly rows: readonly unknown[]
  readonly rowCount: number | null
  readonly command: string
}
