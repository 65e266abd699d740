/** A connection while it is borrowed: a statement at a time, ended when it takes too long. */
import { setTimeout as delay } from 'node:timers/promises'
import type { Timer } from '../../../core/extension/deadline.js'
import { cancelStatement } from './cancel.js'
import { ConnectionLost, isNameLost } from './faults.js'
import type { PgPoolClient, PgResult, PgStatement } from './pg.js'
import type { Statement } from './tables.js'

/** Rows as texts, their number or that of the rows written, and the command that ran. */
export interface StatementResult {
  readonly rows: readonly (readonly (string | null)[])[]
  readonly count: number
  readonly command: string
}

/** Runs one statement. */
export type Run = (statement: Statement) => Promise<StatementResult>

const types = { getTypeParser: () => (value: string | null) => value }

/** Clients whose connection broke. */
export const broken = new WeakSet<PgPoolClient>()

/** How long after a cancel request the server may take to say so, and after its end to let a connection go. */
const longestGoodbye = 2_000

/** Whether connections know statements by names that they were given before, and whom to tell that they do not. */
export interface Names {
  areKept: boolean
  readonly onLost: () => void
}

/** A borrowed connection. Must be given back. */
export class Lease {
  readonly #client: PgPoolClient
  readonly #timer: Timer
  readonly #names: Names
  readonly #leave: () => void
  #isBusy = false
  #cancelling: Promise<void> | undefined
  #grace: NodeJS.Timeout | undefined
  #state: 'out' | 'released' | 'ended' = 'out'

  /** The timer says how long one statement may take. */
  constructor(client: PgPoolClient, timer: Timer, names: Names, leave: () => void) {
    this.#client = client
    this.#timer = timer
    this.#names = names
    this.#leave = leave
  }

  /** The process that serves the connection, as the server named it at the beginning. */
  get process(): number | undefined {
    return this.#client.processID ?? undefined
  }

  /** Runs one statement; ends it if it takes too long. Rejects with what `pg` reports, or ConnectionLost if it was not sent. */
  async query({ name, text, values = [] }: Statement): Promise<StatementResult> {
    const plain: PgStatement = { text, values: [...values], rowMode: 'array', types }
    try {
      const result = await this.send(name !== undefined && this.#names.areKept ? { ...plain, name } : plain)
      return { rows: result.rows as StatementResult['rows'], count: result.rowCount ?? 0, command: result.command }
    } catch (error) {
      if (isNameLost(error)) this.#names.onLost()
      throw error
    }
  }

  /** The same for a statement of the host, whose result comes as `pg` gives it. */
  async send(statement: PgStatement): Promise<PgResult> {
    if (broken.has(this.#client)) throw new ConnectionLost('the connection to PostgreSQL was lost')
    const waiting = this.#timer.start(this)
    this.#isBusy = true
    try {
      return await this.#client.query(statement)
    } finally {
      this.#timer.stop(waiting)
      if (this.#grace) clearTimeout(this.#grace)
      if (this.#cancelling) await this.#cancelling
      this.#isBusy = false
      this.#cancelling = undefined
      if (this.#state === 'released') this.#end()
    }
  }

  /** The time of a statement is over. */
  end(): void {
    this.cancel()
  }

  /** Asks the server to end what runs; ends the connection if it does not in time. */
  cancel(): void {
    if (!this.#isBusy || this.#cancelling) return
    this.#cancelling = cancelStatement(this.#client)
    this.#grace = setTimeout(() => this.#end(), longestGoodbye)
  }

  /** Gives the connection back, or ends it, after what still runs on it was cancelled. */
  release(how?: 'destroy'): void {
    if (this.#state !== 'out') return
    this.#state = 'released'
    if (this.#isBusy) this.cancel()
    else if (how === 'destroy') this.#end()
    else {
      this.#state = 'ended'
      this.#client.release()
      this.#leave()
    }
  }

  #end(): void {
    if (this.#state === 'ended') return
    this.#state = 'ended'
    const isGone = new Promise<void>((resolve) => this.#client.on('end', resolve))
    const leave = this.#leave
    if (broken.has(this.#client)) leave()
    else void Promise.race([isGone, delay(longestGoodbye, undefined, { ref: false })]).then(leave)
    this.#client.release(true)
  }
}
