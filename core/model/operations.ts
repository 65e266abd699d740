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

/** What an operation is about: a kind of document, and the texts of its input that name a record, as a path does. */
interface About {
  readonly subject: 'customer' | 'address' | 'account' | 'mapping' | 'socialMediaUser'
  /** All of them are needed. A customer number is looked up by its key (decision 1.4). */
  readonly names: readonly string[]
  /** Of these at least one is. */
  readonly oneOf: readonly string[]
}

/** What a writing operation writes and tells; `previous` is the state before the change. */
interface WriteShape {
  document: object
  /** Never part of the document: no handler, draft, trace or event holds it. */
  password?: Secret | null
  result: unknown
  previous: unknown
  before: readonly unknown[]
  after: readonly unknown[]
}
type SilentShape = Omit<WriteShape, 'before' | 'after'>
/** What a reading operation asks for, beside what its names say, and gives. */
interface ReadShape {
  asks?: object
  result: unknown
}

type Point<A, S extends string, M extends string, T extends WriteShape> = A & {
  readonly kind: 'write'
  /** Full name of the point that runs before the change. */
  readonly before: `${S}.before${M}`
  /** Full name of the point that runs after it, still inside the unit of work. */
  readonly after: `${S}.after${M}`
  readonly shape?: T
}
type Read<A, T extends ReadShape> = A & {
  readonly kind: 'read'
  /** Finds records by what they hold: what handlers changed in place so far is found too. */
  readonly isQuery: boolean
  readonly shape?: T
}
type Silent<A, T extends SilentShape> = A & { readonly kind: 'silent'; readonly shape?: T }

/** Makes the operations on one kind of record: with the names of one, or without, where there is none yet or many are meant. */
const about = <const A extends About>(named: A) => ({
  at: <const S extends string, const M extends 'POST' | 'PATCH' | 'DELETE'>(stem: S, method: M) => ({
    of: <T extends WriteShape>(): Point<A, S, M, T> => ({
      ...named,
      kind: 'write',
      before: `${stem}.before${method}`,
      after: `${stem}.after${method}`,
    }),
  }),
  read: <T extends ReadShape>(): Read<A, T> => ({ ...named, kind: 'read', isQuery: false }),
  find: <T extends ReadShape>(): Read<A, T> => ({ ...named, kind: 'read', isQuery: true }),
  silent: <T extends SilentShape>(): Silent<A, T> => ({ ...named, kind: 'silent' }),
})

const customers = about({ subject: 'customer', names: [], oneOf: [] })
const customer = about({ subject: 'customer', names: ['customerNo'], oneOf: [] })
const addresses = about({ subject: 'address', names: ['customerNo'], oneOf: [] })
const address = about({ subject: 'address', names: ['customerNo', 'addressId'], oneOf: [] })
const accounts = about({ subject: 'account', names: ['customerNo'], oneOf: [] })
const mappings = about({ subject: 'mapping', names: [], oneOf: [] })
const mapping = about({ subject: 'mapping', names: [], oneOf: ['customerNumber', 'id'] })
const userCache = about({ subject: 'socialMediaUser', names: [], oneOf: [] })
const users = about({ subject: 'socialMediaUser', names: ['customerNo'], oneOf: [] })

interface Asks {
  readonly query?: Query
}

