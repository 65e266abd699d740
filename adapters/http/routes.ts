/** Typed rows of a flavour's routes: the core's operation says what a row takes and gives. */
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
import type { Exchange } from './flavour.js'
import type { Reply } from './protocol.js'

/** A route whose types are closed over. */
export interface Row<X = never> {
  readonly method: string
  /** Relative to the flavour's base, parameters in braces: `/customer_lists/{list_id}`. */
  readonly path: string
  /** The operation it runs; absent for what needs none. */
  readonly runs?: Operation
  readonly run: (exchange: X) => Reply | Promise<Reply>
}

/** Names of the parameters of a path. */
export type ParametersOf<P extends string> = P extends `${string}{${infer N}}${infer R}` ? N | ParametersOf<R> : never
/** An exchange whose row is matched, with the path's parameters. */
export type At<X, P extends string> = X & { readonly params: Readonly<Record<ParametersOf<P>, string>> }

/** What a flavour says of every call to the core. */
export interface CallFacts {
  readonly list: string
  readonly profile: Profile
}

/** A route that reads. */
export interface ReadingRow<X, P extends string, O extends Reading> {
  readonly method: 'GET'
  readonly path: P
  readonly runs: O
  readonly input: (exchange: At<X, P>) => InputOf<O>
  readonly reply: (result: ResultOf<O>, exchange: At<X, P>) => Reply | Promise<Reply>
}

/** A route that writes. */
export type WritingRow<X, P extends string, O extends Writing> = {
  readonly method: 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  readonly path: P
  readonly runs: O
  readonly target: (exchange: At<X, P>) => TargetOf<O>
  /** The password that the document will hold, so that it is hashed before the unit of work opens. */
  readonly password?: (exchange: At<X, P>) => PasswordOf<O> | undefined
  /** Runs inside the unit of work, when the record is loaded. */
  readonly precondition?: (exchange: At<X, P>, current: PreviousOf<O>) => void
  readonly reply: (result: ResultOf<O>, exchange: At<X, P>, written: Written<O>) => Reply | Promise<Reply>
} & (object extends DocumentOf<O>
  ? { readonly document?: never }
  : {
      /** Runs inside the unit of work, when the record is loaded and before `precondition`; undefined on create. */
      readonly document: (exchange: At<X, P>, current: PreviousOf<O>) => DocumentOf<O>
    })

/** A route that needs no operation. */
export interface PlainRow<X, P extends string> {
  readonly method: 'GET'
  readonly path: P
  readonly answer: (exchange: At<X, P>) => Reply | Promise<Reply>
}

/**
 * Gives the functions that make a flavour's rows: typed rows in, erased rows out. `E` is what the flavour adds to every
 * row, `facts` what it says of every call.
 *
 * ```ts
 * const route = routes<OcapiExchange>('ocapi', (x) => ({ list: x.params['list_id'] ?? '', profile: ocapiProfile }))
 * const row = route.reading({ method: 'GET', path: '/customers/{customer_no}', runs: 'getCustomer', input, reply })
 * ```
 */
export function routes<X extends Exchange, E extends object = object>(
  flavour: FlavourName,
  facts: (exchange: X) => CallFacts,
) {
  const options = (x: X) => {
    const { list, profile } = facts(x)
    return { list, profile, flavour, caller: x.caller, requestId: x.requestId }
  }
  function reading<const P extends string, const O extends Reading>(row: ReadingRow<X, P, O> & E): Row<X> & E {
    const run = (x: X): Promise<Reply> => {
      const at = x as At<X, P>
      const result = x.surroundings.clientele.read(row.runs, { ...options(x), input: row.input(at) })
      return result.then((found) => row.reply(found, at))
    }
    return { ...row, run }
  }
  function writing<const P extends string, const O extends Writing>(row: WritingRow<X, P, O> & E): Row<X> & E {
    const run = async (x: X): Promise<Reply> => {
      const at = x as At<X, P>
      const { document, precondition } = row
      const written = await x.surroundings.clientele.write(row.runs, {
        ...options(x),
        target: row.target(at),
        document: (current) => (document ? document(at, current) : {}) as DocumentOf<O>,
        password: row.password?.(at),
        precondition: precondition && ((current) => precondition(at, current)),
      })
      return row.reply(written.result, at, written)
    }
    return { ...(row as { method: string; path: P; runs: O } & E), run }
  }
  function plain<const P extends string>(row: PlainRow<X, P> & E): Row<X> & E {
    return { ...row, run: row.answer }
  }
  return { reading, writing, plain }
}
