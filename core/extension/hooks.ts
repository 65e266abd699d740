/** What hook authors write: Status, handler types, the context, plug-ins (decisions 4.2 to 4.7). */
import { fileURLToPath } from 'node:url'
import type { CustomerOperations, Wire } from '../model/calls.js'
import type { Caller } from '../model/documents.js'
import { isObject } from '../model/json.js'
import type { ArgumentsOf, Pointed, PreviousOf, operations } from '../model/operations.js'
import type { Clock, CustomerLists, Logger } from '../ports/host.js'

/**
 * Outcome of a handler, as on the B2C Commerce platform (decision 4.5). `Status.OK` goes on with the next handler;
 * `Status.ERROR` rolls everything back, and the client gets code, message and details in its API's own words.
 *
 * ```ts
 * if (!create.companyName) return Status.error('COMPANY_MISSING', 'a company is needed', { field: 'companyName' })
 * ```
 */
export class Status {
  static readonly OK = 0
  static readonly ERROR = 1
  readonly #status: 0 | 1
  readonly code: string | undefined
  readonly message: string | undefined
  #details: Readonly<Record<string, unknown>>

  /**
   * Without arguments OK. Throws a TypeError for a status that is given and is neither OK nor ERROR, such as a misspelt
   * constant, and for others of the wrong type: what was meant as a refusal never passes.
   */
  constructor(
    ...given: [
      status?: typeof Status.OK | typeof Status.ERROR,
      code?: string,
      message?: string,
      details?: Readonly<Record<string, unknown>>,
    ]
  ) {
    const [status, code, message, details = {}] = given
    if (given.length > 0 && status !== Status.OK && status !== Status.ERROR)
      throw new TypeError('the first argument of Status is Status.OK or Status.ERROR; is the constant misspelt?')
    for (const [name, text] of Object.entries({ code, message }))
      if (text !== undefined && typeof text !== 'string') throw new TypeError(`the ${name} of a Status is a text`)
    if (!isObject(details)) throw new TypeError('the details of a Status are an object')
    this.#status = status ?? Status.OK
    this.code = code
    this.message = message
    this.#details = { ...details }
  }
  /** True for what the constructor has made, and for nothing that only looks like it. */
  static [Symbol.hasInstance](value: unknown): value is Status {
    return typeof value === 'object' && value !== null && #status in value
  }
  /** Everything is fine: the next handler runs. */
  static ok(): Status {
    return new Status(Status.OK)
  }
  /** Something went wrong: everything is rolled back. */
  static error(code: string, message: string, details?: Readonly<Record<string, unknown>>): Status {
    return details === undefined
      ? new Status(Status.ERROR, code, message)
      : new Status(Status.ERROR, code, message, details)
  }
  /** Adds a detail, or replaces the one with this name. */
  addDetail(key: string, value: unknown): void {
    if (typeof key !== 'string') throw new TypeError('the name of a detail is a text')
    this.#details = { ...this.#details, [key]: value }
  }
  /** The details that were given and added. */
  get details(): Readonly<Record<string, unknown>> {
    return this.#details
  }
  /** `Status.OK` or `Status.ERROR`. */
  get status(): 0 | 1 {
    return this.#status
  }
}

/** What a handler may return; anything else is a mistake that the log names. Null is like nothing. */
export type Outcome = void | null | Status | typeof Status.OK | typeof Status.ERROR

