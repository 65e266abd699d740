/** What is fuzzed: both APIs in this process, on a list of their own beside one that nobody may see. */
import { memoryStorage } from '../../adapters/storage/local/memory.js'
import type { Flavour } from '../../adapters/http/flavour.js'
import type { Caller, CustomerOperations } from '../../core/index.js'
import type { Storage } from '../../core/ports/storage.js'
import { randomSource } from '../random-queries.js'
import { serve } from '../support/api.js'
import type { Service } from '../support/api.js'
import { brokenRules } from '../support/invariants.js'

/** Stands in every text of the list that nobody may see. */
export const secret = 'zq7Verborgen7qz'

const list = 'SiteGenesis'
const schema = 'https://schemas.example/m.json'
const mixin = { properties: { a: { type: 'string', pattern: '^(x+)+$' }, n: { type: 'integer' } } }
const scopes = ['hybris.cecentercustomer_view', 'hybris.cecentercustomer_manage']
const client = { clientId: 'client', flavours: ['yaas'], tenant: 'sitegenesis' } as const
const callers: Readonly<Record<string, Caller>> = {
  ocapi: { clientId: 'client', flavours: ['ocapi'], lists: [list, 'none'] },
  yaas: { ...client, scopes },
  viewer: { ...client, scopes: scopes.slice(0, 1) },
  manager: { ...client, scopes: scopes.slice(1) },
}

/** A service with data in it, the same for every seed. */
export interface Target extends Service {
  readonly storage: Storage
  /** What was reported to `onError`, until it is taken out. */
  readonly incidents: unknown[]
  /** Puts back what requests have deleted. */
  refill(): Promise<void>
  /** Customer and address ids, for paths that read them all. */
  customers(): Promise<readonly { readonly customerNo: string; readonly addressIds: readonly string[] }[]>
  /** What is wrong with the data now. */
  broken(): Promise<readonly string[]>
}

/** Three customers with addresses, mixins and a mapping, where they are not there; `text` is in each of them. */
async function fill(shop: CustomerOperations, text: string): Promise<void> {
  const isThere = (): void => undefined
  for (const customerNo of ['C1', 'C2', 'C3']) {
    const credentials = { login: `${text}${customerNo}` }
    const mixins = { m: { a: 'x', n: 1 } }
    const document = { customerNo, lastName: text, custom: { a: text }, mixins, mixinSchemas: { m: schema } }
    const email = `${text}${customerNo}@example.com`
    await shop.createCustomer({ create: { ...document, email, credentials } }).catch(isThere)
    for (const addressId of ['home', 'work'])
      await shop.createAddress({ customerNo, create: { addressId, city: text } }).catch(isThere)
  }
  await shop.createMapping({ create: { customerNumber: 'C1', sdCustomerNumber: text } })
}

/** Opens the service. Ids are the same in every run. */
export async function openTarget(flavours: readonly Flavour[]): Promise<Target> {
  const storage = memoryStorage()
  const incidents: unknown[] = []
  const random = randomSource(1)
  const digits = (count: number, base: number) =>
    Array.from({ length: count }, () => Math.floor(random() * base).toString(base)).join('')
  const ids = {
    hex24: () => digits(24, 16),
    incident: () => digits(16, 16),
    customerNumber: () => `C${digits(10, 10)}`,
  }
  const service = await serve({
    flavours,
    authenticate: ({ token }) => callers[token],
    library: {
      storage,
      ids,
      customerLists: [
        { id: list, tenant: 'sitegenesis' },
        { id: 'other', tenant: 'othertenant' },
      ],
      mixins: { schemas: { [schema]: mixin } },
      hashPassword: async () => '$hash$',
      onError: (error) => void incidents.push(error),
    },
  })
  await fill(service.shop, 'Lebowski')
  await fill(service.clientele.list('other'), secret)
  const others = await stored(storage, 'other')
  return {
    ...service,
    storage,
    incidents,
    refill: () => fill(service.shop, 'Lebowski'),
    customers: () =>
      storage.read(list, async (unit) => {
        const { items } = await unit.customers.find({})
        const addresses = (await unit.addresses.find({})).items
        return items.map(({ id, customerNo }) => ({
          customerNo,
          addressIds: addresses.filter(({ keys }) => keys['customer'] === id).map(({ addressId }) => addressId),
        }))
      }),
    broken: async () => [
      ...(await brokenRules(storage, list)),
      ...((await stored(storage, 'other')) === others ? [] : ['the other list has changed']),
    ],
  }
}

/** All customers, addresses and mappings of a list, as text. */
const stored = (storage: Storage, name: string): Promise<string> =>
  storage.read(name, async ({ customers, addresses, mappings }) =>
    JSON.stringify([
      (await customers.find({})).items,
      (await addresses.find({})).items,
      (await mappings.find({})).items,
    ]),
  )
