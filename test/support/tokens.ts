/** Tokens of the example server. */
import { send, type Answer } from './http.js'

/** Asks a token endpoint for a token. */
export const askToken = (
  origin: string,
  flavour: 'ocapi' | 'yaas',
  form: Readonly<Record<string, string>>,
  basic?: string,
): Promise<Answer> =>
  send(origin, {
    path: flavour === 'ocapi' ? '/dw/oauth2/access_token' : '/hybris/oauth2/v1/token',
    headers: {
      'Content-Type': 'application/x-www-form-urlencoded',
      ...(basic === undefined ? {} : { Authorization: `Basic ${Buffer.from(basic).toString('base64')}` }),
    },
    body: new URLSearchParams(form).toString(),
  })

/** A token that may do everything in one API; a YaaS token in one tenant. */
export async function tokenOf(origin: string, flavour: 'ocapi' | 'yaas', tenant = 'sitegenesis'): Promise<string> {
  const grant = { grant_type: 'client_credentials' }
  const scope = `hybris.tenant=${tenant} hybris.cecentercustomer_view hybris.cecentercustomer_manage`
  const answer = await (flavour === 'ocapi'
    ? askToken(origin, flavour, grant, 'demo:demo')
    : askToken(origin, flavour, { ...grant, client_id: 'demo', client_secret: 'demo', scope }))
  return answer.json<{ access_token: string }>().access_token
}
