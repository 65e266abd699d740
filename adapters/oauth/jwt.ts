import { KeyObject } from 'node:crypto'
import type { JWTPayload, JWTVerifyGetKey, JWTVerifyOptions } from 'jose'
import { checkOptions } from '../../core/model/options.js'
import { SetupError } from '../../core/model/setup-error.js'
import type { Authenticate } from '../http/protocol.js'
import { claimedCaller, claimsOptions, type ClaimsMapping } from './claims.js'
import { refusalOf } from './jwt-refusal.js'
import type { JwtExpected, JwtHeader } from './jwt-refusal.js'
import { explained } from './token-refused.js'
import { secureUrl } from './secure-url.js'
import { cacheTokens, type VerifiedToken } from './token-cache.js'

/** A set of public keys (RFC 7517). */
export interface JsonWebKeySet {
  readonly keys: readonly { readonly kty: string; readonly [parameter: string]: unknown }[]
}

/** What a JWT must be to be good. */
export interface JwtOptions extends ClaimsMapping {
  /** `createPublicKey(pem)` or `createSecretKey(bytes)`; a key set; or the address of one: https, or http on this machine. */
  readonly keys: KeyObject | JsonWebKeySet | URL
  /** Exact value of `iss`, or several that will do. */
  readonly issuer: string | readonly string[]
  /** A value that `aud` must hold, or several of which one will do. */
  readonly audience: string | readonly string[]
  /** Signature algorithms that will do; default: all that fit the key, and for key sets ES256 to 512, RS, PS and EdDSA. */
  readonly algorithms?: readonly string[]
  /** Value of the header `typ`; default `at+jwt` (RFC 9068). */
  readonly typ?: string
  /** Seconds that clocks may differ; default 5. */
  readonly clockTolerance?: number
  /** Verified tokens to remember until they expire; default 1,000. 0 verifies each time. */
  readonly cacheSize?: number
  readonly clock?: () => Date
}

/**
 * Accepts JWT access tokens (RFC 9068). Issuer, audience, algorithms and `typ` are always checked; `exp` and `sub` must
 * be there. A verified token is remembered by its SHA-256 until it expires, even if its key is withdrawn meanwhile.
 * Throws at once for options that would accept too much.
 *
 * ```ts
 * const authenticate = jwt({
 *   keys: new URL('https://login.example.com/.well-known/jwks.json'),
 *   issuer: 'https://login.example.com/',
 *   audience: 'https://customers.example.com',
 *   flavours: ['ocapi'],
 * })
 * ```
 */
export function jwt(options: JwtOptions): Authenticate<unknown, string | undefined> {
  checkOptions<JwtOptions>('jwt', options, {
    keys: 'any',
    issuer: 'any',
    audience: 'any',
    algorithms: 'list',
    typ: 'string',
    clockTolerance: 'number',
    cacheSize: 'number',
    clock: 'function',
    ...claimsOptions,
  })
  const { keys, typ = 'at+jwt', clockTolerance = 5, cacheSize = 1_000, clock = () => new Date() } = options
  const expected = {
    issuer: named('issuer', options.issuer),
    audience: named('audience', options.audience),
    algorithms: algorithmsFor(keys, options.algorithms),
    typ,
    clockTolerance,
    requiredClaims: ['exp', 'sub'],
  }
  const keyOf = keyFinder(keys)

  const verify = async (token: string): Promise<VerifiedToken> => {
    const claims = await verified(token, await keyOf(), { ...expected, currentDate: clock() })
    return { caller: claimedCaller(claims, options), until: ((claims.exp ?? 0) + clockTolerance) * 1_000 }
  }
  const cached = cacheTokens(verify, { size: cacheSize, now: () => clock().getTime() })
  return (credentials) => explained(credentials, cached)
}

