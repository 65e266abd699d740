/** THE write sequence: the one order in which every writing operation runs (core/README.md, The life of a write). */
import type { Draft } from '../extension/draft.js'
import type { Frame } from '../extension/frames.js'
import type { Handlers } from '../extension/handlers.js'
import type { Ending } from '../model/calls.js'
import { operations } from '../model/operations.js'
import type { DocumentOf, PasswordOf, PreviousOf, ResultOf, TargetOf, Writing } from '../model/operations.js'
import type { CustomerError } from '../model/problems.js'
import type { Profile } from '../model/profile.js'
import type { Schema } from '../model/schemas.js'
import type { ReadUnit } from '../ports/storage.js'
import type { Unit } from './unit.js'

/** What a writing call asks for. */
export interface WriteRequest<O extends Writing = Writing> {
  readonly target: TargetOf<O>
  /**
   * Gives the document, already checked against the caller's own schema. `current` is the state before the change, read
   * under the customer's lock; undefined on create. Throws a CustomerError for a document that breaks rules.
   */
  readonly document: (current: PreviousOf<O>) => DocumentOf<O>
  /** The password that goes with the document; null removes it. */
  readonly password?: PasswordOf<O> | undefined
  /** Throws to stop the operation before any handler (If-Match, version). */
  readonly precondition?: ((current: PreviousOf<O>) => void) | undefined
  /** Told the record as soon as it is loaded, under the customer's lock, before anything is checked. */
  readonly loaded?: ((current: PreviousOf<O>) => void) | undefined
}

/** Gives the request of a call, when its turn has come. */
export type Asking<O extends Writing = Writing> = () => WriteRequest<O> | Promise<WriteRequest<O>>

/** What a writing call gives. */
export interface Written<O extends Writing = Writing> {
  readonly result: ResultOf<O>
  /** Number of the customer that an address or account belongs to, as it is stored in the end. */
  readonly customerNo?: string
}

/** A request on its way through the sequence; lives over all attempts of its unit. */
export interface Running<O extends Writing = Writing> extends WriteRequest<O> {
  /** What `prepare` made of the password. */
  secret?: Prepared | undefined
  /** The document, where it was decoded before the unit opened, since there is nothing to load. */
  decoded?: DocumentOf<O> | undefined
  /** The document after the before handlers: an attempt that finds it goes on from there. */
  accepted?: DocumentOf<O> | undefined
}

/** What was made of a password; not hashed where the policy refuses it, or where a read told what the write fails with. */
export type Prepared =
  | { readonly kind: 'hashed'; readonly hash: string }
  | { readonly kind: 'refused' }
  | { readonly kind: 'foreseen'; readonly error: CustomerError }

/** What is known of a call before its sequence begins. */
export interface Prospect {
  readonly list: string
  readonly dryRun: boolean
  readonly profile: Profile
  readonly handlers: Pick<Handlers, 'count'>
  /** Fires when the caller gives the call up. */
  readonly signal: Ending | undefined
  /** Reads what is committed; in a handler, what its unit sees. */
  read<T>(work: (unit: ReadUnit) => Promise<T>): Promise<T>
}

/** What an operation has loaded. */
export interface Loaded<O extends Writing = Writing> {
  readonly previous: PreviousOf<O>
}

/** An operation: only what is its own; the order is `runWrite`'s. `L` is what it loads, `A` what applying gives. */
export interface WriteOperation<O extends Writing = Writing, L extends Loaded<O> = Loaded<O>, A = unknown> {
  readonly name: O
  /** Documents of its input by property, with the schema that a library call's are checked against. */
  readonly documents: Readonly<Record<string, Schema>>
  /** What takes its time and needs no lock, before a unit of its own opens. */
  prepare?(running: Running<O>, prospect: Prospect): Promise<void> | undefined
  /** Takes the lock and loads what the target names. Throws a not-found problem. Absent: there is nothing to load. */
  load?(unit: Unit, target: TargetOf<O>): L | Promise<L>
  /** Rules that no schema says, for the document as it was sent. Throws. */
  judge?(unit: Unit, loaded: L, sent: DocumentOf<O>, running: Running<O>): void | Promise<void>
  /** The part of the document that before handlers may change. */
  draft?(unit: Unit, loaded: L, sent: DocumentOf<O>): Draft<object>
  /** Id of the record that its points are about. */
  recordId?(loaded: L, applied?: A): string | undefined
  /** Arguments of before handlers, without the list id. */
  before?(loaded: L, live: object | undefined): readonly unknown[]
  /** Judges what handlers have left, and makes the change. Emits the events that `Held.emitChange` does not. */
  apply(unit: Unit, loaded: L, document: DocumentOf<O>, running: Running<O>): Promise<A>
  /** True for an error that applying once more avoids: the collision of a generated number. */
  canRepeat?(error: unknown, document: DocumentOf<O>): boolean
  /** Arguments of after handlers, without the list id. */
  after?(loaded: L, applied: A, document: DocumentOf<O>): readonly unknown[]
  result(loaded: L, applied: A): Written<O>
}

