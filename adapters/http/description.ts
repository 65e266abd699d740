/**
 * What a flavour says of itself as data, for `clientele/openapi`: its documents, what each route takes and answers, and its
 * form of a fault. Which problems a route can meet is known from its operation; a flavour adds only faults of its own.
 */
import type { CustomerError } from '../../core/model/problems.js'
import type { CustomAttributeOptions } from '../../core/rules/custom-attributes.js'
import type { Keywords } from './field.js'
import type { ProtocolError } from './protocol.js'

/** What a host has declared beside the flavour's own documents. */
export interface Declared {
  /** As given to `createClientele`. */
  readonly customAttributes?: CustomAttributeOptions
  /** JSON Schemas of mixins, by the names that customers give them; without a `$ref` that leads out of the schema. */
  readonly mixins?: { readonly [name: string]: Keywords }
}

/** A parameter of the query or a header of the request. */
export interface DescribedParameter {
  readonly name: string
  readonly in: 'query' | 'header'
  readonly text: string
  readonly schema: Keywords
  readonly required?: boolean
}

/** An answer that is no fault. */
export interface DescribedReply {
  readonly status: number
  readonly text: string
  /** Absent: without a body. */
  readonly document?: Keywords
  readonly example?: unknown
  /** Schemas of the headers that it has beside those of every reply. */
  readonly headers?: { readonly [name: string]: Keywords }
}

/** A fault as its client sees it. */
export interface DescribedFault {
  readonly status: number
  readonly document: object
  readonly headers?: { readonly [name: string]: string }
}

/** What a route takes and answers. */
export interface DescribedRoute {
  /** Default: the name of its operation. */
  readonly id?: string
  readonly summary: string
  readonly tag: string
  readonly parameters?: readonly DescribedParameter[]
  readonly body?: { readonly document: Keywords; readonly isNeeded: boolean; readonly example: unknown }
  readonly replies: readonly DescribedReply[]
  /** Scopes that the token needs. */
  readonly scopes?: readonly string[]
  /** Faults that no problem of the core or of the protocol leads to. */
  readonly faults?: readonly DescribedFault[]
}

/** What a flavour says of itself. `R` is its route. */
export interface Description<R = { readonly method: string; readonly path: string }> {
  readonly title: string
  /** Version of the API. */
  readonly version: string
  /** What a reader should know first, in Markdown. */
  readonly text: string
  /** What the paths of its routes lie below: `/dw/data/v16_2`. */
  readonly basePath: string
  /** Security schemes by name; each is needed. */
  readonly security: { readonly [name: string]: Keywords }
  /** It refuses plain http. */
  readonly needsTls: boolean
  /** Media types of bodies; the first is that of JSON. */
  readonly types: readonly string[]
  /** What its routes are about, by tag. */
  readonly tags: { readonly [tag: string]: string }
  /** Schemas that others name as `#/components/schemas/<name>`. */
  readonly documents: { readonly [name: string]: Keywords }
  /** What the parameters of its paths are, by name. */
  readonly pathParameters: { readonly [name: string]: string }
  /** Schemas of the headers of every reply. */
  readonly headers: { readonly [name: string]: Keywords }
  route(route: R): DescribedRoute
  /** The fault that answers an error on this route. */
  faultOf(error: CustomerError | ProtocolError, route: R): DescribedFault
  /** Every type of fault, or those given, as the schema of the document; and the type that a document has. */
  faultSchema(types?: readonly string[]): Keywords
  faultType(document: object): string
}
