import { createRequire } from 'node:module'
import { checkOptions } from '../../core/model/options.js'
import type { OptionTable } from '../../core/model/options.js'
import { SetupError } from '../../core/model/setup-error.js'
import { Turns } from '../../core/work/turns.js'
import type { Authenticate } from '../http/protocol.js'
import { claimedCaller, claimsOptions, type ClaimsMapping, type TokenClaims } from './claims.js'
import { TokenRefused, explained } from './token-refused.js'
import { secureUrl } from './secure-url.js'
import { cacheTokens, type VerifiedToken } from './token-cache.js'

/** Whom to ask about tokens, and who asks. */
export interface IntrospectionOptions extends ClaimsMapping {
  /** Address of the introspection endpoint: https, or http on this machine. */
  readonly endpoint: URL
  /** Exact value that `iss` must have if the answer has one. */
  readonly issuer: string
  /** A value that `aud` must hold. Absent: the endpoint's word is enough. */
  readonly audience?: string
  /** The client that asks; it authenticates with HTTP Basic. */
  readonly clientId: string
  readonly clientSecret: string
  /** Milliseconds to wait for an answer; default 5,000. */
  readonly timeout?: number
  /** Seconds to remember an answer, but never longer than the token lives; default 60. A revoked token is good for as long. */
  readonly remember?: number
  /** Seconds to remember that a token is not good; default 10. */
  readonly rememberRefused?: number
  /** Answers to remember at the most, and as many refusals; default 1,000. */
  readonly cacheSize?: number
  /** Questions at once, and questions that may wait for that; one more is 503 with Retry-After. Default 10 and 100. */
  readonly atOnce?: number
  readonly waiting?: number
  readonly clock?: () => Date
}

const introspectionOptions: OptionTable<IntrospectionOptions> = {
  endpoint: 'object',
  issuer: 'any',
  audience: 'string',
  clientId: 'any',
  clientSecret: 'any',
  timeout: 'number',
  remember: 'number',
  rememberRefused: 'number',
  cacheSize: 'number',
  atOnce: 'number',
  waiting: 'number',
  clock: 'function',
  ...claimsOptions,
}

/**
 * Accepts opaque tokens by asking their issuer (RFC 7662). Needs the package `oauth4webapi`, an optional peer
 * dependency, and throws at once without it. An issuer that cannot be asked is a throw, so that the client gets 503.
 *
 * ```ts
 * const authenticate = introspection({
 *   endpoint: new URL('https://login.example.com/oauth2/introspect'),
 *   issuer: 'https://login.example.com/',
 *   clientId: 'clientele',
 *   clientSecret: process.env.INTROSPECTION_SECRET,
 *   flavours: ['ocapi', 'yaas'],
 * })
 * ```
 */
export function introspection(options: IntrospectionOptions): Authenticate<unknown, string | undefined> {
  checkOptions('introspection', options, introspectionOptions)
  const { remember = 60, rememberRefused = 10, cacheSize = 1_000, clock = () => new Date() } = options
  const turns = new Turns({ atOnce: options.atOnce ?? 10, waiting: options.waiting ?? 100 })
  const ask = asker(options)
  for (const name of ['issuer', 'clientId', 'clientSecret'] as const)
    if (!options[name]) throw new SetupError(`introspection: ${name} is missing`)
  try {
    createRequire(import.meta.url).resolve('oauth4webapi')
  } catch (cause) {
    throw new SetupError('introspection needs the package oauth4webapi: npm install oauth4webapi', { cause })
  }

  const verify = async (token: string): Promise<VerifiedToken> => {
    const claims = await turns.run(() => ask(token).catch(noAnswer))
    const now = clock().getTime()
    const until = Math.min(now + remember * 1_000, typeof claims.exp === 'number' ? claims.exp * 1_000 : Infinity)
    mustBeGood(claims, until - now, options)
    return { caller: claimedCaller(claims, options), until }
  }
  const now = () => clock().getTime()
  const cached = cacheTokens(verify, { size: cacheSize, refusals: rememberRefused * 1_000, now })
  return (credentials) => explained(credentials, cached)
}

/** Gives what asks the endpoint about a token. */
function asker({ timeout = 5_000, issuer, clientId, clientSecret, ...options }: IntrospectionOptions) {
  const endpoint = secureUrl('introspection: endpoint', options.endpoint)
  const server = { issuer, introspection_endpoint: endpoint.href }
  const client = { client_id: clientId }
  return async (token: string): Promise<TokenClaims> => {
    const oauth = await import('oauth4webapi')
    const secret = oauth.ClientSecretBasic(clientSecret)
    const response = await oauth.introspectionRequest(server, client, secret, token, {
      signal: AbortSignal.timeout(timeout),
      [oauth.allowInsecureRequests]: endpoint.protocol === 'http:',
    })
    return oauth.processIntrospectionResponse(server, client, response)
  }
}

/** Throws TokenRefused for a token whose answer does not do. */
function mustBeGood(claims: TokenClaims, left: number, { issuer, audience }: IntrospectionOptions): void {
  if (claims['active'] !== true) throw new TokenRefused('unknown', 'its issuer says that it is not active')
  if (left <= 0) throw new TokenRefused('expiry', `it expired ${Math.round(-left / 1_000)} s ago`)
  if (claims['iss'] !== undefined && claims['iss'] !== issuer)
    throw new TokenRefused('issuer', `its issuer is not ${issuer}`)
  if (audience !== undefined && ![claims['aud']].flat().includes(audience))
    throw new TokenRefused('audience', `${audience} is not in its audience`)
}

/** Tells the kind of a failure without its message and cause: those may quote the request, and with it the token. */
function noAnswer(error: unknown): never {
  const { name, code } = error as { readonly name?: unknown; readonly code?: unknown }
  const kind = [name, code].filter((part) => typeof part === 'string').join(' ')
  throw new Error(`the introspection endpoint gave no answer: ${kind}`)
}
