/** What the example server prints at start. */
import path from 'node:path'
import { tenantOf } from '../../../core/index.js'
import type { Settings } from './settings.js'
import { ocapiTokenPath, yaasTokenPath } from './token-endpoints.js'

/** Where the server listens, and a line for each API that works when pasted into a shell. */
export function greetingOf(settings: Settings, port: number): string {
  const { host, customerLists, clientId, clientSecret } = settings
  const origin = (name: string): string => `http://${name.includes(':') ? `[${name}]` : name}:${port}`
  const url = origin(['0.0.0.0', '::'].includes(host) ? 'localhost' : host)
  const isDemo = clientId === 'demo' && clientSecret === 'demo'
  const user = isDemo ? 'demo:demo' : '"$CLIENT_ID:$CLIENT_SECRET"'
  const token = (tokenPath: string, ...form: string[]): string =>
    `-H "Authorization: Bearer $(curl -s -u ${user} ${['grant_type=client_credentials', ...form].map((each) => `-d '${each}'`).join(' ')} ${url}${tokenPath} | sed 's/.*"access_token":"\\([^"]*\\)".*/\\1/')"`
  const first = customerLists.find(tenantOf) ?? customerLists[0]
  const list = encodeURIComponent(first?.id ?? '').replaceAll(
    /[!'()*]/g,
    (each) => `%${each.charCodeAt(0).toString(16)}`,
  )
  const tenant = first && tenantOf(first)
  const customer = `{"first_name":"Jeff","last_name":"Lebowski","credentials":{"login":"dude-'$(date +%s)'"}}`
  const lines = [
    `clientele is listening on ${origin(host)}`,
    `storage: ${storageNameOf(settings)}`,
    `customer lists: ${customerLists.map(({ id }) => id).join(', ')}`,
    `explorer: ${settings.explorer ? `${url}/ in a browser` : 'off'}`,
    '',
    'OCAPI: create a customer',
    `curl -s ${url}/s/-/dw/data/v16_2/customer_lists/${list}/customers -d '${customer}' -H 'Content-Type: application/json' ${token(ocapiTokenPath)}`,
  ]
  if (tenant)
    lines.push(
      '',
      'YaaS: list the customers',
      `curl -s ${url}/hybris/cecentercustomer/v1/${tenant}/customers ${token(yaasTokenPath, `scope=hybris.tenant=${tenant} hybris.cecentercustomer_view`)}`,
    )
  return `${lines.join('\n')}\n`
}

/** Where customers are kept, in words. */
export function storageNameOf({ storage, dataFile }: Settings): string {
  if (storage === 'memory') return 'memory, forgotten when the server stops'
  return storage === 'json-file' ? `json-file, ${path.resolve(dataFile)}` : storage
}
