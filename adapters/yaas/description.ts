/** What the flavour says of itself, for `clientele/openapi`. */
import { operations } from '../../core/model/operations.js'
import type { Operation } from '../../core/model/operations.js'
import { attributeSchema } from '../http/declared-schema.js'
import type { Declared, DescribedFault, DescribedParameter, DescribedRoute, Description } from '../http/description.js'
import { shownSchema } from '../http/field-schema.js'
import type { FieldTable } from '../http/field-table.js'
import type { Keywords } from '../http/field.js'
import { accountTable, addressTable, customerTable, mappingTable } from './documents.js'
import * as examples from './examples.js'
import { scopeName } from './exchange.js'
import type { YaasRoute } from './exchange.js'
import { faultOf, parameterFault, scopeMissing, tenantForbidden, uriTooLong, validationFault } from './faults.js'
import type { YaasFault } from './faults.js'
import type { ResolvedOptions } from './options.js'
import { faultDocument } from './replies.js'

const text = { type: 'string' }
const flag = { type: 'boolean' }
const ref = (name: string): Keywords => ({ $ref: `#/components/schemas/${name}` })
const listOf = (name: string): Keywords => ({ type: 'array', items: ref(name) })
const query = (name: string, about: string, schema: Keywords = text): DescribedParameter => ({
  name,
  in: 'query',
  text: about,
  schema,
})

/** The tag of a route: what its operation is about. */
const tags = {
  customer: 'customers',
  account: 'accounts',
  socialMediaUser: 'socialMediaUsers',
  address: 'addresses',
  mapping: 'sdCustomerMappings',
} as const

/** What the literal says of a route's operation. */
function factsOf({ runs }: YaasRoute) {
  const entry = runs && operations[runs]
  const isQuery = entry?.kind === 'read' && entry.isQuery
  return { tag: entry ? tags[entry.subject] : tags.customer, isCustomer: entry?.subject === 'customer', isQuery }
}

/** Summary, documents and examples of an operation. */
interface Said {
  readonly summary: string
  readonly shows?: Keywords
  readonly example?: unknown
  readonly takes?: string
  readonly sends?: unknown
}
const made = { shows: ref('link'), example: examples.link }

const texts: { readonly [O in Operation]?: Said } = {
  createCustomer: { summary: 'Creates a customer', ...made, takes: 'customer_create', sends: examples.newCustomer },
  findCustomers: { summary: 'Finds customers', shows: listOf('customer'), example: [examples.customer] },
  getCustomer: { summary: 'Shows a customer', shows: ref('customer'), example: examples.customer },
  updateCustomer: {
    summary: 'Replaces a customer, or merges with partial=true',
    shows: ref('customer'),
    example: examples.customer,
    takes: 'customer_change',
    sends: examples.customerChange,
  },
  deleteCustomer: { summary: 'Deletes a customer' },
  findAccounts: { summary: 'Shows the accounts of a customer', shows: listOf('account'), example: examples.accounts },
  createInternalAccount: { summary: 'Makes a login', ...made, takes: 'account_create', sends: examples.newAccount },
  findSocialMediaUsers: {
    summary: 'Shows the social media users of a customer',
    shows: { type: 'array', items: { type: 'object' } },
    example: examples.socialMediaUsers,
  },
  createAddress: { summary: 'Creates an address', ...made, takes: 'address_create', sends: examples.newAddress },
  findAddresses: {
    summary: 'Finds addresses of a customer',
    shows: listOf('address'),
    example: [examples.address],
  },
  getAddress: { summary: 'Shows an address', shows: ref('address'), example: examples.address },
  updateAddress: {
    summary: 'Replaces an address, or merges with partial=true',
    shows: ref('address'),
    example: examples.address,
    takes: 'address_change',
    sends: examples.newAddress,
  },
  deleteAddress: { summary: 'Deletes an address' },
  createMapping: {
    summary: 'Maps a customer to its number in an ERP system',
    ...made,
    takes: 'sdCustomerMapping_create',
    sends: examples.mapping,
  },
  findMappings: { summary: 'Finds mappings', shows: listOf('sdCustomerMapping'), example: [examples.mapping] },
  deleteMappings: { summary: 'Deletes the mappings of a customer, or one by its id' },
}