/** Every operation (decisions 1.2, 4.1). */
export const operations = {
  createCustomer: customers.at('dw.ocapi.data.customer_list.customers', 'POST').of<{
    document: { readonly create: CustomerCreate }
    password: Secret
    result: Customer
    previous: undefined
    before: [create: Live<CustomerCreate>, customerListId: string]
    after: [customer: LiveCustomer, create: CustomerCreate, customerListId: string]
  }>(),
  getCustomer: customer.read<{ result: Customer }>(),
  findCustomers: customers.find<{ asks: Asks; result: Page<Customer> }>(),
  updateCustomer: customer.at('dw.ocapi.data.customer_list.customer', 'PATCH').of<{
    document: { readonly update: CustomerChange }
    /** Null removes it. */
    password: Secret | null
    result: Customer
    previous: Customer
    before: [customer: LiveCustomer, update: Live<CustomerChange>, customerListId: string]
    after: [customer: LiveCustomer, update: CustomerChange, customerListId: string]
  }>(),
  deleteCustomer: customer.at('dw.ocapi.data.customer_list.customer', 'DELETE').of<{
    document: object
    result: void
    previous: Customer
    before: [customer: LiveCustomer, customerListId: string]
    after: [customerListId: string]
  }>(),
  createAddress: addresses.at('dw.ocapi.data.customer_list.customer.addresses', 'POST').of<{
    document: { readonly create: AddressCreate }
    result: Address
    previous: undefined
    before: [customer: LiveCustomer, create: Live<AddressCreate>, customerListId: string]
    after: [customer: LiveCustomer, customerAddress: LiveAddress, create: AddressCreate, customerListId: string]
  }>(),
  getAddress: address.read<{ result: Address }>(),
  findAddresses: addresses.find<{ asks: Asks; result: Page<Address> }>(),
  updateAddress: address.at('dw.ocapi.data.customer_list.customer.address', 'PATCH').of<{
    document: { readonly update: AddressChange }
    result: Address
    previous: Address
    before: [customer: LiveCustomer, customerAddress: LiveAddress, update: Live<AddressChange>, customerListId: string]
    after: [customer: LiveCustomer, customerAddress: LiveAddress, update: AddressChange, customerListId: string]
  }>(),
  deleteAddress: address.at('dw.ocapi.data.customer_list.customer.address', 'DELETE').of<{
    document: object
    result: void
    previous: Address
    before: [customer: LiveCustomer, customerAddress: LiveAddress, customerListId: string]
    after: [customer: LiveCustomer, customerListId: string]
  }>(),
  createInternalAccount: accounts.at('clientele.customer.accounts', 'POST').of<{
    document: { readonly create: AccountCreate }
    password: Secret
    result: Account
    previous: undefined
    before: [customer: LiveCustomer, create: Live<AccountCreate>, customerListId: string]
    after: [customer: LiveCustomer, account: Account, create: AccountCreate, customerListId: string]
  }>(),
  findAccounts: accounts.find<{ result: Page<Account> }>(),
  /** Links an account at another provider; without extension points, since only library and import do it (decision 3.8). */
  linkAccount: accounts.silent<{
    document: { readonly account: Account }
    result: Account
    previous: undefined
  }>(),
  unlinkAccount: accounts.silent<{
    document: { readonly account: Account }
    result: void
    previous: undefined
  }>(),
  createMapping: mappings.at('clientele.sd_customer_mappings', 'POST').of<{
    document: { readonly create: MappingCreate }
    result: SdCustomerMapping
    previous: undefined
    before: [create: Live<MappingCreate>, customerListId: string]
    after: [mapping: SdCustomerMapping, create: MappingCreate, customerListId: string]
  }>(),
  findMappings: mappings.find<{ asks: Asks; result: Page<SdCustomerMapping> }>(),
  /** Every mapping of a customer number; if there is none, or no number is given, the one with the id. */
  deleteMappings: mapping.at('clientele.sd_customer_mapping', 'DELETE').of<{
    document: object
    result: void
    previous: readonly SdCustomerMapping[]
    before: [mappings: readonly SdCustomerMapping[], customerListId: string]
    after: [mappings: readonly SdCustomerMapping[], customerListId: string]
  }>(),
  findSocialMediaUsers: users.find<{ result: Page<SocialMediaUser> }>(),
  /** Stores or replaces users by their id; no extension point, since users are a cache of their source (decision 3.14). */
  importSocialMediaUsers: userCache.silent<{
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

type OneOf<N extends string> = [N] extends [never]
  ? unknown
  : { [K in N]: { readonly [name in K]: string } & { readonly [name in Exclude<N, K>]?: string } }[N]
/** Names the records that an operation is about: what a path says. */
export type TargetOf<O extends Operation> = { readonly [N in Ops[O]['names'][number]]: string } & OneOf<
  Ops[O]['oneOf'][number]
>
/** What a writing operation writes: what a body says. */
export type DocumentOf<O extends Writing> = Of<O, 'document'>
/** The password that goes with it; `never` where there is none. */
export type PasswordOf<O extends Writing> = Of<O, 'password'>
type PasswordInput<P> = [P] extends [never] ? unknown : { readonly password?: P }
/** What an operation takes as a library call. */
export type InputOf<O extends Operation> = O extends Writing
  ? TargetOf<O> & DocumentOf<O> & PasswordInput<PasswordOf<O>>
  : TargetOf<O> & (ShapeOf<O> extends { asks: infer A } ? A : unknown)
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
