/** Handlers that take too long: nothing stored, and a log line that names the culprit. */
import { setTimeout as delay } from 'node:timers/promises'
import { expect } from 'chai'
import { describe, it } from 'mocha'
import type { Plugin } from '../core/index.js'
import { beforeChange, beforeCreate, change, gate, mistakeIn, open } from './support/probe.js'
import { problemOf } from './support/shop.js'

describe('4.10: time limits', () => {
  it('a handler that hangs: its signal fires, everything is rolled back, and it is reported', async () => {
    let signal: AbortSignal | undefined
    const line = await mistakeIn(
      {
        [beforeCreate](_create, _list, context) {
          signal = context.signal
          return new Promise(() => undefined)
        },
      },
      undefined,
      { limits: { handler: 30 } },
    )
    expect(line.message).to.include('it took longer than its time limit of 30 ms')
    expect(line.durationMs).to.be.within(25, 5000)
    expect(String(signal?.reason)).to.include('time limit of 30 ms')
  })

  it('the signal ends what it was passed to', async () => {
    const line = await mistakeIn(
      { [beforeCreate]: (_create, _list, { signal }) => delay(60_000, undefined, { signal }) },
      undefined,
      { limits: { handler: 30 } },
    )
    expect(line.message).to.include('time limit of 30 ms')
  })

  it('a lock that a hanging handler holds is free again after its limit', async () => {
    const { shop } = await open(
      {
        [beforeChange]: (_customer, update) => (update.lastName === 'hang' ? new Promise(() => undefined) : undefined),
      },
      { limits: { handler: 40 } },
    )
    const hanging = problemOf(shop.updateCustomer({ customerNo: 'C1', update: { lastName: 'hang' } }))
    await change(shop)
    expect(await hanging).to.equal('internal')
  })

  it('the whole unit has a limit too: the handler that runs then is to blame, and its signal fires', async () => {
    let signal: AbortSignal | undefined
    const named = (name: string, result: () => Promise<void> | undefined): Plugin => ({
      name,
      hooks: {
        [beforeCreate](_create, _list, context) {
          signal = context.signal
          return result()
        },
      },
    })
    const plugins = [named('one', () => undefined), named('two', () => new Promise(() => undefined))]
    const line = await mistakeIn(plugins, undefined, { limits: { unit: 60 } })
    expect(line.plugin).to.equal('two')
    expect(line.message).to.include('the unit of work took longer than 60 ms')
    expect(String(signal?.reason)).to.include('the unit of work took longer than 60 ms')
  })

  it('closing ends handlers that still run after the grace time; the call is refused as unavailable', async () => {
    const runs = gate()
    let signal: AbortSignal | undefined
    const { clientele, shop, log } = await open({
      [beforeCreate](_create, _list, context) {
        signal = context.signal
        runs.open()
        return new Promise(() => undefined)
      },
    })
    const call = problemOf(shop.createCustomer({ create: {} }))
    await runs.passed
    await clientele.close({ graceMs: 20 })
    expect(await call).to.equal('unavailable')
    expect(signal?.aborted).to.be.true
    expect(log.filter((line) => 'incident' in line)).to.deep.equal([])
  })
})