/** The last argument of every handler (decision 4.7). */
export interface Context<O extends Pointed = Pointed> {
  /** Name of the point that runs now. */
  readonly extensionPoint: string
  /** The API that the request came through; `library` for direct calls. */
  readonly flavour: string
  readonly caller: Caller | undefined
  readonly requestId: string
  /** What the API's request said: method, parameters, headers, without credentials; undefined for calls of the library. */
  readonly wire: Wire | undefined
  /** The host's logger; each line says plug-in, point and request. */
  readonly logger: Logger
  /** The library on this customer list, inside this unit of work: await every call. */
  readonly customers: CustomerOperations
  /** Frozen state before the change; at address points the address; undefined on create. */
  readonly previous: PreviousOf<O>
  /** A bag that lives for the request; OCAPI scripts know it as `request.custom`. */
  readonly custom: Record<string, unknown>
  /** Fires when the handler's time limit is over, or when the caller gives the call up; pass it on to fetch and friends. */
  readonly signal: AbortSignal
  /** True when everything is rolled back in the end: hold back mail. */
  readonly dryRun: boolean
  /**
   * Runs a task once the data is safe, at most once; its failure is reported and changes no reply (decision 4.6). The
   * reply does not wait for it. The tasks of one call run one after the other, each within the time limit of a handler;
   * `close` waits for them.
   */
  readonly afterCommit: (task: Task) => void
  /**
   * Runs when the call has ended, stored or not, before its answer goes out: to give back what the handlers of one request
   * share. The library may not be called in it. Its failure is reported and changes no reply.
   */
  readonly onEnd: (task: () => void) => void
}

/** What runs after the commit. The signal fires when its time is over, or when the library closes. */
export type Task = (signal: AbortSignal) => void | Promise<void>

type HandlerOf<O extends Pointed, P extends 'before' | 'after'> = (
  ...args: [...ArgumentsOf<O, P>, context: Context<O>]
) => Outcome | Promise<Outcome>

/** Handlers by extension point: the name gives the arguments' types. */
export type Hooks = { readonly [O in Pointed as (typeof operations)[O]['before']]?: HandlerOf<O, 'before'> } & {
  readonly [O in Pointed as (typeof operations)[O]['after']]?: HandlerOf<O, 'after'>
}

/** What a plug-in gets of its library when it starts. */
export interface PluginStart {
  readonly logger: Logger
  readonly lists: CustomerLists
  readonly clock: Clock
}

/** A named set of handlers. */
export interface Plugin {
  /** Unique among the plug-ins of a library; in every log line about it. */
  readonly name: string
  readonly hooks: Hooks
  /** Names of plug-ins whose handlers run after this one's (decision 4.9). */
  readonly runBefore?: readonly string[]
  /** Names of plug-ins whose handlers run before this one's. */
  readonly runAfter?: readonly string[]
  /**
   * Plug-ins with the same word make one chain: a handler that returns a Status ends it, and the chain's later handlers
   * of that point are skipped, as on the B2C Commerce platform (decision 4.11). Others run as ever.
   */
  readonly chain?: string
  /** Called by `createClientele`, in the order of handlers, when the storage is open. A throw is a start-up error. */
  readonly start?: (library: PluginStart) => void | Promise<void>
  /** Called by `close`, the last plug-in first, when no call runs any more; also when a later plug-in did not start. */
  readonly stop?: () => void | Promise<void>
  /** Where it was defined; `definePlugin` finds it out. */
  readonly file?: string
}

/**
 * Gives a plug-in its types: the editor completes the points' names and knows the arguments.
 *
 * ```ts
 * export default definePlugin({
 *   name: 'welcome',
 *   hooks: {
 *     'dw.ocapi.data.customer_list.customers.beforePOST'(create, customerListId, context) {
 *       create.preferredLocale ??= 'de_DE'
 *     },
 *   },
 * })
 * ```
 */
export function definePlugin(plugin: Plugin): Plugin {
  // plain JavaScript may give anything; createClientele says what is wrong with it
  if (plugin === null || typeof plugin !== 'object') return plugin
  const file = plugin.file ?? callerFile()
  return file === undefined ? plugin : { ...plugin, file }
}

/** File of the code that called `definePlugin`, from the stack. */
function callerFile(): string | undefined {
  const line = new Error('where').stack?.split('\n')[3]
  const place = line && /(?:^|[\s(])((?:file:\/\/|\/|[A-Za-z]:[\\/])[^()]*?):\d+:\d+\)?$/.exec(line)?.[1]
  return place?.startsWith('file://') ? fileURLToPath(place) : place
}
