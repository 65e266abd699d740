/** The order of checks (decision 3.17). What follows is the core's: version, before handlers, uniqueness. */
import { fail } from '../../core/model/problems.js'
import { isObject } from '../../core/model/json.js'
import { checkToken, noteRefusal } from '../http/authentication.js'
import { inTimeOf } from '../http/gate.js'
import { parseJson } from '../http/json.js'
import { acceptedTypes, contentTypes } from '../http/media-types.js'
import { headerOf, OwnFault, refuse } from '../http/protocol.js'
import type { Reply } from '../http/protocol.js'
import { checkSize, checkText } from '../http/sizes.js'
import { matchRoute, runRoute } from '../http/steps.js'
import type { Step } from '../http/steps.js'
import { unlessKnown } from '../http/preconditions.js'
import { checkHost, checkTransport } from '../http/transport.js'
import { scopeName } from './exchange.js'
import type { YaasExchange, YaasRoute } from './exchange.js'
import { isMoreWanted } from './expansion.js'
import { payload, scopeMissing, tenantForbidden, uriTooLong, validationFault } from './faults.js'
import { callerFromGateway } from './gateway.js'
import type { ResolvedOptions } from './options.js'
import { pathBelow, tenantOf } from './paths.js'
import { notStored } from './replies.js'

/** The steps, in their order. */
export function stepsOf({ gateway, requireHttps }: ResolvedOptions): readonly Step<YaasExchange>[] {
  return [
    checkLength,
    checkHost,
    answerOptions,
    checkTransport(requireHttps ? 'loopback' : 'allowed'),
    gateway ? callerFromGateway : checkToken('yaas'),
    checkTenant,
    (x) => matchRoute(x, pathBelow(x)),
    checkScope,
    checkAccept,
    findList,
    (x) => x.route?.find?.(x),
    (x) => (x.route?.body ? readBody(x, x.route.body) : undefined),
    readAsked,
    (x) => x.route?.check?.(x),
    runRoute,
  ]
}

/**
 * What becomes of a reply: no cache may keep it, and it is a 304 for a client that knows the tag, which does not cover
 * accounts and addresses (decision 1.16).
 */
export function finish(reply: Reply, x: YaasExchange): Reply {
  return notStored(isMoreWanted(x) ? reply : unlessKnown(x, reply))
}

/** Longest path with query that is served. */
const maxUriLength = 8192

function checkLength(x: YaasExchange): void {
  const { path, query } = x.request
  if (path.length > maxUriLength || (query.size > 0 && path.length + query.toString().length > maxUriLength))
    throw new OwnFault(uriTooLong)
}

/** OPTIONS needs no token (decision 1.13). */
function answerOptions(x: YaasExchange): Reply | undefined {
  return x.method === 'OPTIONS' ? matchRoute(x, pathBelow(x)) : undefined
}

/** The tenant of the path must be the token's, also when it is malformed or unknown, so that nothing leaks. */
function checkTenant(x: YaasExchange): void {
  const tenant = tenantOf(pathBelow(x))
  if (tenant === undefined || tenant === x.caller?.tenant) return
  const good = x.caller?.tenant === undefined ? 'no tenant' : `tenant '${x.caller.tenant}' alone`
  noteRefusal(x, 'yaas', 'tenant', `it is good for ${good}`)
  throw new OwnFault(tenantForbidden)
}

function checkScope(x: YaasExchange): void {
  const { scope } = x.route as YaasRoute
  if (x.caller?.scopes?.includes(scopeName(scope))) return
  noteRefusal(x, 'yaas', 'scope', `it lacks the scope ${scopeName(scope)}`)
  throw new OwnFault(scopeMissing)
}

const served = ['application/json', 'application/*', '*/*']

function checkAccept({ request: { headers } }: YaasExchange): void {
  const accepted = acceptedTypes(headers)
  if (!accepted || accepted.some(([type, weight]) => served.includes(type) && weight !== 0)) return
  throw refuse('notAcceptable', { header: 'accept', value: headerOf(headers, 'accept') ?? '' })
}

async function findList(x: YaasExchange): Promise<undefined> {
  const tenant = x.params['tenant'] ?? ''
  const list = await x.surroundings.clientele.listByTenant(tenant)
  if (!list) throw fail('listNotFound', { listId: tenant })
  x.list = list.id
}

/** The format of a request's body by its headers. */
const formatOf = contentTypes<'json'>({
  meaning: (type) => (type === 'application/json' || /^application\/[^/]+\+json$/.test(type) ? 'json' : undefined),
  charsets: ['utf-8', 'utf8', 'us-ascii'],
  checksParameters: false,
})

/** JSON, or nothing said, which is read as JSON (decision 1.13). */
async function readBody(x: YaasExchange, needed: 'needed' | 'optional'): Promise<undefined> {
  const { headers } = x.request
  if (needed === 'needed') formatOf(headers)
  const raw = await inTimeOf(x, x.request.body())
  const isEmpty = 'text' in raw && raw.text.trim() === ''
  if (!isEmpty) formatOf(headers)
  const { clientele } = x.surroundings
  checkText(clientele, payload, raw)
  const body = parseJson(raw)
  if (body === undefined && needed === 'needed') throw refuse('bodyMalformed', { line: 1, column: 1 })
  if (body !== undefined && !isObject(body))
    throw new OwnFault(validationFault([{ type: 'invalid_field', message: 'the payload is not a JSON object' }]))
  x.body = body ?? {}
  checkSize(clientele, payload, x.body, raw)
}

/** What the query asks for, each parameter read once. */
function readAsked(x: YaasExchange): Promise<void> | undefined {
  const asked = x.route?.asks?.(x.request.query, x.options)
  if (asked instanceof Promise)
    return asked.then((found) => {
      x.asked = found
    })
  if (asked) x.asked = asked
  return undefined
}
