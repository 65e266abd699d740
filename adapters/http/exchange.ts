/** One request on its way through a flavour's steps, and what serves it. */
import type { Clientele } from '../../core/clientele.js'
import { Deadline } from '../../core/extension/deadline.js'
import type { Ending } from '../../core/model/calls.js'
import type { Caller } from '../../core/model/documents.js'
import type { Observer } from '../../core/ports/observer.js'
import type { Gate } from './gate.js'
import type { ApiRequest, Authenticate, Credentials, Tokens } from './protocol.js'
import type { Route, RouteMatcher } from './route-matcher.js'

/** What a flavour needs from its surroundings. */
export interface Surroundings<R = unknown> {
  readonly clientele: Clientele
  readonly tokens: Tokens
  /** Asks the host who calls. */
  readonly authenticate: (seen: Credentials<unknown, string | undefined>) => ReturnType<Authenticate>
  readonly observer: Observer
  /** Matches the flavour's own routes; a path with broken percent-encoding matches nothing. */
  readonly match: RouteMatcher<R>
  /** Lets requests in. */
  readonly gate: Gate
  /** Bytes that a page may have. */
  readonly maxAnswer: number
  /** URL that links begin with; absent: what the request says. */
  readonly publicUrl?: string | undefined
  /** Hosts that are served; absent: any. */
  readonly hosts?: readonly string[] | undefined
}

/** One request on its way through the steps. A flavour extends it with what its own steps find out. */
export class Exchange<R extends Route = Route> {
  readonly request: ApiRequest
  readonly surroundings: Surroundings<R>
  /** The host's own form of the request, for `authenticate`; `flavour` sets it before the first step. */
  host: unknown
  /** Method to run: the request's, unless a step overrides it; HEAD runs as GET. */
  method: string
  route: R | undefined
  params: Readonly<Record<string, string>> = {}
  caller: Caller | undefined
  /** Correlates answers, log lines, incidents, traces and events; `flavour` sets it before the first step. */
  requestId = ''
  /** The time that it has: until the deadline, or until the client goes away. */
  readonly time = new Deadline()
  /** Kind of the problem that was answered; `fault` for one that only the flavour knows. */
  problem: string | undefined
  constructor(request: ApiRequest, surroundings: Surroundings<R>) {
    this.request = request
    this.surroundings = surroundings
    this.method = request.method
  }

  /** Fires when its time is over: calls of the library that run then are given up. */
  get signal(): Ending {
    return this.time
  }

  /** What links begin with: scheme, host and what a proxy or host cuts off the front of paths (decision 1.17). */
  get site(): string {
    const { request, surroundings } = this
    return surroundings.publicUrl?.replace(/\/+$/, '') ?? request.origin + request.mountPath
  }
}
