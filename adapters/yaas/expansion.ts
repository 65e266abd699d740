/** What `expand` adds to customers (decision 3.11): read after the customers themselves. */
import type { Customer } from '../../core/model/documents.js'
import { CustomerError } from '../../core/model/problems.js'
import { addressTable, customerDocument } from './documents.js'
import { termsOf } from './exchange.js'
import type { YaasExchange } from './exchange.js'

/** Customers of a list that are expanded at the same time. */
const atOnce = 8

/** The documents of several customers, with what `expand` adds to each, some at a time. */
export async function* expandedAll(x: YaasExchange, customers: readonly Customer[]) {
  const { accounts, addresses, defaultAddress, mixins } = x.asked.expansion
  if (!accounts && !addresses && !defaultAddress) {
    yield customers.map((customer) => customerDocument(customer, mixins))
    return
  }
  for (let at = 0; at < customers.length; at += atOnce) {
    const some = customers.slice(at, at + atOnce)
    yield await Promise.all(some.map((customer) => expanded(x, customer)))
  }
}

/** The document of a customer, with what `expand` adds. */
export async function expanded(x: YaasExchange, customer: Customer): Promise<{ [name: string]: unknown }> {
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
