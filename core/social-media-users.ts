/** Social media users: a cache of their source, written by import only (decision 3.14). */
import type { Running } from './customers.js'
import { keyOf } from './keys.js'
import { schemaVersions } from './storage.js'
import type { SocialMediaUserRecord } from './storage.js'
import type { Unit } from './unit.js'

/** Stores users as their source wrote them; one with a known id is replaced. */
export async function importSocialMediaUsers(
  unit: Unit,
  call: Running<'importSocialMediaUsers'>,
): Promise<{ imported: number }> {
  const { users } = call.document(undefined)
  for (const user of users) {
    const stored = await unit.tx.socialMediaUsers.get({ user: user.id })
    const record: SocialMediaUserRecord = {
      id: stored?.id ?? unit.ids.hex24(),
      version: stored?.version ?? 1,
      schema: schemaVersions.socialMediaUsers,
      keys: { user: user.id, customer: keyOf(user.referenceCustomerNumber) },
      user,
    }
    await (stored ? unit.tx.socialMediaUsers.update(record) : unit.tx.socialMediaUsers.insert(record))
  }
  return { imported: users.length }
}