/** The description of the flavour with these options. */
export function describe(options: ResolvedOptions, declared: Declared): Description<YaasRoute> {
  return {
    title: 'YaaS Engagement Center Customer',
    version: 'v1',
    text: 'Customers, their addresses and accounts, and their numbers in ERP systems.',
    basePath: options.basePath,
    security: options.gateway ? gatewayKeys : { bearer: { type: 'http', scheme: 'bearer' } },
    needsTls: options.requireHttps,
    types: ['application/json'],
    tags: {
      customers: 'Customers of a tenant.',
      accounts: 'Logins of a customer.',
      socialMediaUsers: 'Social media users of a customer.',
      addresses: 'Addresses of a customer.',
      sdCustomerMappings: 'Numbers of customers in ERP systems.',
    },
    documents: documentsOf(declared),
    pathParameters: {
      tenant: 'The tenant of the token.',
      customerNumber: 'Number of the customer; letter case does not count.',
      addressId: 'Id of the address.',
    },
    headers: { 'hybris-request-id': text, 'Cache-Control': text },
    route: (route) => routeOf(route, options),
    faultOf: (error, { runs }) =>
      described(faultOf(error, runs === 'createInternalAccount' ? 'email' : 'contactEmail'), options),
    faultSchema,
    faultType: (document) => (document as { readonly type: string }).type,
  }
}

/** Behind a gateway the caller is who its headers say. */
const gatewayKeys = Object.fromEntries(
  ['hybris-tenant', 'hybris-client', 'hybris-scopes'].map((name) => [name, { type: 'apiKey', in: 'header', name }]),
)

function documentsOf({ customAttributes = {}, mixins = {} }: Declared): Description['documents'] {
  const attributes = Object.entries(customAttributes.customer ?? {}).map(([name, each]) => [
    name,
    attributeSchema(each),
  ])
  const custom = {
    type: ['object', 'null'],
    ...(attributes.length > 0 && { properties: Object.fromEntries(attributes) }),
  }
  const free = { type: ['object', 'null'], properties: { ...mixins, custom } }
  const shownCustomer = shownSchema(customerTable.fields)
  const address = shownSchema(addressTable.fields)
  return {
    customer: {
      ...shownCustomer,
      properties: {
        ...(shownCustomer['properties'] as Keywords),
        mixins: { ...free, type: 'object' },
        accounts: listOf('account'),
        addresses: listOf('address'),
        defaultAddress: ref('address'),
      },
    },
    customer_create: sent(customerTable, 'create', { mixins: free }),
    customer_change: withVersion(sent(customerTable, 'change', { mixins: free })),
    address,
    address_create: sent(addressTable, 'create'),
    address_change: sent(addressTable, 'change'),
    account: { type: 'object', properties: { id: text, providerId: text }, additionalProperties: false },
    account_create: sent(accountTable, 'create'),
    sdCustomerMapping: shownSchema(mappingTable.fields),
    sdCustomerMapping_create: {
      ...sent(mappingTable, 'create'),
      required: ['customerNumber', 'sdCustomerNumber'],
    },
    link: { type: 'object', properties: { id: text, link: text }, required: ['id', 'link'] },
  }
}

/** A PUT may say which version it replaces (decision 3.3). */
function withVersion(change: Keywords): Keywords {
  const properties = change['properties'] as Keywords & { readonly metadata: Keywords }
  const inner = { ...(properties.metadata['properties'] as Keywords), version: { type: ['integer', 'null'] } }
  return { ...change, properties: { ...properties, metadata: { ...properties.metadata, properties: inner } } }
}

function sent(table: FieldTable<never, object, object>, mode: 'create' | 'change', more: Keywords = {}): Keywords {
  const { $schema: _, ...schema } = table.schema(mode)
  return { ...schema, properties: { ...(schema['properties'] as Keywords), ...more } }
}

const fields = query('fields', 'Properties that are shown, separated by commas: `id,metadata.version`.')
const expand = query('expand', 'What is shown too: `accounts`, `addresses`, `defaultAddress`, `mixin:*`, `mixin:name`.')
const partial = query('partial', 'Merges instead of replacing; null removes.', flag)
const patch = query('patch', 'The same.', flag)
const header = (name: string, about: string): DescribedParameter => ({ name, in: 'header', text: about, schema: text })
const ifMatch = header('If-Match', 'ETag it must have.')
const ifNoneMatch = header('If-None-Match', 'ETag it must not have.')
const ifChanged = header('If-None-Match', 'ETag that is known: 304 if it is still the same.')

