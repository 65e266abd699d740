/** What the route tables are made of: typed routes, and the look-ups that come before bodies and parameters. */
import { routes as routesOf } from '../http/routes.js'
import type { RouteMakers } from '../http/routes.js'
import { termsOf } from './exchange.js'
import type { YaasExchange, YaasExtras } from './exchange.js'

/** Makes routes of this flavour. */
export const route: RouteMakers<YaasExchange, YaasExtras> = routesOf<YaasExchange, YaasExtras>('yaas', termsOf)

/** Looks up the customer that the path names. Throws customerNotFound. */
export async function findCustomer(x: YaasExchange): Promise<void> {
  const input = { customerNo: x.params['customerNumber'] ?? '' }
  x.customer = await x.surroundings.clientele.read('getCustomer', { ...termsOf(x), input })
}

/** Looks up the address that the path names. Throws addressNotFound and customerNotFound. */
export async function findAddress(x: YaasExchange): Promise<void> {
  const input = { customerNo: x.params['customerNumber'] ?? '', addressId: x.params['addressId'] ?? '' }
  x.address = await x.surroundings.clientele.read('getAddress', { ...termsOf(x), input })
}
