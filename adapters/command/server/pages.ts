/** Pages of the example server for those who run it: `/health`, `/ready`, `/metrics`. */
import type { Middleware } from 'koa'
import type { Clientele } from '../../../core/index.js'
import { SetupError } from '../../../core/index.js'
import { openMetrics } from '../../metrics/index.js'
import type { Metrics } from '../../metrics/index.js'

/** Paths of the pages. */
export const pagePaths = ['/health', '/ready', '/metrics'] as const

/** Figures of the library and of the process; undefined where prom-client is not installed. */
export async function serverMetrics(): Promise<Metrics | undefined> {
  return openMetrics({ process: true }).catch((error: unknown) => {
    if (error instanceof SetupError) return undefined
    throw error
  })
}

/** Answers the pages. `isStopping`: no more requests are to be sent here. */
export function pages(clientele: Clientele, metrics: Metrics | undefined, isStopping: () => boolean): Middleware {
  return async (context, next) => {
    switch (context.path) {
      case '/health':
        context.body = { status: 'ok' }
        return
      case '/ready': {
        const { ok, storage } = await clientele.health()
        const isReady = ok && !isStopping()
        context.status = isReady ? 200 : 503
        context.body = { ready: isReady, storage: { reachable: storage.reachable, writable: storage.writable } }
        return
      }
      case '/metrics':
        context.status = metrics ? 200 : 501
        context.type = metrics?.contentType ?? 'text/plain'
        context.body = metrics
          ? await metrics.text()
          : 'metrics need the package prom-client: npm install prom-client\n'
        return
      default:
        await next()
    }
  }
}
