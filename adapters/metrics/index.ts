/** `clientele/metrics`: figures of a library for Prometheus. The only file that knows prom-client. */
import { checkOptions } from '../../core/model/options.js'
import { SetupError } from '../../core/model/setup-error.js'
import type { Observer } from '../../core/ports/observer.js'

/** Options of `openMetrics`. */
export interface MetricsOptions {
  /** What the names of all figures begin with; default `clientele_`. */
  readonly prefix?: string
  /** Whether prom-client's own figures of the process are there too; default false, since a host may have them already. */
  readonly process?: boolean
}

/** Figures in a registry of their own: two libraries in one process, two of these. */
export interface Metrics {
  /** For `createClientele({ observe })`. */
  readonly observe: Required<Observer>
  /** What to answer a scraper, and as which type. */
  readonly contentType: string
  text(): Promise<string>
}

/**
 * Makes the figures: how often, how long, with which outcome, of requests, operations, handlers and calls of the storage.
 * Needs the package `prom-client`, an optional peer dependency; throws a SetupError without it.
 *
 * ```ts
 * const metrics = await openMetrics()
 * const clientele = await createClientele({ customerLists, storage, observe: metrics.observe })
 * app.use(async (ctx, next) => (ctx.path === '/metrics' ? (ctx.body = await metrics.text()) : next()))
 * ```
 */
export async function openMetrics(options: MetricsOptions = {}): Promise<Metrics> {
  checkOptions<MetricsOptions>('openMetrics', options, { prefix: 'string', process: 'boolean' })
  const { prefix = 'clientele_' } = options
  const prom = await import('prom-client').catch((cause: unknown) => {
    throw new SetupError('metrics need the package prom-client: npm install prom-client', { cause })
  })
  const registry = new prom.Registry()
  if (options.process) prom.collectDefaultMetrics({ register: registry })
  const observe = observerOf((name, help, labelNames) => {
    const histogram = new prom.Histogram({ name: `${prefix}${name}_seconds`, help, labelNames, registers: [registry] })
    return (labels, ms) => histogram.observe(labels, ms / 1_000)
  })
  return { observe, contentType: registry.contentType, text: () => registry.metrics() }
}

/** Makes a histogram; gives what notes a time in it. */
type MakeHistogram = <L extends string>(
  name: string,
  help: string,
  labelNames: readonly L[],
) => (labels: Readonly<Record<L, string | number>>, ms: number) => void

function observerOf(seconds: MakeHistogram): Required<Observer> {
  const request = seconds('request', 'From the head of a request to its answer.', ['flavour', 'operation', 'status'])
  const operation = seconds('operation', 'Calls of an API, the library or a handler.', [
    'flavour',
    'operation',
    'outcome',
  ])
  const handler = seconds('handler', 'Handlers of plug-ins.', ['plugin', 'point', 'outcome'])
  const storage = seconds('storage', 'Reads, units of work and counters of the storage.', ['call', 'outcome'])
  return {
    onRequest:
      () =>
      ({ flavour, operation: name = 'none', status, ms }) =>
        request({ flavour, operation: name, status }, ms),
    onOperation:
      ({ flavour, operation: name }) =>
      ({ outcome, ms }) =>
        operation({ flavour, operation: name, outcome }, ms),
    onHandler:
      ({ plugin, point }) =>
      ({ outcome, ms }) =>
        handler({ plugin, point, outcome }, ms),
    onStorage:
      ({ call }) =>
      ({ outcome, ms }) =>
        storage({ call, outcome }, ms),
  }
}
