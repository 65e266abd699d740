/** The YaaS route table (yaas.md 1): which path runs which operation, with which scope, and what it answers. */
import { CustomerError, fail } from '../../core/errors.js'
import type { Violation } from '../../core/errors.js'
import type { Account, Address, Customer, CustomerChange, SocialMediaUser } from '../../core/model.js'
import type { Profile } from '../../core/profiles.js'
import type { TargetOf } from '../../core/operations.js'
import { Secret } from '../../core/secret.js'
import type { Page } from '../../core/storage.js'
import { Exchange, routes } from '../flavour.js'
import type { ApiRequest, Reply, Row, Surroundings } from '../flavour.js'
import {
  accountTable,
  addressTable,
  customerDocument,
  customerTable,
  customerViolations,
  mappingTable,
  withDefaults,
} from './documents.js'
import { payload } from './faults.js'
import { addressFields, customerFields, mappingFields } from './filter.js'
import type { QueryFields } from './filter.js'
import { createMixins, mergeMixins, replaceMixins, sentMixins } from './mixins.js'
import { expansionOf, fieldsOf, linksOf, pageOf, queryOf } from './parameters.js'
import type { Expansion, PageLimits } from './parameters.js'

/** What the routes need to know of the flavour's options. */
export interface YaasSettings {
  readonly basePath: string
  readonly limits: PageLimits
  readonly profile: Profile
  readonly putStatus: 200 | 204
}

/** A request to the YaaS flavour on its way. */
export class YaasExchange extends Exchange<YaasRow> {
  readonly settings: YaasSettings
  /** URL of the flavour's base as the client sees it; `link`, Location and Link are built on it. */
  base: string
  /** The customer list of the tenant. */
  list = ''
  /** The customer that the path names, where a step has looked it up. */
  customer: Customer | undefined
  /** What a DELETE of mappings is about. */
  mappings: TargetOf<'deleteMappings'> = { customerNumber: '' }
  /** The parsed JSON body. */
  body: Readonly<Record<string, unknown>> = {}
  constructor(request: ApiRequest, surroundings: Surroundings<YaasRow>, settings: YaasSettings) {
    super(request, surroundings)
    this.settings = settings
    this.base = request.origin + request.mountPath + settings.basePath
  }
}

/** What YaaS adds to a route. */
interface YaasExtras {
  /** Scope that the token needs: `hybris.cecentercustomer_view` or `…_manage`. */
  readonly scope: 'view' | 'manage'
  /** Whether a body is read. `optional`: an empty one is `{}`. */
  readonly body?: 'needed' | 'optional'
  /** Looks up what the path names, before the body is taken and parameters are checked: 404 comes first (decision 3.17). */
  readonly find?: (exchange: YaasExchange) => Promise<void>
}
/** A row of the route table. */
export type YaasRow = Row<YaasExchange> & YaasExtras

/** The scope's full name. */
export function scopeName(scope: YaasExtras['scope']): string {
  return `hybris.cecentercustomer_${scope}`
}

const json = { 'Content-Type': 'application/json;charset=UTF-8' } as const

function answer(status: number, document: unknown, headers: Reply['headers'] = {}): Reply {
  return { status, headers: { ...json, ...headers }, body: JSON.stringify(document) }
}

function created(x: YaasExchange, id: string, path: string, headers: Reply['headers'] = {}): Reply {
  const link = urlOf(x, path)
  return answer(201, { id, link }, { Location: link, ...headers })
}

/** Absolute URL of a path below the tenant. */
function urlOf(x: YaasExchange, path: string): string {
  return `${x.base}/${encodeURIComponent(x.params['tenant'] ?? '')}${path}`
}

const customerPath = (customerNo: string): string => `/customers/${encodeURIComponent(customerNo)}`
const etagOf = (customer: Customer): string => `"${customer.version}"`

/** A page of a list with its count and links, cut down to `fields`. */
function list(x: YaasExchange, path: string, documents: readonly { [name: string]: unknown }[], total: number): Reply {
  const page = pageOf(x.request.query, x.settings.limits)
  const select = fieldsOf(x.request.query, ['id'])
  return answer(200, select ? documents.map(select) : documents, {
    'hybris-Count': String(total),
    Link: linksOf(x.request, urlOf(x, path), page, total),
  })
}

/** A list that is not paged. */
function whole<T>(page: Page<T>): Reply {
  return answer(200, page.items, { 'hybris-Count': String(page.total) })
}

function item(x: YaasExchange, document: { [name: string]: unknown }, headers: Reply['headers'] = {}): Reply {
  return answer(200, fieldsOf(x.request.query, ['id'])?.(document) ?? document, headers)
}

