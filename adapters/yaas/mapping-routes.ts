/** The routes of ERP mappings (decision 3.15). */
import { decodeMapping } from './decoding.js'
import { mappingTable } from './documents.js'
import type { YaasRoute } from './exchange.js'
import { asksForList } from './parameters.js'
import { mappingFields } from './q-conditions.js'
import { created, listOf } from './replies.js'
import { route } from './route.js'

/** Routes of mappings. */
export const mappingRoutes: readonly YaasRoute[] = [
  route.writing({
    method: 'POST',
    path: '/{tenant}/sdCustomerMappings',
    runs: 'createMapping',
    scope: 'manage',
    body: 'needed',
    target: () => ({}),
    document: (x) => ({ create: decodeMapping(x) }),
    reply: ({ id }, x) => created(x, id, `/sdCustomerMappings/${id}`),
  }),
  route.reading({
    method: 'GET',
    path: '/{tenant}/sdCustomerMappings',
    runs: 'findMappings',
    scope: 'view',
    asks: asksForList(mappingFields),
    input: (x) => ({ query: x.asked.query }),
    reply: (found, x) => listOf(x, '/sdCustomerMappings', mappingTable, found),
  }),
  route.writing({
    method: 'DELETE',
    path: '/{tenant}/sdCustomerMappings/{customerNumber}',
    runs: 'deleteMappings',
    scope: 'manage',
    target: ({ params: { customerNumber } }) => ({ customerNumber, id: customerNumber }),
    reply: () => ({ status: 204, headers: {} }),
  }),
]
