/** A YaaS request on its way, and the replies that routes make of results. */
import { CustomerError, fail } from '../../core/model/problems.js'
import type { Violation } from '../../core/model/problems.js'
import type { Customer } from '../../core/model/documents.js'
import type { Profile } from '../../core/model/profile.js'
import type { Page } from '../../core/ports/storage.js'
import { Exchange } from '../http/flavour.js'
import type { ApiRequest, Reply, Row, Surroundings } from '../http/flavour.js'
import { payload } from './faults.js'
import { fieldsOf, linksOf, pageOf } from './parameters.js'
import type { PageLimits } from './parameters.js'

/** What the routes need to know of the flavour's options. */
export interface YaasSettings {
  readonly basePath: string
  readonly limits: PageLimits
  readonly profile: Profile
  readonly putStatus: 200 | 204
}

/** A request to the YaaS flavour on its way. */
export class YaasExchange extends Exchange<YaasRow> {
  readonly settings: YaasSettings
  /** URL of the flavour's base as the client sees it; `link`, Location and Link are built on it. */
  base: string
  /** The customer list of the tenant. */
  list = ''
  /** The customer that the path names, where a step has looked it up. */
  customer: Customer | undefined
  /** What the library finds wrong with the body. */
  violations: readonly Violation[] = []
  /** The parsed JSON body. */
  body: Readonly<Record<string, unknown>> = {}
  constructor(request: ApiRequest, surroundings: Surroundings<YaasRow>, settings: YaasSettings) {
    super(request, surroundings)
    this.settings = settings
    this.base = request.origin + request.mountPath + settings.basePath
  }
}

/** What YaaS adds to a route. */
export interface YaasExtras {
  /** Scope that the token needs: `hybris.cecentercustomer_view` or `…_manage`. */
  readonly scope: 'view' | 'manage'
  /** Whether a body is read. `optional`: an empty one is `{}`. */
  readonly body?: 'needed' | 'optional'
  /** Looks up what the path names, before the body is taken and parameters are checked: 404 comes first (decision 3.17). */
  readonly find?: (exchange: YaasExchange) => Promise<void>
  /** Checks what cannot be checked at once, when the body is there; what is wrong is told with all else (decision 3.17). */
  readonly check?: (exchange: YaasExchange) => Promise<void>
}
/** A row of the route table. */
export type YaasRow = Row<YaasExchange> & YaasExtras

/** The scope's full name. */
export function scopeName(scope: YaasExtras['scope']): string {
  return `hybris.cecentercustomer_${scope}`
}

const json = { 'Content-Type': 'application/json;charset=UTF-8' } as const

/** A reply with a JSON document. */
export function answer(status: number, document: unknown, headers: Reply['headers'] = {}): Reply {
  return { status, headers: { ...json, ...headers }, body: JSON.stringify(document) }
}

/** 201 with id and link, and the link as Location. */
export function created(x: YaasExchange, id: string, path: string, headers: Reply['headers'] = {}): Reply {
  const link = urlOf(x, path)
  return answer(201, { id, link }, { Location: link, ...headers })
}

/** Absolute URL of a path below the tenant. */
export function urlOf(x: YaasExchange, path: string): string {
  return `${x.base}/${encodeURIComponent(x.params['tenant'] ?? '')}${path}`
}

/** Path of a customer below the tenant. */
export const customerPath = (customerNo: string): string => `/customers/${encodeURIComponent(customerNo)}`
/** Entity tag of a customer (decision 3.3). */
export const etagOf = (customer: Customer): string => `"${customer.version}"`

/** A page of a list with its count and links, cut down to `fields`. */
export function list(
  x: YaasExchange,
  path: string,
  documents: readonly { [name: string]: unknown }[],
  total: number,
): Reply {
  const page = pageOf(x.request.query, x.settings.limits)
  const select = fieldsOf(x.request.query, ['id'])
  return answer(200, select ? documents.map(select) : documents, {
    'hybris-Count': String(total),
    Link: linksOf(x.request, urlOf(x, path), page, total),
  })
}

/** A list that is not paged. */
export function whole<T>(page: Page<T>): Reply {
  return answer(200, page.items, { 'hybris-Count': String(page.total) })
}

/** One document, cut down to `fields`. */
export function item(x: YaasExchange, document: { [name: string]: unknown }, headers: Reply['headers'] = {}): Reply {
  return answer(200, fieldsOf(x.request.query, ['id'])?.(document) ?? document, headers)
}

/** What every call to the core says. */
export function facts(x: YaasExchange) {
  return {
    list: x.list,
    profile: x.settings.profile,
    caller: x.caller,
    requestId: x.requestId,
  }
}

/** Refuses a document with violations, in the order of the body. */
export function refuseViolations({ body, violations: found }: YaasExchange, given: readonly Violation[]): void {
  const violations = [...given, ...found]
  if (violations.length === 0) return
  const names = Object.keys(body)
  const position = ({ path }: Violation): number => {
    const at = names.indexOf(path[0] ?? '')
    return at < 0 ? names.length : at
  }
  const ordered = violations.toSorted((a, b) => position(a) - position(b))
  throw fail('documentInvalid', { document: payload, violations: ordered })
}

/** 200 with the document if the caller may see it and it can be read now, else 204 (decision 3.2): the change is stored. */
export async function changed(
  x: YaasExchange,
  document: () => Reply | Promise<Reply>,
  headers: Reply['headers'] = {},
): Promise<Reply> {
  const maySee = x.caller?.scopes?.includes(scopeName('view')) ?? false
  const silent = { status: 204, headers }
  if (x.settings.putStatus === 204 || !maySee) return silent
  try {
    return await document()
  } catch (error) {
    if (error instanceof CustomerError) return silent
    throw error
  }
}