const listParameters = ({ sizes: { pageSize, maxPageSize } }: ResolvedOptions): readonly DescribedParameter[] => [
  query('pageNumber', 'From 1.', { type: 'integer', minimum: 1, default: 1 }),
  query('pageSize', 'Most entries on a page.', {
    type: 'integer',
    minimum: 1,
    maximum: maxPageSize,
    default: pageSize,
  }),
  query('totalCount', 'Whether hybris-Count is wanted; default true.', flag),
  query('q', 'Conditions, separated by blanks: `lastName:Lebowski metadata.version:>1`.'),
  query('sort', 'Properties to sort by: `lastName,firstName:desc`.'),
]

function parametersOf(route: YaasRoute, options: ResolvedOptions): readonly DescribedParameter[] {
  const { method, asks } = route
  const { isCustomer, isQuery } = factsOf(route)
  const isChange = method === 'PUT' || method === 'DELETE'
  return [
    ...(asks && isQuery ? listParameters(options) : []),
    ...(asks ? [fields] : []),
    ...(asks && isCustomer ? [expand] : []),
    ...(asks && isChange ? [partial, patch] : []),
    ...(isCustomer && isChange ? [ifMatch, ifNoneMatch] : []),
    ...(isCustomer && method === 'GET' && !isQuery ? [ifChanged] : []),
    header('hybris-request-id', 'Echoed in the reply; made if it is not sent.'),
  ]
}

function routeOf(route: YaasRoute, options: ResolvedOptions): DescribedRoute {
  const { path, runs, scope, body } = route
  const said = (runs && texts[runs]) ?? { summary: path }
  const described = {
    summary: said.summary,
    tag: factsOf(route).tag,
    parameters: parametersOf(route, options),
    replies: repliesOf(said, route, options),
    scopes: options.gateway ? [] : [scopeName(scope)],
    faults: ownFaults(route, options),
  }
  if (!body) return described
  const document = said.takes ? ref(said.takes) : {}
  return { ...described, body: { document, isNeeded: body === 'needed', example: said.sends } }
}

function repliesOf({ shows, example }: Said, route: YaasRoute, { putStatus, totals }: ResolvedOptions) {
  const { method, runs } = route
  const { isCustomer, isQuery } = factsOf(route)
  const tag = isCustomer && !isQuery ? { ETag: text } : {}
  const done = { status: 204, text: 'Done.', headers: tag }
  if (method === 'DELETE') return [{ ...done, headers: {}, status: runs === 'deleteCustomer' ? 202 : 204 }]
  const isList = shows?.['type'] === 'array'
  const headers = {
    ...(isList && { 'hybris-Count': text, ...(totals === 'capped' && { 'hybris-Count-At-Least': text }), Link: text }),
    ...tag,
    ...(method === 'POST' && { Location: text }),
  }
  const shown = { status: method === 'POST' ? 201 : 200, text: 'As asked.', document: shows ?? {}, example, headers }
  if (runs === 'getCustomer') return [shown, { status: 304, text: 'It is as the client knows it.', headers }]
  if (method !== 'PUT') return [shown]
  return putStatus === 204 ? [done] : [shown, { ...done, text: 'Done; the token lacks the scope to see it.' }]
}

/** Faults that no problem leads to: of scopes, tenants, gateways, parameters. */
function ownFaults({ asks }: YaasRoute, options: ResolvedOptions): readonly DescribedFault[] {
  const missing = validationFault([{ field: 'hybris-tenant', type: 'missing_header', message: 'is missing' }])
  const { fault } = parameterFault('fields', 'must name at least one property')
  const faults = [scopeMissing, tenantForbidden, uriTooLong, ...(asks ? [fault] : [])]
  return [...faults, ...(options.gateway ? [missing] : [])].map((each) => described(each, options))
}

function described(fault: YaasFault, options: ResolvedOptions): DescribedFault {
  const document = faultDocument(fault, options)
  return { status: document.status, document, ...(fault.headers && { headers: fault.headers }) }
}

function faultSchema(types?: readonly string[]): Keywords {
  const detail = {
    type: 'object',
    properties: { field: text, type: text, message: text, moreInfo: text },
    required: ['type', 'message', 'moreInfo'],
    additionalProperties: false,
  }
  return {
    type: 'object',
    properties: {
      status: { type: 'integer' },
      type: types ? { enum: types } : text,
      message: text,
      moreInfo: text,
      details: { type: 'array', items: detail, maxItems: 100 },
    },
    required: ['status', 'type', 'message', 'moreInfo', 'details'],
    additionalProperties: false,
  }
}
