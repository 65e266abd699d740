/** The writing operations, and the documents of library calls that they check. */
import { createInternalAccount, linkAccount, unlinkAccount } from './accounts.js'
import { createAddress, deleteAddress, updateAddress } from './addresses.js'
import { createCustomer, deleteCustomer, updateCustomer } from './customers.js'
import type { Running } from './customers.js'
import { fail } from '../model/problems.js'
import { NotPlain, copyOf, freeze } from '../model/json.js'
import { createMapping, deleteMappings } from './mappings.js'
import type { DocumentOf, ResultOf, Writing } from '../model/operations.js'
import {
  accountCreateSchema,
  addressChangeSchema,
  addressCreateSchema,
  customerChangeSchema,
  customerCreateSchema,
  externalAccountSchema,
  mappingCreateSchema,
  socialMediaUserSchema,
} from '../model/schemas.js'
import type { Schema } from '../model/schemas.js'
import { Secret } from '../model/secret.js'
import { importSocialMediaUsers } from './social-media-users.js'
import type { Unit } from '../work/unit.js'
import { check } from '../model/validation.js'

type Write<O extends Writing> = (unit: Unit, call: Running<O>) => Promise<ResultOf<O>>

/** Every writing operation. */
export const writes: { readonly [O in Writing]: Write<O> } = {
  createCustomer,
  updateCustomer,
  deleteCustomer,
  createAddress,
  updateAddress,
  deleteAddress,
  createInternalAccount,
  linkAccount,
  unlinkAccount,
  createMapping,
  deleteMappings,
  importSocialMediaUsers,
}

/** The documents of a library call that are checked, by property of the input. */
const checkedDocuments: { readonly [O in Writing]?: Readonly<Record<string, Schema>> } = {
  createCustomer: { create: customerCreateSchema },
  updateCustomer: { update: customerChangeSchema },
  createAddress: { create: addressCreateSchema },
  updateAddress: { update: addressChangeSchema },
  createInternalAccount: { create: accountCreateSchema },
  linkAccount: { account: externalAccountSchema },
  createMapping: { create: mappingCreateSchema },
  importSocialMediaUsers: { users: { type: 'array', items: socialMediaUserSchema } },
}

/** The document of a library call's input, copied and checked against the domain's schema. */
export async function checkedDocument<O extends Writing>(operation: O, input: object): Promise<DocumentOf<O>> {
  const document: Record<string, unknown> = { ...input }
  const { password } = document
  if (password !== undefined && password !== null && !(password instanceof Secret))
    throw fail('documentInvalid', {
      document: 'password',
      violations: [{ path: [], rule: 'type', message: 'is no Secret: pass new Secret(password)' }],
    })
  for (const [property, schema] of Object.entries<Schema>(checkedDocuments[operation] ?? {})) {
    const copied = plainCopyOf(property, document[property] ?? {})
    const violations = await check(schema, copied)
    if (violations.length > 0) throw fail('documentInvalid', { document: property, violations })
    document[property] = copied
  }
  return document as DocumentOf<O>
}

function plainCopyOf(property: string, value: unknown): unknown {
  try {
    return freeze(copyOf(value))
  } catch (error) {
    if (!(error instanceof NotPlain)) throw error
    throw fail('documentInvalid', {
      document: property,
      violations: [{ path: error.path, rule: 'type', message: error.message }],
    })
  }
}
