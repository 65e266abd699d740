/** One YaaS request on its way. */
import type { Address, Customer, CustomerChange, CustomerCreate } from '../../core/model/documents.js'
import type { Violation } from '../../core/model/problems.js'
import { Exchange } from '../http/exchange.js'
import type { Surroundings } from '../http/exchange.js'
import type { Decoded } from '../http/field.js'
import type { ApiRequest } from '../http/protocol.js'
import type { Route } from '../http/route-matcher.js'
import type { ResolvedOptions } from './options.js'
import { nothingAsked } from './parameters.js'
import type { Asked, ListRules } from './parameters.js'

/** What this flavour says of a route besides. */
export interface YaasExtras {
  /** Scope that the token needs: `hybris.cecentercustomer_view` or `…_manage`. */
  readonly scope: 'view' | 'manage'
  /** Whether a body is read. `optional`: an empty one is `{}`. */
  readonly body?: 'needed' | 'optional'
  /** Looks up what the path names, before the body is taken and parameters are checked: 404 comes first (decision 3.17). */
  readonly find?: (exchange: YaasExchange) => Promise<void>
  /** Reads what the query asks for; absent: the route looks at no parameter. */
  readonly asks?: (query: URLSearchParams, rules: ListRules) => Asked | Promise<Asked>
  /** Checks what cannot be checked at once, when the body is there; what is wrong is told with all else (decision 3.17). */
  readonly check?: (exchange: YaasExchange) => Promise<void>
}
/** A route of this flavour. */
export type YaasRoute = Route<YaasExchange> & YaasExtras

/** An exchange of this flavour: what its steps have found out. */
export class YaasExchange extends Exchange<YaasRoute> {
  readonly options: ResolvedOptions
  /** URL of the flavour's base where a gateway says it. */
  externalBase: string | undefined
  /** The customer list of the tenant. */
  list = ''
  /** The customer that the path names, where a step has looked it up. */
  customer: Customer | undefined
  /** The address that the path names, where a step has looked it up. */
  address: Address | undefined
  asked: Asked = nothingAsked
  /** The parsed JSON body. */
  body: Readonly<Record<string, unknown>> = {}
  /** The body as what creates a customer. */
  create: Decoded<CustomerCreate> | undefined
  /** The body as what changes a customer of this state. */
  change: { readonly of: Customer; readonly decoded: Decoded<CustomerChange> } | undefined
  /** What the library finds wrong with the body. */
  violations: readonly Violation[] = []
  constructor(request: ApiRequest, surroundings: Surroundings<YaasRoute>, options: ResolvedOptions) {
    super(request, surroundings)
    this.options = options
  }

  /** URL of the flavour's base as the client sees it; `link`, Location and Link are built on it. */
  get base(): string {
    return this.externalBase ?? this.site + this.options.basePath
  }
}

/** The scope's full name. */
export function scopeName(scope: YaasExtras['scope']): string {
  return `hybris.cecentercustomer_${scope}`
}

/** What every call to the core says. */
export function termsOf(x: YaasExchange) {
  return {
    list: x.list,
    profile: x.options.profile,
    flavour: 'yaas',
    caller: x.caller,
    requestId: x.requestId,
    signal: x.signal,
  } as const
}
