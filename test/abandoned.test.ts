/** A call whose signal fires is given up: it waits for nothing, and nothing is stored (core/README.md, Rules of the unit of work). */
import { expect } from 'chai'
import { describe, it } from 'mocha'
import type { CustomerError } from '../core/index.js'
import { openShop, problemOf } from './support/shop.js'

const afterCreate = 'dw.ocapi.data.customer_list.customers.afterPOST'

describe('a call with a signal', () => {
  it('that has fired neither reads nor writes', async () => {
    const { clientele } = await openShop()
    const shop = clientele.list('SiteGenesis', { signal: AbortSignal.abort() })
    expect(await problemOf(shop.createCustomer({ create: { customerNo: 'C1' } }))).to.equal('unavailable')
    expect(await problemOf(shop.getCustomer({ customerNo: 'C1' }))).to.equal('unavailable')
    expect(await problemOf(clientele.list('SiteGenesis').getCustomer({ customerNo: 'C1' }))).to.equal(
      'customerNotFound',
    )
    await clientele.close()
  })

  it('that fires while a handler runs is rolled back, is no plug-in’s fault, and tells the handler', async () => {
    const logged: string[] = []
    const log = (message: string) => void logged.push(message)
    const caller = new AbortController()
    let told: unknown
    const hooks = {
      [afterCreate]: (_customer: unknown, _create: unknown, _list: unknown, { signal }: { signal: AbortSignal }) =>
        new Promise<void>((resolve) => {
          signal.addEventListener('abort', () => resolve(void (told = signal.reason)))
          setImmediate(() => caller.abort(new Error('the client went away')))
        }),
    }
    const { clientele, shop } = await openShop({
      plugins: [{ name: 'slow', hooks }],
      logger: { debug: log, info: log, warn: log, error: log },
    })
    const given = clientele.list('SiteGenesis', { signal: caller.signal })
    const error = await given.createCustomer({ create: { customerNo: 'C1' } }).catch((thrown: unknown) => thrown)
    expect((error as CustomerError).problem).to.deep.include({ kind: 'unavailable', outcome: 'nothing' })
    expect(told).to.have.property('message', 'the caller has given the call up')
    expect(await problemOf(shop.getCustomer({ customerNo: 'C1' }))).to.equal('customerNotFound')
    expect(logged).to.deep.equal([])
    await clientele.close()
  })

  it('that fires after the commit has begun is stored', async () => {
    const caller = new AbortController()
    const { clientele, shop } = await openShop()
    const given = clientele.list('SiteGenesis', { signal: caller.signal })
    await given.createCustomer({ create: { customerNo: 'C1' } })
    caller.abort()
    expect(await problemOf(shop.getCustomer({ customerNo: 'C1' }))).to.equal('none')
    await clientele.close()
  })
})
