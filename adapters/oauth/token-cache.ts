/** Remembers who a token belongs to, so that a token is verified once and not with every request. */
import { hash } from 'node:crypto'
import type { Caller } from '../../core/model/documents.js'
import { Recent } from '../../core/model/recent.js'
import { TokenRefused } from './token-refused.js'

/** A token that was found good. */
export interface VerifiedToken {
  readonly caller: Caller
  /** Time in milliseconds since 1970 from which on the token must be verified again. */
  readonly until: number
}

/** How much is remembered. */
export interface TokenCacheOptions {
  /** Tokens to remember at the most; the least recently used one goes first. */
  readonly size: number
  /** Milliseconds to remember that a token was refused; default 0. */
  readonly refusals?: number
  readonly now: () => number
}

/** A token that was refused lately. */
interface Refusal {
  readonly error: TokenRefused
  readonly until: number
}

/**
 * Puts a cache before a verification. Tokens are kept by their SHA-256; a remembered one is answered without a promise;
 * requests that bring one unknown token at the same time share one verification. A token that is not good is refused again
 * without asking for as long as `refusals` says; they push no good ones out.
 */
export function cacheTokens(
  verify: (token: string) => Promise<VerifiedToken>,
  { size, refusals = 0, now }: TokenCacheOptions,
): (token: string) => Caller | Promise<Caller> {
  const known = new Recent<string, VerifiedToken>(size)
  const refused = new Recent<string, Refusal>(size)
  const running = new Map<string, Promise<Caller>>()

  const check = async (key: string, token: string): Promise<Caller> => {
    try {
      const verified = await verify(token)
      if (verified.until > now()) known.set(key, verified)
      return verified.caller
    } catch (error) {
      if (error instanceof TokenRefused && refusals > 0) refused.set(key, { error, until: now() + refusals })
      throw error
    } finally {
      running.delete(key)
    }
  }

  return (token) => {
    const key = hash('sha256', token, 'binary')
    const verified = known.get(key)
    if (verified && now() < verified.until) return verified.caller
    known.delete(key)
    const refusal = refused.get(key)
    if (refusal && now() < refusal.until) throw refusal.error
    let checking = running.get(key)
    if (!checking) running.set(key, (checking = check(key, token)))
    return checking
  }
}