/**
 * What goes before the sequence, in a unit of its own as in a handler's: the request, the document where there is nothing
 * to load, and what needs no lock.
 */
export function readied<O extends Writing>(
  operation: WriteOperation<O>,
  asking: Asking<O>,
  prospect: Prospect,
): Running<O> | Promise<Running<O>> {
  const ready = (asked: WriteRequest<O>): Running<O> | Promise<Running<O>> => {
    const running: Running<O> = { ...asked }
    if (!operation.load) running.decoded = running.document(undefined as PreviousOf<O>)
    const preparing = operation.prepare?.(running, prospect)
    return preparing ? preparing.then(() => running) : running
  }
  const asked = asking()
  return asked instanceof Promise ? asked.then(ready) : ready(asked)
}

/** Runs a writing operation of a handler, in the handler's unit, under the rules of the call's own profile (decision 4.8). */
export async function runWriteIn<O extends Writing>(
  unit: Unit,
  { handler }: Frame,
  operation: WriteOperation<O>,
  asking: Asking<O>,
  profile: Profile,
): Promise<Written<O>> {
  await unit.settleFor(handler)
  return unit.under(profile, async () => {
    const { handlers, tx, call } = unit
    const { list, dryRun, signal } = call
    const prospect: Prospect = { list, dryRun, profile, handlers, signal, read: (work) => work(tx) }
    const written = await runWrite(unit, operation, await readied(operation, asking, prospect))
    await tx.flush()
    unit.noteInnerWrite()
    return written
  })
}

const nothingLoaded = { previous: undefined }

/** Runs a writing operation in a unit of work. A step without work of its own makes no promise. */
export async function runWrite<O extends Writing>(
  unit: Unit,
  operation: WriteOperation<O>,
  running: Running<O>,
): Promise<Written<O>> {
  const loading = operation.load?.(unit, running.target) ?? nothingLoaded
  const loaded = (loading instanceof Promise ? await loading : loading) as Loaded<O>
  if (!running.accepted) {
    running.loaded?.(loaded.previous)
    const sent = running.decoded ?? running.document(loaded.previous)
    const judging = operation.judge?.(unit, loaded, sent, running)
    if (judging) await judging
    running.precondition?.(loaded.previous)
    const point = pointOf(operation.name, 'before')
    const hasHandlers = point !== undefined && unit.reaches(point)
    running.accepted = hasHandlers ? await runBefore(point, unit, operation, loaded, sent) : sent
  }
  const document = running.accepted
  const point = pointOf(operation.name, 'after')
  const isSeen = point !== undefined && unit.handlers.count(point) > 0
  let applied: unknown
  for (;;)
    try {
      applied = await operation.apply(unit, loaded, document, running)
      // what after handlers will see is known to be no duplicate
      if (isSeen || unit.hasInnerWrites) await unit.tx.flush()
      break
    } catch (error) {
      if (!operation.canRepeat?.(error, document)) throw error
    }
  if (point !== undefined && unit.reaches(point)) await runAfter(point, unit, operation, loaded, document, applied)
  return operation.result(loaded, applied)
}

/** The operation's point; silent operations have none. */
export function pointOf(name: Writing, phase: 'before' | 'after'): string | undefined {
  const literal = operations[name]
  return literal.kind === 'write' ? literal[phase] : undefined
}

/** Runs the before handlers; gives the document as they left it. */
function runBefore<O extends Writing>(
  point: string,
  unit: Unit,
  operation: WriteOperation<O>,
  loaded: Loaded<O>,
  sent: DocumentOf<O>,
): Promise<DocumentOf<O>> {
  const draft = operation.draft?.(unit, loaded, sent)
  const running = unit.runHandlers(point, {
    recordId: operation.recordId?.(loaded),
    previous: loaded.previous,
    draft,
    args: () => operation.before?.(loaded, draft?.live) ?? [],
  })
  return running.then(() => (draft ? ({ ...(sent as object), [draft.name]: draft.seen } as DocumentOf<O>) : sent))
}

/** Runs the after handlers. */
function runAfter<O extends Writing>(
  point: string,
  unit: Unit,
  operation: WriteOperation<O>,
  loaded: Loaded<O>,
  document: DocumentOf<O>,
  applied: unknown,
): Promise<void> {
  return unit.runHandlers(point, {
    recordId: operation.recordId?.(loaded, applied),
    previous: loaded.previous,
    args: () => operation.after?.(loaded, applied, document) ?? [],
  })
}
