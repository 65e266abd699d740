/** The example server's log: pino, pretty on a terminal and JSON elsewhere; one line for each request. */
import type { Logger } from 'clientele'
import type { AnsweredRequest } from 'clientele/koa'
import type { Middleware } from 'koa'
import { pino } from 'pino'
import type { Level, Logger as Pino } from 'pino'
import { PinoPretty } from 'pino-pretty'
import type { Settings } from './settings.js'

/** Makes the log. */
export function openLog(level: Settings['logLevel']): Pino {
  const options = { level, base: null, timestamp: pino.stdTimeFunctions.isoTime }
  return process.stdout.isTTY
    ? pino(options, PinoPretty({ sync: true }))
    : pino(options, pino.destination({ sync: true }))
}

/** pino as the library's logger. */
export function libraryLog(log: Pino): Logger {
  const at = (level: Level) => (message: string, fields?: object) => log[level](fields ?? {}, message)
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
}

/** One line for a request: the route's template, never what stands in its place, in the query or in headers. */
export function logRequest(log: Pino, { status, ms, ...facts }: Omit<AnsweredRequest, 'flavour' | 'requestId'>): void {
  const level = status >= 500 ? 'error' : 'info'
  log[level](
    { ...facts, status, ms: Math.round(ms * 10) / 10 },
    `${facts.method} ${facts.route ?? '(no route)'} ${status}`,
  )
}

/** Logs the requests that the APIs have left to the server; `routes` are its own. */
export function logOwn(log: Pino, routes: readonly string[]): Middleware {
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
