/** The OCAPI flavour: Data API 16.2, resource CustomerLists. */
import { flavour } from '../http/flavour.js'
import type { Flavour } from '../http/flavour.js'
import { unlessKnown } from '../http/preconditions.js'
import { namings } from './documents.js'
import { OcapiExchange } from './exchange.js'
import type { OcapiRoute } from './exchange.js'
import { faultOf } from './faults.js'
import type { Fault } from './faults.js'
import { resolve } from './options.js'
import type { OcapiOptions } from './options.js'
import { originHeaders } from './origins.js'
import { isDataPath } from './paths.js'
import { ocapiProfile } from './profile.js'
import { lastResort, replyWithFault } from './replies.js'
import { routes } from './routes.js'
import { stepsOf } from './steps.js'

export type { ClientSettings, OcapiSettings, ResourceSettings, VersionRange } from './client-access.js'
export type { OcapiOptions } from './options.js'

/**
 * The OCAPI Data API 16.2 for customer lists, to be served by `customerApi`.
 *
 * ```ts
 * app.use(customerApi(clientele, { flavours: [ocapi()], authenticate }))
 * ```
 */
export function ocapi(options: OcapiOptions = {}): Flavour {
  const resolved = resolve(
    options,
    routes.map(({ path }) => path),
  )
  const foreign = resolved.access?.foreign ?? []
  return flavour<OcapiExchange, OcapiRoute, Fault>({
    name: 'ocapi',
    notices: foreign.length > 0 ? [`ocapi settings: rows of other resources are ignored: ${foreign.join(', ')}`] : [],
    profile: ocapiProfile,
    documents: namings,
    describe: (declared) => import('./description.js').then(({ describe }) => describe(resolved, declared)),
    claims: isDataPath,
    requestIdHeader: 'x-request-id',
    routes,
    begin(request, surroundings) {
      const x = new OcapiExchange(request, surroundings, resolved)
      x.added = originHeaders(request, resolved.access)
      return x
    },
    steps: stepsOf(resolved),
    finish: (reply, x) => unlessKnown(x, reply, { starInLists: true }),
    fault: (error, x) => replyWithFault(x, faultOf(error)),
    lastResort,
  })
}
