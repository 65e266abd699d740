/** The ten operations of CustomerLists, route by route. */
import { fail } from '../../core/model/problems.js'
import { checkMatches } from '../http/preconditions.js'
import { routes as routesOf } from '../http/routes.js'
import type { ShownRecords } from '../http/shown-records.js'
import { decodeAddress, decodeAddressChange, decodeCustomer, decodeCustomerChange, passwordOf } from './decoding.js'
import { addressesDocument, listDocument, shownAddresses, shownCustomers } from './documents.js'
import type { OcapiExchange, OcapiExtras, OcapiRoute } from './exchange.js'
import { pageLinks } from './links.js'
import { ocapiProfile } from './profile.js'
import { replyEmpty, replyShowing, replyWith } from './replies.js'

const route = routesOf<OcapiExchange, OcapiExtras>('ocapi', (x) => ({
  list: x.params['list_id'] as string,
  profile: ocapiProfile,
}))

const list = '/customer_lists/{list_id}'
const customers = `${list}/customers` as const
const customer = `${customers}/{customer_no}` as const
const addresses = `${customer}/addresses` as const
const address = `${addresses}/{address_id}` as const

/** What a change of a record begins with: its tag is kept, since a PATCH that fails still tells it (decision 2.7). */
const keeping =
  <R extends object>(shown: ShownRecords<R>) =>
  (x: OcapiExchange, current: R): void => {
    x.loadedTag = () => shown.of(current).tag
  }

/** Compares If-Match and If-None-Match with the loaded record (decisions 1.16, 2.7). */
const matching =
  <R extends object>(shown: ShownRecords<R>) =>
  ({ request, options }: OcapiExchange, current: R): void =>
    checkMatches(request.headers, () => shown.of(current).tag, {
      required: options.ifMatch === 'required',
      starInLists: true,
    })

/** Every route, in the order of the seed. */
export const routes: readonly OcapiRoute[] = [
  route.plain({
    method: 'GET',
    path: list,
    async answer(x) {
      const found = await x.surroundings.clientele.listById(x.params.list_id)
      if (!found) throw fail('listNotFound', { listId: x.params.list_id })
      return replyWith(x, 200, listDocument(found))
    },
  }),
  route.writing({
    method: 'POST',
    path: customers,
    runs: 'createCustomer',
    takes: 'customer',
    target: () => ({}),
    password: (x) => passwordOf(x.body) ?? undefined,
    document: (x) => decodeCustomer(x.body, x.access),
    reply: (made, x) => replyShowing(x, x.options.createStatus, shownCustomers, made, shownCustomers.new(made)),
  }),
  route.reading({
    method: 'GET',
    path: customer,
    runs: 'getCustomer',
    input: (x) => ({ customerNo: x.params.customer_no }),
    reply: (found, x) => replyShowing(x, 200, shownCustomers, found),
  }),
  route.writing({
    method: 'PATCH',
    path: customer,
    runs: 'updateCustomer',
    takes: 'customer',
    target: (x) => ({ customerNo: x.params.customer_no }),
    password: (x) => passwordOf(x.body),
    loaded: keeping(shownCustomers),
    document: (x, current) => decodeCustomerChange(x.body, current, x.access),
    precondition: matching(shownCustomers),
    reply: (changed, x) => replyShowing(x, 200, shownCustomers, changed),
  }),
  route.writing({
    method: 'DELETE',
    path: customer,
    runs: 'deleteCustomer',
    target: (x) => ({ customerNo: x.params.customer_no }),
    precondition: matching(shownCustomers),
    reply: (_, x) => replyEmpty(x),
  }),
  route.reading({
    method: 'GET',
    path: addresses,
    runs: 'findAddresses',
    hasPages: true,
    input: (x) => ({
      customerNo: x.params.customer_no,
      query: { offset: x.asked.page.start, limit: x.asked.page.count, totals: x.options.totals },
    }),
    reply: (found, x) => {
      const { page, select } = x.asked
      const links = pageLinks(x, page, found.total)
      return replyWith(x, 200, addressesDocument(found, page.start, links, select?.text, x.options.totals))
    },
  }),
  route.writing({
    method: 'POST',
    path: addresses,
    runs: 'createAddress',
    takes: 'customer_address',
    target: (x) => ({ customerNo: x.params.customer_no }),
    document: (x) => decodeAddress(x.body, x.access),
    reply: (made, x) => replyShowing(x, x.options.createStatus, shownAddresses, made),
  }),
  route.reading({
    method: 'GET',
    path: address,
    runs: 'getAddress',
    input: (x) => ({ customerNo: x.params.customer_no, addressId: x.params.address_id }),
    reply: (found, x) => replyShowing(x, 200, shownAddresses, found),
  }),
  route.writing({
    method: 'PATCH',
    path: address,
    runs: 'updateAddress',
    takes: 'customer_address',
    target: (x) => ({ customerNo: x.params.customer_no, addressId: x.params.address_id }),
    loaded: keeping(shownAddresses),
    document: (x, current) => decodeAddressChange(x.body, current, x.access),
    precondition: matching(shownAddresses),
    reply: (changed, x) => replyShowing(x, 200, shownAddresses, changed),
  }),
  route.writing({
    method: 'DELETE',
    path: address,
    runs: 'deleteAddress',
    target: (x) => ({ customerNo: x.params.customer_no, addressId: x.params.address_id }),
    precondition: matching(shownAddresses),
    reply: (_, x) => replyEmpty(x),
  }),
]
