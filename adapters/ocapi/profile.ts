import { libraryProfile } from '../../core/model/profile.js'
import type { Profile } from '../../core/model/profile.js'

/** The rules of this flavour (decisions 2.10, 2.11). */
export const ocapiProfile: Profile = { ...libraryProfile, name: 'ocapi', needsLogin: true, needsAddressId: true }
