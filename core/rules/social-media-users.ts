/** Social media users: read from the host's source, or from the storage, which import fills (decision 3.14). */
import { Deadline, Timer } from '../extension/deadline.js'
import type { SocialMediaUser } from '../model/documents.js'
import { keyOf } from '../model/keys.js'
import { fail } from '../model/problems.js'
import type { Page } from '../model/query.js'
import { socialMediaUserSchema } from '../model/schemas.js'
import type { Ids, SocialMediaUserSource } from '../ports/host.js'
import { schemaVersions } from '../ports/storage.js'
import type { SocialMediaUserRecord } from '../ports/storage.js'
import type { Incidents } from '../work/incidents.js'
import type { CallPlace } from '../work/read.js'
import type { Loaded, WriteOperation } from '../work/write.js'

/** Stores users as their source wrote them; one with a known id is replaced. */
export function importSocialMediaUsers(
  ids: Ids,
): WriteOperation<'importSocialMediaUsers', Loaded<'importSocialMediaUsers'>, number> {
  return {
    name: 'importSocialMediaUsers',
    documents: { users: { type: 'array', items: socialMediaUserSchema } },
    async apply(unit, _, { users }) {
      for (const user of users) {
        const stored = await unit.tx.socialMediaUsers.get({ user: user.id })
        const record: SocialMediaUserRecord = {
          id: stored?.id ?? ids.hex24(),
          version: stored?.version ?? 1,
          schema: schemaVersions.socialMediaUsers,
          keys: { user: user.id, customer: keyOf(user.referenceCustomerNumber) },
          user,
        }
        await (stored ? unit.tx.socialMediaUsers.update(record) : unit.tx.socialMediaUsers.insert(record))
      }
      return users.length
    },
    result: (_, imported) => ({ result: { imported } }),
  }
}

/** Asks the host's source for a customer's users, within the time of a handler. */
export function sourceOfUsers(source: SocialMediaUserSource, limit: number, incidents: Incidents) {
  const timer = new Timer(limit)
  return async (customerNo: string, { list, requestId }: CallPlace): Promise<Page<SocialMediaUser>> => {
    try {
      const items = await new Deadline().race(source({ customerNo, listId: list }), timer)
      if (!Array.isArray(items)) throw new TypeError('the source of social media users gave no list')
      return { items: items as readonly SocialMediaUser[], total: items.length }
    } catch (error) {
      const { problem } = incidents.report(error, { operation: 'findSocialMediaUsers', list, requestId })
      const incident = problem.kind === 'internal' ? problem.incident : ''
      throw fail('sourceUnavailable', { incident }, { cause: error })
    }
  }
}
