/** One request and its scripts: a thread from the first script to the end of the call, questions answered in its unit of work. */
import { AsyncResource } from 'node:async_hooks'
import type { Context, Outcome } from '../../core/extension/hooks.js'
import { Status } from '../../core/extension/hooks.js'
import { isObject, replaceContents } from '../../core/model/json.js'
import { CustomerError } from '../../core/model/problems.js'
import { Secret } from '../../core/model/secret.js'
import { errorOf, messageOf } from '../../core/model/thrown.js'
import type { Logger } from '../../core/ports/host.js'
import type {
  AskMessage,
  Document,
  ErrorFacts,
  Failure,
  FromWorker,
  RequestFacts,
  Returned,
  Script,
  State,
} from './messages.js'
import type { Pool, Thread } from './pool.js'
import { callService } from './services.js'
import type { Service } from './services.js'

/** What scripts run with. */
export interface Surroundings {
  readonly pool: Pool
  readonly services: Readonly<Record<string, Service>>
  readonly logger: Logger
  /** Milliseconds that a script may take; the library's own limit holds too. */
  readonly timeLimit: number | undefined
}

/** The scripts of one request. */
export class Conversation {
  readonly #around: Surroundings
  #thread: Thread | undefined
  /** True while a script runs or waits: what it writes runs no further scripts. */
  isRunning = false

  constructor(around: Surroundings) {
    this.#around = around
  }

  /** Gives the thread back. */
  end(): void {
    if (!this.#thread) return
    if (this.isRunning) void this.#thread.terminate()
    else this.#around.pool.give(this.#thread)
    this.#thread = undefined
  }

  /** Runs a script. */
  async run(script: Script, args: readonly unknown[], context: Context): Promise<Outcome> {
    const { pool } = this.#around
    this.isRunning = true
    try {
      const turn = pool.turn(this.#thread !== undefined)
      if (turn) await turn
      if (context.signal.aborted) {
        pool.release()
        throw errorOf(context.signal.reason)
      }
      const isFirst = this.#thread === undefined
      try {
        this.#thread ??= await pool.take()
      } catch (error) {
        pool.release()
        throw error
      }
      return outcomeOf(await new Run(this.#around, this.#thread, isFirst, script, args, context).result)
    } finally {
      if (this.#thread?.isDead) this.#thread = undefined
      this.isRunning = false
    }
  }
}

/** One run of one script. */
class Run {
  readonly result: Promise<Returned>
  readonly #around: Surroundings
  readonly #thread: Thread
  readonly #script: Script
  readonly #args: readonly unknown[]
  readonly #context: Context
  readonly #isFirst: boolean
  #settle: { resolve(returned: Returned): void; reject(error: Error): void } | undefined
  #timer: NodeJS.Timeout | undefined
  #isCounted = true
  #failure: Error | undefined
  /** What the library could not do for the script. */
  readonly #failures: unknown[] = []

  constructor(
    around: Surroundings,
    thread: Thread,
    isFirst: boolean,
    script: Script,
    args: readonly unknown[],
    context: Context,
  ) {
    this.#isFirst = isFirst
    this.#around = around
    this.#thread = thread
    this.#script = script
    this.#args = args
    this.#context = context
    this.result = new Promise((resolve, reject) => {
      this.#settle = { resolve, reject }
    })
    this.#begin()
  }

  #begin(): void {
    const { timeLimit } = this.#around
    // a thread tells in the context in which it was made, which may be another request's
    const context = new AsyncResource('hook script')
    this.#thread.heard = (message) => context.runInAsyncScope(() => this.#hear(message))
    this.#thread.ended = (error) => this.#end(() => this.#settle?.reject(this.#told(error.message)))
    if (this.#thread.isDead) return this.#end(() => this.#settle?.reject(this.#told('its worker thread ended')))
    this.#thread.isBusy = true
    this.#context.signal.addEventListener('abort', this.#abort)
    if (timeLimit !== undefined)
      this.#timer = setTimeout(() => this.#kill(`it took longer than its ${timeLimit} ms`), timeLimit)
    try {
      const request = this.#isFirst ? this.#facts() : undefined
      this.#thread.post({ kind: 'run', script: this.#script, request, ...this.#state() })
    } catch (error) {
      this.#end(() => this.#settle?.reject(errorOf(error)))
    }
  }

  readonly #abort = (): void => this.#kill('its time is over')

  /** Ends even an endless loop. */
  #kill(why: string): void {
    this.#end(() => this.#settle?.reject(this.#told(why)))
    void this.#thread.terminate()
  }

  #told(why: string): Error {
    const { file, exports, point } = this.#script
    return new Error(`${file} (${exports[0]}, ${point}): ${why}`)
  }

  #end(settle: () => void): void {
    if (!this.#settle) return
    settle()
    this.#settle = undefined
    clearTimeout(this.#timer)
    this.#thread.heard = this.#thread.ended = undefined
    this.#thread.isBusy = false
    this.#context.signal.removeEventListener('abort', this.#abort)
    if (this.#isCounted) this.#around.pool.release()
  }

  #facts(): RequestFacts {
    const { requestId, caller, flavour, wire } = this.#context
    const list = this.#args.at(-1) as string
    const method = this.#script.point.replace(/.*\.(before|after)/, '')
    return { requestId, clientId: caller?.clientId, list, flavour, method, wire }
  }

  #state(): State {
    return { args: this.#args as (Document | string)[], custom: plainBag(this.#context.custom) }
  }

  /** What the script made of its arguments and the bag. */
  #bring({ args, custom }: State): void {
    for (const [at, now] of args.entries()) {
      const document = this.#args[at]
      if (isObject(document) && isObject(now) && !Object.isFrozen(document)) replaceContents(document, now)
    }
    const bag = this.#context.custom
    for (const name of Object.keys(plainBag(bag))) if (!Object.hasOwn(custom, name)) delete bag[name]
    Object.assign(bag, custom)
  }

  #hear(message: FromWorker): void {
    switch (message.kind) {
      case 'ask':
        this.#isCounted = false
        this.#around.pool.release()
        void this.#answer(message)
        break
      case 'done':
        this.#bring(message)
        this.#end(() => (this.#failure ? this.#settle?.reject(this.#failure) : this.#settle?.resolve(message.returned)))
        break
      case 'threw': {
        this.#end(() => this.#settle?.reject(this.#errorOf(message.error)))
        break
      }
      case 'log': {
        const { level, category, text } = message
        this.#around.logger[level](text, {
          category,
          cartridge: this.#script.cartridge,
          requestId: this.#context.requestId,
        })
        break
      }
      default:
    }
  }

