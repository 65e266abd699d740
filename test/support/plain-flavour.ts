/** A third flavour, as somebody else would write it: three routes, plain JSON, faults of two words. Nobody else knows it. */
import { Exchange } from '../../adapters/http/exchange.js'
import { checkToken } from '../../adapters/http/authentication.js'
import type { Description } from '../../adapters/http/description.js'
import { accepted } from '../../adapters/http/field-decoding.js'
import { shownSchema } from '../../adapters/http/field-schema.js'
import { fieldTable } from '../../adapters/http/field-table.js'
import type { FieldTable } from '../../adapters/http/field-table.js'
import { flavour } from '../../adapters/http/flavour.js'
import type { Flavour } from '../../adapters/http/flavour.js'
import { parseJson } from '../../adapters/http/json.js'
import { namesOf } from '../../adapters/http/namings.js'
import { OwnFault } from '../../adapters/http/protocol.js'
import type { Reply } from '../../adapters/http/protocol.js'
import type { Route } from '../../adapters/http/route-matcher.js'
import { routes as routesOf } from '../../adapters/http/routes.js'
import { matchRoute, runRoute } from '../../adapters/http/steps.js'
import { checkHost } from '../../adapters/http/transport.js'
import { profiles } from '../../core/index.js'
import type { Customer, CustomerChange, CustomerCreate } from '../../core/index.js'
import { customerSchema } from '../../core/model/schemas.js'

/** Its name. */
export const plainName = 'plain'

type PlainRoute = Route<PlainExchange>
class PlainExchange extends Exchange<PlainRoute> {
  body: unknown
}

const { email, firstName, lastName } = customerSchema.properties
const customers: FieldTable<Customer, CustomerCreate, CustomerChange> = fieldTable({
  name: 'customer',
  fields: [
    { name: 'number', at: ['customerNo'], access: 'readOnly' },
    { name: 'mail', at: ['email'], schema: email },
    { name: 'first', at: ['firstName'], schema: firstName },
    { name: 'last', at: ['lastName'], schema: lastName },
  ],
})

const answer = (status: number, document: object): Reply => ({
  status,
  headers: { 'Content-Type': 'application/json' },
  body: JSON.stringify(document),
})

const route = routesOf<PlainExchange>(plainName, (x) => ({ list: x.params['list'] ?? '', profile: profiles.library }))
const routes: readonly PlainRoute[] = [
  route.writing({
    method: 'POST',
    path: '/{list}',
    runs: 'createCustomer',
    target: () => ({}),
    document: (x) => ({ create: accepted('customer', customers.decode(x.body, 'create')) }),
    reply: (made) => answer(201, customers.toDocument(made)),
  }),
  route.reading({
    method: 'GET',
    path: '/{list}/{number}',
    runs: 'getCustomer',
    input: (x) => ({ customerNo: x.params.number }),
    reply: (found) => answer(200, customers.toDocument(found)),
  }),
  route.writing({
    method: 'PATCH',
    path: '/{list}/{number}',
    runs: 'updateCustomer',
    target: (x) => ({ customerNo: x.params.number }),
    document: (x, current) => ({ update: accepted('customer', customers.decode(x.body, 'change', current)) }),
    reply: (changed) => answer(200, customers.toDocument(changed)),
  }),
]

const readBody = async (x: PlainExchange): Promise<void> => {
  if (x.method !== 'GET') x.body = parseJson(await x.request.body())
}

const text = { type: 'string' }
const refusal = (error: { readonly problem: { readonly kind: string } }) => error.problem.kind

/** What it says of itself. */
const description: Description = {
  title: 'Plain customers',
  version: '1',
  text: 'A third flavour.',
  basePath: '/plain',
  security: { bearer: { type: 'http', scheme: 'bearer' } },
  needsTls: false,
  types: ['application/json'],
  tags: { customers: 'Customers.' },
  documents: { customer: shownSchema(customers.fields) },
  pathParameters: {},
  headers: { 'x-request-id': text },
  route({ method }) {
    const document = { $ref: '#/components/schemas/customer' }
    const replies = [{ status: method === 'POST' ? 201 : 200, text: 'The customer.', document }]
    const described = { summary: `${method} a customer`, tag: 'customers', replies }
    return method === 'GET'
      ? described
      : { ...described, body: { document, isNeeded: true, example: { last: 'Dude' } } }
  },
  faultOf: (error) => ({ status: statuses[refusal(error)] ?? 400, document: { refused: refusal(error) } }),
  faultSchema: (types) => ({ type: 'object', properties: { refused: types ? { enum: types } : text } }),
  faultType: (document) => (document as { readonly refused: string }).refused,
}

const statuses: Readonly<Record<string, number>> = { tokenMissing: 401, customerNotFound: 404, internal: 500 }

/** The flavour, below `/plain`. */
export const plain = (): Flavour =>
  flavour<PlainExchange, PlainRoute, never>({
    name: plainName,
    profile: profiles.library,
    documents: {
      customer: { toDocument: customers.toDocument, namesOf: namesOf(customers) },
      address: { toDocument: () => ({}), namesOf: () => [] },
    },
    describe: () => Promise.resolve(description),
    claims: (path) => path.startsWith('/plain/'),
    requestIdHeader: 'x-request-id',
    routes,
    begin: (request, surroundings) => new PlainExchange(request, surroundings),
    steps: [checkHost, checkToken(plainName), (x) => matchRoute(x, x.request.path.slice(6)), readBody, runRoute],
    fault(error) {
      const kind = error instanceof OwnFault ? 'fault' : error.problem.kind
      return answer(statuses[kind] ?? 400, { refused: kind })
    },
    lastResort: answer(500, { refused: 'internal' }),
  })
