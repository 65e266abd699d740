/** The YaaS route table (yaas.md 1): which path runs which operation, with which scope, and what it answers. */
import { CustomerError, fail } from '../../core/model/problems.js'
import type { Violation } from '../../core/model/problems.js'
import type {
  Account,
  Address,
  Customer,
  CustomerChange,
  CustomerCreate,
  SocialMediaUser,
} from '../../core/model/documents.js'
import { Secret } from '../../core/model/secret.js'
import type { Page } from '../../core/ports/storage.js'
import type { Decoded } from '../http/field-table.js'
import { routes } from '../http/flavour.js'
import type { Reply } from '../http/flavour.js'
import {
  accountTable,
  addressTable,
  bodyPath,
  customerDocument,
  customerTable,
  customerViolations,
  mappingTable,
  withDefaults,
} from './documents.js'
import { changed, created, customerPath, etagOf, facts, item, list, refuseViolations, whole } from './exchange.js'
import type { YaasExchange, YaasExtras, YaasRow } from './exchange.js'
import { addressFields, customerFields, mappingFields } from './filter.js'
import type { QueryFields } from './filter.js'
import { createMixins, mergeMixins, replaceMixins, sentMixins } from './mixins.js'
import { checkPatterns, expansionOf, fieldsOf, pageOf, partialOf, queryOf } from './parameters.js'
import type { Expansion } from './parameters.js'

/** The storage query of a list request; everything in the URL is checked here, before anything is read. */
function listQuery(x: YaasExchange, fields: QueryFields) {
  fieldsOf(x.request.query, [])
  return queryOf(x.request.query, pageOf(x.request.query, x.settings.limits), fields)
}

/** Customers of a list that are expanded at the same time. */
const atOnce = 8

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

