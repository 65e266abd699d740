/**
 * Throws everything imaginable from every callback, on every way. A program of its own, since it must also show that the
 * process lives: an unhandled rejection ends it. Arguments: number of runs, seed.
 */
import { once } from 'node:events'
import { expect } from 'chai'
import fc from 'fast-check'
import { ocapi } from '../../adapters/ocapi/index.js'
import { yaas } from '../../adapters/yaas/index.js'
import { CustomerError, Secret } from '../../core/index.js'
import { serve } from '../support/api.js'
import type { Service } from '../support/api.js'
import { yaasBase, yaasCallers } from '../support/yaas.js'
import { callbacks } from './callbacks.js'
import type { Callback, Setting } from './callbacks.js'
import { thrownThings } from './thrown-things.js'

const modes = ['throws', 'rejects', 'rejects later', 'hangs'] as const
type Mode = (typeof modes)[number]
type Way = 'library' | 'ocapi' | 'yaas'

/** What nothing waits for: that it hangs is not told. */
const notAwaited = /onError|onTrace|observe\.|onEnd/

/** How long a handler may take where something hangs. */
const limit = 150

/** A function that fails in this way with what `make` gives; `failures` gets what it has promised. */
function failing(mode: Mode, make: () => unknown, failures: Promise<unknown>[]): () => unknown {
  const promised = (failure: Promise<unknown>) => {
    failures.push(failure)
    return failure
  }
  if (mode === 'hangs') return () => new Promise(() => undefined)
  if (mode === 'rejects') return () => promised(Promise.reject(make()))
  if (mode === 'rejects later')
    return () => promised(new Promise((_, reject) => setTimeout(() => reject(make() as Error))))
  return () => {
    throw make()
  }
}

type Line = Readonly<Record<string, unknown>> & { readonly message: string }

function startWith({ options, authenticate, listener, observe }: Setting, log: Line[], mode: Mode): Promise<Service> {
  const write = (message: string, fields?: object) => void log.push({ message, ...fields })
  const service = serve({
    flavours: [ocapi(), yaas()],
    authenticate: authenticate ?? (({ token }) => yaasCallers[token]),
    ...(observe && { observe }),
    library: {
      logger: { debug: () => undefined, info: () => undefined, warn: () => undefined, error: write },
      hashPassword: async () => '$hash$',
      ...(mode === 'hangs' && { limits: { handler: limit } }),
      ...options,
    },
  })
  return service.then((started) => {
    if (listener) started.clientele.subscribe(listener)
    return started
  })
}

/** One call on a way; gives its outcome in one word. */
async function callOn(way: Way, service: Service, { name }: Callback, { onTrace }: Setting): Promise<string> {
  const isSource = name.startsWith('the source')
  if (way === 'library') {
    const shop = service.clientele.list('SiteGenesis', onTrace ? { onTrace } : {})
    try {
      const credentials = { login: 'dude' }
      const create = { email: 'dude@example.com', credentials }
      const { customerNo } = await shop.createCustomer({ create, password: new Secret('pass') })
      if (isSource) await shop.findSocialMediaUsers({ customerNo })
      return 'done'
    } catch (error) {
      expect(error).to.be.instanceOf(CustomerError)
      return (error as CustomerError).problem.kind
    }
  }
  if (way === 'ocapi') {
    const path = '/s/-/dw/data/v16_2/customer_lists/SiteGenesis/customers'
    const json = { email: 'dude@example.com', credentials: { login: 'dude', password: 'pass' } }
    const { status, text } = await service.call('POST', path, { json })
    if (status < 300) return 'done'
    const { _type, fault } = JSON.parse(text) as {
      _type: string
      fault: { type: string; arguments: { incident: string } }
    }
    expect(_type).to.equal('fault')
    expect(fault.arguments.incident, text).to.match(/^[0-9a-f]{16}$/)
    return (
      { InternalServerErrorException: 'internal', ServiceUnavailableException: 'tokenUnchecked' }[fault.type] ?? text
    )
  }
  const customers = `${yaasBase}/sitegenesis/customers`
  let answer = await service.call('POST', customers, { token: 'yaas', json: { contactEmail: 'dude@example.com' } })
  if (isSource && answer.status === 201)
    answer = await service.call('GET', `${customers}/${answer.json<{ id: string }>().id}/socialMediaUsers`, {
      token: 'yaas',
    })
  if (answer.status < 300) return 'done'
  const { type, message } = answer.json<{ type: string; message: string }>()
  expect(message).to.match(/incident [0-9a-f]{16}\.$/)
  expect(answer.status).to.equal(type === 'service_temporarily_unavailable' ? 503 : 500)
  const kinds: Readonly<Record<string, string>> = {
    internal_service_error: 'internal',
    service_temporarily_unavailable: 'tokenUnchecked',
    backing_service_unavailable: 'sourceUnavailable',
  }
  return kinds[type] ?? answer.text
}

const outcomes = { internal: 'internal', unchecked: 'tokenUnchecked', source: 'sourceUnavailable' } as const

interface Case {
  readonly way: Way
  readonly callback: Callback
  readonly mode: Mode
  readonly thing: (typeof thrownThings)[number]
}

async function run({ way, callback, mode, thing }: Case): Promise<void> {
  const isAsked = !callback.only || callback.only.includes(way)
  if (!isAsked || (mode === 'hangs' && callback.isNow)) return
  const log: Line[] = []
  const failures: Promise<unknown>[] = []
  const setting = callback.place(failing(mode, () => thing.make(), failures))
  const service = await startWith(setting, log, mode)
  try {
    const outcome = await callOn(way, service, callback, setting)
    // what nothing waits for cannot hang a call
    expect(outcome).to.equal(callback.outcome ? outcomes[callback.outcome] : 'done')
    await service.clientele.idle()
    // looked at only now, so that one which nobody handles has ended the process
    await new Promise((resolve) => setTimeout(resolve))
    await Promise.allSettled(failures)
    await new Promise((resolve) => setImmediate(resolve))
    const isTold = callback.names && !(mode === 'hangs' && notAwaited.test(callback.name))
    if (isTold) expectLine(log, callback, mode, thing)
  } finally {
    await service.stop()
  }
}

/** One line names who it was, and tells the error's own message before anything else of it. */
function expectLine(
  log: readonly Line[],
  { names = [], isNow }: Callback,
  mode: Mode,
  { message }: Case['thing'],
): void {
  const own = mode === 'hangs' ? 'time limit' : isNow && mode !== 'throws' ? 'something else' : message
  const line = log.find((each) => [...names, own ?? ''].every((part) => each.message.includes(part)))
  expect(line, `no line with ${[...names, own].join(', ')}:\n${JSON.stringify(log).slice(0, 2000)}`).to.exist
  expect(line?.['stack']).to.be.a('string')
  expect(JSON.stringify(line).length).to.be.lessThan(150_000)
}

const [runs = '100', seed = String(Date.now() % 2 ** 31)] = process.argv.slice(2)
const cases: fc.Arbitrary<Case> = fc.record({
  way: fc.constantFrom<Way>('library', 'ocapi', 'yaas'),
  callback: fc.constantFrom(...callbacks),
  mode: fc.constantFrom(...modes, ...modes.slice(0, 3), ...modes.slice(0, 3)),
  thing: fc.constantFrom(...thrownThings),
})
await fc.assert(fc.asyncProperty(cases, run), {
  numRuns: Number(runs),
  seed: Number(seed),
  endOnFailure: true,
})
if (process.stdout.writableNeedDrain) await once(process.stdout, 'drain')
console.log(`${runs} runs, seed ${seed}`)
process.exit(0)
