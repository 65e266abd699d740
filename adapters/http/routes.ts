/** Typed routes of a flavour: the core's operation says what a route takes and gives. */
import type { Wire } from '../../core/model/calls.js'
import type { FlavourName } from '../../core/model/documents.js'
import type {
  DocumentOf,
  InputOf,
  Operation,
  PasswordOf,
  PreviousOf,
  Reading,
  ResultOf,
  TargetOf,
  Writing,
} from '../../core/model/operations.js'
import type { Profile } from '../../core/model/profile.js'
import type { Written } from '../../core/work/write.js'
import type { Exchange } from './exchange.js'
import type { Reply } from './protocol.js'
import type { Route } from './route-matcher.js'
import { wireOf } from './wire.js'

/** Names of the parameters of a path. */
export type ParametersOf<P extends string> = P extends `${string}{${infer N}}${infer R}` ? N | ParametersOf<R> : never
/** An exchange whose route is matched, with the path's parameters. */
export type At<X, P extends string> = X & { readonly params: Readonly<Record<ParametersOf<P>, string>> }

/** What a flavour says of every call to the core. */
export interface CallTerms {
  readonly list: string
  readonly profile: Profile
}

/** A route that reads. */
export interface ReadingRoute<X, P extends string, O extends Reading> {
  readonly method: 'GET'
  readonly path: P
  readonly runs: O
  readonly input: (exchange: At<X, P>) => InputOf<O>
  readonly reply: (result: ResultOf<O>, exchange: At<X, P>) => Reply | Promise<Reply>
}

/** A route that writes. */
export type WritingRoute<X, P extends string, O extends Writing> = {
  readonly method: 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  readonly path: P
  readonly runs: O
  readonly target: (exchange: At<X, P>) => TargetOf<O>
  /** The password that goes with the document. */
  readonly password?: (exchange: At<X, P>) => PasswordOf<O> | undefined
  /** Runs inside the unit of work, when the record is loaded. */
  readonly precondition?: (exchange: At<X, P>, current: PreviousOf<O>) => void
  /** Told the record as soon as it is loaded, inside the unit of work, before anything is checked. */
  readonly loaded?: (exchange: At<X, P>, current: PreviousOf<O>) => void
  readonly reply: (result: ResultOf<O>, exchange: At<X, P>, written: Written<O>) => Reply | Promise<Reply>
} & (object extends DocumentOf<O>
  ? { readonly document?: never }
  : {
      /** Runs inside the unit of work, when the record is loaded and before `precondition`; undefined on create. */
      readonly document: (exchange: At<X, P>, current: PreviousOf<O>) => DocumentOf<O>
    })

/** A route that needs no operation, or whose operation a step has run: it shows what is there. */
export interface PlainRoute<X, P extends string> {
  readonly method: 'GET'
  readonly path: P
  readonly runs?: Operation
  readonly answer: (exchange: At<X, P>) => Reply | Promise<Reply>
}

/** Makes a flavour's routes: typed routes in, erased routes out. */
export interface RouteMakers<X extends Exchange, E> {
  reading<const P extends string, const O extends Reading>(route: ReadingRoute<X, P, O> & E): Route<X> & E
  writing<const P extends string, const O extends Writing>(route: WritingRoute<X, P, O> & E): Route<X> & E
  plain<const P extends string>(route: PlainRoute<X, P> & E): Route<X> & E
}

/**
 * Gives the functions that make a flavour's routes. `E` is what the flavour adds to every route, `terms` what it says of every call.
 *
 * ```ts
 * const route = routes<OcapiExchange>('ocapi', (x) => ({ list: x.params['list_id'] ?? '', profile: ocapiProfile }))
 * const get = route.reading({ method: 'GET', path: '/customers/{customer_no}', runs: 'getCustomer', input, reply })
 * ```
 */
export function routes<X extends Exchange, E extends object = object>(
  flavour: FlavourName,
  terms: (exchange: X) => CallTerms,
): RouteMakers<X, E> {
  function reading<const P extends string, const O extends Reading>(route: ReadingRoute<X, P, O> & E): Route<X> & E {
    const run = (x: X): Promise<Reply> => {
      const at = x as At<X, P>
      const { caller, requestId, signal, surroundings } = x
      const { list, profile } = terms(x)
      const wire = (): Wire => wireOf(x.request)
      const call = { list, profile, flavour, caller, requestId, signal, wire, input: route.input(at) }
      return surroundings.clientele.read(route.runs, call).then((found) => route.reply(found, at))
    }
    return { ...route, run }
  }
  function writing<const P extends string, const O extends Writing>(route: WritingRoute<X, P, O> & E): Route<X> & E {
    const run = (x: X): Promise<Reply> => {
      const at = x as At<X, P>
      const { document, precondition, loaded } = route
      const { list, profile } = terms(x)
      const writing = x.surroundings.clientele.write(route.runs, {
        list,
        profile,
        flavour,
        caller: x.caller,
        requestId: x.requestId,
        signal: x.signal,
        wire: () => wireOf(x.request),
        target: route.target(at),
        document: (current) => (document ? document(at, current) : {}) as DocumentOf<O>,
        password: route.password?.(at),
        precondition: precondition && ((current) => precondition(at, current)),
        loaded: loaded && ((current) => loaded(at, current)),
      })
      return writing.then((written) => route.reply(written.result, at, written))
    }
    return { ...(route as { method: string; path: P; runs: O } & E), run }
  }
  return { reading, writing, plain: (route) => ({ ...route, run: route.answer }) }
}
