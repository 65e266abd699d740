/** `clientele/oauth`: functions that say who calls, for `customerApi`'s `authenticate` (decision 1.12). */
export { callerOf, type ClaimsMapping, type TokenClaims } from './claims.js'
export { introspection, type IntrospectionOptions } from './introspection.js'
export { jwt, type JsonWebKeySet, type JwtOptions } from './jwt.js'
export { staticTokens } from './static-tokens.js'
