import { hash, timingSafeEqual } from 'node:crypto'
import type { Caller } from '../../core/model/documents.js'
import { SetupError } from '../../core/model/setup-error.js'
import type { Authenticate } from '../http/protocol.js'
import { TokenRefused, explained } from './token-refused.js'

/**
 * Fixed tokens for tests, scripts and small installations. Tokens are compared by their SHA-256 in constant time and are
 * not kept as they are. Throws for a token that no Authorization header can carry.
 *
 * ```ts
 * const authenticate = staticTokens({ '0b9f…64 random hex characters': { clientId: 'crm', flavours: ['ocapi'] } })
 * ```
 */
export function staticTokens(tokens: Readonly<Record<string, Caller>>): Authenticate<unknown, string | undefined> {
  const entries = Object.entries(tokens).map(([token, caller], index) => {
    if (!/^[A-Za-z0-9._~+/-]+=*$/.test(token))
      throw new SetupError(
        `staticTokens: token ${index + 1} holds characters that a Bearer token cannot have (RFC 6750)`,
      )
    return { digest: digestOf(token), caller: Object.freeze({ ...caller }) }
  })
  const find = (token: string): Caller => {
    const digest = digestOf(token)
    let found: Caller | undefined
    for (const entry of entries) if (timingSafeEqual(entry.digest, digest)) found = entry.caller
    if (!found) throw new TokenRefused('unknown', 'it is none of the static tokens')
    return found
  }
  return (credentials) => explained(credentials, find)
}

const digestOf = (token: string): Buffer => hash('sha256', token, 'buffer')
