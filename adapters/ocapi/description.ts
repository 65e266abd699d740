/** What the flavour says of itself, for `clientele/openapi`. */
import { operations } from '../../core/model/operations.js'
import { attributeSchema } from '../http/declared-schema.js'
import type { Declared, DescribedFault, DescribedParameter, DescribedRoute, Description } from '../http/description.js'
import { shownSchema } from '../http/field-schema.js'
import type { FieldTable } from '../http/field-table.js'
import type { Keywords } from '../http/field.js'
import { addressTable, customerTable, version } from './documents.js'
import * as examples from './examples.js'
import type { OcapiRoute } from './exchange.js'
import { faultOf, faultOfType, faultTypes } from './faults.js'
import type { Fault, FaultType } from './faults.js'
import type { ResolvedOptions } from './options.js'
import { faultDocument } from './replies.js'

const text = { type: 'string' }
const ref = (name: string): Keywords => ({ $ref: `#/components/schemas/${name}` })
const envelope = (type: string) => ({ _v: { const: version }, _type: { const: type } })

/** A reply document: a selector may leave any property out, but for version and type. */
const reply = (type: string, schema: Keywords): Keywords => ({
  ...schema,
  properties: { ...envelope(type), ...(schema['properties'] as Keywords) },
  required: ['_v', '_type'],
})

const query = (name: string, about: string, schema: Keywords = text): DescribedParameter => ({
  name,
  in: 'query',
  text: about,
  schema,
})
const header = (name: string, about: string): DescribedParameter => ({ name, in: 'header', text: about, schema: text })

const select = query('select', 'What of the reply document is shown: `(**)`, `(last_name,credentials.(login))`.')
const everywhere = [
  query('format', 'Format of the reply, before the Accept header.', { type: 'string', enum: ['json', 'xml'] }),
  query('client_id', 'Must be the client of the token, if it is sent.'),
  header('x-dw-client-id', 'The same as a header.'),
  header('x-request-id', 'Echoed in the reply; made if it is not sent.'),
]

/** Summary, document of the reply and examples of each operation. */
const texts: Readonly<Record<string, { summary: string; shows?: string; example?: object; sends?: object }>> = {
  getCustomerList: { summary: 'Shows a customer list', shows: 'customer_list', example: examples.list },
  createCustomer: {
    summary: 'Creates a customer',
    shows: 'customer',
    example: examples.customer,
    sends: examples.newCustomer,
  },
  getCustomer: { summary: 'Shows a customer', shows: 'customer', example: examples.customer },
  updateCustomer: {
    summary: 'Changes the properties that are sent; null removes',
    shows: 'customer',
    example: examples.customer,
    sends: examples.customerChange,
  },
  deleteCustomer: { summary: 'Deletes a customer with its addresses' },
  findAddresses: {
    summary: 'Shows the addresses of a customer, page by page',
    shows: 'customer_address_result',
    example: examples.addresses,
  },
  createAddress: {
    summary: 'Creates an address',
    shows: 'customer_address',
    example: examples.address,
    sends: examples.newAddress,
  },
  getAddress: { summary: 'Shows an address', shows: 'customer_address', example: examples.address },
  updateAddress: {
    summary: 'Changes the properties that are sent; null removes',
    shows: 'customer_address',
    example: examples.address,
    sends: examples.addressChange,
  },
  deleteAddress: { summary: 'Deletes an address' },
}

/** The description of the flavour with these options. */
export function describe(options: ResolvedOptions, declared: Declared): Description<OcapiRoute> {
  return {
    title: 'OCAPI Data API: CustomerLists',
    version,
    text: 'The resource CustomerLists of the Open Commerce API, Data API 16.2. Also served below `/s/-/dw/data/v16_2`. There is no list or search of customers in this version.',
    basePath: '/dw/data/v16_2',
    security: { bearer: { type: 'http', scheme: 'bearer' } },
    needsTls: options.plainHttp !== 'allowed',
    types: ['application/json', 'application/xml'],
    tags: {
      'customer lists': 'Customer lists: what keeps customers.',
      customers: 'Customers of a list.',
      addresses: 'Addresses of a customer.',
    },
    documents: documentsOf(declared),
    pathParameters: {
      list_id: 'Id of the customer list.',
      customer_no: 'Number of the customer; letter case does not count.',
      address_id: 'Id of the address.',
    },
    headers: { 'x-request-id': text },
    route: (route) => routeOf(route, options),
    faultOf: (error) => described(faultOf(error), options),
    faultSchema,
    faultType: (document) => (document as { readonly fault: { readonly type: string } }).fault.type,
  }
}

function documentsOf({ customAttributes = {} }: Declared): Description['documents'] {
  const { customer, address } = customAttributes
  const sent = (table: FieldTable<never, object, object>, mode: 'create' | 'change', attributes: typeof customer) => {
    const { $schema: _, ...schema } = table.schema(mode)
    return attributes ? withAttributes(schema, attributes) : schema
  }
  const shownAddress = reply('customer_address', shownSchema(addressTable.fields, addressTable.open))
  return {
    customer: reply('customer', shownSchema(customerTable.fields, customerTable.open)),
    customer_create: sent(customerTable, 'create', customer),
    customer_change: sent(customerTable, 'change', customer),
    customer_address: shownAddress,
    customer_address_create: sent(addressTable, 'create', address),
    customer_address_change: sent(addressTable, 'change', address),
    customer_address_result: reply('customer_address_result', {
      type: 'object',
      properties: {
        count: { type: 'integer' },
        data: { type: 'array', items: shownSchema(addressTable.fields, addressTable.open) },
        next: text,
        previous: text,
        select: text,
        start: { type: 'integer' },
        total: { type: 'integer' },
        total_at_least: { type: 'integer' },
      },
      additionalProperties: false,
    }),
    customer_list: reply('customer_list', { type: 'object', properties: { id: text }, additionalProperties: false }),
  }
}

