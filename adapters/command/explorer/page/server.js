/** What the page asks the server: facts, tokens, and requests to the APIs themselves. */

/** Asks the explorer for JSON; undefined where it has nothing. Throws with its message. */
export async function ask(name, parameters = {}) {
  const response = await fetch(`/explorer/${name}?${new URLSearchParams(parameters)}`)
  if (response.status === 404) return undefined
  const body = await response.json()
  if (!response.ok) throw new Error(body.message)
  return body
}

/** Facts of the server: they do not change while it runs. */
export const about = await ask('about')

/** The customer list that the views are about; the first until another one is chosen. */
export const chosen = { list: about.lists.find(({ tenant }) => tenant) ?? about.lists[0] }

/** The list with this id. */
export const listOf = (id) => about.lists.find((list) => list.id === id)

const tokens = new Map()
/** Tokens are good for half an hour and longer; this page asks anew after a quarter. */
const lifetime = 15 * 60_000

/** A token for one API, and one tenant of it. */
export async function tokenFor(api, tenant = '') {
  const key = `${api} ${tenant}`
  const kept = tokens.get(key)
  if (kept && Date.now() - kept.since < lifetime) return kept.token
  const { token } = await ask('token', { api, tenant })
  tokens.set(key, { token, since: Date.now() })
  return token
}

/** Sends a request to an API. `headers` are those beside the token. */
export async function send({ api, tenant, method, path, headers = {}, body }) {
  const token = await tokenFor(api, tenant)
  const begin = performance.now()
  const how = { method, headers: { ...headers, Authorization: `Bearer ${token}` }, ...(body !== undefined && { body }) }
  const response = await fetch(path, how)
  const text = await response.text()
  return {
    status: response.status,
    headers: Object.fromEntries(response.headers),
    text,
    ms: performance.now() - begin,
    requestId: response.headers.get('x-request-id') ?? response.headers.get('hybris-request-id'),
  }
}

const quoted = (text) => `'${text.replaceAll("'", String.raw`'\''`)}'`

/** The request as a curl line that works as it is pasted, as long as its token is good. */
export async function curlOf({ api, tenant, method, path, headers = {}, body }) {
  const token = await tokenFor(api, tenant)
  const all = Object.entries({ Authorization: `Bearer ${token}`, ...headers })
  const parts = [
    `curl -s -i${method === 'GET' ? '' : method === 'HEAD' ? ' -I' : ` -X ${method}`} ${quoted(location.origin + path)}`,
    ...all.map(([name, value]) => `-H ${quoted(`${name}: ${value}`)}`),
    ...(body === undefined ? [] : [`--data-binary ${quoted(body)}`]),
  ]
  return parts.join(' ')
}

/** The OpenAPI document of an API. */
export async function openapiOf(api) {
  const response = await fetch(`/openapi/${api}.json`)
  return response.json()
}
