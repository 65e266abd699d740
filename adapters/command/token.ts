/** `npx clientele token`: a token of a running example server. */
import { UsageError, lastOf } from './command.js'
import type { Command } from './command.js'

const scopes = 'hybris.cecentercustomer_view hybris.cecentercustomer_manage'

/** The command. */
export const token: Command = {
  name: 'token',
  names: '[ocapi|yaas]',
  about: 'prints a token of the running server, for OCAPI if nothing else is said',
  options: {
    url: { value: '<url>', means: 'where the server listens; http://127.0.0.1:3000 by default' },
    tenant: { value: '<tenant>', means: 'for YaaS; sitegenesis by default' },
  },
  more: `  The token is all of stdout, so that TOKEN=$(npx clientele token) works; an export line is on stderr.
  CLIENT_ID and CLIENT_SECRET are those of the server (demo, demo).`,
  async run(given) {
    const [flavour = 'ocapi', ...more] = given.names
    if ((flavour !== 'ocapi' && flavour !== 'yaas') || more.length > 0)
      throw new UsageError(`token takes ocapi or yaas, not '${given.names.join(' ')}'`)
    const url = lastOf(given, 'url') ?? `http://127.0.0.1:${process.env['PORT'] || '3000'}`
    if (!URL.canParse(url)) throw new UsageError(`--url: '${url}' is no URL, such as http://127.0.0.1:3000`)
    const text = await tokenFrom(url, flavour, lastOf(given, 'tenant') ?? 'sitegenesis')
    console.log(text)
    console.error(`export TOKEN=${text}`)
  },
}

async function tokenFrom(url: string, flavour: 'ocapi' | 'yaas', tenant: string): Promise<string> {
  const { ocapiTokenPath, yaasTokenPath } = await import('./server/token-endpoints.js')
  const { CLIENT_ID: id = 'demo', CLIENT_SECRET: secret = 'demo' } = process.env
  const form = new URLSearchParams({ grant_type: 'client_credentials' })
  if (flavour === 'yaas') form.set('scope', `hybris.tenant=${tenant} ${scopes}`)
  const endpoint = new URL(flavour === 'ocapi' ? ocapiTokenPath : yaasTokenPath, url)
  const headers = { Authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}` }
  const answer = await fetch(endpoint, { method: 'POST', headers, body: form }).catch(() => {
    throw new UsageError(`no server answers at ${endpoint.origin}: npx clientele serve, or --url`)
  })
  const document = (await answer.json().catch(() => ({}))) as {
    readonly access_token?: string
    readonly error_description?: string
  }
  if (document.access_token !== undefined) return document.access_token
  const why = document.error_description ?? 'it is no example server of clientele'
  throw new UsageError(`${endpoint.origin} gives no token (${answer.status}): ${why}`)
}
