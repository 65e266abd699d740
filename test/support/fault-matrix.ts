/**
 * Every operation, with every call of the port failing, hanging or late, one at a time: `fault-matrix.js memory`, `json-file` or
 * `postgres`. Ends with code 1 for a promise that nobody handles. Prints what came out as JSON.
 */
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { Pool } from 'pg'
import { jsonFileStorage } from '../../adapters/storage/file/json-file.js'
import { memoryStorage } from '../../adapters/storage/local/memory.js'
import { postgresStorage } from '../../adapters/storage/postgres/postgres.js'
import { CustomerError, createClientele, definePlugin, extensionPoints } from '../../core/index.js'
import type { CustomerOperations, Operation } from '../../core/index.js'
import { kindNames } from '../../core/ports/storage.js'
import type { Storage } from '../../core/ports/storage.js'
import { faultyStorage } from '../faulty-storage.js'
import type { StorageStep } from '../faulty-storage.js'

process.on('unhandledRejection', (error) => {
  console.error('nobody handles', error)
  process.exit(1)
})

const storages: Readonly<Record<string, () => Promise<Storage>>> = {
  memory: async () => memoryStorage(),
  'json-file': async () =>
    jsonFileStorage({ file: path.join(await mkdtemp(path.join(tmpdir(), 'clientele-')), 'data.json') }),
  postgres: async () =>
    postgresStorage({ pool: new Pool({ connectionString: process.env['DATABASE_URL'], max: 150 }) }),
}
const name = process.argv[2] ?? 'memory'
const inner = await (storages[name] ?? (() => Promise.reject(new Error(`there is no storage ${name}`))))()
const storage = faultyStorage(inner)

/** After handlers query, so that units flush, and calls of handlers meet faults too. */
const look = async (...all: readonly unknown[]): Promise<void> => {
  await (all.at(-1) as { readonly customers: CustomerOperations }).customers.findCustomers({})
}
const hooks = Object.fromEntries(
  extensionPoints.filter(({ phase }) => phase === 'after').map((point) => [point.name, look]),
)
const nothing = (): void => undefined
const clientele = await createClientele({
  customerLists: { byId: (id) => ({ id }), byTenant: () => undefined },
  storage,
  plugins: [definePlugin({ name: 'looking', hooks })],
  logger: { debug: nothing, info: nothing, warn: nothing, error: nothing },
  limits: { handler: 900, unit: 1000 },
})

const customerNo = 'dude'
const target = { customerNo, addressId: 'home' }
/** Each operation on a customer with an address and a mapping, in a list of its own. */
const operations: { readonly [O in Operation]: (shop: CustomerOperations) => Promise<unknown> } = {
  createCustomer: (shop) => shop.createCustomer({ create: { lastName: 'Sobchak', email: 'walter@example.com' } }),
  getCustomer: (shop) => shop.getCustomer({ customerNo }),
  findCustomers: (shop) => shop.findCustomers({ query: { limit: 1 } }),
  updateCustomer: (shop) => shop.updateCustomer({ customerNo, update: { lastName: 'Lebowski' } }),
  deleteCustomer: (shop) => shop.deleteCustomer({ customerNo }),
  createAddress: (shop) => shop.createAddress({ customerNo, create: { addressId: 'work', city: 'Los Angeles' } }),
  getAddress: (shop) => shop.getAddress(target),
  findAddresses: (shop) => shop.findAddresses({ customerNo }),
  updateAddress: (shop) => shop.updateAddress({ ...target, update: { city: 'Malibu' } }),
  deleteAddress: (shop) => shop.deleteAddress(target),
  createInternalAccount: (shop) => shop.createInternalAccount({ customerNo, create: { email: 'dude@example.com' } }),
  findAccounts: (shop) => shop.findAccounts({ customerNo }),
  linkAccount: (shop) => shop.linkAccount({ customerNo, account: { id: '1', providerId: 'other' } }),
  unlinkAccount: (shop) => shop.unlinkAccount({ customerNo, account: { id: '0', providerId: 'other' } }),
  createMapping: (shop) => shop.createMapping({ create: { customerNumber: customerNo, sdCustomerNumber: '2' } }),
  findMappings: (shop) => shop.findMappings({}),
  deleteMappings: (shop) => shop.deleteMappings({ customerNumber: customerNo }),
  findSocialMediaUsers: (shop) => shop.findSocialMediaUsers({ customerNo }),
  importSocialMediaUsers: (shop) =>
    shop.importSocialMediaUsers({ users: [{ id: 'u', referenceCustomerNumber: customerNo }] }),
}