/** The declared attributes instead of any. */
function withAttributes(
  document: Keywords,
  attributes: NonNullable<NonNullable<Declared['customAttributes']>['customer']>,
): Keywords {
  const { patternProperties: _, ...schema } = document
  const added = Object.entries(attributes).map(([name, declared]) => [`c_${name}`, attributeSchema(declared)])
  return { ...schema, properties: { ...(schema['properties'] as Keywords), ...Object.fromEntries(added) } }
}

function routeOf({ method, runs, takes, hasPages }: OcapiRoute, options: ResolvedOptions): DescribedRoute {
  const id = runs ?? 'getCustomerList'
  const { summary, shows, example, sends } = texts[id] ?? { summary: id }
  const isChange = method === 'PATCH' || method === 'DELETE'
  const isTagged = shows === 'customer' || shows === 'customer_address'
  const isKnowable = isTagged && method === 'GET'
  const parameters = [
    ...(method === 'DELETE' ? [] : [select]),
    ...(hasPages ? pageParameters(options) : []),
    ...(isChange ? [{ ...header('If-Match', 'ETag that the record must have.'), required: isRequired(options) }] : []),
    ...(isChange ? [header('If-None-Match', 'ETag that the record must not have.')] : []),
    ...(isKnowable ? [header('If-None-Match', 'ETag that is known: 304 if it is still the same.')] : []),
    ...(method === 'POST' ? overrideParameters : []),
    ...everywhere,
  ]
  const headers = { 'Cache-Control': text, Expires: text, ...(isTagged && { ETag: text }) }
  const document = shows && { document: ref(shows), example, headers }
  const status = method === 'DELETE' ? 204 : method === 'POST' ? options.createStatus : 200
  const known = { status: 304, text: 'It is as the client knows it.', headers }
  const replies = [{ status, text: shows ?? 'Done.', ...document }, ...(isKnowable ? [known] : [])]
  const described = {
    id,
    summary,
    tag: tagOf(runs),
    parameters,
    replies,
    faults: ownFaults(method, takes !== undefined, options),
  }
  if (!takes) return described
  const body = { document: ref(`${takes}_${method === 'POST' ? 'create' : 'change'}`), isNeeded: true, example: sends }
  return { ...described, body }
}

const tagOf = (runs: OcapiRoute['runs']): string => {
  if (!runs) return 'customer lists'
  return operations[runs].subject === 'address' ? 'addresses' : 'customers'
}

const isRequired = ({ ifMatch }: ResolvedOptions): boolean => ifMatch === 'required'

const overrides = { type: 'string', enum: ['PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS'] }
const overrideParameters = [
  query('method', 'The method that is meant, for clients that can send GET and POST alone.', overrides),
  { ...header('x-dw-http-method-override', 'The same as a header.'), schema: overrides },
]

const pageParameters = ({ pageSize }: ResolvedOptions): readonly DescribedParameter[] => [
  query('start', 'Place of the first address, from 0.', { type: 'integer', minimum: 0, default: 0 }),
  query('count', 'Most addresses on the page.', { type: 'integer', minimum: 1, maximum: 200, default: pageSize }),
]

/** Faults that no problem leads to: of paths, clients, selectors and formats. */
function ownFaults(method: string, takesBody: boolean, options: ResolvedOptions): readonly DescribedFault[] {
  const types: FaultType[] = ['ResourcePathException', 'InvalidClientIdException', 'ClientAccessForbiddenException']
  types.push('MalformedSelectorException', 'UnsupportedFormatException')
  if (method === 'POST') types.push('IllegalHttpMethodOverrideException', 'MethodNotAllowedException')
  if (options.access) types.push('UnauthorizedOriginException')
  if (options.access && method === 'GET') types.push('UnauthorizedReadAccessException')
  if (options.access && takesBody) types.push('UnauthorizedWriteAccessException')
  return types.map((type) => described(faultOfType(type, examples.faultArguments[type]), options))
}

function described(fault: Fault, options: ResolvedOptions): DescribedFault {
  const { status } = faultTypes[fault.type]
  const common = { 'Cache-Control': '', Expires: '', ETag: '', ...fault.headers }
  return { status, document: faultDocument(fault, options), headers: common }
}

function faultSchema(types: readonly string[] = Object.keys(faultTypes)): Keywords {
  return {
    type: 'object',
    properties: {
      ...envelope('fault'),
      fault: {
        type: 'object',
        properties: { type: { enum: types }, message: text, arguments: { type: 'object' } },
        required: ['type', 'message'],
        additionalProperties: false,
      },
    },
    required: ['_v', '_type', 'fault'],
  }
}