/** The storage query of a list request; everything in the URL is checked here, before anything is read. */
function listQuery(x: YaasExchange, fields: QueryFields) {
  fieldsOf(x.request.query, [])
  return queryOf(x.request.query, pageOf(x.request.query, x.settings.limits), fields)
}

/** Refuses a document with violations, in the order of the body. */
function refuseViolations(body: Readonly<Record<string, unknown>>, violations: readonly Violation[]): void {
  if (violations.length === 0) return
  const names = Object.keys(body)
  const position = ({ path }: Violation): number => {
    const at = names.indexOf(path[0] ?? '')
    return at < 0 ? names.length : at
  }
  const ordered = violations.toSorted((a, b) => position(a) - position(b))
  throw fail('documentInvalid', { document: payload, violations: ordered })
}

/** What `expand` adds to a customer, read after the customer itself. */
async function expanded(
  x: YaasExchange,
  customer: Customer,
  expansion: Expansion,
): Promise<{ [name: string]: unknown }> {
  const document = customerDocument(customer, expansion)
  const { accounts, addresses, defaultAddress } = expansion
  const { clientele } = x.surroundings
  const input = { customerNo: customer.customerNo }
  const call = { ...facts(x), flavour: 'yaas', input } as const
  if (accounts) document['accounts'] = (await present(clientele.read('findAccounts', call)))?.items ?? []
  if (addresses || defaultAddress) {
    const stored = (await present(clientele.read('findAddresses', call)))?.items ?? []
    if (addresses) document['addresses'] = stored.map((address) => addressTable.toDocument(address))
    const standard = stored.find((address) => address.isDefault)
    if (defaultAddress && standard) document['defaultAddress'] = addressTable.toDocument(standard)
  }
  return document
}

/** What is expanded may be gone by now: a customer that was deleted meanwhile has none. */
async function present<T>(reading: Promise<T>): Promise<T | undefined> {
  try {
    return await reading
  } catch (error) {
    if (error instanceof CustomerError && error.problem.kind === 'customerNotFound') return undefined
    throw error
  }
}

function facts(x: YaasExchange) {
  return {
    list: x.list,
    profile: x.settings.profile,
    ...(x.caller && { caller: x.caller }),
    ...(x.requestId !== undefined && { requestId: x.requestId }),
  }
}

/** 200 with the document if the caller may see it, else 204 (decision 3.2). */
function changed(x: YaasExchange, document: () => Reply | Promise<Reply>, headers: Reply['headers'] = {}) {
  const maySee = x.caller?.scopes?.includes(scopeName('view')) ?? false
  return x.settings.putStatus === 200 && maySee ? document() : { status: 204, headers }
}

