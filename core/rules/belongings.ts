/** What belongs to a customer, by the id of its record or by its number, and goes with it (decisions 1.14, 3.15). */
import { keyOf } from '../model/keys.js'
import type { CustomerRecord, Kind, Records } from '../ports/storage.js'
import type { Unit } from '../work/unit.js'
import { forgetSignIns } from './sign-ins.js'

/** Condition that a record belongs to the owner with this key. */
export function ownedBy(owner: string) {
  return { op: 'eq', path: ['keys', 'customer'], value: owner } as const
}

/** Rewrites the number in mappings and stored social media users (decision 1.14). */
export async function renumber(unit: Unit, from: string, to: string): Promise<void> {
  const where = ownedBy(keyOf(from))
  const keys = { customer: keyOf(to) }
  const mappings = await unit.tx.mappings.find({ where })
  for (const mapping of mappings.items)
    await unit.tx.mappings.update({ ...mapping, customerNumber: to, keys: { ...mapping.keys, ...keys } })
  unit.effect('mappings renumbered', mappings.total)
  const users = await unit.tx.socialMediaUsers.find({ where })
  for (const record of users.items)
    await unit.tx.socialMediaUsers.update({
      ...record,
      user: { ...record.user, referenceCustomerNumber: to },
      keys: { ...record.keys, ...keys },
    })
  unit.effect('social media users renumbered', users.total)
}

/** Removes what goes with a customer; its mappings stay and are marked. */
export async function removeBelongings(unit: Unit, record: CustomerRecord, customerNumber: string): Promise<void> {
  const { id, keys } = record
  await forgetSignIns(unit, record)
  const owner = keys['customerNo'] ?? ''
  const addresses = await removeAll(unit, 'addresses', id)
  for (const { addressId } of addresses) unit.emit('address-deleted', { customerNumber, addressId })
  unit.effect('addresses deleted', addresses.length)
  unit.effect('accounts deleted', (await removeAll(unit, 'accounts', id)).length)
  unit.effect('social media users deleted', (await removeAll(unit, 'socialMediaUsers', owner)).length)
  const { items } = await unit.tx.mappings.find({ where: ownedBy(owner) })
  const unmarked = items.filter((mapping) => !mapping.deletedInYaaS)
  for (const mapping of unmarked) await unit.tx.mappings.update({ ...mapping, deletedInYaaS: true })
  unit.effect('mappings marked deletedInYaaS', unmarked.length)
}

async function removeAll<K extends Exclude<Kind, 'customers' | 'mappings' | 'signIns'>>(
  unit: Unit,
  kind: K,
  owner: string,
): Promise<readonly Records[K][]> {
  const { items } = await unit.tx[kind].find({ where: ownedBy(owner) })
  for (const record of items) {
    await unit.tx[kind].remove(record as never)
    unit.drop(record.id)
  }
  return items as readonly Records[K][]
}
