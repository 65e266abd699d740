import { definePlugin } from '../core/extension/hooks.js'
import type { Plugin } from '../core/extension/hooks.js'
import type { AddressCreate, Customer } from '../core/model/documents.js'

/** What the first address is made of; `undefined` makes none. Default: an address `home` with the customer's names. */
export type FirstAddress = (customer: Customer) => AddressCreate | undefined

const home: FirstAddress = ({ salutation, title, firstName, secondName, lastName, suffix, companyName }) => {
  const parts = { salutation, title, firstName, secondName, lastName, suffix, companyName }
  const given = Object.entries(parts).filter(([, value]) => value !== undefined)
  return given.length === 0 ? undefined : { addressId: 'home', ...Object.fromEntries(given) }
}

/**
 * Works on another record in the same unit of work: every new customer gets a first address. Either both are stored or
 * neither is; the address passes its own extension points.
 *
 * ```ts
 * createClientele({ …, plugins: [defaultAddress(({ lastName }) => ({ addressId: 'main', lastName, countryCode: 'DE' }))] })
 * ```
 */
export function defaultAddress(first: FirstAddress = home): Plugin {
  return definePlugin({
    name: 'default-address',
    hooks: {
      async 'dw.ocapi.data.customer_list.customers.afterPOST'(customer, _create, _customerListId, { customers }) {
        const create = first(customer)
        if (create) await customers.createAddress({ customerNo: customer.customerNo, create })
      },
    },
  })
}
