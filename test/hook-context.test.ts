/** What the context gives to a handler for later and for others. */
import { once } from 'node:events'
import { expect } from 'chai'
import { describe, it } from 'mocha'
import { ocapi } from '../adapters/ocapi/index.js'
import { yaas } from '../adapters/yaas/index.js'
import { Status } from '../core/index.js'
import type { Context } from '../core/index.js'
import { serve } from './support/api.js'
import { afterAddress, afterCreate, beforeCreate, gate, mistakeIn, open } from './support/probe.js'
import { problemOf } from './support/shop.js'

describe('4.6: tasks after the commit', () => {
  it('run once, in order, when others can see the data, outside the unit; the reply does not wait', async () => {
    const log: unknown[] = []
    const { clientele, shop } = await open({
      [beforeCreate](create, _list, { afterCommit, customers }) {
        // what the task creates has tasks of its own, which nothing waits for
        if (create.customerNo === 'C3') return
        afterCommit(async () => {
          log.push((await customers.getCustomer({ customerNo: 'C2' })).lastName)
          await customers.createCustomer({ create: { customerNo: 'C3', lastName: 'from task' } })
        })
        create.lastName = 'Sobchak'
      },
      [afterCreate]({ customerNo }, _create, _list, { afterCommit }) {
        if (customerNo === 'C2') afterCommit(() => void log.push('second'))
      },
    })
    await shop.createCustomer({ create: { customerNo: 'C2' } })
    expect(log).to.deep.equal([])
    await clientele.idle()
    expect(log).to.deep.equal(['Sobchak', 'second'])
  })

  it('do not run when the unit fails, also when a later plug-in refuses', async () => {
    const log: unknown[] = []
    const { clientele, shop } = await open([
      {
        name: 'eager',
        hooks: { [beforeCreate]: (_create, _list, { afterCommit }) => afterCommit(() => void log.push('ran')) },
      },
      { name: 'strict', hooks: { [afterCreate]: () => Status.error('NO', 'no') } },
    ])
    expect(await problemOf(shop.createCustomer({ create: {} }))).to.equal('refusedByHook')
    await clientele.idle()
    expect(log).to.deep.equal([])
  })

  it('one that throws, rejects or hangs is reported, ends nothing else and changes no reply', async () => {
    const log: unknown[] = []
    const tasks = [
      () => {
        throw new Error('thrown')
      },
      () => Promise.reject(new Error('rejected')),
      (signal: AbortSignal) => once(signal, 'abort').then(() => new Promise<void>(() => undefined)),
      () => void log.push('last'),
    ]
    const {
      clientele,
      shop,
      log: lines,
    } = await open(
      { [beforeCreate]: (_create, _list, { afterCommit }) => tasks.forEach((task) => afterCommit(task)) },
      { limits: { handler: 30 } },
    )
    await shop.createCustomer({ create: {} })
    await clientele.idle()
    expect(log).to.deep.equal(['last'])
    expect(lines.length).to.equal(3)
    for (const line of lines)
      expect(line).to.include({ plugin: 'probe', extensionPoint: beforeCreate, phase: 'afterCommit' })
    expect(lines.map(({ stack }) => /thrown|rejected|time limit of 30 ms/.exec(stack ?? '')?.[0])).to.deep.equal([
      'thrown',
      'rejected',
      'time limit of 30 ms',
    ])
  })

  it('close waits for them, and fires their signal after the grace time', async () => {
    const log: unknown[] = []
    const closing = gate()
    const { clientele, shop } = await open({
      [beforeCreate](create, _list, { afterCommit }) {
        afterCommit(async (signal) => {
          await (create.lastName === 'slow' ? once(signal, 'abort') : closing.passed)
          log.push(create.lastName)
        })
      },
    })
    await shop.createCustomer({ create: { lastName: 'quick' } })
    await shop.createCustomer({ create: { lastName: 'slow' } })
    const closed = clientele.close({ graceMs: 40 })
    closing.open()
    await closed
    expect(log).to.deep.equal(['quick', 'slow'])
  })

  it('cannot be asked for after the handler has ended, and must be functions', async () => {
    let context: Context | undefined
    const { shop } = await open({ [beforeCreate]: (_create, _list, given) => void (context = given as Context) })
    await shop.createCustomer({ create: {} })
    expect(() => context?.afterCommit(() => undefined)).to.throw('after the handler')
    const line = await mistakeIn({ [beforeCreate]: (_create, _list, { afterCommit }) => afterCommit('x' as never) })
    expect(line.stack).to.include('afterCommit takes a function')
  })
})

describe('4.7: context.custom is a bag for the request', () => {
  it('is handed from handler to handler, inner calls included, and is new for each request', async () => {
    const seen: unknown[] = []
    const { shop } = await open({
      [beforeCreate]: (_create, _list, { custom }) => void (custom['note'] = [custom['note'], '+'].join('')),
      async [afterCreate]({ customerNo }, _create, _list, { customers, custom }) {
        seen.push(custom['note'])
        await customers.createAddress({ customerNo, create: {} })
      },
      [afterAddress]: (_customer, _address, _create, _list, { custom }) => void seen.push(custom['note']),
    })
    await shop.createCustomer({ create: {} })
    await shop.createCustomer({ create: {} })
    expect(seen).to.deep.equal(['+', '+', '+', '+'])
  })

  it('cannot be replaced by mistake', async () => {
    const line = await mistakeIn({
      [beforeCreate]: (_create, _list, context) => void ((context as { custom: object }).custom = {}),
    })
    expect(line.stack).to.include('read only property')
  })
})

describe('4.7: what the request said', () => {
  it('is known to handlers over both APIs, without credentials, and unknown to calls of the library', async () => {
    const seen: unknown[] = []
    const service = await serve({
      flavours: [ocapi(), yaas()],
      library: {
        plugins: [{ name: 'wire', hooks: { [beforeCreate]: (_create, _list, { wire }) => void seen.push(wire) } }],
      },
    })
    const headers = { 'X-Probe': 'p', Cookie: 'secret=1' }
    for (const [path, token, json] of [
      ['/s/-/dw/data/v16_2/customer_lists/SiteGenesis/customers', 'ocapi', { credentials: { login: 'a@b.example' } }],
      ['/hybris/cecentercustomer/v1/sitegenesis/customers', 'yaas', { contactEmail: 'c@d.example' }],
    ] as const)
      await service.call('POST', `${path}?x=1&x=2&y=`, { token, headers, json })
    await service.shop.createCustomer({ create: {} })
    expect(seen).to.have.lengthOf(3)
    expect(seen.pop()).to.equal(undefined)
    for (const wire of seen) {
      expect(wire).to.deep.include({ method: 'POST', parameters: { x: ['1', '2'], y: [''] } })
      expect(wire).to.have.nested.property('headers.x-probe', 'p')
      expect(JSON.stringify(wire)).not.to.match(/Bearer|secret/)
    }
    await service.stop()
  })
})
