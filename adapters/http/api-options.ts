/** The options of `customerApi`, whichever door serves it. */
import type { Clientele } from '../../core/clientele.js'
import { checkKind, checkOptions } from '../../core/model/options.js'
import type { OptionTable } from '../../core/model/options.js'
import { checkCopy } from '../../core/model/copy.js'
import { SetupError } from '../../core/model/setup-error.js'
import { observerOptions } from '../../core/ports/observer.js'
import type { Observer } from '../../core/ports/observer.js'
import type { DiagnosticsOptions } from './diagnostics.js'
import type { Flavour } from './flavour.js'
import type { Authenticate, Tokens, TokenWhere } from './protocol.js'

/** What `customerApi` needs. `H` is the host's own request, as `authenticate` gets it. */
export interface CustomerApiOptions<H = unknown, M extends Tokens = 'required'> {
  /** The APIs to serve: `[ocapi(), yaas()]`. */
  readonly flavours: readonly Flavour[]
  /** Says who calls. */
  readonly authenticate: Authenticate<H, TokenWhere[M]>
  /**
   * `optional`: `authenticate` is asked also about requests without a Bearer token, so that a session, a certificate or a
   * gateway can decide; then no other site may have sent them (decision 1.12). Default `required`.
   */
  readonly tokens?: M
  /** Largest request body in bytes, also after decompression; default 5 MiB. */
  readonly maxBody?: number
  /** Largest page of an answer in bytes; a request that asks for more is told which page would do. Default 16 MiB. */
  readonly maxAnswer?: number
  /** Requests that are served at once; one more is 503 with Retry-After. Default 5,000. */
  readonly maxRequests?: number
  /** Milliseconds from the head of a request to its answer; what takes longer is given up, 503. Default 60,000. */
  readonly deadline?: number
  /** URL that links begin with, whatever a request says of its host: `https://api.example.com/shop`. */
  readonly publicUrl?: string
  /** Hosts that are served, in lower case and with their port where it is not the scheme's; others are refused. Default: any. */
  readonly hosts?: readonly string[]
  /** What clients may ask for by header while they develop hooks: traces, dry runs. Default: nothing. */
  readonly diagnostics?: DiagnosticsOptions
  /** Told of every request, for logs, metrics and spans. Default: `onRequest` of the library's observer. */
  readonly observe?: Pick<Observer, 'onRequest'>
}

/** What the doors without Koa need; of a Koa app, `proxy` says the same. */
export interface HandlerOptions<H = unknown, M extends Tokens = 'required'> extends CustomerApiOptions<H, M> {
  /** Believe `X-Forwarded-Proto`, `-Host` and `-Prefix`, for servers that only a proxy can reach. Default: no. */
  readonly trustProxy?: boolean
}

/** The options of `customerApi`. */
export const apiOptions: OptionTable<CustomerApiOptions> = {
  flavours: 'list',
  authenticate: 'function',
  tokens: 'string',
  maxBody: 'number',
  maxAnswer: 'number',
  maxRequests: 'number',
  deadline: 'number',
  publicUrl: 'string',
  hosts: 'list',
  diagnostics: 'object',
  observe: 'object',
}

/** The options of the doors without Koa. */
export const handlerOptions: OptionTable<HandlerOptions> = { ...apiOptions, trustProxy: 'boolean' }

/** Longest time that a timer takes; what is larger would be none at all. */
const longestTimeout = 2 ** 31 - 1

/** The limits of a door that apply if a host says nothing. */
export const doorLimits = { maxBody: 5_242_880, maxAnswer: 16_777_216, maxRequests: 5_000, deadline: 60_000 } as const

/** Checks what a door is given. Throws a SetupError that names the mistake. */
export function checkApi<H, M extends Tokens>(
  door: string,
  clientele: Clientele,
  options: CustomerApiOptions<H, M>,
  table: NoInfer<OptionTable<CustomerApiOptions<H, M>>>,
): void {
  checkKind(`${door}: the library`, clientele, 'object')
  checkCopy('the library', clientele)
  checkOptions(door, options, table)
  for (const needed of ['flavours', 'authenticate'] as const)
    if (options[needed] === undefined) throw new SetupError(`${door} needs the option '${needed}'`)
  for (const [at, flavour] of options.flavours.entries()) {
    checkKind(`${door}: flavours[${at}]`, flavour, 'object')
    checkCopy(`flavours[${at}]`, flavour)
  }
  const limits: Partial<Record<keyof typeof doorLimits, number>> = options
  for (const name of Object.keys(doorLimits) as (keyof typeof doorLimits)[]) {
    const { [name]: limit = 1 } = limits
    if (!Number.isInteger(limit) || limit < 1 || limit > longestTimeout)
      throw new SetupError(`${door}: ${name} must be a whole number from 1 to ${longestTimeout}`)
  }
  const { publicUrl, tokens = 'required' }: { readonly publicUrl?: string; readonly tokens?: Tokens } = options
  if (tokens !== 'required' && tokens !== 'optional')
    throw new SetupError(`${door}: tokens must be 'required' or 'optional'`)
  if (publicUrl !== undefined && !/^https?:\/\/[^/?#\s@]+(?:\/[^?#\s]*)?$/.test(publicUrl))
    throw new SetupError(`${door}: publicUrl must be a URL like https://api.example.com/shop`)
  if (options.observe) checkObserver(door, options.observe)
  if (options.diagnostics)
    checkOptions<DiagnosticsOptions>(`${door}: diagnostics`, options.diagnostics, {
      trace: 'boolean',
      dryRun: 'boolean',
    })
}

/** Operations, handlers and storage are the library's, whichever door it has. */
function checkObserver(door: string, observe: Observer): void {
  for (const name of ['onOperation', 'onHandler', 'onStorage'] as const)
    if (observe[name]) throw new SetupError(`${door}: observe.${name} belongs to createClientele({ observe })`)
  checkOptions<Observer>(`${door}: observe`, observe, observerOptions)
}
