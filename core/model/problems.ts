/**
 * Everything that can go wrong in the domain, as one closed union. Flavours map each kind to a fault; a new kind does
 * not compile until both answer it. No HTTP in here.
 */
import { Answer } from './answer.js'

/** One thing wrong with a document. */
export interface Violation {
  /** From the document's root: `['credentials', 'login']`; empty for the document itself. */
  readonly path: readonly string[]
  /**
   * unknown: no such property. type: wrong JSON type or impossible date. constraint: length, mandatory, null, pattern.
   * enum: not one of the allowed values. readOnly: may not be written. custom: bad custom attribute. missing: mandatory
   * property absent. characters: a character that XML 1.0 cannot carry, or a lone surrogate (decision 1.9). depth: too deep.
   */
  readonly rule: 'unknown' | 'type' | 'constraint' | 'enum' | 'readOnly' | 'custom' | 'missing' | 'characters' | 'depth'
  /** For people; holds no value of the document. */
  readonly message: string
  /** JSON types that would do, and the one found; for rule `type`. */
  readonly expected?: readonly string[]
  readonly actual?: string
  /** The refused value, for rule `enum` only. */
  readonly value?: unknown
}

/** Facts by kind of problem. */
export interface Problems {
  readonly listNotFound: { readonly listId: string }
  readonly customerNotFound: { readonly customerNo: string; readonly listId: string }
  readonly addressNotFound: { readonly addressId: string; readonly customerNo: string; readonly listId: string }
  /** No mapping has this customer number or id. */
  readonly mappingNotFound: { readonly customerNumber: string }
  /** A document breaks rules; at least one violation, in document order. `document` names it: `customer`, `customer_address`… */
  readonly documentInvalid: { readonly document: string; readonly violations: readonly Violation[] }
  readonly credentialsMissing: Record<never, never>
  readonly loginMissing: Record<never, never>
  readonly loginInvalid: Record<never, never>
  readonly loginInUse: Record<never, never>
  readonly emailInvalid: { readonly email: string }
  /** Another customer has this email, where emails are unique (decision 1.5). */
  readonly emailInUse: Record<never, never>
  readonly passwordInvalid: Record<never, never>
  readonly customerNoInUse: Record<never, never>
  readonly addressIdInvalid: Record<never, never>
  readonly addressIdInUse: Record<never, never>
  /** The customer has an internal account already, or the provider's account belongs to another customer. */
  readonly accountInUse: Record<never, never>
  /** An internal account needs an email, and neither the request nor the customer has one (decision 3.8). */
  readonly accountEmailMissing: Record<never, never>
  /** The record was changed since the version or tag that the request names. `how` says which precondition failed. */
  readonly preconditionFailed: { readonly how: 'ifMatch' | 'ifNoneMatch' | 'version'; readonly sent: string }
  /** A precondition is required and none was sent (decision 2.7). */
  readonly preconditionRequired: Record<never, never>
  /** A query that cannot be run, such as an invalid regular expression. */
  readonly queryRefused: { readonly reason: string }
  /** A handler returned Status.ERROR (decision 4.5). */
  readonly refusedByHook: {
    readonly extensionPoint: string
    readonly plugin: string
    readonly code?: string
    readonly message?: string
    readonly details?: Readonly<Record<string, unknown>>
  }
  /** The circuit breaker of a point is open (decision 4.10). */
  readonly breakerOpen: { readonly extensionPoint: string }
  /** The storage or a lock cannot be had now. `outcome`: whether the write may have happened nevertheless. */
  readonly unavailable: { readonly outcome: 'nothing' | 'unknown'; readonly retryAfter: number }
  /** A source outside the library failed, such as that of social media users; nothing but the incident id is told. */
  readonly sourceUnavailable: { readonly incident: string }
  /** A mistake of ours or of a plug-in; nothing but the incident id is told. */
  readonly internal: { readonly incident: string }
}
/** Name of a kind of problem. */
export type ProblemKind = keyof Problems

/** One problem: its kind and its facts. */
export type Problem = { [K in ProblemKind]: { readonly kind: K } & Problems[K] }[ProblemKind]

const messages: { readonly [K in ProblemKind]: (facts: Problems[K]) => string } = {
  listNotFound: (f) => `no customer list '${f.listId}'`,
  customerNotFound: (f) => `no such customer in list '${f.listId}'`,
  addressNotFound: (f) => `no such address in list '${f.listId}'`,
  mappingNotFound: () => 'no such mapping',
  documentInvalid: (f) =>
    `invalid ${f.document}: ${f.violations.map((v) => `${v.path.join('.') || '(document)'}: ${v.message}`).join('; ')}`,
  credentialsMissing: () => 'credentials are missing',
  loginMissing: () => 'the login is missing',
  loginInvalid: () => 'the login does not meet the acceptance criteria',
  loginInUse: () => 'another customer has this login',
  emailInvalid: () => 'the email address has an invalid syntax',
  emailInUse: () => 'another customer has this email address',
  passwordInvalid: () => 'the password does not meet the acceptance criteria',
  customerNoInUse: () => 'another customer has this customer number',
  addressIdInvalid: () => 'the address id is missing or invalid',
  addressIdInUse: () => 'another address of the customer has this id',
  accountInUse: () => 'the account exists already',
  accountEmailMissing: () => 'an internal account needs an email address',
  preconditionFailed: () => 'the record was changed meanwhile',
  preconditionRequired: () => 'a precondition is required',
  queryRefused: (f) => f.reason,
  refusedByHook: (f) => `${f.extensionPoint}: plug-in '${f.plugin}' refused: ${f.code ?? ''} ${f.message ?? ''}`.trim(),
  breakerOpen: (f) => `the circuit breaker of ${f.extensionPoint} is open`,
  unavailable: (f) =>
    f.outcome === 'unknown'
      ? 'the storage failed and the outcome is not known'
      : 'the storage cannot serve now; nothing was stored',
  sourceUnavailable: (f) => `a source outside the library failed, incident ${f.incident}`,
  internal: (f) => `internal error, incident ${f.incident}`,
}

/**
 * The one error that operations throw. `problem` is what a caller switches on:
 *
 * ```ts
 * try { await shop.getCustomer({ customerNo }) } catch (error) {
 *   if (error instanceof CustomerError && error.problem.kind === 'customerNotFound') …
 * }
 * ```
 */
export class CustomerError extends Answer {
  override readonly name = 'CustomerError'
  readonly problem: Problem
  constructor(problem: Problem, options?: ErrorOptions) {
    super((messages[problem.kind] as (facts: Problem) => string)(problem), options)
    this.problem = problem
  }
}

/** Shortest way to a CustomerError: `throw fail('customerNotFound', { customerNo, listId })`. */
export function fail<K extends ProblemKind>(kind: K, facts: Problems[K], options?: ErrorOptions): CustomerError {
  return new CustomerError({ kind, ...facts } as unknown as Problem, options)
}
