/** The routes of customers. */
import type { Customer, CustomerChange, CustomerCreate } from '../../core/model/documents.js'
import { fail } from '../../core/model/problems.js'
import type { Decoded } from '../http/field.js'
import { checkMatches } from '../http/preconditions.js'
import type { Reply } from '../http/protocol.js'
import { accepted, decodeCustomer, decodeCustomerChange } from './decoding.js'
import { bodyPath, customerTag } from './documents.js'
import type { YaasExchange, YaasRoute } from './exchange.js'
import { customerList, customerText } from './expansion.js'
import { asksForChange, asksForItem, asksForList } from './parameters.js'
import { customerPath } from './paths.js'
import { customerFields } from './q-conditions.js'
import { answerText, changed, created } from './replies.js'
import { findCustomer, route } from './route.js'

/** If-Match and If-None-Match, then metadata.version against the stored customer (decision 3.3). */
function checkVersion(x: YaasExchange, current: Customer): void {
  checkTag(x, current)
  const version = (x.body['metadata'] as { readonly version?: number | null } | null | undefined)?.version ?? undefined
  if (version !== undefined && version !== current.version)
    throw fail('preconditionFailed', { how: 'version', sent: String(version) })
}

function checkTag(x: YaasExchange, current: Customer): void {
  checkMatches(x.request.headers, () => customerTag(current))
}

/** Has the library check what a document sets, so that what is wrong there is told with all else that is wrong. */
async function checkCustomer(x: YaasExchange, decoded: Decoded<CustomerCreate | CustomerChange>): Promise<void> {
  const found = await x.surroundings.clientele.checkCustomer(decoded.document, x.customer)
  x.violations = found.map((violation) => ({ ...violation, path: bodyPath(violation.path) }))
  accepted(x, decoded)
}

async function shown(x: YaasExchange, customer: Customer): Promise<Reply> {
  return answerText(200, await customerText(x, customer), { ETag: customerTag(customer) })
}

/** Routes of customers. */
export const customerRoutes: readonly YaasRoute[] = [
  route.writing({
    method: 'POST',
    path: '/{tenant}/customers',
    runs: 'createCustomer',
    scope: 'manage',
    body: 'needed',
    target: () => ({}),
    check: (x) => checkCustomer(x, decodeCustomer(x)),
    document: (x) => ({ create: accepted(x, decodeCustomer(x)) }),
    reply: (customer, x) =>
      created(x, customer.customerNo, customerPath(customer.customerNo), { ETag: customerTag(customer) }),
  }),
  route.reading({
    method: 'GET',
    path: '/{tenant}/customers',
    runs: 'findCustomers',
    scope: 'view',
    asks: asksForList(customerFields),
    input: (x) => ({ query: x.asked.query }),
    reply: (found, x) => customerList(x, found),
  }),
  route.plain({
    method: 'GET',
    path: '/{tenant}/customers/{customerNumber}',
    runs: 'getCustomer',
    scope: 'view',
    find: findCustomer,
    asks: asksForItem,
    answer: (x) => shown(x, x.customer as Customer),
  }),
  route.writing({
    method: 'PUT',
    path: '/{tenant}/customers/{customerNumber}',
    runs: 'updateCustomer',
    scope: 'manage',
    body: 'needed',
    find: findCustomer,
    target: (x) => ({ customerNo: x.params.customerNumber }),
    asks: asksForChange,
    check: (x) => checkCustomer(x, decodeCustomerChange(x, x.customer as Customer)),
    document: (x, current) => ({ update: accepted(x, decodeCustomerChange(x, current)) }),
    precondition: checkVersion,
    reply: (customer, x) => changed(x, () => shown(x, customer), { ETag: customerTag(customer) }),
  }),
  route.writing({
    method: 'DELETE',
    path: '/{tenant}/customers/{customerNumber}',
    runs: 'deleteCustomer',
    scope: 'manage',
    target: (x) => ({ customerNo: x.params.customerNumber }),
    precondition: checkTag,
    reply: () => ({ status: 202, headers: {} }),
  }),
]
