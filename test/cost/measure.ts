/** How long a request holds the event loop of the process that serves it, and how its time grows with its size. */
import { ocapi } from '../../adapters/ocapi/index.js'
import { yaas } from '../../adapters/yaas/index.js'
import { serve } from '../support/api.js'
import type { Service } from '../support/api.js'
import { yaasCallers } from '../support/yaas.js'
import { growing } from './requests.js'
import type { Growing } from './requests.js'

const megabyte = 1024 * 1024
/** Milliseconds that a megabyte may hold the loop, and a request that is smaller. */
const most = 100
/** How much faster than n log n the time may seem to grow: a machine is never as quick twice. */
const leeway = 3

/** Serves both APIs, with a customer to ask for. */
async function open(): Promise<Service> {
  const strings = { type: 'array', items: { type: 'string' }, uniqueItems: true }
  const service = await serve({
    flavours: [ocapi(), yaas()],
    authenticate: ({ token }) => yaasCallers[token],
    library: { mixins: { schemas: { 'https://a.example/strings': strings } }, hashPassword: async () => '$hash$' },
  })
  const custom = { a: Array.from({ length: 1_000 }, (_, at) => at) }
  const { customerNo } = await service.shop.createCustomer({ create: { customerNo: 'C1', custom } })
  await service.shop.createAddress({ customerNo, create: { addressId: 'home' } })
  return service
}

/** Milliseconds of one request. */
interface Cost {
  /** The longest turn of the event loop. */
  readonly held: number
  readonly spent: number
}

/**
 * Counts the turns of the event loop while a request runs. Of the clock's time and the processor's, the smaller one counts:
 * on a busy machine the process waits for a processor, and its helper threads work beside it.
 */
export async function costOf(request: () => Promise<unknown>): Promise<Cost> {
  const now = () => ({ clock: performance.now(), cpu: process.cpuUsage() })
  const since = (from: ReturnType<typeof now>): number => {
    const { user, system } = process.cpuUsage(from.cpu)
    return Math.min(performance.now() - from.clock, (user + system) / 1_000)
  }
  let isRunning = true
  let held = 0
  const start = now()
  let turn = start
  const tick = (): void => {
    held = Math.max(held, since(turn))
    turn = now()
    if (isRunning) setImmediate(tick)
  }
  setImmediate(tick)
  await request()
  isRunning = false
  return { held: Math.max(held, since(turn)), spent: since(start) }
}

/** The best of three, or the first that is good enough. */
async function bestCost(service: Service, request: Growing, size: number, allowed: number): Promise<Cost> {
  const { method = 'GET', path = '', ...more } = request.make(size)
  let best: Cost = { held: Infinity, spent: Infinity }
  for (let tried = 0; tried < 3 && best.held > allowed; tried++) {
    const cost = await costOf(async () => {
      const { status, text } = await service.call(method, path, more)
      if (status >= 500) throw new Error(`${request.name}, ${size} bytes: ${status} ${text.slice(0, 200)}`)
    })
    best = { held: Math.min(best.held, cost.held), spent: Math.min(best.spent, cost.spent) }
  }
  return best
}

/** What grows faster than n log n from one of the sizes to the largest; a time that nobody notices counts as that. */
export function growthOf(costs: readonly (readonly [size: number, spent: number])[]): string | undefined {
  const [largest, spent] = costs.at(-1) ?? [1, 0]
  for (const [size, before] of costs) {
    const expected = (Math.max(before, 20) * largest * Math.log(largest)) / (size * Math.log(size))
    if (spent > leeway * expected)
      return `${Math.round(before)} ms of ${size} bytes, ${Math.round(spent)} of ${largest}`
  }
  return undefined
}

/**
 * What costs too much: a line for each request that holds the loop longer than its size allows, three times in a row, and
 * for each whose time grows faster than n log n.
 */
export async function costlyRequests(sizes: readonly number[]): Promise<readonly string[]> {
  const service = await open()
  const costly: string[] = []
  for (const request of growing) {
    const costs: (readonly [number, number])[] = []
    for (const size of request.isShort ? [1_000, 4_000, 7_500] : sizes) {
      const allowed = most * Math.max(1, size / megabyte)
      const { held, spent } = await bestCost(service, request, size, allowed)
      costs.push([size, spent])
      if (held > allowed)
        costly.push(`${request.name}, ${size} bytes: ${Math.round(held)} ms of ${Math.round(allowed)}`)
    }
    const growth = growthOf(costs)
    if (growth !== undefined) costly.push(`${request.name} grows too fast: ${growth}`)
  }
  await service.stop()
  return costly
}
