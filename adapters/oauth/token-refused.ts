import type { Caller } from '../../core/model/documents.js'
import type { Credentials, TokenCheck } from '../http/protocol.js'

/** A token is not good, and why. The message does not hold it. */
export class TokenRefused extends Error {
  override readonly name = 'TokenRefused'
  readonly check: TokenCheck
  constructor(check: TokenCheck, why: string) {
    super(why)
    this.check = check
  }
}

/** Who a token belongs to; nothing without one, or for one that is refused, which is explained to whoever asked. */
export function explained(
  { token, explain }: Credentials<unknown, string | undefined>,
  find: (token: string) => Caller | Promise<Caller>,
): Caller | undefined | Promise<Caller | undefined> {
  if (token === undefined) return undefined
  try {
    const found = find(token)
    return found instanceof Promise ? found.catch((error: unknown) => nobody(error, explain)) : found
  } catch (error) {
    return nobody(error, explain)
  }
}

function nobody(error: unknown, explain: Credentials['explain']): undefined {
  if (!(error instanceof TokenRefused)) throw error
  explain?.(error.check, error.message)
  return undefined
}
