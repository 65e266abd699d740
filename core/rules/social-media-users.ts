/** Social media users: read from the host's source, or from the storage, which import fills (decision 3.14). */
import type { Running } from './customers.js'
import { keyOf } from '../model/keys.js'
import type { SocialMediaUser } from '../model/documents.js'
import { schemaVersions } from '../ports/storage.js'
import type { SocialMediaUserRecord } from '../ports/storage.js'
import type { Unit } from '../work/unit.js'

/**
 * Gives the social media users of an existing customer, as they are to be shown. Asked outside any unit of work; a throw
 * is reported as an incident, and so is one that gives no list or takes longer than a handler may.
 */
export type SocialMediaUserSource = (customer: {
  readonly customerNo: string
  readonly listId: string
}) => readonly SocialMediaUser[] | Promise<readonly SocialMediaUser[]>

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
