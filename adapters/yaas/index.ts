/** The YaaS flavour: Engagement Center Customer v1 over the core's operations. */
import { flavour } from '../http/flavour.js'
import type { Flavour } from '../http/flavour.js'
import { namings } from './documents.js'
import { YaasExchange } from './exchange.js'
import type { YaasRoute } from './exchange.js'
import { faultOf } from './faults.js'
import type { YaasFault } from './faults.js'
import { externalBase } from './gateway.js'
import { resolve } from './options.js'
import type { YaasOptions } from './options.js'
import { pathBelow } from './paths.js'
import { lastResort, replyWithFault } from './replies.js'
import { routes } from './routes.js'
import { finish, stepsOf } from './steps.js'

export type { YaasOptions } from './options.js'
export { schemaFetcher } from './schema-fetcher.js'
export type { SchemaFetcherOptions } from './schema-fetcher.js'

/**
 * The flavour, to be given to `customerApi`:
 *
 * ```ts
 * app.use(customerApi(clientele, { flavours: [yaas()], authenticate }))
 * ```
 */
export function yaas(options: YaasOptions = {}): Flavour {
  const resolved = resolve(options)
  const prefix = `${resolved.basePath}/`
  return flavour<YaasExchange, YaasRoute, YaasFault>({
    name: 'yaas',
    profile: resolved.profile,
    documents: namings,
    describe: (declared) => import('./description.js').then(({ describe }) => describe(resolved, declared)),
    requestIdHeader: 'hybris-request-id',
    claims: (path) => path.startsWith(prefix) || path === resolved.basePath,
    routes,
    begin(request, surroundings) {
      const x = new YaasExchange(request, surroundings, resolved)
      if (resolved.gateway) x.externalBase = externalBase(x, pathBelow(x))
      return x
    },
    steps: stepsOf(resolved),
    finish,
    fault(error, x) {
      const emailField = x.route?.runs === 'createInternalAccount' ? 'email' : 'contactEmail'
      return replyWithFault(x, faultOf(error, emailField))
    },
    lastResort: lastResort(resolved),
  })
}
