/** One OCAPI request on its way. */
import { Exchange } from '../http/exchange.js'
import type { Surroundings } from '../http/exchange.js'
import type { ApiRequest } from '../http/protocol.js'
import type { Route } from '../http/route-matcher.js'
import type { ResourceAccess } from './client-access.js'
import type { Format } from './formats.js'
import type { ResolvedOptions } from './options.js'
import type { PageAsked } from './parameters.js'
import type { Selector } from './select.js'

/** What this flavour says of a route besides. */
export interface OcapiExtras {
  /** The document that its request body is; absent: it takes no body. */
  readonly takes?: 'customer' | 'customer_address'
  /** It shows a list page by page. */
  readonly hasPages?: true
}
/** A route of this flavour. */
export type OcapiRoute = Route<OcapiExchange> & OcapiExtras

/** What a request asks for in its query and headers. */
export interface Asked {
  /** Format of the reply; undefined until it is agreed. */
  readonly format: Format | undefined
  /** Format that the Content-Type names. */
  readonly bodyFormat: Format | undefined
  /** What of a document the reply shows; undefined for everything. */
  readonly select: Selector | undefined
  /** The page, for a route that has pages. */
  readonly page: PageAsked
}

const nothing: Asked = { format: undefined, bodyFormat: undefined, select: undefined, page: { start: 0, count: 0 } }

/** An exchange of this flavour: what its steps have found out. */
export class OcapiExchange extends Exchange<OcapiRoute> {
  readonly options: ResolvedOptions
  /** Path below the version, as sent. */
  resource = ''
  /** What the client may read and write; undefined without settings. */
  access: ResourceAccess | undefined
  /** Headers that the settings add to the reply. */
  added: Readonly<Record<string, string>> | undefined
  asked: Asked = nothing
  /** Parsed request body. */
  body: unknown
  /** Gives the ETag of the record that a PATCH is about, once it is loaded. */
  loadedTag: (() => string) | undefined
  constructor(request: ApiRequest, surroundings: Surroundings<OcapiRoute>, options: ResolvedOptions) {
    super(request, surroundings)
    this.options = options
  }
}
