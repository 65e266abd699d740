/** The routes of addresses (decision 3.13). */
import type { Address } from '../../core/model/documents.js'
import { accepted, decodeAddressChange } from './decoding.js'
import { addressTable } from './documents.js'
import type { YaasRoute } from './exchange.js'
import { asksForChange, asksForItem, asksForList } from './parameters.js'
import { addressPath } from './paths.js'
import { addressFields } from './q-conditions.js'
import { changed, created, item, listOf } from './replies.js'
import { findAddress, findCustomer, route } from './route.js'

/** Routes of addresses. */
export const addressRoutes: readonly YaasRoute[] = [
  route.writing({
    method: 'POST',
    path: '/{tenant}/customers/{customerNumber}/addresses',
    runs: 'createAddress',
    scope: 'manage',
    body: 'needed',
    find: findCustomer,
    target: (x) => ({ customerNo: x.params.customerNumber }),
    document: (x) => ({ create: accepted(x, addressTable.decode(x.body, 'create')) }),
    reply: ({ addressId }, x, { customerNo = '' }) => created(x, addressId, addressPath(customerNo, addressId)),
  }),
  route.reading({
    method: 'GET',
    path: '/{tenant}/customers/{customerNumber}/addresses',
    runs: 'findAddresses',
    scope: 'view',
    find: findCustomer,
    asks: asksForList(addressFields),
    input: (x) => ({ customerNo: x.params.customerNumber, query: x.asked.query }),
    reply: (found, x) => listOf(x, addressPath(x.customer?.customerNo ?? x.params.customerNumber), addressTable, found),
  }),
  route.plain({
    method: 'GET',
    path: '/{tenant}/customers/{customerNumber}/addresses/{addressId}',
    runs: 'getAddress',
    scope: 'view',
    find: findAddress,
    asks: asksForItem,
    answer: (x) => item(x, addressTable.toDocument(x.address as Address)),
  }),
  route.writing({
    method: 'PUT',
    path: '/{tenant}/customers/{customerNumber}/addresses/{addressId}',
    runs: 'updateAddress',
    scope: 'manage',
    body: 'needed',
    find: findAddress,
    target: (x) => ({ customerNo: x.params.customerNumber, addressId: x.params.addressId }),
    asks: asksForChange,
    document: (x, current) => ({ update: decodeAddressChange(x, current) }),
    reply: (address, x) => changed(x, () => item(x, addressTable.toDocument(address))),
  }),
  route.writing({
    method: 'DELETE',
    path: '/{tenant}/customers/{customerNumber}/addresses/{addressId}',
    runs: 'deleteAddress',
    scope: 'manage',
    target: (x) => ({ customerNo: x.params.customerNumber, addressId: x.params.addressId }),
    reply: () => ({ status: 204, headers: {} }),
  }),
]
