/** The scripts' side of the conversation with the library: a question blocks the worker until the answer is there. */
import { parentPort, receiveMessageOnPort } from 'node:worker_threads'
import type { MessagePort } from 'node:worker_threads'
import type { Operation } from '../../core/model/operations.js'
import { isObject, replaceContents } from '../../core/model/json.js'
import type { Answer, Failure, FromWorker, Question, ServiceAnswer, ServiceRequest, State } from './messages.js'

/** The library could not do what a script asked for. */
export class Refused extends Error {
  override readonly name = 'Refused'
  /** Kind of the problem; undefined for what is none. */
  readonly problem: string | undefined
  readonly number: number
  constructor({ message, problem, number }: Failure) {
    super(message)
    this.problem = problem
    this.number = number
  }
}

/** What modules and objects ask of the library; each question waits for its answer. */
export interface Asking {
  /** What the script that runs shares with the library. */
  readonly state: State
  tell(message: FromWorker): void
  /** Runs an operation of the library in the request's unit of work. Throws Refused. */
  operation(operation: Operation, input: object): unknown
  service(service: string, request: ServiceRequest): ServiceAnswer
  /** Fails the unit of work, whatever the script does next. */
  failUnit(message: string): void
}

/** Asks the library and waits. */
export class Bridge implements Asking {
  readonly #answers: MessagePort
  readonly #bell: Int32Array
  state: State = { args: [], custom: {} }

  constructor(answers: MessagePort, bell: SharedArrayBuffer) {
    this.#answers = answers
    this.#bell = new Int32Array(bell)
  }

  tell(message: FromWorker): void {
    parentPort?.postMessage(message)
  }

  operation(operation: Operation, input: object): unknown {
    return this.#ask({ what: 'operation', operation, input })
  }

  service(service: string, request: ServiceRequest): ServiceAnswer {
    return this.#ask({ what: 'service', service, request }) as ServiceAnswer
  }

  failUnit(message: string): void {
    this.#ask({ what: 'fail', message })
  }

  #ask(question: Question): unknown {
    const rings = Atomics.load(this.#bell, 0)
    this.tell({ kind: 'ask', question, ...this.state })
    Atomics.wait(this.#bell, 0, rings)
    const received: { readonly message: Answer } | undefined = receiveMessageOnPort(this.#answers)
    if (!received) throw new Error('the library has gone')
    const { message } = received
    this.#bring(message)
    if (message.kind === 'failed') throw new Refused(message.failure)
    return message.result
  }

  /** Makes the script's documents hold what the library's hold now; the objects stay the same. */
  #bring({ args, custom }: State): void {
    for (const [at, now] of args.entries()) {
      const known = this.state.args[at]
      if (isObject(known) && isObject(now)) replaceContents(known, now)
    }
    for (const name of Object.keys(this.state.custom)) if (!Object.hasOwn(custom, name)) delete this.state.custom[name]
    Object.assign(this.state.custom, custom)
  }
}
