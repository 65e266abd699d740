/** `dw/customer/…`: customers beyond the argument. */
import { listOf, ScriptIterator } from '../objects/collections.js'
import { platformObject } from '../platform-object.js'
import type { ModuleMaker, Surroundings } from './surroundings.js'

/** Places of profile properties that searches may name. */
const searchable: Readonly<Record<string, string>> = {
  'credentials.login': 'credentials.login',
  login: 'credentials.login',
  customerNo: 'customerNo',
  email: 'email',
  firstName: 'firstName',
  lastName: 'lastName',
  companyName: 'companyName',
  phoneHome: 'phoneHome',
  phoneMobile: 'phoneMobile',
  phoneBusiness: 'phoneBusiness',
}

/** Modules by name. */
export const customerModules: Readonly<Record<string, ModuleMaker>> = { 'dw/customer/CustomerMgr': customerMgr }

function customerMgr({ records, request }: Surroundings): object {
  const list = platformObject({ type: 'dw.customer.CustomerList', properties: { ID: { get: () => request.list } } })
  const profileOf = (customer: object): object => (customer as { profile: object }).profile
  const byLogin = (login: string): object | null =>
    records.find({ where: where('credentials.login', login) }).items[0] ?? null
  const search = (query: string, values: readonly unknown[]): readonly object[] =>
    records.find(queryOf(query, values)).items.map(profileOf)
  return {
    siteCustomerList: list,
    getSiteCustomerList: () => list,
    getCustomerList: (id: string) => (id === request.list ? list : null),
    getCustomerByLogin: byLogin,
    getCustomerByCustomerNumber: (customerNo: string) => records.byNumber(customerNo),
    getProfile: (customerNo: string) => {
      const customer = records.byNumber(customerNo)
      return customer && profileOf(customer)
    },
    searchProfile: (query: string, ...values: unknown[]) => search(query, values)[0] ?? null,
    searchProfiles: (query: string, _sort: unknown, ...values: unknown[]) =>
      new ScriptIterator(listOf(search(query, values))),
    queryProfile: (query: string, ...values: unknown[]) => search(query, values)[0] ?? null,
    queryProfiles: (query: string, _sort: unknown, ...values: unknown[]) =>
      new ScriptIterator(listOf(search(query, values))),
  }
}

const where = (path: string, value: unknown): object => ({ op: 'eq', path: path.split('.'), value })

/** `email = {0} AND custom.x = {1}`: equality, joined by AND. Throws for anything else. */
function queryOf(query: string, values: readonly unknown[]): object {
  const parts = query.trim() === '' ? [] : query.split(/\s+AND\s+/i)
  const conditions = parts.map((part) => {
    const [, name = '', at] = /^\s*([\w.]+)\s*=\s*\{(\d+)\}\s*$/.exec(part) ?? []
    const path = name.startsWith('custom.') ? name : searchable[name]
    if (path === undefined)
      throw new Error(
        `searchProfile understands 'name = {0} AND …' here, not '${part}'; names: ${Object.keys(searchable).join(', ')}, custom.…`,
      )
    return where(path, values[Number(at)])
  })
  return conditions.length === 0 ? {} : { where: { op: 'and', of: conditions } }
}
