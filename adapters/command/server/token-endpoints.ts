/** The example server's two token endpoints: OAuth 2.0 client credentials (RFC 6749, 4.4). */
import { createSecretKey, hash, randomBytes, randomUUID, timingSafeEqual } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { SignJWT } from 'jose'
import type { Context, Middleware } from 'koa'
import { Throttle } from './protection.js'
import { jwt } from '../../oauth/index.js'

/** Whom to give tokens, and for what. */
export interface TokenEndpointOptions {
  readonly clientId: string
  readonly clientSecret: string
  /** Tenants that a YaaS token may be asked for. */
  readonly tenants: readonly string[]
  /** Counts wrong secrets. */
  readonly throttle?: Throttle
  /** Signs and verifies, HS256; default one that ends with the process. */
  readonly key?: KeyObject
}

/** Path of the OCAPI token endpoint (examples/README.md, Tokens). */
export const ocapiTokenPath = '/dw/oauth2/access_token'
/** The same, where account managers of the platform ask. */
export const accountTokenPath = '/dwsso/oauth2/access_token'
/** Path of the YaaS token endpoint (examples/README.md, Tokens). */
export const yaasTokenPath = '/hybris/oauth2/v1/token'

const issuer = 'urn:clientele:example'
const audience = 'urn:clientele:customers'

/** A refusal in the form of RFC 6749, 5.2. */
class OauthError extends Error {
  readonly status: number
  readonly code: string
  constructor(status: number, code: string, description: string) {
    super(description)
    this.status = status
    this.code = code
  }
}
const refuse = (code: string, description: string, status = 400): OauthError =>
  new OauthError(status, code, description)

/** Answers one endpoint, or throws an OauthError. */
type Endpoint = (context: Context, form: URLSearchParams) => Promise<object>

/**
 * Gives the middleware that answers both endpoints, the `authenticate` that verifies their tokens, and what signs a token that
 * may do everything in one API, without asking for a secret.
 */
export function tokenEndpoints(options: TokenEndpointOptions) {
  const { key = createSecretKey(randomBytes(32)), throttle = new Throttle() } = options
  const issue = issuerOf(options.clientId, key)
  const isClient = (id: string, secret: string): boolean => {
    const right = [same(id, options.clientId), same(secret, options.clientSecret)]
    return right.every((each) => each)
  }
  const ocapi = ocapiEndpoint(isClient, issue)
  const endpoints = new Map([
    [ocapiTokenPath, ocapi],
    [accountTokenPath, ocapi],
    [yaasTokenPath, yaasEndpoint(isClient, issue, options.tenants)],
  ])
  const authenticate = jwt({ keys: key, issuer, audience, flavours: ['ocapi', 'yaas'] })
  const tokenFor = (api: string, tenant: string): Promise<string> =>
    api === 'yaas'
      ? issue(3_600, { flavours: [api], scope: `hybris.tenant=${tenant} ${known.join(' ')}` })
      : issue(1_799, { flavours: [api] })
  return { middleware: answering(endpoints, throttle), authenticate, tokenFor }
}

type IsClient = (id: string, secret: string) => boolean
type Issue = (seconds: number, claims: Readonly<Record<string, unknown>>) => Promise<string>

/** Makes the function that signs tokens. */
const issuerOf =
  (clientId: string, key: KeyObject): Issue =>
  (seconds, claims) =>
    new SignJWT({ ...claims, client_id: clientId })
      .setProtectedHeader({ alg: 'HS256', typ: 'at+jwt' })
      .setIssuer(issuer)
      .setAudience(audience)
      .setSubject(clientId)
      .setJti(randomUUID())
      .setIssuedAt()
      .setExpirationTime(`${seconds}s`)
      .sign(key)

/** OCAPI: HTTP Basic alone, no scopes. */
const ocapiEndpoint =
  (isClient: IsClient, issue: Issue): Endpoint =>
  async (context, form) => {
    const basic = basicOf(context)
    if (!basic || !basic.some(([id, secret]) => isClient(id, secret)))
      throw refuse('invalid_client', 'Client authentication failed: send client id and secret as HTTP Basic.', 401)
    checkGrant(form)
    return { access_token: await issue(1_799, { flavours: ['ocapi'] }), token_type: 'Bearer', expires_in: 1_799 }
  }

/** YaaS: client id and secret in the form, or as HTTP Basic; the token carries the tenant and the scopes asked for. */
const yaasEndpoint =
  (isClient: IsClient, issue: Issue, tenants: readonly string[]): Endpoint =>
  async (context, form) => {
    const basic = basicOf(context)
    if (basic && form.has('client_secret')) throw refuse('invalid_request', 'More than one client authentication.')
    const candidates = basic ?? [[form.get('client_id') ?? '', form.get('client_secret') ?? ''] as const]
    if (!candidates.some(([id, secret]) => isClient(id, secret)))
      throw refuse('invalid_client', 'Client authentication failed.', 401)
    checkGrant(form)
    const scope = scopeOf(form.get('scope') ?? '', tenants)
    const token = await issue(3_600, { flavours: ['yaas'], scope })
    return { access_token: token, token_type: 'Bearer', expires_in: 3_600, scope }
  }