const prepare = async (list: string): Promise<void> => {
  const shop = clientele.list(list)
  await shop.createCustomer({ create: { customerNo, lastName: 'Lebowski' } })
  await shop.createAddress({ customerNo, create: { addressId: 'home', city: 'Venice' } })
  await shop.createMapping({ create: { customerNumber: customerNo, sdCustomerNumber: '1' } })
  await shop.linkAccount({ customerNo, account: { id: '0', providerId: 'other' } })
}
/** All that is stored in a list. */
const dump = (list: string): Promise<string> =>
  inner.read(list, async (unit) => {
    const kinds = []
    for (const kind of kindNames) kinds.push((await unit[kind].find({})).items)
    return JSON.stringify(kinds)
  })

type Outcome = 'served' | 'nothing' | 'unknown' | 'the handler was too slow'
const outcomeOf = (call: Promise<unknown>): Promise<Outcome> =>
  call.then(
    () => 'served',
    (error: unknown) => {
      if (error instanceof CustomerError && error.problem.kind === 'unavailable') return error.problem.outcome
      // who waits in a handler for what hangs is a slow handler (decision 4.10)
      if (error instanceof CustomerError && error.problem.kind === 'internal') return 'the handler was too slow'
      throw error
    },
  )

const counts: Record<string, number> = {}
const wrong: string[] = []
let lists = 0

async function meet(
  operation: Operation,
  step: StorageStep,
  nth: number,
  does: 'fail' | 'hang' | number,
  list = `${operation}-${++lists}`,
): Promise<void> {
  const run = operations[operation]
  const what = `${operation}, ${does} at ${step} ${nth}`
  if (does !== 'hang') await prepare(list)
  const before = await dump(list)
  const heal = storage.inject({ list, step, nth, does })
  const outcome = await outcomeOf(run(clientele.list(list)))
  heal()
  if (does === 'hang') await released
  // what went on after its release has ended when another change of the same customer has had its lock
  const again = await outcomeOf(
    clientele.list(list).createMapping({ create: { customerNumber: customerNo, sdCustomerNumber: '9' } }),
  )
  if (again !== 'served') wrong.push(`${what}: the next call is ${again}`)
  const after = await inner
    .write(list, async (unit) => {
      const added = (await unit.mappings.find({})).items.find(({ sdCustomerNumber }) => sdCustomerNumber === '9')
      if (added) await unit.mappings.remove(added)
    })
    .then(() => dump(list))
  const key = `${typeof does === 'number' ? 'late' : does}: ${outcome}`
  counts[key] = (counts[key] ?? 0) + 1
  if (['nothing', 'the handler was too slow'].includes(outcome) && after !== before)
    wrong.push(`${what}: nothing, and the store has changed`)
  if (typeof does === 'number' && outcome !== 'served') wrong.push(`${what}: ${outcome}`)
  if (does === 'fail' && step !== 'counter' && outcome !== (step === 'committed' ? 'unknown' : 'nothing'))
    wrong.push(`${what}: ${outcome}`)
}

let letGo = nothing
const released = new Promise<void>((resolve) => (letGo = resolve))
const hanging: (() => Promise<void>)[] = []
const others: (() => Promise<void>)[] = []
for (const operation of Object.keys(operations) as Operation[]) {
  const run = operations[operation]
  const list = `${operation}-steps`
  if (operation !== 'createCustomer') await prepare(list)
  storage.forget()
  await run(clientele.list(list))
  const seen = new Map<StorageStep, number>()
  for (const { step } of storage.log.filter((entry) => entry.list === list)) seen.set(step, (seen.get(step) ?? 0) + 1)
  for (const [step, count] of seen)
    for (let nth = 1; nth <= count; nth++) {
      const stuck = `${operation}-${++lists}`
      await prepare(stuck)
      hanging.push(() => meet(operation, step, nth, 'hang', stuck))
      for (const does of ['fail', 3] as const) others.push(() => meet(operation, step, nth, does))
    }
}
// those that hang are given up by the library; then all of them go on at once
const settled = Promise.all(hanging.map((start) => start()))
await delay(1700)
storage.release()
letGo()
await settled
const worker = async (): Promise<void> => {
  for (let next = others.pop(); next; next = others.pop()) await next()
}
await Promise.all(Array.from({ length: 8 }, worker))

// numbers are refilled in the background: nobody waits for that call
for (const does of ['fail', 'hang', 3] as const) {
  const list = `numbers-${does}`
  const shop = clientele.list(list)
  await shop.createCustomer({ create: {} })
  const heal = storage.inject({ list, step: 'counter', nth: 1, does })
  for (let number = 0; number < 90; number++) await shop.createCustomer({ create: {} })
  heal()
  storage.release()
  for (let number = 0; number < 30; number++) await shop.createCustomer({ create: {} })
  counts[`refill ${typeof does === 'number' ? 'late' : `${does}s`}: served`] = 1
}
await clientele.close()
console.log(JSON.stringify({ storage: name, cases: lists + 3, counts, wrong }))
process.exit(0)
