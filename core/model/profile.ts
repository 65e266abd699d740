import { SetupError } from './setup-error.js'

/**
 * Rules that belong to one flavour and travel with a call (decision 1.7). They are applied inside the operation, after
 * the before handlers. A flavour exports its own: `ocapi().profile`.
 */
export interface Profile {
  /** Name of the flavour, or `library`. */
  readonly name: string
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

/** The profile of library calls and imports, and what a flavour's profile is a variant of (decision 1.7). */
export const libraryProfile: Profile = {
  name: 'library',
  needsLogin: false,
  needsAddressId: false,
  uniqueEmail: false,
  loginFollowsEmail: false,
  numbers: 'sequence',
  refusesNumber: false,
  defaults: {},
}

/** Profiles that the core itself knows, by name. */
export const profiles = { library: libraryProfile } as const

/** The profile that a call names; a SetupError for a name that is none. */
export function profileOf(profile: 'library' | Profile = 'library'): Profile {
  if (typeof profile !== 'string') return profile
  if (profile !== 'library')
    throw new SetupError(`there is no profile '${String(profile)}': pass the profile of a flavour`)
  return libraryProfile
}
