/** Who calls: the Bearer token, and what the host's `authenticate` says of it (decisions 1.12, 2.21). */
import type { Caller, FlavourName } from '../../core/model/documents.js'
import type { Exchange } from './exchange.js'
import { headerOf, refuse } from './protocol.js'
import type { RequestHeaders } from './protocol.js'

/** The token of an `Authorization: Bearer` header. Throws tokenMissing and tokenMalformed. */
export function bearerToken(headers: RequestHeaders): string {
  const header = headerOf(headers, 'authorization')
  if (header === undefined || header === '') throw refuse('tokenMissing', {})
  const token = /^bearer +([^\s,]+) *$/i.exec(header)?.[1]
  if (token === undefined) throw refuse('tokenMalformed', {})
  return token
}

/** Step: finds out who calls. Throws tokenMissing, tokenMalformed, tokenInvalid, tokenForOtherFlavour, tokenUnchecked. */
export function checkToken(flavour: FlavourName): (x: Exchange) => undefined | Promise<undefined> {
  const accept = (x: Exchange, caller: Caller | undefined): undefined => {
    if (!caller) throw refuse('tokenInvalid', {})
    let isForFlavour
    try {
      if (!isCaller(caller)) throw new TypeError('authenticate gave something that is no Caller')
      isForFlavour = caller.flavours.includes(flavour)
    } catch (error) {
      return fail(x, error)
    }
    if (!isForFlavour) throw refuse('tokenForOtherFlavour', {})
    x.caller = caller
    return undefined
  }
  const fail = (x: Exchange, cause: unknown): never => {
    const { problem } = x.surroundings.clientele.incident(cause, {
      flavour,
      step: 'authenticate',
      requestId: x.requestId,
    })
    throw refuse('tokenUnchecked', { incident: problem.kind === 'internal' ? problem.incident : '' }, { cause })
  }
  return (x) => {
    const { path, headers } = x.request
    const token = bearerToken(headers)
    let caller
    try {
      const given = x.surroundings.authenticate({ flavour, method: x.method, path, headers, token })
      if (isThenable(given))
        return x.surroundings.clientele
          .inTime(given)
          .catch((error: unknown) => fail(x, error))
          .then((caller) => accept(x, caller))
      caller = given
    } catch (error) {
      return fail(x, error)
    }
    return accept(x, caller)
  }
}

function isThenable<T>(given: T | PromiseLike<T>): given is PromiseLike<T> {
  return typeof given === 'object' && given !== null && 'then' in given
}

/** A host without types may give anything. */
function isCaller(given: Partial<Caller>): boolean {
  const isList = (value: unknown) => value === undefined || Array.isArray(value)
  return Array.isArray(given.flavours) && isList(given.lists) && isList(given.scopes)
}
