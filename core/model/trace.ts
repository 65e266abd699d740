/** What happened in one call, step by step: the answer to "why did my hook not run?" (decision 4.1). */
import type { ProblemKind } from './problems.js'
import type { Operation } from './operations.js'

/** A point was passed: its handlers, if it has any, follow. */
export interface PointStep {
  readonly step: 'point'
  readonly point: string
  /** Number of handlers that are registered there. */
  readonly handlers: number
  /** 0 for the points of the call itself, 1 for those of a call that a handler made, and so on. */
  readonly depth: number
}

/** A handler ran to its end, or was passed over. */
export interface HandlerStep {
  readonly step: 'handler'
  readonly point: string
  readonly plugin: string
  readonly handler: string
  /** `error`: it returned Status.ERROR. */
  readonly outcome: 'ok' | 'error' | 'threw' | 'skipped'
  /** Why it was skipped, or what was wrong. */
  readonly reason?: string
  /** How long it ran; absent when it was skipped. */
  readonly ms?: number
  /** Milliseconds from the begin of the call to its own; absent when it was skipped. */
  readonly at?: number
  readonly depth: number
}

/** A handler asked for a task after the commit. */
export interface TaskStep {
  readonly step: 'task'
  readonly point: string
  readonly plugin: string
}

/** Something that the operation did by itself; it runs no points of its own. */
export interface EffectStep {
  readonly step: 'effect'
  /** Such as `default moved`: the other address changed with the one that was asked for. */
  readonly effect: string
  /** How many records it changed. */
  readonly records: number
}

/** One step of a call. */
export type TraceStep = PointStep | HandlerStep | TaskStep | EffectStep

/** What happened in one call. Holds names, times and counts, never data of a customer. */
export interface Trace {
  readonly operation: Operation | 'transaction' | 'verifyPassword'
  readonly list: string
  readonly requestId: string
  /** `done`, `dryRun` for a dry run that got to its end, else the kind of the problem that ended the call. */
  readonly outcome: 'done' | 'dryRun' | ProblemKind
  /** In the order in which they ended; empty for reading operations, which have no points. */
  readonly steps: readonly TraceStep[]
}
