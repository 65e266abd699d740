/** The YaaS flavour on a real server, with one token per kind of caller. */
import { expect } from 'chai'
import { ocapi } from '../../adapters/ocapi/index.js'
import { yaas } from '../../adapters/yaas/index.js'
import type { YaasOptions } from '../../adapters/yaas/index.js'
import type { Caller } from '../../core/index.js'
import { callers, serve } from './api.js'
import type { Service, ServiceOptions } from './api.js'
import type { Answer, Sent } from './http.js'

/** Base path of the flavour. */
export const yaasBase = '/hybris/cecentercustomer/v1'

const view = 'hybris.cecentercustomer_view'
const manage = 'hybris.cecentercustomer_manage'
const client: Caller = { clientId: 'shop.client', flavours: ['yaas'], tenant: 'sitegenesis', scopes: [view, manage] }

/** Callers by token: `yaas` may do everything in the tenant `sitegenesis`. */
export const yaasCallers: Readonly<Record<string, Caller>> = {
  ...callers,
  yaas: client,
  viewer: { ...client, scopes: [view] },
  manager: { ...client, scopes: [manage] },
  stranger: { ...client, tenant: 'elsewhere' },
  nobody: { clientId: 'no.tenant', flavours: ['yaas'], scopes: [view, manage] },
  lost: { ...client, tenant: 'unlisted' },
}

/** The service and its calls below the tenant. */
export interface YaasService extends Service {
  /** Sends a request with the token `yaas`; the path starts below the tenant. */
  at(method: string, path: string, more?: Sent & { readonly token?: string }): Promise<Answer>
  /** Creates a customer and gives its number. */
  create(document?: object): Promise<string>
  /** Creates an address and gives its id. */
  createAddress(customerNumber: string, document?: object): Promise<string>
}

/** Starts both flavours with these settings of YaaS. */
export async function serveYaas(
  settings: YaasOptions = {},
  options: Omit<ServiceOptions, 'flavours'> = {},
): Promise<YaasService> {
  const service = await serve({
    flavours: [ocapi(), yaas(settings)],
    authenticate: ({ token }) => yaasCallers[token],
    ...options,
  })
  const base = `${settings.basePath ?? yaasBase}/sitegenesis`
  const at: YaasService['at'] = (method, path, more) => service.call(method, base + path, { token: 'yaas', ...more })
  const created = async (path: string, json: object): Promise<string> => {
    const answer = await at('POST', path, { json })
    expect(answer.status, answer.text).to.equal(201)
    return answer.json<{ id: string }>().id
  }
  return {
    ...service,
    at,
    create: (document = {}) => created('/customers', document),
    createAddress: (customerNumber, document = {}) => created(`/customers/${customerNumber}/addresses`, document),
  }
}

/** An error of the service, as far as tests look at it. */
export interface YaasError {
  readonly status: number
  readonly type: string
  readonly message: string
  readonly moreInfo: string
  readonly details: readonly { readonly field?: string; readonly type: string; readonly message: string }[]
}

/** Status and type, and the details as `field type`, of an error answer, after a check of its form (adapters/yaas/README.md, Errors). */
export function errorOf(answer: Answer): string {
  const error = answer.json<YaasError>()
  expect(error, answer.text).to.have.keys('status', 'type', 'message', 'moreInfo', 'details')
  expect(error.status).to.equal(answer.status)
  for (const { type } of [error, ...error.details]) expect(type).to.match(/^[a-z][a-z_]*[a-z]$/)
  expect(answer.headers['content-type']).to.equal('application/json;charset=UTF-8')
  expect(answer.headers['hybris-request-id']).to.be.a('string')
  const details = error.details.map(({ field, type }) => (field === undefined ? type : `${field} ${type}`))
  return [`${error.status} ${error.type}`, ...details].join('; ')
}
