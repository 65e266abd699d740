/** The OpenAPI document of a flavour, made of what the flavour says of itself; knows none by name. */
import { checkOptions } from '../../core/model/options.js'
import { SetupError } from '../../core/model/setup-error.js'
import type { Declared } from '../http/description.js'
import type { Flavour } from '../http/flavour.js'
import { documentOf } from './document.js'
import type { OpenApiDocument } from './document.js'

export type { Declared } from '../http/description.js'
export type { OpenApiDocument, OpenApiOperation } from './document.js'

/** Options of `openapi()`. */
export interface OpenApiOptions extends Declared {
  /** Where the API is served: scheme, host and mount prefix, such as `https://shop.example.com`. */
  readonly server: string
}

/**
 * The OpenAPI 3.1 document of a flavour with its options: every route, parameter, header, document and fault.
 *
 * ```ts
 * const document = await openapi(ocapi(), { server: 'https://shop.example.com' })
 * ```
 */
export async function openapi(flavour: Flavour, options: OpenApiOptions): Promise<OpenApiDocument> {
  checkOptions<OpenApiOptions>('openapi', options, { server: 'string', customAttributes: 'object', mixins: 'object' })
  const { server, ...declared } = options
  if (!/^https?:\/\/[^\s?#]*[^\s?#/]$/.test(server))
    throw new SetupError(`openapi: server '${server}' is not an address like 'https://shop.example.com'`)
  if (!flavour.describe) throw new SetupError(`openapi: the flavour '${flavour.name}' does not describe itself`)
  return documentOf(flavour, await flavour.describe(declared), server)
}
