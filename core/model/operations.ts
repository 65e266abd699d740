/**
 * THE literal: every operation, its extension point, what it takes and gives. Handler signatures, the set of valid hook
 * names, the library's methods, the routes' types and the README's table are all derived from it.
 */
import type {
  Account,
  AccountCreate,
  Address,
  AddressChange,
  AddressCreate,
  Customer,
  CustomerChange,
  CustomerCreate,
  Live,
  Managed,
  MappingCreate,
  SdCustomerMapping,
  SocialMediaUser,
} from './documents.js'
import type { Secret } from './secret.js'
import type { Page, Query } from './query.js'

type Handed<T> = Live<Omit<T, Managed>> & { readonly [K in keyof T as K extends Managed ? K : never]: T[K] }

/** A customer as handlers get it: to be changed in place, but for what the library keeps. */
export type LiveCustomer = Handed<Customer>
/** An address as handlers get it. */
export type LiveAddress = Handed<Address>

/** What a writing operation is about: target, document and password make its input; `previous` is the state before the change. */
interface WriteShape {
  target: object
  document: object
  /** Never part of the document: no handler, draft, trace or event holds it. */
  password?: Secret | null
  result: unknown
  previous: unknown
  before: readonly unknown[]
  after: readonly unknown[]
}
/** What a reading operation is about. */
interface ReadShape {
  input: object
  result: unknown
}

interface Point<S extends string, M extends string, T extends WriteShape> {
  readonly kind: 'write'
  /** Full name of the point that runs before the change. */
  readonly before: `${S}.before${M}`
  /** Full name of the point that runs after it, still inside the unit of work. */
  readonly after: `${S}.after${M}`
  readonly shape?: T
}
interface Read<T extends ReadShape> {
  readonly kind: 'read'
  /** Finds records by what they hold: what handlers changed in place so far is found too. */
  readonly isQuery: boolean
  readonly shape?: T
}
interface Silent<T extends Omit<WriteShape, 'before' | 'after'>> {
  readonly kind: 'silent'
  readonly shape?: T
}

const at = <const S extends string, const M extends 'POST' | 'PATCH' | 'DELETE'>(stem: S, method: M) => ({
  of: <T extends WriteShape>(): Point<S, M, T> => ({
    kind: 'write',
    before: `${stem}.before${method}`,
    after: `${stem}.after${method}`,
  }),
})
const read = <T extends ReadShape>(): Read<T> => ({ kind: 'read', isQuery: false })
const find = <T extends ReadShape>(): Read<T> => ({ kind: 'read', isQuery: true })
const silent = <T extends Omit<WriteShape, 'before' | 'after'>>(): Silent<T> => ({ kind: 'silent' })

/** A customer's number, as sent: it is looked up by its key (decision 1.4). */
interface OfCustomer {
  readonly customerNo: string
}
interface OfAddress extends OfCustomer {
  readonly addressId: string
}

