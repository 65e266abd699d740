/** The YaaS route table (adapters/yaas/README.md, Endpoints): which path runs which operation, with which scope, and what it answers. */
import { accountRoutes } from './account-routes.js'
import { addressRoutes } from './address-routes.js'
import { customerRoutes } from './customer-routes.js'
import type { YaasRoute } from './exchange.js'
import { mappingRoutes } from './mapping-routes.js'

/** Every route, as the API reference lists them; GET of accounts and of one address are promised elsewhere. */
export const routes: readonly YaasRoute[] = [...customerRoutes, ...accountRoutes, ...addressRoutes, ...mappingRoutes]