/** Answers the paths of the endpoints, and passes everything else on. */
const answering =
  (endpoints: ReadonlyMap<string, Endpoint>, throttle: Throttle): Middleware =>
  async (context, next) => {
    const endpoint = endpoints.get(context.path)
    if (!endpoint) {
      await next()
      return
    }
    context.set({ 'Cache-Control': 'no-store', Pragma: 'no-cache' })
    try {
      const wait = throttle.wait(context.ip)
      if (wait > 0) {
        context.set('Retry-After', String(wait))
        throw refuse('temporarily_unavailable', 'Too many wrong secrets: come again later.', 429)
      }
      context.body = await endpoint(context, await formOf(context))
      throttle.succeeded(context.ip)
    } catch (error) {
      if (!(error instanceof OauthError)) throw error
      if (error.code === 'invalid_client') throttle.failed(context.ip)
      if (error.status === 401) context.set('WWW-Authenticate', 'Basic realm="clientele", charset="UTF-8"')
      if (error.status === 405) context.set('Allow', 'POST')
      context.status = error.status
      context.body = { error: error.code, error_description: error.message }
    }
  }

const same = (one: string, other: string): boolean =>
  timingSafeEqual(hash('sha256', one, 'buffer'), hash('sha256', other, 'buffer'))

/** Id and secret of a Basic header, as they stand and as a form encodes them (RFC 6749, 2.3.1): clients send either. */
function basicOf(context: Context): (readonly [string, string])[] | undefined {
  const encoded = /^basic +([A-Za-z0-9+/]+=*) *$/i.exec(context.get('Authorization'))?.[1]
  if (encoded === undefined) return undefined
  const text = Buffer.from(encoded, 'base64').toString('utf8')
  const pair = [text.slice(0, Math.max(0, text.indexOf(':'))), text.slice(text.indexOf(':') + 1)] as const
  const decode = (part: string): string => new URLSearchParams(`x=${part.replaceAll('&', '%26')}`).get('x') ?? ''
  return [pair, [decode(pair[0]), decode(pair[1])]]
}

const longestForm = 8_192

/** Reads the form of a POST. */
async function formOf(context: Context): Promise<URLSearchParams> {
  if (context.method !== 'POST') throw refuse('invalid_request', 'Send a POST request.', 405)
  if (!context.is('application/x-www-form-urlencoded'))
    throw refuse('invalid_request', 'Send application/x-www-form-urlencoded.')
  const form = new URLSearchParams(await textOf(context))
  for (const name of new Set(form.keys()))
    if (form.getAll(name).length > 1) throw refuse('invalid_request', 'A parameter is there twice.')
  return form
}

async function textOf(context: Context): Promise<string> {
  const chunks: Buffer[] = []
  let length = 0
  try {
    for await (const chunk of context.req as AsyncIterable<Buffer>) {
      length += chunk.length
      if (length > longestForm) break
      chunks.push(chunk)
    }
  } catch {
    throw refuse('invalid_request', 'The form is cut short.')
  }
  if (length > longestForm) throw refuse('invalid_request', 'The form is too long.', 413)
  return Buffer.concat(chunks).toString('utf8')
}

function checkGrant(form: URLSearchParams): void {
  const grant = form.get('grant_type')
  if (!grant) throw refuse('invalid_request', 'grant_type is missing.')
  if (grant !== 'client_credentials') throw refuse('unsupported_grant_type', 'Only client_credentials is supported.')
}

const known = ['hybris.cecentercustomer_view', 'hybris.cecentercustomer_manage']

/** The scope of a token: exactly what was asked for, which must name one known tenant and known scopes. */
function scopeOf(text: string, tenants: readonly string[]): string {
  const scopes = [...new Set(text.split(' ').filter((scope) => scope !== ''))]
  const asked = scopes.filter((scope) => scope.startsWith('hybris.tenant='))
  if (asked.length !== 1) throw refuse('invalid_scope', 'Ask for one tenant: hybris.tenant=<tenant>.')
  if (!tenants.some((tenant) => asked[0] === `hybris.tenant=${tenant}`))
    throw refuse('invalid_scope', 'The tenant is not known.')
  if (scopes.some((scope) => !known.includes(scope) && scope !== asked[0]))
    throw refuse('invalid_scope', `Known scopes are ${known.join(' and ')}.`)
  return scopes.join(' ')
}
