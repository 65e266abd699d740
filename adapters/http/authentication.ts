/** Who calls: the Bearer token, and what the host's `authenticate` says of it and of the request (decisions 1.12, 2.21). */
import { isThenable } from '../../core/extension/deadline.js'
import type { Caller, FlavourName } from '../../core/model/documents.js'
import { CustomerError } from '../../core/model/problems.js'
import { errorOf } from '../../core/model/thrown.js'
import { refuseOtherSites } from './cross-site.js'
import type { Exchange } from './exchange.js'
import { headerOf, refuse } from './protocol.js'
import type { RequestHeaders, TokenCheck } from './protocol.js'

const scheme = /^bearer +/i
/** No token holds these. Looked for by themselves: a group would go through a long token letter by letter. */
const noToken = /[\s,]/

/** The token of an `Authorization: Bearer` header. Throws tokenMissing and tokenMalformed. */
export function bearerToken(headers: RequestHeaders): string {
  const header = headerOf(headers, 'authorization')
  if (header === undefined || header === '') throw refuse('tokenMissing', {})
  const start = scheme.exec(header)?.[0].length
  const rest = start === undefined ? '' : header.slice(start)
  const token = rest.endsWith(' ') ? rest.replace(/ +$/, '') : rest
  if (token === '' || noToken.test(token)) throw refuse('tokenMalformed', {})
  return token
}

/** The token that a request needs, or may have: a header of another scheme is none where tokens are optional. */
function tokenOf({ request: { headers }, surroundings: { tokens } }: Exchange): string | undefined {
  const isNeeded = tokens === 'required' || /^bearer(?: |$)/i.test(headerOf(headers, 'authorization') ?? '')
  return isNeeded ? bearerToken(headers) : undefined
}

/** A check that a token has failed, and how. */
type Explained = readonly [TokenCheck, string]

/**
 * Step: finds out who calls. Throws tokenMissing, tokenMalformed, tokenInvalid, tokenForOtherFlavour, tokenUnchecked; and
 * crossSite, contentTypeMalformed and contentTypeUnsupported for what has no token.
 */
export function checkToken(flavour: FlavourName): (x: Exchange) => undefined | Promise<undefined> {
  return (x) => {
    const { path, headers } = x.request
    const { authenticate } = x.surroundings
    const token = tokenOf(x)
    let caller
    const why: Explained[] = []
    const explain = (check: TokenCheck, text: string) => void why.push([check, text])
    try {
      const given = authenticate({ flavour, method: x.method, path, headers, token, request: x.host, explain })
      if (isThenable(given))
        return x.surroundings.clientele
          .inTime(given)
          .catch((error: unknown) => refuseUnchecked(x, flavour, error))
          .then((caller) => accept(x, flavour, token, caller, why))
      caller = given
    } catch (error) {
      return refuseUnchecked(x, flavour, error)
    }
    return accept(x, flavour, token, caller, why)
  }
}

/** Lets a caller in. */
function accept(
  x: Exchange,
  flavour: FlavourName,
  token: string | undefined,
  caller: Caller | undefined,
  why: Explained[],
): undefined {
  if (!caller) throw unknown(x, flavour, token, why)
  let isForFlavour
  try {
    if (!isCaller(caller)) throw new TypeError('authenticate gave something that is no Caller')
    isForFlavour = caller.flavours.includes(flavour)
  } catch (error) {
    return refuseUnchecked(x, flavour, error)
  }
  if (!isForFlavour) throw forOther(x, flavour, caller)
  if (token === undefined) refuseOtherSites(x, flavour)
  x.caller = caller
  return undefined
}

/** Nobody can tell now who calls: an incident, unless whoever is asked about tokens says that it has too much to do. */
function refuseUnchecked(x: Exchange, flavour: FlavourName, cause: unknown): never {
  const error = errorOf(cause)
  if (error instanceof CustomerError && error.problem.kind === 'unavailable') throw error
  const facts = { flavour, step: 'authenticate', requestId: x.requestId }
  const { problem } = x.surroundings.clientele.incident(cause, facts)
  throw refuse('tokenUnchecked', { incident: problem.kind === 'internal' ? problem.incident : '' }, { cause })
}

/** Nobody is known to call. Without a token, only what the host itself explains is worth a line in the log. */
function unknown(x: Exchange, flavour: FlavourName, token: string | undefined, why: Explained[]): Error {
  if (token !== undefined && why.length === 0) why.push(['unknown', 'authenticate gave no caller'])
  for (const [check, text] of why) noteRefusal(x, flavour, check, text)
  return token === undefined ? refuse('tokenMissing', {}) : refuse('tokenInvalid', {})
}

function forOther(x: Exchange, flavour: FlavourName, { flavours }: Caller): Error {
  noteRefusal(x, flavour, 'flavour', `it is good for ${flavours.join(', ') || 'no API'}`)
  return refuse('tokenForOtherFlavour', {})
}

/** Says in the log why a token was refused: the client gets to know no more than that it was. Never the token. */
export function noteRefusal(x: Exchange, flavour: FlavourName, check: TokenCheck, why: string): void {
  const { surroundings, method, requestId } = x
  surroundings.clientele.warn(`token refused: ${why}`, { flavour, check, method, requestId })
}

/** A host without types may give anything. */
function isCaller(given: Partial<Caller>): boolean {
  return Array.isArray(given.flavours) && isAbsentOrList(given.lists) && isAbsentOrList(given.scopes)
}

function isAbsentOrList(value: unknown): boolean {
  return value === undefined || Array.isArray(value)
}
