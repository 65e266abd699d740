/** The ten operations of CustomerLists, row by row. */
import { fail } from '../../core/model/problems.js'
import { routes } from '../http/flavour.js'
import {
  addressDocument,
  addressTable,
  addressTag,
  customerDocument,
  customerTag,
  decodeAddress,
  decodeAddressChange,
  decodeCustomer,
  decodeCustomerChange,
  listDocument,
  passwordOf,
  version,
} from './documents.js'
import { replyEmpty, replyWith } from './exchange.js'
import type { OcapiExchange, OcapiRow, Takes } from './exchange.js'
import { ocapiProfile } from './profile.js'
import { isMatch, pageLink } from './query.js'
import type { PageAsked } from './query.js'
import type { Selector } from './select.js'

const route = routes<OcapiExchange, Takes>('ocapi', (x) => ({
  list: x.params['list_id'] as string,
  profile: ocapiProfile,
}))

type Writable = Selector | undefined
const nothing: Selector = { text: '', apply: () => ({}) }

const list = '/customer_lists/{list_id}'
const customers = `${list}/customers` as const
const customer = `${customers}/{customer_no}` as const
const addresses = `${customer}/addresses` as const
const address = `${addresses}/{address_id}` as const

/** Remembers the tag of the loaded record for a failing PATCH, and gives what `decode` makes of the body. */
const changing =
  <R extends object, D>(tagOf: (record: R) => string, decode: (body: unknown, record: R, write?: Writable) => D) =>
  (x: OcapiExchange, current: R): D => {
    x.tag = tagOf(current)
    return decode(x.body, current, writable(x))
  }

/** The selector of what the client may write; undefined for everything. */
function writable(x: OcapiExchange): Writable {
  return x.access && (x.access.write ?? nothing)
}

/** Compares If-Match with the loaded record (decision 2.7). */
const matching =
  <R extends object>(tagOf: (record: R) => string) =>
  (x: OcapiExchange, current: R): void => {
    const sent = x.request.headers['if-match'] as string | undefined
    if (sent === undefined) {
      if (x.options.ifMatch === 'required') throw fail('preconditionRequired', {})
    } else if (!isMatch(sent, tagOf(current))) throw fail('preconditionFailed', { how: 'ifMatch', sent })
  }

/** Every row, in the order of the seed. */
export const ocapiRows: readonly OcapiRow[] = [
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
    document: (x) => decodeCustomer(x.body, writable(x)),
    reply: (made, x) => replyWith(x, x.options.createStatus, customerDocument(made), customerTag(made)),
  }),
  route.reading({
    method: 'GET',
    path: customer,
    runs: 'getCustomer',
    input: (x) => ({ customerNo: x.params.customer_no }),
    reply: (found, x) => replyWith(x, 200, customerDocument(found), customerTag(found)),
  }),
  route.writing({
    method: 'PATCH',
    path: customer,
    runs: 'updateCustomer',
    takes: 'customer',
    target: (x) => ({ customerNo: x.params.customer_no }),
    password: (x) => passwordOf(x.body),
    document: changing(customerTag, decodeCustomerChange),
    precondition: matching(customerTag),
    reply: (changed, x) => replyWith(x, 200, customerDocument(changed), customerTag(changed)),
  }),
  route.writing({
    method: 'DELETE',
    path: customer,
    runs: 'deleteCustomer',
    target: (x) => ({ customerNo: x.params.customer_no }),
    precondition: matching(customerTag),
    reply: (_, x) => replyEmpty(x),
  }),
  route.reading({
    method: 'GET',
    path: addresses,
    runs: 'findAddresses',
    input: (x) => {
      const { start, count } = x.page as PageAsked
      return { customerNo: x.params.customer_no, query: { offset: start, limit: count } }
    },
    reply: ({ items, total }, x) => {
      const { start, count } = x.page as PageAsked
      const link = (from: number) => pageLink(x.request, { start: from, count })
      return replyWith(x, 200, {
        _v: version,
        _type: 'customer_address_result',
        count: items.length,
        data: items.map((each) => addressTable.toDocument(each)),
        ...(start + count < total && { next: link(start + count) }),
        ...(start > 0 && { previous: link(Math.max(0, start - count)) }),
        ...(x.select && { select: x.select.text }),
        start,
        total,
      })
    },
  }),
  route.writing({
    method: 'POST',
    path: addresses,
    runs: 'createAddress',
    takes: 'customer_address',
    target: (x) => ({ customerNo: x.params.customer_no }),
    document: (x) => decodeAddress(x.body, writable(x)),
    reply: (made, x) => replyWith(x, x.options.createStatus, addressDocument(made), addressTag(made)),
  }),
  route.reading({
    method: 'GET',
    path: address,
    runs: 'getAddress',
    input: (x) => ({ customerNo: x.params.customer_no, addressId: x.params.address_id }),
    reply: (found, x) => replyWith(x, 200, addressDocument(found), addressTag(found)),
  }),
  route.writing({
    method: 'PATCH',
    path: address,
    runs: 'updateAddress',
    takes: 'customer_address',
    target: (x) => ({ customerNo: x.params.customer_no, addressId: x.params.address_id }),
    document: changing(addressTag, decodeAddressChange),
    precondition: matching(addressTag),
    reply: (changed, x) => replyWith(x, 200, addressDocument(changed), addressTag(changed)),
  }),
  route.writing({
    method: 'DELETE',
    path: address,
    runs: 'deleteAddress',
    target: (x) => ({ customerNo: x.params.customer_no, addressId: x.params.address_id }),
    precondition: matching(addressTag),
    reply: (_, x) => replyEmpty(x),
  }),
]
