/** What `expand` adds to customers (decision 3.11): read after the customers themselves. */
import type { Customer } from '../../core/model/documents.js'
import { CustomerError } from '../../core/model/problems.js'
import type { Page } from '../../core/ports/storage.js'
import type { Reply } from '../http/protocol.js'
import { addressTable, customerDocument, shownCustomers } from './documents.js'
import { termsOf } from './exchange.js'
import type { YaasExchange } from './exchange.js'
import { nothingAsked } from './parameters.js'
import { list } from './replies.js'

/** Customers of a list that are expanded at the same time. */
const atOnce = 8

/** A page of customers, with what `expand` adds to each. */
export function customerList(x: YaasExchange, found: Page<Customer>): Promise<Reply> {
  return isMoreWanted(x)
    ? list(x, '/customers', expandedAll(x, found.items), (document) => JSON.stringify(x.asked.cut(document)), found)
    : list(x, '/customers', [found.items], (customer) => plainText(x, customer), found)
}

/** The JSON text of a customer, with what `expand` adds. */
export function customerText(x: YaasExchange, customer: Customer): string | Promise<string> {
  return isMoreWanted(x)
    ? expanded(x, customer).then((document) => JSON.stringify(x.asked.cut(document)))
    : plainText(x, customer)
}

/** Whether `expand` asks for what stands in other records. */
export function isMoreWanted({ asked }: YaasExchange): boolean {
  const { accounts, addresses, defaultAddress } = asked.expansion
  return accounts || addresses || defaultAddress
}

/** The JSON text of a customer without what stands in other records. */
function plainText({ asked: { cut, expansion } }: YaasExchange, customer: Customer): string {
  return cut === nothingAsked.cut && expansion === nothingAsked.expansion
    ? shownCustomers.of(customer).text
    : JSON.stringify(cut(customerDocument(customer, expansion.mixins)))
}

/** The documents of several customers, with what `expand` adds to each, some at a time. */
async function* expandedAll(x: YaasExchange, customers: readonly Customer[]) {
  for (let at = 0; at < customers.length; at += atOnce) {
    const some = customers.slice(at, at + atOnce)
    yield await Promise.all(some.map((customer) => expanded(x, customer)))
  }
}

/** The document of a customer, with what `expand` adds. */
async function expanded(x: YaasExchange, customer: Customer): Promise<{ [name: string]: unknown }> {
  const { accounts, addresses, defaultAddress, mixins } = x.asked.expansion
  const document = customerDocument(customer, mixins)
  const { clientele } = x.surroundings
  const input = { customerNo: customer.customerNo }
  const call = { ...termsOf(x), input }
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
