/** Options of the flavour, and what its steps make of them. */
import { checkOptions } from '../../core/model/options.js'
import type { Profile } from '../../core/model/profile.js'
import { SetupError } from '../../core/model/setup-error.js'
import type { Totals } from '../../core/ports/storage.js'
import { totalsOf } from '../http/paging.js'
import type { PageSizes } from './parameters.js'
import { queryLimits } from './q-grammar.js'
import { yaasProfile } from './profile.js'

/** Settings of the flavour; each has the value of the decisions as its default. */
export interface YaasOptions {
  /** Path that all resources lie under; default `/hybris/cecentercustomer/v1`. */
  readonly basePath?: string
  /** `pageSize` without a parameter, and the largest that is allowed; defaults 16 and 1000. */
  readonly pageSize?: number
  readonly maxPageSize?: number
  /**
   * How lists tell their total: `exact` (default), `capped` at 10,000, or `none` (adapters/yaas/README.md, Lists). On
   * PostgreSQL the last two spare a query on properties that are not declared from reading the whole list.
   */
  readonly totals?: Totals
  /** Conditions that `q` may have, and values in one list of it; defaults 50 and 500. */
  readonly maxConditions?: number
  readonly maxConditionValues?: number
  /** What a new or replaced customer gets if nothing sets it; default `en_US`, `USD`, `default`. */
  readonly defaults?: {
    readonly preferredLanguage?: string
    readonly preferredCurrency?: string
    readonly preferredSite?: string
  }
  /** Status of a PUT: 200 with the document (default) or 204. */
  readonly putStatus?: 200 | 204
  /** Status of a body that is not valid: 400 (default), or 409 as the service's tutorial says. Parameters keep 400. */
  readonly validationStatus?: 400 | 409
  /**
   * True: a gateway in front has checked the token; caller, tenant and scopes come from its `hybris-*` headers, and links
   * are built from `hybris-external-url`. Only for apps that nobody but the gateway can reach. Default false.
   */
  readonly gateway?: boolean
  /** Refuse plain http, as OCAPI does; default false (decision 2.22). */
  readonly requireHttps?: boolean
  /** Value of `moreInfo` in errors. */
  readonly moreInfo?: string
}

/** The same, with defaults filled in. */
export interface ResolvedOptions {
  readonly basePath: string
  readonly sizes: PageSizes
  readonly totals: Totals
  readonly profile: Profile
  readonly putStatus: 200 | 204
  readonly validationStatus: 400 | 409
  readonly gateway: boolean
  readonly requireHttps: boolean
  readonly moreInfo: string
}

/** Checks options. Throws a SetupError that names the mistake. */
export function resolve(options: YaasOptions): ResolvedOptions {
  checkNames(options)
  const { basePath = '/hybris/cecentercustomer/v1', pageSize = 16, maxPageSize = 1000, defaults = {} } = options
  if (!/^(\/[^/?#\s]+)+$/.test(basePath)) throw new SetupError(`yaas: basePath '${basePath}' is not a path like '/a/b'`)
  const { maxConditions = queryLimits.terms, maxConditionValues = queryLimits.values } = options
  const isSize = (size: number): boolean => Number.isInteger(size) && size >= 1
  if (!isSize(pageSize) || !isSize(maxPageSize) || pageSize > maxPageSize)
    throw new SetupError('yaas: pageSize and maxPageSize are whole numbers, pageSize at most maxPageSize')
  if (!isSize(maxConditions) || !isSize(maxConditionValues))
    throw new SetupError('yaas: maxConditions and maxConditionValues are whole numbers above 0')
  return {
    basePath,
    totals: totalsOf('yaas', options),
    sizes: { pageSize, maxPageSize, query: { terms: maxConditions, values: maxConditionValues } },
    profile: profileOf(defaults),
    putStatus: options.putStatus ?? 200,
    validationStatus: options.validationStatus ?? 400,
    gateway: options.gateway ?? false,
    requireHttps: options.requireHttps ?? false,
    moreInfo: options.moreInfo ?? 'https://api.yaas.io/patterns/errortypes.html',
  }
}

function checkNames(options: YaasOptions): void {
  checkOptions<YaasOptions>('yaas', options, {
    basePath: 'string',
    pageSize: 'number',
    maxPageSize: 'number',
    totals: 'string',
    maxConditions: 'number',
    maxConditionValues: 'number',
    defaults: 'object',
    putStatus: 'number',
    validationStatus: 'number',
    gateway: 'boolean',
    requireHttps: 'boolean',
    moreInfo: 'string',
  })
  const text = 'string'
  if (options.defaults)
    checkOptions<NonNullable<YaasOptions['defaults']>>('yaas: defaults', options.defaults, {
      preferredLanguage: text,
      preferredCurrency: text,
      preferredSite: text,
    })
}

function profileOf(defaults: NonNullable<YaasOptions['defaults']>): Profile {
  const standard = yaasProfile.defaults
  return {
    ...yaasProfile,
    defaults: {
      preferredLocale: defaults.preferredLanguage ?? standard.preferredLocale ?? 'en_US',
      preferredCurrency: defaults.preferredCurrency ?? standard.preferredCurrency ?? 'USD',
      preferredSite: defaults.preferredSite ?? standard.preferredSite ?? 'default',
    },
  }
}
