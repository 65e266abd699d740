/** The APIs on a real server in this process, with memory storage and fixed tokens, behind any door. */
import type { Authenticate, CustomerApiOptions, Tokens } from '../../adapters/http/koa.js'
import type { Flavour } from '../../adapters/http/flavour.js'
import type { Caller, Clientele, ClienteleOptions, CustomerOperations } from '../../core/index.js'
import { koaDoor } from './doors.js'
import type { Door, HostOptions } from './doors.js'
import { listen, send } from './http.js'
import type { Answer, Listening, Sent } from './http.js'
import { openShop } from './shop.js'

/** Callers by token. */
export const callers: Readonly<Record<string, Caller>> = {
  ocapi: { clientId: 'ocapi-client', flavours: ['ocapi'] },
  limited: { clientId: 'limited-client', flavours: ['ocapi'], lists: ['other'] },
  yaas: {
    clientId: 'yaas-client',
    flavours: ['yaas'],
    tenant: 'sitegenesis',
    scopes: ['hybris.cecentercustomer_view', 'hybris.cecentercustomer_manage'],
  },
}

/** A running service. */
export interface Service extends Listening {
  readonly clientele: Clientele
  /** The operations on the list `SiteGenesis`. */
  readonly shop: CustomerOperations
  /** Sends a request; `token` names one of `callers`, default `ocapi`, `''` sends none. */
  call(method: string, path: string, more?: Sent & { readonly token?: string }): Promise<Answer>
  stop(): Promise<void>
}

/** What a service is made of. */
export interface ServiceOptions<M extends Tokens = 'required'>
  extends Partial<Omit<CustomerApiOptions<unknown, M>, 'flavours'>>, HostOptions {
  readonly flavours: readonly Flavour[]
  readonly library?: Partial<ClienteleOptions>
  /** Default Koa's. */
  readonly door?: Door
}

/** Starts a service on a free port. */
export async function serve<M extends Tokens = 'required'>(options: ServiceOptions<M>): Promise<Service> {
  const { library, door = koaDoor, app, trustProxy, mount, parses, ...api } = options
  const { clientele, shop } = await openShop(library)
  const host = { app, trustProxy, mount, parses }
  const byToken: Authenticate<unknown, string | undefined> = ({ token = '' }) => callers[token]
  const served = door.serve<M>(clientele, { authenticate: byToken, ...api }, host)
  const listening = await listen(served)
  return {
    ...listening,
    clientele,
    shop,
    call(method, path, { token = 'ocapi', headers, ...more } = {}) {
      const pairs = Array.isArray(headers) ? (headers as [string, string][]) : Object.entries(headers ?? {})
      const all = token === '' ? pairs : [['Authorization', `Bearer ${token}`] as const, ...pairs]
      return send(listening.origin, { method, path, ...more, headers: all })
    },
    async stop() {
      await listening.close()
      await clientele.close()
    },
  }
}
