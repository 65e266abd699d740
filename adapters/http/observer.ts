/** What a host may be told of every request: names, numbers and times, never data of a customer. */
import type { Operation } from '../../core/model/operations.js'

/** One answered request. */
export interface AnsweredRequest {
  readonly flavour: string
  readonly method: string
  /** The route's template below the flavour's base, such as `/customer_lists/{list_id}`; absent: no route was found. */
  readonly route?: string
  /** The operation that the route runs. */
  readonly operation?: Operation
  readonly status: number
  /** Kind of the problem that was answered; absent when all went well. */
  readonly problem?: string
  /** From the request's head to the answer, before it is sent. */
  readonly ms: number
  readonly requestId: string
}

/** Functions that are told what happens; each costs nothing when it is absent. What they throw is logged. */
export interface Observer {
  readonly onRequest?: (facts: AnsweredRequest) => void
}
