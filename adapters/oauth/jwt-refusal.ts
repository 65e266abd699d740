/** Why jose found a JWT not good, in words that help whoever set it up. The token itself is never in them. */
import type { TokenClaims } from './claims.js'
import { TokenRefused } from './token-refused.js'

/** What a JWT was checked against. */
export interface JwtExpected {
  readonly issuer: readonly string[]
  readonly audience: readonly string[]
  readonly algorithms: readonly string[]
  readonly typ: string
  /** Time of the check. */
  readonly currentDate: Date
}

/** What is used of an error of jose. */
export interface JoseError {
  readonly code: string
  readonly message: string
  readonly claim?: string
  readonly reason?: string
  readonly payload?: TokenClaims
}

/** What is read of the header of the token, unverified. */
export interface JwtHeader {
  readonly alg?: unknown
  readonly kid?: unknown
  readonly typ?: unknown
}

/** The refusal that an error of jose means. */
export function refusalOf(error: JoseError, header: JwtHeader, expected: JwtExpected): TokenRefused {
  switch (error.code) {
    case 'ERR_JWT_EXPIRED':
    case 'ERR_JWT_CLAIM_VALIDATION_FAILED':
      return ofClaim(error, header, expected)
    case 'ERR_JWKS_NO_MATCHING_KEY':
      return new TokenRefused('key', `no key was found for kid ${shown(header.kid)} and algorithm ${shown(header.alg)}`)
    case 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED':
      return new TokenRefused('signature', 'its signature does not fit the key')
    case 'ERR_JOSE_ALG_NOT_ALLOWED':
      return new TokenRefused(
        'algorithm',
        `its algorithm is ${shown(header.alg)}, and the keys allow ${expected.algorithms.join(', ')}`,
      )
    case 'ERR_JWS_INVALID':
    case 'ERR_JWT_INVALID':
      return new TokenRefused('form', 'it is no signed JWT')
    default:
      return new TokenRefused('form', `it cannot be verified (${error.code})`)
  }
}

function ofClaim({ claim, reason, payload }: JoseError, header: JwtHeader, expected: JwtExpected): TokenRefused {
  const now = Math.floor(expected.currentDate.getTime() / 1000)
  if (reason === 'missing') return new TokenRefused('claims', `it has no claim ${claim}`)
  switch (claim) {
    case 'exp':
      return new TokenRefused('expiry', `it expired ${now - (payload?.exp ?? now)} s ago`)
    case 'nbf':
    case 'iat':
      return new TokenRefused('expiry', `it is not good yet: ${claim} is ${Number(payload?.[claim]) - now} s from now`)
    case 'iss':
      return new TokenRefused('issuer', `its issuer is ${shown(payload?.['iss'])}, not ${expected.issuer.join(' or ')}`)
    case 'aud':
      return new TokenRefused(
        'audience',
        `its audience is ${shown(payload?.['aud'])}, and ${expected.audience.join(' or ')} is expected`,
      )
    case 'typ':
      return new TokenRefused('typ', `its typ is ${shown(header.typ)}, not '${expected.typ}'${hintFor(header.typ)}`)
    default:
      return new TokenRefused('claims', `its claim ${claim} does not fit`)
  }
}

/** A token with another `typ` is the first thing that people try. */
function hintFor(typ: unknown): string {
  if (typ === undefined) return ''
  return `: if your issuer writes it so, say jwt({ typ: ${shown(typ)}, … })`
}

/** What a token says, short and in plain characters. */
function shown(value: unknown): string {
  if (value === undefined) return 'missing'
  const words = [value].flat().map((word) => (typeof word === 'string' ? word : JSON.stringify(word)))
  const text = words.join(', ').replaceAll(/[^\x20-\x7e]/g, '?')
  return `'${text.length > 100 ? `${text.slice(0, 100)}…` : text}'`
}
