/** Pages of the example server for those who run it: `/health`, `/ready`, `/metrics`. */
import type { Middleware } from 'koa'
import type { Clientele } from '../../../core/index.js'
import type { AnsweredRequest } from '../../http/koa.js'

/** Paths of the pages. */
export const pagePaths = ['/health', '/ready', '/metrics'] as const

/** What `/metrics` shows, and what is told of every request. */
export interface Metrics {
  readonly contentType: string
  text(): Promise<string>
  note(facts: AnsweredRequest): void
}

/** Figures of prom-client, in a registry of their own; undefined where it is not installed. */
export async function openMetrics(): Promise<Metrics | undefined> {
  const prom = await import('prom-client').catch(() => undefined)
  if (!prom) return undefined
  const registry = new prom.Registry()
  prom.collectDefaultMetrics({ register: registry })
  const seconds = new prom.Histogram({
    name: 'clientele_request_seconds',
    help: 'Time from the head of a request to its answer.',
    labelNames: ['flavour', 'operation', 'status'],
    registers: [registry],
  })
  return {
    contentType: registry.contentType,
    text: () => registry.metrics(),
    note: ({ flavour, operation = 'none', status, ms }) => seconds.observe({ flavour, operation, status }, ms / 1000),
  }
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