/** True if an If-Match header names the tag: `*`, or a list of tags, quoted or bare, weak ones too. */
function matches(header: string, tag: string): boolean {
  const bare = (text: string): string =>
    text
      .trim()
      .replace(/^W\//, '')
      .replace(/^"(.*)"$/, '$1')
  return header.trim() === '*' || header.split(',').some((each) => bare(each) === bare(tag))
}

function isPartial(x: YaasExchange): boolean {
  return x.request.query.get('partial') === 'true'
}

/** If-Match and metadata.version against the stored customer (decision 3.3). */
function checkVersion(x: YaasExchange, current: Customer): void {
  const version = (x.body['metadata'] as { readonly version?: number | null } | null | undefined)?.version ?? undefined
  if (version !== undefined && version !== current.version)
    throw fail('preconditionFailed', { how: 'version', sent: String(version) })
  checkTag(x, current)
}

function checkTag(x: YaasExchange, current: Customer): void {
  const sent = x.request.headers['if-match']
  const header = typeof sent === 'string' ? sent : sent?.join(',')
  if (header !== undefined && !matches(header, etagOf(current)))
    throw fail('preconditionFailed', { how: 'ifMatch', sent: header })
}

function customerChange(x: YaasExchange, current: Customer): CustomerChange {
  const mode = isPartial(x) ? 'change' : 'replace'
  const { document, violations } = customerTable.decode(x.body, mode, current)
  refuseViolations(x.body, [...violations, ...customerViolations(x.body, current.customerNo)])
  const { mixinSchemas: _, ...plain } = document
  const sent = sentMixins(x.body)
  return mode === 'change'
    ? { ...withoutNeeded(plain), ...mergeMixins(current, sent) }
    : { ...withDefaults(plain, current, x.settings.profile.defaults), ...replaceMixins(current, sent) }
}

/** `active` is always there: null leaves it as it is. */
function withoutNeeded({ active, ...rest }: CustomerChange): CustomerChange {
  return (active as boolean | null | undefined) === null || active === undefined ? rest : { ...rest, active }
}

async function findCustomer(x: YaasExchange): Promise<void> {
  const input = { customerNo: x.params['customerNumber'] ?? '' }
  x.customer = await x.surroundings.clientele.read('getCustomer', { ...facts(x), flavour: 'yaas', input })
}

async function findAddress(x: YaasExchange): Promise<void> {
  const input = { customerNo: x.params['customerNumber'] ?? '', addressId: x.params['addressId'] ?? '' }
  await x.surroundings.clientele.read('getAddress', { ...facts(x), flavour: 'yaas', input })
}

/** A mapping is deleted by its customer's number, or alone by its own id (decision 3.15). */
async function findMappings(x: YaasExchange): Promise<void> {
  const name = x.params['customerNumber'] ?? ''
  x.mappings = { customerNumber: name }
  if (!/^[0-9a-f]{24}$/.test(name)) return
  const query = { where: { op: 'eq', path: ['customerNumber'], value: name }, limit: 1 } as const
  const { total } = await x.surroundings.clientele.read('findMappings', {
    ...facts(x),
    flavour: 'yaas',
    input: { query },
  })
  if (total === 0) x.mappings = { id: name }
}

const { reading, writing } = routes<YaasExchange, YaasExtras>('yaas', facts)

/** Every route, as the API reference lists them; GET of accounts and of one address are promised elsewhere (issue 6). */
export const rows: readonly YaasRow[] = [
  writing({
    method: 'POST',
    path: '/{tenant}/customers',
    runs: 'createCustomer',
    scope: 'manage',
    body: 'needed',
    target: () => ({}),
    document: (x) => {
      const { document, violations } = customerTable.decode(x.body, 'create')
      refuseViolations(x.body, [...violations, ...customerViolations(x.body, undefined)])
      const { mixinSchemas: _, ...create } = document
      return { create: { ...create, ...createMixins(sentMixins(x.body)) } }
    },
    reply: (customer, x) =>
      created(x, customer.customerNo, customerPath(customer.customerNo), { ETag: etagOf(customer) }),
  }),
  reading({
    method: 'GET',
    path: '/{tenant}/customers',
    runs: 'findCustomers',
    scope: 'view',
    input: (x) => ({ query: listQuery(x, customerFields) }),
    reply: async ({ items, total }, x) => {
      const expansion = expansionOf(x.request.query)
      const documents = []
      for (const customer of items) documents.push(await expanded(x, customer, expansion))
      return list(x, '/customers', documents, total)
    },
  }),
  reading({
    method: 'GET',
    path: '/{tenant}/customers/{customerNumber}',
    runs: 'getCustomer',
    scope: 'view',
    input: (x) => ({ customerNo: x.params.customerNumber }),
    reply: async (customer, x) =>
      item(x, await expanded(x, customer, expansionOf(x.request.query)), { ETag: etagOf(customer) }),
  }),
  writing({
    method: 'PUT',
    path: '/{tenant}/customers/{customerNumber}',
    runs: 'updateCustomer',
    scope: 'manage',
    body: 'needed',
    find: findCustomer,
    target: (x) => ({ customerNo: x.params.customerNumber }),
    document: (x, current) => ({ update: customerChange(x, current) }),
    precondition: checkVersion,
    reply: (customer, x) => {
      const headers = { ETag: etagOf(customer) }
      const show = async (): Promise<Reply> =>
        item(x, await expanded(x, customer, expansionOf(x.request.query)), headers)
      return changed(x, show, headers)
    },
  }),
  writing({
    method: 'DELETE',
    path: '/{tenant}/customers/{customerNumber}',
    runs: 'deleteCustomer',
    scope: 'manage',
    target: (x) => ({ customerNo: x.params.customerNumber }),
    precondition: checkTag,
    reply: () => ({ status: 202, headers: {} }),
  }),
  reading({
    method: 'GET',
    path: '/{tenant}/customers/{customerNumber}/accounts',
    runs: 'findAccounts',
    scope: 'view',
    input: (x) => ({ customerNo: x.params.customerNumber }),
    reply: (accounts: Page<Account>) => whole(accounts),
  }),
  writing({
    method: 'POST',
    path: '/{tenant}/customers/{customerNumber}/accounts/internal',
    runs: 'createInternalAccount',
    scope: 'manage',
    body: 'optional',
    find: findCustomer,
    target: (x) => ({ customerNo: x.params.customerNumber }),
    document: (x) => {
      const { document, aside, violations } = accountTable.decode(x.body, 'create')
      refuseViolations(x.body, violations)
      const { password } = aside
      return { create: document, ...(typeof password === 'string' && { password: new Secret(password) }) }
    },
    reply: (_, x) => {
      const customerNo = x.customer?.customerNo ?? x.params.customerNumber
      return created(x, customerNo, customerPath(customerNo))
    },
  }),
  reading({
    method: 'GET',
    path: '/{tenant}/customers/{customerNumber}/socialMediaUsers',
    runs: 'findSocialMediaUsers',
    scope: 'view',
    input: (x) => ({ customerNo: x.params.customerNumber }),
    reply: (users: Page<SocialMediaUser>) => whole(users),
  }),
  writing({
    method: 'POST',
    path: '/{tenant}/customers/{customerNumber}/addresses',
    runs: 'createAddress',
    scope: 'manage',
    body: 'needed',
    find: findCustomer,
    target: (x) => ({ customerNo: x.params.customerNumber }),
    document: (x) => {
      const { document, violations } = addressTable.decode(x.body, 'create')
      refuseViolations(x.body, violations)
      return { create: document }
    },
    reply: ({ addressId }, x) => created(x, addressId, addressPath(x.params.customerNumber, addressId)),
  }),
  reading({
    method: 'GET',
    path: '/{tenant}/customers/{customerNumber}/addresses',
    runs: 'findAddresses',
    scope: 'view',
    find: findCustomer,
    input: (x) => ({ customerNo: x.params.customerNumber, query: listQuery(x, addressFields) }),
    reply: ({ items, total }, x) =>
      list(
        x,
        `${customerPath(x.params.customerNumber)}/addresses`,
        items.map((address) => addressTable.toDocument(address)),
        total,
      ),
  }),
  reading({
    method: 'GET',
    path: '/{tenant}/customers/{customerNumber}/addresses/{addressId}',
    runs: 'getAddress',
    scope: 'view',
    input: (x) => ({ customerNo: x.params.customerNumber, addressId: x.params.addressId }),
    reply: (address: Address, x) => item(x, addressTable.toDocument(address)),
  }),
  writing({
    method: 'PUT',
    path: '/{tenant}/customers/{customerNumber}/addresses/{addressId}',
    runs: 'updateAddress',
    scope: 'manage',
    body: 'needed',
    find: findAddress,
    target: (x) => ({ customerNo: x.params.customerNumber, addressId: x.params.addressId }),
    document: (x, current) => {
      const { document, violations } = addressTable.decode(x.body, isPartial(x) ? 'change' : 'replace', current)
      refuseViolations(x.body, violations)
      return { update: document }
    },
    reply: (address, x) => changed(x, () => item(x, addressTable.toDocument(address))),
  }),
  writing({
    method: 'DELETE',
    path: '/{tenant}/customers/{customerNumber}/addresses/{addressId}',
    runs: 'deleteAddress',
    scope: 'manage',
    target: (x) => ({ customerNo: x.params.customerNumber, addressId: x.params.addressId }),
    reply: () => ({ status: 204, headers: {} }),
  }),
  writing({
    method: 'POST',
    path: '/{tenant}/sdCustomerMappings',
    runs: 'createMapping',
    scope: 'manage',
    body: 'needed',
    target: () => ({}),
    document: (x) => {
      const { document, violations } = mappingTable.decode(x.body, 'create')
      const missing = ['customerNumber', 'sdCustomerNumber'].filter((name) => (x.body[name] ?? null) === null)
      refuseViolations(x.body, [
        ...violations,
        ...missing.map((name): Violation => ({ path: [name], rule: 'missing', message: 'is missing' })),
      ])
      return { create: document }
    },
    reply: ({ id }, x) => created(x, id, `/sdCustomerMappings/${id}`),
  }),
  reading({
    method: 'GET',
    path: '/{tenant}/sdCustomerMappings',
    runs: 'findMappings',
    scope: 'view',
    input: (x) => ({ query: listQuery(x, mappingFields) }),
    reply: ({ items, total }, x) =>
      list(
        x,
        '/sdCustomerMappings',
        items.map((mapping) => mappingTable.toDocument(mapping)),
        total,
      ),
  }),
  writing({
    method: 'DELETE',
    path: '/{tenant}/sdCustomerMappings/{customerNumber}',
    runs: 'deleteMappings',
    scope: 'manage',
    find: findMappings,
    target: (x) => x.mappings,
    reply: () => ({ status: 204, headers: {} }),
  }),
]

function addressPath(customerNo: string, addressId: string): string {
  return `${customerPath(customerNo)}/addresses/${encodeURIComponent(addressId)}`
}
