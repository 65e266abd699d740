/** The example server's log, one line for each request: pino, pretty on a terminal and JSON elsewhere; without pino, the like. */
import type { Middleware } from 'koa'
import type { Logger } from '../../../core/index.js'
import type { AnsweredRequest } from '../../http/koa.js'
import { logLevels } from './settings.js'
import type { Settings } from './settings.js'

type Level = Settings['logLevel']
type Line = (fields: object, message?: string) => void

/** What the server needs of a log; pino's is one. */
export interface Log {
  readonly isLevelEnabled: (level: Level) => boolean
  readonly debug: Line
  readonly info: Line
  readonly warn: Line
  readonly error: Line
}

/** Makes the log: of pino and pino-pretty, where they are installed. */
export async function openLog(level: Level): Promise<Log> {
  const pino = await import('pino').catch(() => undefined)
  if (!pino) return plainLog(level)
  const pretty = process.stdout.isTTY ? await import('pino-pretty').catch(() => undefined) : undefined
  const options = { level, base: null, timestamp: pino.stdTimeFunctions.isoTime }
  const log: Log = pino.pino(options, pretty?.default({ sync: true }) ?? pino.destination({ sync: true }))
  return log
}

/** Lines as pino writes them; on a terminal, message first. */
function plainLog(lowest: Level): Log {
  const isLevelEnabled = (level: Level): boolean => logLevels.indexOf(level) >= logLevels.indexOf(lowest)
  const at = (level: Level): Line => {
    if (!isLevelEnabled(level)) return () => undefined
    return (fields, msg) => {
      const shown = fields instanceof Error ? { err: { message: fields.message, stack: fields.stack } } : fields
      const time = new Date().toISOString()
      const line = { level: 10 * (logLevels.indexOf(level) + 1), time, ...shown, msg }
      console.log(
        process.stdout.isTTY
          ? `[${time}] ${level.toUpperCase()}: ${msg ?? ''} ${JSON.stringify(shown)}`
          : JSON.stringify(line),
      )
    }
  }
  return { isLevelEnabled, debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
}

/** The log as the library's logger. */
export function libraryLog(log: Log): Logger {
  const at = (level: 'debug' | 'info' | 'warn' | 'error') => (message: string, fields?: object) =>
    log[level](fields ?? {}, message)
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
}

/** One line for a request: the route's template, never what stands in its place, in the query or in headers. */
export function logRequest(log: Log, { status, ms, ...facts }: Omit<AnsweredRequest, 'flavour' | 'requestId'>): void {
  // nobody is left to be answered: that is no mistake of the server
  const level = status >= 500 && facts.problem !== 'clientGone' ? 'error' : 'info'
  log[level](
    { ...facts, status, ms: Math.round(ms * 10) / 10 },
    `${facts.method} ${facts.route ?? '(no route)'} ${status}`,
  )
}

/** Logs the requests that the APIs have left to the server; `routes` are its own. */
export function logOwn(log: Log, routes: readonly string[]): Middleware {
  return async (context, next) => {
    const start = performance.now()
    try {
      await next()
    } finally {
      const route = routes.includes(context.path) ? { route: context.path } : {}
      logRequest(log, { method: context.method, ...route, status: context.status, ms: performance.now() - start })
    }
  }
}
