/** Every operation at work: the rules, made of their parts. */
import type { Customer, CustomerChange, CustomerCreate } from '../model/documents.js'
import type { Reading, Writing } from '../model/operations.js'
import type { Violation } from '../model/problems.js'
import type {
  HashPassword,
  Ids,
  Limits,
  PasswordHashFormat,
  Policies,
  SignInLock,
  SocialMediaUserSource,
} from '../ports/host.js'
import type { Storage } from '../ports/storage.js'
import type { Incidents } from '../work/incidents.js'
import type { ReadOperation } from '../work/read.js'
import type { WriteOperation } from '../work/write.js'
import { createInternalAccount, linkAccount, unlinkAccount } from './accounts.js'
import { createAddress, deleteAddress, updateAddress } from './address-operations.js'
import { Addresses } from './addresses.js'
import type { DeclaredAttributes } from './custom-attributes.js'
import { createCustomer, deleteCustomer, updateCustomer } from './customer-operations.js'
import { Customers, merged } from './customers.js'
import { createMapping, deleteMappings } from './mappings.js'
import { changedMixins } from './mixins.js'
import type { MixinSchemas } from './mixins.js'
import { Numbers } from './numbers.js'
import { Passwords } from './passwords.js'
import { readOperations } from './reads.js'
import { SignIns } from './sign-ins.js'
import { importSocialMediaUsers, sourceOfUsers } from './social-media-users.js'

/** What the rules are made of. */
export interface RuleParts {
  readonly storage: Storage
  readonly ids: Ids
  readonly policies: Policies
  readonly hashPassword: HashPassword
  readonly hashFormats: readonly PasswordHashFormat[]
  readonly lock: SignInLock | undefined
  readonly mixins: MixinSchemas
  readonly customAttributes: DeclaredAttributes
  /** Absent: the storage is the source. */
  readonly socialMediaUsers: SocialMediaUserSource | undefined
  readonly limits: Limits
  readonly incidents: Incidents
}

/** The rules at work. */
export interface Rules {
  readonly writes: { readonly [O in Writing]: WriteOperation<O> }
  readonly reads: { readonly [O in Reading]: ReadOperation<O> }
  readonly signIns: SignIns
  /** Has generated numbers ready. */
  readonly beforeUnit: (list: string) => Promise<void> | undefined
  /**
   * What is wrong with the email and mixins that a create or change document sets. Loads the schemas of mixins, so that no unit of work waits for them.
   */
  readonly checkCustomer: (
    change: CustomerCreate | CustomerChange,
    previous?: Customer,
  ) => Promise<readonly Violation[]>
}

/** Makes the rules of their parts. */
export function rulesOf(parts: RuleParts): Rules {
  const { ids, policies, customAttributes, mixins, limits, socialMediaUsers, incidents } = parts
  const numbers = new Numbers(parts.storage)
  const customers = new Customers({ ids, policies, mixins, customAttributes, numbers, limits })
  const addresses = new Addresses(ids, customAttributes, limits)
  const passwords = new Passwords(parts)
  return {
    writes: {
      createCustomer: createCustomer(customers, passwords),
      updateCustomer: updateCustomer(customers, passwords),
      deleteCustomer: deleteCustomer(customers),
      createAddress: createAddress(customers, addresses),
      updateAddress: updateAddress(customers, addresses),
      deleteAddress: deleteAddress(customers, addresses),
      createInternalAccount: createInternalAccount(customers, passwords, policies),
      linkAccount: linkAccount(customers, ids),
      unlinkAccount: unlinkAccount(customers),
      createMapping: createMapping(ids),
      deleteMappings: deleteMappings(),
      importSocialMediaUsers: importSocialMediaUsers(ids),
    },
    reads: readOperations(socialMediaUsers && sourceOfUsers(socialMediaUsers, limits.handler, incidents)),
    signIns: new SignIns({ ...parts, passwords }),
    beforeUnit: (list) => numbers.fill(list),
    async checkCustomer(change, previous) {
      const before: CustomerCreate = previous ?? {}
      const now = merged(before, change)
      const touched = changedMixins(before, now)
      if (touched.length > 0) await mixins.prepare(touched.flatMap((name) => now.mixinSchemas?.[name] ?? []))
      const { email } = now
      const isGood = email === undefined || email === before.email || policies.email(email.trim())
      const wrong: Violation = { path: ['email'], rule: 'constraint', message: 'is not a valid email address' }
      const found = customers.free.violationsAsSent(now, before)
      const others = found instanceof Promise ? await found : found
      return isGood ? others : [wrong, ...others]
    },
  }
}
