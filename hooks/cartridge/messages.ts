/** What the library and its workers say to one another. All of it survives a structured clone. */
import type { Wire } from '../../core/model/calls.js'
import type { Operation } from '../../core/model/operations.js'

/** A script at a point. */
export interface Script {
  readonly point: string
  /** Name of the cartridge: its folder's. */
  readonly cartridge: string
  /** Absolute path. */
  readonly file: string
  /** As the hook file says it, for messages. */
  readonly script: string
  /** The exact name first. */
  readonly exports: readonly string[]
}

/** A cartridge as workers know it. */
export interface CartridgeFolder {
  readonly name: string
  /** Absolute path of the folder that holds `cartridge/` or is it. */
  readonly root: string
}

/** A custom point, for `HookMgr`. */
export interface CustomPoint {
  readonly point: string
  readonly file: string
  /** As the hook file says it. */
  readonly script: string
}

/** What a worker is made with. */
export interface WorkerSetup {
  readonly cartridges: readonly CartridgeFolder[]
  readonly customPoints: readonly CustomPoint[]
  readonly site: string | undefined
  readonly preferences: Readonly<Record<string, unknown>>
  /** Credentials and URLs of services by name. */
  readonly services: Readonly<Record<string, ServiceFacts>>
}

/** What a script may know of a service. */
export interface ServiceFacts {
  readonly url: string | undefined
  readonly user: string | undefined
  readonly password: string | undefined
  readonly isMocked: boolean
}

/** A document that script and library share, as it stands. */
export type Document = Record<string, unknown>

/** What a request is to its scripts. */
export interface RequestFacts {
  readonly requestId: string
  readonly clientId: string | undefined
  readonly list: string
  readonly flavour: string
  /** That of the point. */
  readonly method: string
  /** What the API's request said; undefined for calls of the library. */
  readonly wire: Wire | undefined
}

/** To a worker: run this script. */
export interface RunMessage {
  readonly kind: 'run'
  readonly script: Script
  /** The arguments; a string is the list's id. */
  readonly args: readonly (Document | string)[]
  readonly custom: Document
  /** Given with the first script of a request: the modules of the one before are forgotten. */
  readonly request: RequestFacts | undefined
}
/** To a worker: say which of these scripts cannot be loaded. */
export interface CheckMessage {
  readonly kind: 'check'
  readonly scripts: readonly Script[]
}
/** Everything that a worker is told. */
export type ToWorker = RunMessage | CheckMessage

/** What a script asks the library to do while it waits. */
export type Question =
  | { readonly what: 'operation'; readonly operation: Operation; readonly input: object }
  | { readonly what: 'service'; readonly service: string; readonly request: ServiceRequest }
  | { readonly what: 'fail'; readonly message: string }

/** An HTTP request of a script. */
export interface ServiceRequest {
  readonly method: string
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | undefined
  readonly timeout: number | undefined
}
/** What came of it. */
export interface ServiceAnswer {
  readonly status: number
  readonly text: string
  readonly headers: Readonly<Record<string, string>>
}

/** Arguments and bag as they stand: every message of a script carries them, every answer brings them back. */
export interface State {
  readonly args: readonly (Document | string)[]
  readonly custom: Document
}

/** From a worker: a script asks and waits. */
export interface AskMessage extends State {
  readonly kind: 'ask'
  readonly question: Question
}
/** From a worker: a script has ended. */
export interface DoneMessage extends State {
  readonly kind: 'done'
  readonly returned: Returned
}
/** From a worker: a script threw. */
export interface ThrewMessage {
  readonly kind: 'threw'
  readonly error: ErrorFacts
}
/** From a worker: something for the log. */
export interface LogMessage {
  readonly kind: 'log'
  readonly level: 'debug' | 'info' | 'warn' | 'error'
  readonly category: string
  readonly text: string
}
/** From a worker: what is wrong with scripts, and which points share one function. */
export interface CheckedMessage {
  readonly kind: 'checked'
  readonly errors: readonly string[]
  readonly warnings: readonly string[]
}
/** From a worker: it loads the script with this number. */
export interface LoadingMessage {
  readonly kind: 'loading'
  readonly at: number
}
/** Everything that a worker tells. */
export type FromWorker =
  ReadyMessage | LoadingMessage | AskMessage | DoneMessage | ThrewMessage | LogMessage | CheckedMessage

/** From a worker: it can run scripts. */
export interface ReadyMessage {
  readonly kind: 'ready'
}

/** What a script returned. */
export type Returned =
  | { readonly what: 'nothing' }
  | {
      readonly what: 'status'
      readonly isError: boolean
      readonly code: string | undefined
      readonly message: string | undefined
      readonly details: Document
    }
  | { readonly what: 'other'; readonly type: string }

/** An error on its way between threads. */
export interface ErrorFacts {
  readonly message: string
  readonly stack: string | undefined
  /** Number of the failed question that it comes of. */
  readonly failure?: number | undefined
}

/** The library's answer to a question. */
export type Answer =
  | ({ readonly kind: 'answer'; readonly result: unknown } & State)
  | ({ readonly kind: 'failed'; readonly failure: Failure } & State)

/** A question that the library could not answer. */
export interface Failure {
  readonly message: string
  /** Kind of the problem; undefined for what is none. */
  readonly problem: string | undefined
  /** Which of the script's failures it is, to be known again when the script throws it on. */
  readonly number: number
}