  /** What the script threw, with its own line; what is nobody's mistake stays what it is. */
  #errorOf({ message, stack, failure }: ErrorFacts): Error {
    const cause = failure === undefined ? undefined : this.#failures[failure]
    if (cause instanceof CustomerError && nobodys.includes(cause.problem.kind)) return cause
    const error = new Error(message, { cause })
    if (stack !== undefined) error.stack = stack
    return error
  }

  /** Does what the script asks for, and wakes it. */
  async #answer(message: AskMessage): Promise<void> {
    let answer: { kind: 'answer'; result: unknown } | { kind: 'failed'; failure: Failure }
    try {
      this.#bring(message)
      answer = { kind: 'answer', result: await this.#do(message) }
    } catch (error) {
      const problem = error instanceof CustomerError ? error.problem.kind : undefined
      const number = this.#failures.push(error) - 1
      answer = { kind: 'failed', failure: { message: messageOf(error), problem, number } }
    }
    if (!this.#settle) return
    this.#isCounted = true
    this.#around.pool.resume()
    this.#thread.answer({ ...answer, ...this.#state() })
  }

  async #do({ question }: AskMessage): Promise<unknown> {
    const { customers, signal } = this.#context
    switch (question.what) {
      case 'operation':
        return (customers[question.operation] as (input: object) => Promise<unknown>)(inputOf(question.input))
      case 'service':
        return callService(this.#around.services, question.service, question.request, signal)
      default:
        this.#failure ??= this.#told(question.message)
        return undefined
    }
  }
}

/** Problems of a script's question that are not the script's mistake, as they are not a handler's. */
const nobodys: readonly string[] = ['refusedByHook', 'breakerOpen', 'unavailable']

/** The input of an operation; a password that a script sets is a secret from here on. */
function inputOf(input: { readonly password?: unknown }): object {
  const { password } = input
  return typeof password === 'string' ? { ...input, password: new Secret(password) } : input
}

/** What of the bag survives on its way: functions and the like stay behind. */
function plainBag(custom: Record<string, unknown>): Document {
  const bag: Document = {}
  for (const [name, value] of Object.entries(custom))
    try {
      bag[name] = structuredClone(value)
    } catch {
      // what cannot be cloned is no business of scripts
    }
  return bag
}

/** A script's outcome as a handler's. */
function outcomeOf(returned: Returned): Outcome {
  if (returned.what === 'nothing') return undefined
  if (returned.what === 'other') throw new Error(`it returned ${returned.type}: return nothing or a Status`)
  const { isError, code, message, details } = returned
  return new Status(isError ? Status.ERROR : Status.OK, code, message, details)
}
