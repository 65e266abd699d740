/** Options of the flavour, and what its steps make of them. */
import { checkOptions } from '../../core/model/options.js'
import { SetupError } from '../../core/model/setup-error.js'
import type { Totals } from '../../core/ports/storage.js'
import { totalsOf } from '../http/paging.js'
import type { PlainHttp } from '../http/transport.js'
import { accessOf } from './client-access.js'
import type { Access, OcapiSettings } from './client-access.js'

/** Options of `ocapi()`. */
export interface OcapiOptions {
  /** Status of a successful POST; default 200, as in the resource's own page (decision 2.2). */
  readonly createStatus?: 200 | 201
  /** Addresses per page when `count` is absent, 1 to 200; default 25 (decision 2.3). */
  readonly pageSize?: number
  /** How a page of addresses tells its total: `exact` (default), `capped` at 10,000, or `none` (adapters/ocapi/README.md, Other documents). */
  readonly totals?: Totals
  /** Names that `select` may have; default 200. */
  readonly maxSelectItems?: number
  /** Whether PATCH and DELETE need an If-Match header; default `optional` (decision 2.7). */
  readonly ifMatch?: 'optional' | 'required'
  /** Fault arguments as plain values, or as `{type, value}`; default `plain` (decision 2.5). */
  readonly faultArguments?: 'plain' | 'typed'
  /** Who may come without TLS: nobody (`refused`), peers on this machine without a proxy (`loopback`, default), or all (`allowed`). */
  readonly plainHttp?: PlainHttp
  /** Namespace of XML replies; default none (decision 2.16). */
  readonly xmlNamespace?: string
  /** Who may call what (decision 2.20). Default: every caller may use every resource of its lists. */
  readonly settings?: OcapiSettings
}

/** The same, with defaults filled in and settings ready to be asked. */
export type ResolvedOptions = Required<Omit<OcapiOptions, 'settings'>> & { readonly access: Access | undefined }

const defaults: Required<Omit<OcapiOptions, 'settings'>> = {
  createStatus: 200,
  pageSize: 25,
  totals: 'exact',
  maxSelectItems: 200,
  ifMatch: 'optional',
  faultArguments: 'plain',
  plainHttp: 'loopback',
  xmlNamespace: '',
}

/** Checks options; `paths` are those of the flavour's routes. Throws a SetupError that names the mistake. */
export function resolve(options: OcapiOptions, paths: readonly string[]): ResolvedOptions {
  checkOptions<OcapiOptions>('ocapi', options, {
    createStatus: 'number',
    pageSize: 'number',
    totals: 'string',
    maxSelectItems: 'number',
    ifMatch: 'string',
    faultArguments: 'string',
    plainHttp: 'string',
    xmlNamespace: 'string',
    settings: 'object',
  })
  const { settings, ...given } = options
  const access = settings && accessOf(settings, paths)
  const resolved = { ...defaults, ...given, totals: totalsOf('ocapi', options), access }
  if (!(Number.isInteger(resolved.pageSize) && resolved.pageSize >= 1 && resolved.pageSize <= 200))
    throw new SetupError('ocapi: pageSize must be a whole number from 1 to 200')
  if (!(Number.isInteger(resolved.maxSelectItems) && resolved.maxSelectItems >= 1))
    throw new SetupError('ocapi: maxSelectItems must be a whole number above 0')
  return resolved
}
