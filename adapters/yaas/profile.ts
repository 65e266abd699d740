import { libraryProfile } from '../../core/model/profile.js'
import type { Profile } from '../../core/model/profile.js'

/** The rules of this flavour (decisions 1.5, 3.4 to 3.7). */
export const yaasProfile: Profile = {
  ...libraryProfile,
  name: 'yaas',
  uniqueEmail: true,
  loginFollowsEmail: true,
  numbers: 'random',
  refusesNumber: true,
  defaults: { preferredLocale: 'en_US', preferredCurrency: 'USD', preferredSite: 'default' },
}