/** Every operation (decisions 1.2, 4.1). */
export const operations = {
  createCustomer: at('dw.ocapi.data.customer_list.customers', 'POST').of<{
    target: object
    document: { readonly create: CustomerCreate }
    password: Secret
    result: Customer
    previous: undefined
    before: [create: Live<CustomerCreate>, customerListId: string]
    after: [customer: LiveCustomer, create: CustomerCreate, customerListId: string]
  }>(),
  getCustomer: read<{ input: OfCustomer; result: Customer }>(),
  findCustomers: find<{ input: { readonly query?: Query }; result: Page<Customer> }>(),
  updateCustomer: at('dw.ocapi.data.customer_list.customer', 'PATCH').of<{
    target: OfCustomer
    document: { readonly update: CustomerChange }
    /** Null removes it. */
    password: Secret | null
    result: Customer
    previous: Customer
    before: [customer: LiveCustomer, update: Live<CustomerChange>, customerListId: string]
    after: [customer: LiveCustomer, update: CustomerChange, customerListId: string]
  }>(),
  deleteCustomer: at('dw.ocapi.data.customer_list.customer', 'DELETE').of<{
    target: OfCustomer
    document: object
    result: void
    previous: Customer
    before: [customer: LiveCustomer, customerListId: string]
    after: [customerListId: string]
  }>(),
  createAddress: at('dw.ocapi.data.customer_list.customer.addresses', 'POST').of<{
    target: OfCustomer
    document: { readonly create: AddressCreate }
    result: Address
    previous: undefined
    before: [customer: LiveCustomer, create: Live<AddressCreate>, customerListId: string]
    after: [customer: LiveCustomer, customerAddress: LiveAddress, create: AddressCreate, customerListId: string]
  }>(),
  getAddress: read<{ input: OfAddress; result: Address }>(),
  findAddresses: find<{ input: OfCustomer & { readonly query?: Query }; result: Page<Address> }>(),
  updateAddress: at('dw.ocapi.data.customer_list.customer.address', 'PATCH').of<{
    target: OfAddress
    document: { readonly update: AddressChange }
    result: Address
    previous: Address
    before: [customer: LiveCustomer, customerAddress: LiveAddress, update: Live<AddressChange>, customerListId: string]
    after: [customer: LiveCustomer, customerAddress: LiveAddress, update: AddressChange, customerListId: string]
  }>(),
  deleteAddress: at('dw.ocapi.data.customer_list.customer.address', 'DELETE').of<{
    target: OfAddress
    document: object
    result: void
    previous: Address
    before: [customer: LiveCustomer, customerAddress: LiveAddress, customerListId: string]
    after: [customer: LiveCustomer, customerListId: string]
  }>(),
  createInternalAccount: at('clientele.customer.accounts', 'POST').of<{
    target: OfCustomer
    document: { readonly create: AccountCreate }
    password: Secret
    result: Account
    previous: undefined
    before: [customer: LiveCustomer, create: Live<AccountCreate>, customerListId: string]
    after: [customer: LiveCustomer, account: Account, create: AccountCreate, customerListId: string]
  }>(),
  findAccounts: find<{ input: OfCustomer; result: Page<Account> }>(),
  /** Links an account at another provider; without extension points, since only library and import do it (decision 3.8). */
  linkAccount: silent<{
    target: OfCustomer
    document: { readonly account: Account }
    result: Account
    previous: undefined
  }>(),
  unlinkAccount: silent<{
    target: OfCustomer & { readonly account: Account }
    document: object
    result: void
    previous: undefined
  }>(),
  createMapping: at('clientele.sd_customer_mappings', 'POST').of<{
    target: object
    document: { readonly create: MappingCreate }
    result: SdCustomerMapping
    previous: undefined
    before: [create: Live<MappingCreate>, customerListId: string]
    after: [mapping: SdCustomerMapping, create: MappingCreate, customerListId: string]
  }>(),
  findMappings: find<{ input: { readonly query?: Query }; result: Page<SdCustomerMapping> }>(),
  /** Every mapping of a customer number; if there is none, or no number is given, the one with the id. */
  deleteMappings: at('clientele.sd_customer_mapping', 'DELETE').of<{
    target: { readonly customerNumber: string; readonly id?: string } | { readonly id: string }
    document: object
    result: void
    previous: readonly SdCustomerMapping[]
    before: [mappings: readonly SdCustomerMapping[], customerListId: string]
    after: [mappings: readonly SdCustomerMapping[], customerListId: string]
  }>(),
  findSocialMediaUsers: find<{ input: OfCustomer; result: Page<SocialMediaUser> }>(),
  /** Stores or replaces users by their id; no extension point, since users are a cache of their source (decision 3.14). */
  importSocialMediaUsers: silent<{
    target: object
    document: { readonly users: readonly SocialMediaUser[] }
    result: { readonly imported: number }
    previous: undefined
  }>(),
} as const

type Ops = typeof operations
/** Name of an operation. */
export type Operation = keyof Ops
/** Names of the operations that run extension points. */
export type Pointed = { [O in Operation]: Ops[O]['kind'] extends 'write' ? O : never }[Operation]
/** Names of the operations that change something. */
export type Writing = { [O in Operation]: Ops[O]['kind'] extends 'read' ? never : O }[Operation]
/** Names of the operations that only read. */
export type Reading = Exclude<Operation, Writing>

type ShapeOf<O extends Operation> = NonNullable<Ops[O]['shape']>
type Of<O extends Operation, K extends string> = ShapeOf<O> extends { [k in K]: infer V } ? V : never

/** Names the records that a writing operation is about: what a path says. */
export type TargetOf<O extends Writing> = Of<O, 'target'>
/** What a writing operation writes: what a body says. */
export type DocumentOf<O extends Writing> = Of<O, 'document'>
/** The password that goes with it; `never` where there is none. */
export type PasswordOf<O extends Writing> = Of<O, 'password'>
type PasswordInput<P> = [P] extends [never] ? unknown : { readonly password?: P }
/** What an operation takes as a library call. */
export type InputOf<O extends Operation> = O extends Writing
  ? TargetOf<O> & DocumentOf<O> & PasswordInput<PasswordOf<O>>
  : Of<O, 'input'>
/** What an operation gives. */
export type ResultOf<O extends Operation> = Of<O, 'result'>
/** State before the change; undefined on create. */
export type PreviousOf<O extends Operation> = Of<O, 'previous'>
/** Arguments of a handler, without the context. */
export type ArgumentsOf<O extends Pointed, P extends 'before' | 'after'> =
  Of<O, P> extends infer A extends readonly unknown[] ? A : never

/** Name of an extension point. */
export type ExtensionPoint = { [O in Pointed]: Ops[O]['before'] | Ops[O]['after'] }[Pointed]

/** Arguments of the handlers of a point, without the list id and the context. */
export type PointArguments<P extends ExtensionPoint> = {
  [O in Pointed]: P extends Ops[O]['before']
    ? WithoutList<ArgumentsOf<O, 'before'>>
    : P extends Ops[O]['after']
      ? WithoutList<ArgumentsOf<O, 'after'>>
      : never
}[Pointed]
type WithoutList<A extends readonly unknown[]> = A extends readonly [...infer First, string] ? First : never

/** Every extension point with its operation and phase, in the order of the literal. */
export const extensionPoints: readonly {
  readonly name: ExtensionPoint
  readonly operation: Pointed
  readonly phase: 'before' | 'after'
}[] = (Object.keys(operations) as Operation[]).flatMap((operation) => {
  const entry = operations[operation]
  return entry.kind === 'write'
    ? (['before', 'after'] as const).map((phase) => ({ name: entry[phase], operation: operation as Pointed, phase }))
    : []
})
