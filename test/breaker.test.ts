/** Circuit breaker of the extension points: figures of hooks/README.md, Circuit breaker, off by default (4.10). */
import { expect } from 'chai'
import { describe, it } from 'mocha'
import { Status } from '../core/index.js'
import type { BreakerSettings, Hooks, Plugin } from '../core/index.js'
import { openShop, problemOf } from './support/shop.js'
import { errorOf, serveYaas } from './support/yaas.js'

const beforeCreate = 'dw.ocapi.data.customer_list.customers.beforePOST'

async function open(breaker?: boolean | Partial<BreakerSettings>, hooks?: Hooks) {
  let now = Date.parse('2026-01-01T00:00:00Z')
  const warnings: string[] = []
  const quiet = () => undefined
  const { clientele, shop } = await openShop({
    ...(breaker !== undefined && { breaker }),
    clock: () => new Date(now),
    logger: { debug: quiet, info: quiet, warn: (message) => void warnings.push(message), error: quiet },
    plugins: [
      {
        name: 'fragile',
        hooks: hooks ?? {
          [beforeCreate](create) {
            if (create.lastName === 'bad') throw new Error('bad')
            return create.lastName === 'refused' ? Status.error('NO', 'no') : undefined
          },
        },
      },
    ],
  })
  const send = (lastName: string) => problemOf(shop.createCustomer({ create: { lastName } }))
  const sendMany = async (lastName: string, times: number) => {
    for (let i = 0; i < times; i++) await send(lastName)
  }
  return { clientele, shop, send, sendMany, warnings, wait: (ms: number) => void (now += ms) }
}

describe('4.10: circuit breaker', () => {
  it('is off by default', async () => {
    const { send, sendMany } = await open()
    await sendMany('bad', 120)
    expect(await send('good')).to.equal('none')
  })

  it('opens with more than 50 failures among the last 100 calls, and not before', async () => {
    const { send, sendMany, warnings } = await open(true)
    await sendMany('bad', 50)
    await sendMany('good', 50)
    expect(await send('good')).to.equal('none')
    await sendMany('bad', 50)
    expect(warnings).to.deep.equal([])
    expect(await send('bad')).to.equal('internal')
    expect(await send('good')).to.equal('breakerOpen')
    expect(warnings).to.deep.equal([`the circuit breaker of ${beforeCreate} opens`])
  })

  it('stays open for 60 s, then lets 10 calls decide: more than 5 failures open it again', async () => {
    const { send, sendMany, wait } = await open(true)
    await sendMany('bad', 51)
    wait(59_999)
    expect(await send('good')).to.equal('breakerOpen')
    wait(1)
    await sendMany('bad', 5)
    expect(await send('bad')).to.equal('internal')
    expect(await send('good')).to.equal('breakerOpen')
    wait(60_000)
    await sendMany('bad', 5)
    await sendMany('good', 5)
    await sendMany('bad', 50)
    expect(await send('good')).to.equal('none')
  })

  it('lets no more than 10 calls run while it is undecided', async () => {
    const waiting: (() => void)[] = []
    let isFailing = true
    const { send, sendMany, wait } = await open(true, {
      [beforeCreate]: () =>
        isFailing ? Promise.reject(new Error('bad')) : new Promise<void>((resolve) => waiting.push(resolve)),
    })
    await sendMany('x', 51)
    wait(60_000)
    isFailing = false
    const calls = Array.from({ length: 12 }, () => send('x'))
    while (waiting.length < 10) await new Promise((resolve) => setImmediate(resolve))
    for (const resume of waiting) resume()
    const outcomes = await Promise.all(calls)
    expect(outcomes.filter((outcome) => outcome === 'none').length).to.equal(10)
    expect(outcomes.filter((outcome) => outcome === 'breakerOpen').length).to.equal(2)
  })

  it('what started before it opened says nothing about afterwards', async () => {
    const waiting: (() => void)[] = []
    const { send, wait } = await open(
      { failures: 1, trial: 2, trialFailures: 0, openMs: 1000 },
      {
        [beforeCreate]: (create) => {
          if (create.lastName === 'bad') throw new Error('bad')
          if (create.lastName === 'slow')
            return new Promise((_, reject) => waiting.push(() => reject(new Error('late'))))
          return undefined
        },
      },
    )
    const slow = send('slow')
    while (waiting.length === 0) await new Promise((resolve) => setImmediate(resolve))
    await send('bad')
    await send('bad')
    expect(await send('good')).to.equal('breakerOpen')
    wait(1000)
    expect(await send('good')).to.equal('none')
    waiting[0]?.()
    expect(await slow).to.equal('internal')
    expect(await send('good')).to.equal('none')
  })

  it('does not count refusals, and counts each point for itself', async () => {
    const { shop, send, sendMany } = await open(true)
    await sendMany('refused', 120)
    expect(await send('good')).to.equal('none')
    await sendMany('bad', 101)
    expect(await send('good')).to.equal('breakerOpen')
    expect(await problemOf(shop.createMapping({ create: { customerNumber: 'C1', sdCustomerNumber: '1' } }))).to.equal(
      'none',
    )
  })

  it('is 503 in the words of each API', async () => {
    const fragile: Plugin = { name: 'fragile', hooks: { [beforeCreate]: () => Promise.reject(new Error('bad')) } }
    const service = await serveYaas({}, { library: { breaker: { failures: 0 }, plugins: [fragile] } })
    expect((await service.at('POST', '/customers', { json: {} })).status).to.equal(500)
    const yaas = await service.at('POST', '/customers', { json: {} })
    expect(errorOf(yaas)).to.equal('503 circuit_breaker_open')
    const path = '/s/-/dw/data/v16_2/customer_lists/SiteGenesis/customers'
    const ocapi = await service.call('POST', path, { json: { credentials: { login: 'dude' } } })
    expect(ocapi.status).to.equal(503)
    expect(ocapi.json<{ fault: object }>().fault).to.deep.include({
      type: 'HookCircuitBreakerException',
      arguments: { extensionPoint: beforeCreate },
    })
    await service.stop()
  })

  it('takes other figures', async () => {
    const { send } = await open({ failures: 0, openMs: 5 })
    await send('bad')
    expect(await send('good')).to.equal('breakerOpen')
  })
})