const asymmetric = ['ES256', 'ES384', 'ES512', 'RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'EdDSA', 'Ed25519']
const curves: Readonly<Record<string, string>> = { prime256v1: 'ES256', secp384r1: 'ES384', secp521r1: 'ES512' }

function named(option: string, value: string | readonly string[]): string[] {
  const values = [value].flat()
  if (values.length === 0 || !values.every((each) => typeof each === 'string' && each !== ''))
    throw new SetupError(`jwt: ${option} is missing; without it any token of the key's owner would be accepted`)
  return values
}

/** Algorithms that fit the keys, narrowed by the host's choice. */
function algorithmsFor(keys: JwtOptions['keys'], chosen?: readonly string[]): string[] {
  const fitting = keys instanceof KeyObject ? algorithmsOf(keys) : asymmetric
  const algorithms = chosen ? [...chosen] : fitting
  const unfit = algorithms.filter((algorithm) => !fitting.includes(algorithm))
  if (unfit.length > 0 || algorithms.length === 0)
    throw new SetupError(
      `jwt: algorithms: ${unfit.join(', ') || 'none'} given, but the keys can verify ${fitting.join(', ')}`,
    )
  return algorithms
}

function algorithmsOf(key: KeyObject): string[] {
  if (key.type === 'private')
    throw new SetupError('jwt: keys is a private key; give the public one: createPublicKey(key)')
  if (key.type === 'secret') {
    const bytes = key.symmetricKeySize ?? 0
    const fitting = ['HS256', 'HS384', 'HS512'].filter((algorithm) => bytes * 8 >= Number(algorithm.slice(2)))
    if (fitting.length === 0) throw new SetupError('jwt: keys is a secret of less than 32 bytes')
    return fitting
  }
  const curve = curves[key.asymmetricKeyDetails?.namedCurve ?? '']
  if (curve) return [curve]
  const prefixes = { rsa: ['RS', 'PS'], 'rsa-pss': ['PS'], ed25519: ['Ed'] }[key.asymmetricKeyType as string] ?? []
  return asymmetric.filter((algorithm) => prefixes.some((prefix) => algorithm.startsWith(prefix)))
}

type Finder = KeyObject | JWTVerifyGetKey

/** Gives what jose verifies with; made when the first token comes, since jose is loaded only then. */
function keyFinder(keys: JwtOptions['keys']): () => Promise<Finder> {
  if (keys instanceof KeyObject) return () => Promise.resolve(keys)
  if (!(keys instanceof URL) && !(Array.isArray(keys?.keys) && keys.keys.length > 0))
    throw new SetupError('jwt: keys must be a KeyObject, a key set with at least one key, or a URL')
  const url = keys instanceof URL ? secureUrl('jwt: keys', keys) : undefined
  let finder: Finder | undefined
  return async () => {
    const jose = await import('jose')
    return (finder ??= url
      ? jose.createRemoteJWKSet(url)
      : jose.createLocalJWKSet(keys as unknown as Parameters<typeof jose.createLocalJWKSet>[0]))
  }
}

/** Codes of jose's errors that say nothing about the token: the keys could not be had. */
const keysFailed = ['ERR_JOSE_GENERIC', 'ERR_JWKS_INVALID', 'ERR_JWKS_TIMEOUT', 'ERR_JWK_INVALID']

async function verified(token: string, finder: Finder, options: JWTVerifyOptions & JwtExpected): Promise<JWTPayload> {
  const { decodeProtectedHeader, errors, jwtVerify } = await import('jose')
  const attempt = async (key: Parameters<typeof jwtVerify>[1] | Finder): Promise<JWTPayload> =>
    (typeof key === 'function' ? await jwtVerify(token, key, options) : await jwtVerify(token, key, options)).payload
  try {
    return await attempt(finder).catch(async (error: unknown) => {
      if (!(error instanceof errors.JWKSMultipleMatchingKeys)) throw error
      for await (const key of error)
        try {
          return await attempt(key)
        } catch (cause) {
          if (!(cause instanceof errors.JWSSignatureVerificationFailed)) throw cause
        }
      throw new errors.JWSSignatureVerificationFailed()
    })
  } catch (error) {
    if (error instanceof errors.JOSEError && !keysFailed.includes(error.code))
      throw refusalOf(
        error,
        headerOf(() => decodeProtectedHeader(token)),
        options,
      )
    throw new Error('the keys that verify tokens cannot be had', { cause: error })
  }
}

function headerOf(decode: () => JwtHeader): JwtHeader {
  try {
    return decode()
  } catch {
    return {}
  }
}
