import type { OptionTable } from '../../core/model/options.js'
import { TokenRefused } from './token-refused.js'
import type { Caller, FlavourName } from '../../core/model/documents.js'

/** What a token says, or what an introspection endpoint says of it. */
export interface TokenClaims {
  readonly sub?: string
  readonly exp?: number
  readonly [claim: string]: unknown
}

/** How claims become a Caller. */
export interface ClaimsMapping {
  /** The APIs that these tokens are good for. A token with a claim `flavours` is good for those of them that it names. */
  readonly flavours: readonly FlavourName[]
  /** Makes the Caller in place of `callerOf`; undefined refuses the token (401). */
  readonly caller?: (claims: TokenClaims) => Caller | undefined
}

/** The options of a mapping, for checks. */
export const claimsOptions: OptionTable<ClaimsMapping> = { flavours: 'list', caller: 'function' }

/**
 * The Caller that claims speak of, or undefined if they name no client or contradict themselves.
 *
 * | Caller | claim |
 * |---|---|
 * | clientId | `client_id` (RFC 9068, RFC 7662), else `azp`, else `sub` |
 * | flavours | those of the mapping, narrowed by an array `flavours` |
 * | scopes | `scope` separated by spaces, or an array `scope` or `scp` |
 * | tenant | `tenant`, else the one scope `hybris.tenant=<tenant>` |
 * | lists | an array `lists` |
 * | user | `sub`, if it is not the client |
 */
export function callerOf(claims: TokenClaims, mapping: ClaimsMapping): Caller | undefined {
  try {
    return claimedCaller(claims, mapping)
  } catch (error) {
    if (error instanceof TokenRefused) return undefined
    throw error
  }
}

/** The same; throws TokenRefused that says what is wrong with the claims. */
export function claimedCaller(claims: TokenClaims, { flavours, caller }: ClaimsMapping): Caller {
  if (caller) return caller(claims) ?? refuse('the option caller gave nothing for its claims')
  const clientId = [claims['client_id'], claims['azp'], claims.sub].find(isName)
  const named = claims['flavours'] ?? flavours
  const lists = claims['lists']
  if (!clientId || !isNames(named) || (lists !== undefined && !isNames(lists)))
    return refuse('its claims client_id, azp and sub name no client, or flavours or lists is no list of names')
  const scopes = scopesOf(claims['scope'] ?? claims['scp'])
  const tenants = isName(claims['tenant']) ? [claims['tenant']] : tenantsOf(scopes ?? [])
  if (tenants.length > 1) return refuse(`its scopes name several tenants: ${tenants.join(', ')}`)
  return Object.freeze({
    clientId,
    flavours: flavours.filter((flavour) => named.includes(flavour)),
    ...(tenants[0] === undefined ? {} : { tenant: tenants[0] }),
    ...(scopes === undefined ? {} : { scopes }),
    ...(lists === undefined ? {} : { lists }),
    ...(isName(claims.sub) && claims.sub !== clientId ? { user: claims.sub } : {}),
  })
}

function refuse(why: string): never {
  throw new TokenRefused('claims', why)
}

const isName = (value: unknown): value is string => typeof value === 'string' && value !== ''
const isNames = (value: unknown): value is readonly string[] => Array.isArray(value) && value.every(isName)

function scopesOf(scope: unknown): readonly string[] | undefined {
  if (typeof scope === 'string') return scope.split(' ').filter(isName)
  return isNames(scope) ? scope : undefined
}

function tenantsOf(scopes: readonly string[]): readonly string[] {
  const prefix = 'hybris.tenant='
  return [...new Set(scopes.filter((scope) => scope.startsWith(prefix)).map((scope) => scope.slice(prefix.length)))]
}
