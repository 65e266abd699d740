/** Gateway mode (decision 3.17): a gateway in front has checked the token and says in `hybris-*` headers who calls. */
import type { Caller } from '../../core/model/documents.js'
import { OwnFault } from '../http/protocol.js'
import type { RequestHeaders } from '../http/protocol.js'
import { validationFault } from './faults.js'
import type { YaasExchange } from './exchange.js'

/** Form of the headers that are read (adapters/yaas/README.md, Gateway). */
const forms = {
  'hybris-tenant': /^(?=.{3,16}$)[a-z][a-z0-9]+$/,
  'hybris-client': /^(?=.{6,41}$)[a-z][a-z0-9-]{1,14}[a-z0-9][.][a-z][a-z0-9-]{0,22}[a-z0-9]$/,
  'hybris-scopes': /^([a-zA-Z0-9._=-]{1,128}( [a-zA-Z0-9._=-]{1,128})*)?$/,
} as const

/** Step: takes the caller from the headers. 400 names a header that is missing or has not the form it needs. */
export function callerFromGateway(x: YaasExchange): undefined {
  const { headers } = x.request
  const tenant = headerOf(headers, 'hybris-tenant')
  const clientId = headerOf(headers, 'hybris-client')
  const scopes = headers['hybris-scopes'] === undefined ? '' : headerOf(headers, 'hybris-scopes')
  const user = headers['hybris-user-id'] ?? headers['hybris-user']
  const caller: Caller = { clientId, flavours: ['yaas'], tenant, scopes: scopes === '' ? [] : scopes.split(' ') }
  x.caller = typeof user === 'string' && user !== '' ? { ...caller, user } : caller
}

function headerOf(headers: RequestHeaders, name: keyof typeof forms): string {
  const value = headers[name]
  if (value === undefined)
    throw new OwnFault(validationFault([{ field: name, type: 'missing_header', message: 'is missing' }]))
  if (typeof value !== 'string' || !forms[name].test(value))
    throw new OwnFault(validationFault([{ field: name, type: 'invalid_header', message: 'has not the form it needs' }]))
  return value
}

/** URL of the flavour's base as `hybris-external-url` gives it: the public URL of this request, without its query. */
export function externalBase(x: YaasExchange, pathBelow: string): string | undefined {
  const url = x.request.headers['hybris-external-url']
  if (typeof url !== 'string' || !/^https?:\/\/[^\s<>"?#]+$/.test(url) || !url.endsWith(pathBelow)) return undefined
  return url.slice(0, url.length - pathBelow.length)
}
