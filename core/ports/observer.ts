/** What a host may be told of what happens: names, numbers and times, never data of a customer (adapters/README.md, Observing). */
import type { Operation } from '../model/operations.js'
import type { ProblemKind } from '../model/problems.js'
import { tell } from '../model/thrown.js'

/**
 * Called when something begins; a function that it returns is called when that has ended, as a span is. What either throws is
 * reported and changes nothing.
 */
export type Observe<Start, End> = (start: Start) => ((end: End) => void) | void

/** What every beginning says. */
interface Started {
  readonly list: string
  /** The request that it belongs to, as logs, incidents and traces name it. */
  readonly requestId: string
}

/** An operation begins: a call of an API or the library, or one that a handler makes. */
export interface OperationStart extends Started {
  readonly operation: Operation | 'transaction' | 'verifyPassword'
  readonly flavour: string
  /** 0 for a call from outside, 1 for one that a handler makes, and so on: it ends before what it was made in. */
  readonly depth: number
}
/** How an operation has ended. */
export interface OperationEnd {
  /** `done`, `dryRun`, or the kind of the problem that ended it. */
  readonly outcome: 'done' | 'dryRun' | ProblemKind
  readonly ms: number
}

/** A handler begins. */
export interface HandlerStart extends Started {
  readonly point: string
  readonly plugin: string
  readonly handler: string
  /** 0 for the points of the call itself, 1 for those of a call that a handler makes, and so on. */
  readonly depth: number
}
/** How a handler has ended; `error`: it returned Status.ERROR. */
export interface HandlerEnd {
  readonly outcome: 'ok' | 'error' | 'threw'
  readonly ms: number
}

/** The storage is asked for something: a read, a unit of work from its first call to its commit, numbers of a counter. */
export interface StorageStart extends Omit<Started, 'requestId'> {
  readonly call: 'read' | 'write' | 'counter'
  /** Absent where nobody's request is the reason, as for health. */
  readonly requestId?: string
  readonly operation?: OperationStart['operation']
}
/** How the storage has answered. */
export interface StorageEnd {
  /** `done`, `taken back` for a unit that its work has ended, or the name of the storage's error, such as `LockTimeout`. */
  readonly outcome: string
  readonly ms: number
}

/** A request of an API begins. */
export interface RequestStart {
  readonly flavour: string
  readonly method: string
  readonly requestId: string
}
/** An answered request. */
export interface AnsweredRequest extends RequestStart {
  /** The route's template below the flavour's base, such as `/customer_lists/{list_id}`; absent: no route was found. */
  readonly route?: string
  /** The operation that the route runs. */
  readonly operation?: Operation
  readonly status: number
  /** Kind of the problem that was answered; absent when all went well. */
  readonly problem?: string
  /** From the request's head to the answer, before it is sent. */
  readonly ms: number
}

/** Functions that are told what happens. One that is absent costs nothing. */
export interface Observer {
  readonly onRequest?: Observe<RequestStart, AnsweredRequest>
  readonly onOperation?: Observe<OperationStart, OperationEnd>
  readonly onHandler?: Observe<HandlerStart, HandlerEnd>
  readonly onStorage?: Observe<StorageStart, StorageEnd>
}

/** The functions of an observer, for checks of options. */
export const observerOptions = {
  onRequest: 'function',
  onOperation: 'function',
  onHandler: 'function',
  onStorage: 'function',
} as const satisfies { readonly [K in keyof Observer]-?: 'function' }

/** An observer that cannot fail: what the host's throws goes to `failed`. */
export function guardedObserver(observer: Observer, failed: (name: keyof Observer, error: unknown) => void): Observer {
  const guarded = <S, E>(name: keyof Observer, observe: Observe<S, E> | undefined): Observe<S, E> | undefined =>
    observe &&
    ((start) => {
      const refused = (error: Error): void => failed(name, error)
      let ended: unknown
      tell(() => (ended = observe(start)), refused)
      return typeof ended === 'function' ? (end) => tell(() => (ended as (end: E) => unknown)(end), refused) : undefined
    })
  const { onRequest, onOperation, onHandler, onStorage } = observer
  return whole({
    onRequest: guarded('onRequest', onRequest),
    onOperation: guarded('onOperation', onOperation),
    onHandler: guarded('onHandler', onHandler),
    onStorage: guarded('onStorage', onStorage),
  })
}

/** Without the functions that are absent. */
function whole(functions: { readonly [K in keyof Observer]: Observer[K] | undefined }): Observer {
  return Object.fromEntries(Object.entries(functions).filter(([, observe]) => observe))
}
