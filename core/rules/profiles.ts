import type { FlavourName } from '../model/documents.js'

/**
 * Rules that belong to one flavour and travel with a call (decision 1.7). They are applied inside the operation, after
 * the before handlers.
 */
export interface Profile {
  readonly name: 'library' | FlavourName
  /** On create: credentials with a login are mandatory (decision 2.11). */
  readonly needsLogin: boolean
  /** On create: an address id is mandatory (decision 2.10); otherwise one is generated. */
  readonly needsAddressId: boolean
  /** No two customers may have one email, nor one's login as email (decision 1.5). */
  readonly uniqueEmail: boolean
  /** On create and on change the login follows the email (decisions 3.6, 3.7). */
  readonly loginFollowsEmail: boolean
  /** Form of generated customer numbers: 8 digits of a per-list sequence, or what `ids.customerNumber()` gives. */
  readonly numbers: 'sequence' | 'random'
  /** A customer number sent on create is refused (decision 3.5); a handler may set one nevertheless. */
  readonly refusesNumber: boolean
  /** Properties that a new customer gets if nothing set them (decision 3.4). */
  readonly defaults: {
    readonly preferredLocale?: string
    readonly preferredCurrency?: string
    readonly preferredSite?: string
  }
}

/** The three profiles with the values of decisions 1.7, 2.14, 3.4 and 3.5. A flavour may pass its own variant. */
export const profiles: { readonly [name in Profile['name']]: Profile } = {
  library: {
    name: 'library',
    needsLogin: false,
    needsAddressId: false,
    uniqueEmail: false,
    loginFollowsEmail: false,
    numbers: 'sequence',
    refusesNumber: false,
    defaults: {},
  },
  ocapi: {
    name: 'ocapi',
    needsLogin: true,
    needsAddressId: true,
    uniqueEmail: false,
    loginFollowsEmail: false,
    numbers: 'sequence',
    refusesNumber: false,
    defaults: {},
  },
  yaas: {
    name: 'yaas',
    needsLogin: false,
    needsAddressId: false,
    uniqueEmail: true,
    loginFollowsEmail: true,
    numbers: 'random',
    refusesNumber: true,
    defaults: { preferredLocale: 'en_US', preferredCurrency: 'USD', preferredSite: 'default' },
  },
}
