/** A library with probing plug-ins, and the mistakes that they make. */
import { expect } from 'chai'
import { memoryStorage } from '../../adapters/storage/local/memory.js'
import type { ClienteleOptions, CustomerOperations, Hooks, Plugin } from '../../core/index.js'
import { openShop, problemOf } from './shop.js'
import { contentsOf } from './ways.js'

/** The points at which the probes stand. */
export const beforeCreate = 'dw.ocapi.data.customer_list.customers.beforePOST'
export const afterCreate = 'dw.ocapi.data.customer_list.customers.afterPOST'
export const beforeChange = 'dw.ocapi.data.customer_list.customer.beforePATCH'
export const afterChange = 'dw.ocapi.data.customer_list.customer.afterPATCH'
export const beforeRemove = 'dw.ocapi.data.customer_list.customer.beforeDELETE'
export const afterAddress = 'dw.ocapi.data.customer_list.customer.addresses.afterPOST'

/** A line of the log, as far as tests look at it. */
export interface LogLine {
  readonly message: string
  readonly plugin?: string
  readonly extensionPoint?: string
  readonly handler?: string
  readonly requestId?: string
  readonly durationMs?: number
  readonly stack?: string
}

/** A library with these plug-ins and one customer `C1` (made before they act), and what was logged. */
export async function open(plugins: Hooks | readonly Plugin[], options: Partial<ClienteleOptions> = {}) {
  const log: LogLine[] = []
  const write = (message: string, fields: object = {}) => void log.push({ message, ...fields })
  let isArmed = false
  const armed = ([point, handler]: [string, unknown]) => [
    point,
    (...args: unknown[]) => (isArmed ? (handler as (...args: unknown[]) => unknown)(...args) : undefined),
  ]
  const given = Array.isArray(plugins) ? (plugins as readonly Plugin[]) : [{ name: 'probe', hooks: plugins as Hooks }]
  const storage = memoryStorage()
  const { clientele, shop } = await openShop({
    storage,
    plugins: given.map((plugin) => ({ ...plugin, hooks: Object.fromEntries(Object.entries(plugin.hooks).map(armed)) })),
    logger: { debug: write, info: write, warn: write, error: write },
    ...options,
  })
  await shop.createCustomer({ create: { customerNo: 'C1', lastName: 'Lebowski' } })
  isArmed = true
  return { clientele, shop, storage, log }
}

/** The one log line of a call that fails as an internal error and leaves nothing behind. */
export async function mistakeIn(
  hooks: Hooks | readonly Plugin[],
  call: (shop: CustomerOperations) => Promise<unknown> = (shop) => shop.createCustomer({ create: { lastName: 'New' } }),
  options: Partial<ClienteleOptions> = {},
): Promise<LogLine> {
  const { clientele, shop, storage, log } = await open(hooks, options)
  const before = await contentsOf(storage)
  expect(await problemOf(call(shop))).to.equal('internal')
  expect(await contentsOf(storage)).to.equal(before)
  const incidents = log.filter((line) => 'incident' in line)
  expect(incidents.length, JSON.stringify(log)).to.equal(1)
  await clientele.close()
  return incidents[0] as LogLine
}

/** Changes the customer. */
export const change = (shop: CustomerOperations) =>
  shop.updateCustomer({ customerNo: 'C1', update: { lastName: 'Sobchak' } })

/** Something that others wait for: it has passed when it is opened. */
export function gate() {
  let open: () => void = () => undefined
  const passed = new Promise<void>((resolve) => (open = resolve))
  return { open, passed }
}
