/** How long a request holds the event loop of the process that serves it. */
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { ocapi } from '../../adapters/ocapi/index.js'
import { yaas } from '../../adapters/yaas/index.js'
import { serve } from '../support/api.js'
import type { Service } from '../support/api.js'
import type { Sent } from '../support/http.js'
import { yaasCallers } from '../support/yaas.js'
import { growing } from './requests.js'
import type { Growing } from './requests.js'

const megabyte = 1024 * 1024
/** Milliseconds that a megabyte may hold the loop, and a request that is smaller. */
const most = 100

/** Serves both APIs, with a customer to ask for. */
async function open(): Promise<Service> {
  const strings = { type: 'array', items: { type: 'string' }, uniqueItems: true }
  const service = await serve({
    flavours: [ocapi(), yaas()],
    authenticate: ({ token }) => yaasCallers[token],
    library: { mixins: { schemas: { 'https://a.example/strings': strings } }, hashPassword: async () => '$hash$' },
  })
  const custom = { a: Array.from({ length: 1_000 }, (_, at) => at) }
  await service.shop.createCustomer({ create: { customerNo: 'C1', custom } })
  return service
}

/** What the platform's own parser takes for a body, in milliseconds: it cannot be interrupted, and is not ours. */
function parsed({ body }: Sent): number {
  const start = performance.now()
  try {
    JSON.parse(typeof body === 'string' ? body : 'null')
  } catch {
    return 0
  }
  return performance.now() - start
}

/** The longest that one request held the loop, in milliseconds. */
async function heldBy(service: Service, request: Growing, size: number): Promise<number> {
  const { method = 'GET', path = '', ...more } = request.make(size)
  const delay = monitorEventLoopDelay({ resolution: 1 })
  delay.enable()
  const { status, text } = await service.call(method, path, more)
  delay.disable()
  if (status >= 500) throw new Error(`${request.name}, ${size} bytes: ${status} ${text.slice(0, 200)}`)
  return delay.max / 1e6
}

/** What costs too much: a line for each request that holds the loop longer than its size allows, three times in a row. */
export async function costlyRequests(sizes: readonly number[]): Promise<readonly string[]> {
  const service = await open()
  const costly: string[] = []
  for (const request of growing)
    for (const size of request.isShort ? [1_000, 4_000, 7_500] : sizes) {
      const allowed = most * Math.max(1, size / megabyte)
      let held = Infinity
      for (let tried = 0; tried < 3 && held > allowed; tried++)
        held = Math.min(held, (await heldBy(service, request, size)) - 2 * parsed(request.make(size)))
      if (held > allowed)
        costly.push(`${request.name}, ${size} bytes: ${Math.round(held)} ms of ${Math.round(allowed)}`)
    }
  await service.stop()
  return costly
}
