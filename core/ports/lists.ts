/** Customer lists that a host names one by one, as what is asked for them (decision 1.1). */
import type { CustomerList } from '../model/documents.js'
import { SetupError } from '../model/setup-error.js'
import type { CustomerLists } from './host.js'

const tenantPattern = /^[a-z][a-z0-9]{2,15}$/

/** The tenant of a list: its own, or its id if that fits the pattern (decision 1.1). */
export function tenantOf(list: CustomerList): string | undefined {
  return list.tenant ?? (tenantPattern.test(list.id) ? list.id : undefined)
}

/** What finds these lists; a host's own finder is taken as it is. Throws a SetupError. */
export function listsOf(given: readonly CustomerList[] | CustomerLists): CustomerLists {
  if (!Array.isArray(given)) return given as CustomerLists
  const lists = given as readonly CustomerList[]
  const byId = new Map<string, CustomerList>()
  const byTenant = new Map<string, CustomerList>()
  for (const list of lists) {
    if (typeof list?.id !== 'string' || list.id === '') throw new SetupError('a customer list needs an id')
    if (list.tenant !== undefined && !tenantPattern.test(list.tenant))
      throw new SetupError(`tenant '${list.tenant}' of customer list '${list.id}' does not fit ${tenantPattern}`)
    if (byId.has(list.id)) throw new SetupError(`two customer lists have the id '${list.id}'`)
    byId.set(list.id, list)
    const tenant = tenantOf(list)
    if (tenant === undefined) continue
    if (byTenant.has(tenant)) throw new SetupError(`two customer lists have the tenant '${tenant}'`)
    byTenant.set(tenant, list)
  }
  return { byId: (id) => byId.get(id), byTenant: (tenant) => byTenant.get(tenant) }
}