/** True if an If-Match header names the tag: `*`, or a list of tags, quoted or bare, weak ones too. */
function matches(header: string, tag: string): boolean {
  const bare = (text: string): string =>
    text
      .trim()
      .replace(/^W\//, '')
      .replace(/^"(.*)"$/, '$1')
  return header.trim() === '*' || header.split(',').some((each) => bare(each) === bare(tag))
}

/** If-Match, then metadata.version against the stored customer (decision 3.3). */
function checkVersion(x: YaasExchange, current: Customer): void {
  checkTag(x, current)
  const version = (x.body['metadata'] as { readonly version?: number | null } | null | undefined)?.version ?? undefined
  if (version !== undefined && version !== current.version)
    throw fail('preconditionFailed', { how: 'version', sent: String(version) })
}

function checkTag(x: YaasExchange, current: Customer): void {
  const sent = x.request.headers['if-match']
  const header = typeof sent === 'string' ? sent : sent?.join(',')
  if (header !== undefined && !matches(header, etagOf(current)))
    throw fail('preconditionFailed', { how: 'ifMatch', sent: header })
}

/** The change that a PUT asks for, and what is wrong with it. */
function customerChange(x: YaasExchange, current: Customer): Decoded<CustomerChange> {
  const mode = partialOf(x.request.query) ? 'change' : 'replace'
  const { document, aside, violations } = customerTable.decode(x.body, mode, current)
  const { mixinSchemas: _, ...plain } = document
  const sent = sentMixins(x.body)
  const change = (): CustomerChange =>
    mode === 'change'
      ? { ...kept(plain, 'active'), ...mergeMixins(current, sent) }
      : { ...withDefaults(plain, current, x.settings.profile.defaults), ...replaceMixins(current, sent) }
  return {
    document: areMixinsGood(violations) ? change() : plain,
    aside,
    violations: [...violations, ...customerViolations(x.body, current.customerNo)],
  }
}

/** The customer that a POST asks for, and what is wrong with it. */
function customerCreate(x: YaasExchange): Decoded<CustomerCreate> {
  const { document, aside, violations } = customerTable.decode(x.body, 'create')
  const { mixinSchemas: _, ...plain } = document
  return {
    document: areMixinsGood(violations) ? { ...plain, ...createMixins(sentMixins(x.body)) } : plain,
    aside,
    violations: [...violations, ...customerViolations(x.body, undefined)],
  }
}

/** Mixins that are no objects, or nested too deep, are not looked into. */
function areMixinsGood(violations: readonly Violation[]): boolean {
  return !violations.some(({ path }) => path[0] === 'mixins' || path[0] === 'metadata')
}

async function checkCustomer(x: YaasExchange): Promise<void> {
  const { document, violations } = x.customer ? customerChange(x, x.customer) : customerCreate(x)
  const found = await x.surroundings.clientele.checkCustomer(document, x.customer)
  x.violations = found.map((violation) => ({ ...violation, path: bodyPath(violation.path) }))
  refuseViolations(x, violations)
}

/** The change without a flag that is always there, if it is null: that leaves it as it is. */
function kept<C extends object>(change: C, flag: keyof C): C {
  if (change[flag] !== null) return change
  const { [flag]: _, ...rest } = change
  return rest as C
}

async function findCustomer(x: YaasExchange): Promise<void> {
  const input = { customerNo: x.params['customerNumber'] ?? '' }
  x.customer = await x.surroundings.clientele.read('getCustomer', { ...facts(x), flavour: 'yaas', input })
}

async function findAddress(x: YaasExchange): Promise<void> {
  const input = { customerNo: x.params['customerNumber'] ?? '', addressId: x.params['addressId'] ?? '' }
  await x.surroundings.clientele.read('getAddress', { ...facts(x), flavour: 'yaas', input })
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
    check: checkCustomer,
    document: (x) => {
      const { document, violations } = customerCreate(x)
      refuseViolations(x, violations)
      return { create: document }
    },
    reply: (customer, x) =>
      created(x, customer.customerNo, customerPath(customer.customerNo), { ETag: etagOf(customer) }),
  }),
  reading({
    method: 'GET',
    path: '/{tenant}/customers',
    runs: 'findCustomers',
    scope: 'view',
    check: (x) => checkPatterns(x.request.query),
    input: (x) => ({ query: listQuery(x, customerFields) }),
    reply: async ({ items, total }, x) => {
      const expansion = expansionOf(x.request.query)
      const documents = []
      for (let at = 0; at < items.length; at += atOnce) {
        const some = items.slice(at, at + atOnce)
        documents.push(...(await Promise.all(some.map((customer) => expanded(x, customer, expansion)))))
      }
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
    check: checkCustomer,
    document: (x, current) => {
      const { document, violations } = customerChange(x, current)
      refuseViolations(x, violations)
      return { update: document }
    },
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
    password: (x) => (typeof x.body['password'] === 'string' ? new Secret(x.body['password']) : undefined),
    document: (x) => {
      const { document, violations } = accountTable.decode(x.body, 'create')
      refuseViolations(x, violations)
      return { create: document }
    },
    reply: (_, x, { customerNo = '' }) => created(x, customerNo, customerPath(customerNo)),
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
      refuseViolations(x, violations)
      return { create: document }
    },
    reply: ({ addressId }, x, { customerNo = '' }) => created(x, addressId, addressPath(customerNo, addressId)),
  }),
  reading({
    method: 'GET',
    path: '/{tenant}/customers/{customerNumber}/addresses',
    runs: 'findAddresses',
    scope: 'view',
    find: findCustomer,
    check: (x) => checkPatterns(x.request.query),
    input: (x) => ({ customerNo: x.params.customerNumber, query: listQuery(x, addressFields) }),
    reply: ({ items, total }, x) =>
      list(
        x,
        `${customerPath(x.customer?.customerNo ?? x.params.customerNumber)}/addresses`,
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
      const { document, violations } = addressTable.decode(
        x.body,
        partialOf(x.request.query) ? 'change' : 'replace',
        current,
      )
      refuseViolations(x, violations)
      return { update: kept(document, 'isDefault') }
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
      refuseViolations(x, [
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
    check: (x) => checkPatterns(x.request.query),
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
    target: ({ params: { customerNumber } }) => ({ customerNumber, id: customerNumber }),
    reply: () => ({ status: 204, headers: {} }),
  }),
]

function addressPath(customerNo: string, addressId: string): string {
  return `${customerPath(customerNo)}/addresses/${encodeURIComponent(addressId)}`
}
