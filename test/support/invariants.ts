/** Rules that every stored list keeps, read from the records themselves (core/README.md, Rules of the unit of work). */
import { kindNames, kinds } from '../../core/ports/storage.js'
import type { Envelope, Storage } from '../../core/ports/storage.js'

/** What is wrong in a list: a customer without exactly one default address, a record without its customer, a key taken twice. */
export function brokenRules(storage: Storage, list: string): Promise<readonly string[]> {
  return storage.read(list, async (unit) => {
    const broken: string[] = []
    const customers = (await unit.customers.find({})).items
    const ids = new Set(customers.map(({ id }) => id))
    const addresses = (await unit.addresses.find({})).items
    const accounts = (await unit.accounts.find({})).items
    for (const { id, keys } of [...addresses, ...accounts])
      if (!ids.has(keys['customer'] ?? '')) broken.push(`${id} belongs to nobody`)
    const defaults = new Map<string, number>()
    for (const { keys, isDefault } of addresses) {
      const owner = keys['customer'] ?? ''
      defaults.set(owner, (defaults.get(owner) ?? 0) + (isDefault ? 1 : 0))
    }
    for (const [owner, count] of defaults)
      if (count !== 1) broken.push(`customer ${owner} has ${count} default addresses`)
    for (const kind of kindNames) {
      const records: readonly Envelope[] = (await unit[kind].find({})).items
      for (const name of kinds[kind].unique) {
        const values = records.flatMap(({ keys }) => keys[name] ?? [])
        if (new Set(values).size < values.length) broken.push(`two ${kind} share a ${name}`)
      }
    }
    return broken
  })
}
