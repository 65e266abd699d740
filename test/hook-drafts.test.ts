/** Documents in the hands of handlers (core/README.md, Rules of the unit of work). */
import { expect } from 'chai'
import { describe, it } from 'mocha'
import type { Context } from '../core/index.js'
import { afterChange, beforeChange, beforeRemove, change, mistakeIn, open } from './support/probe.js'

describe('one draft of each record per unit', () => {
  it('two plug-ins change one customer, and an inner call loads the very same object', async () => {
    const seen: unknown[] = []
    const { shop } = await open([
      { name: 'first', hooks: { [beforeChange]: (customer) => void (customer.title = 'Dr') } },
      {
        name: 'second',
        hooks: {
          async [beforeChange](customer, _update, _list, { customers }) {
            seen.push(customer.title, (await customers.getCustomer({ customerNo: 'c1' })) === customer)
            customer.suffix = 'Jr'
            const inner = await customers.updateCustomer({ customerNo: 'C1', update: { jobTitle: 'bowler' } })
            seen.push(inner.suffix, customer.jobTitle, customer.title)
          },
        },
      },
      {
        name: 'third',
        hooks: { [afterChange]: (customer) => void (customer.companyName = `${customer.title} ${customer.suffix}`) },
      },
    ])
    const result = await change(shop)
    expect(seen).to.deep.equal(['Dr', true, 'Jr', 'bowler', 'Dr'])
    expect(result).to.include({
      lastName: 'Sobchak',
      title: 'Dr',
      suffix: 'Jr',
      jobTitle: 'bowler',
      companyName: 'Dr Jr',
      version: 2,
    })
    expect(await shop.getCustomer({ customerNo: 'C1' })).to.deep.equal(result)
  })

  it('queries of a handler find what was changed in place so far', async () => {
    const totals: number[] = []
    const { shop } = await open({
      async [beforeChange](customer, _update, _list, { customers }) {
        customer.title = 'Dr'
        totals.push(
          (await customers.findCustomers({ query: { where: { op: 'eq', path: ['title'], value: 'Dr' } } })).total,
        )
      },
    })
    expect(await change(shop)).to.include({ title: 'Dr', version: 2 })
    expect(totals).to.deep.equal([1])
  })

  it('4.3: update wins over changes in place, and deleting a key of it leaves the property as it is', async () => {
    const { shop } = await open({
      [beforeChange](customer, update) {
        customer.lastName = 'in place'
        customer.firstName = 'in place'
        delete update.title
        update.suffix = null
        update.jobTitle = 'added'
      },
    })
    const update = { lastName: 'sent', title: 'sent', suffix: 'sent' }
    const customer = await shop.updateCustomer({ customerNo: 'C1', update })
    expect(customer).to.include({ lastName: 'sent', firstName: 'in place', jobTitle: 'added' })
    expect(customer).to.not.have.any.keys('title', 'suffix')
  })

  it('a reference kept beyond its phase, also a destructured part, changes nothing any more', async () => {
    const kept: {
      customer?: { lastName?: string }
      credentials?: { login?: string }
      update?: { lastName?: unknown }
    } = {}
    const { shop } = await open({
      [beforeChange](customer, update) {
        Object.assign(kept, { customer, credentials: customer.credentials, update })
      },
      [afterChange]() {
        if (kept.customer) kept.customer.lastName = 'too late'
        if (kept.credentials) kept.credentials.login = 'too-late'
        if (kept.update) kept.update.lastName = 'too late'
      },
    })
    const result = await change(shop)
    expect(result.lastName).to.equal('Sobchak')
    if (kept.customer) kept.customer.lastName = 'much too late'
    expect(await shop.getCustomer({ customerNo: 'C1' })).to.deep.equal(result)
    expect(result.credentials.login).to.equal(undefined)
  })

  it('what comes from the library outside is frozen, and so are previous and the caller', async () => {
    let context: Context | undefined
    const caller = { clientId: 'crm', flavours: ['ocapi' as const] }
    const { clientele } = await open({
      [beforeChange]: (_customer, _update, _list, given) => void (context = given as Context),
    })
    const result = await change(clientele.list('SiteGenesis', { caller }))
    expect(Object.isFrozen(result)).to.be.true
    expect(Object.isFrozen(context?.previous)).to.be.true
    const given = context?.caller as unknown as { clientId: string; flavours: string[] }
    expect(() => (given.clientId = 'root')).to.throw(TypeError, 'read only')
    expect(() => given.flavours.push('yaas')).to.throw(TypeError, 'not extensible')
    expect(caller).to.deep.equal({ clientId: 'crm', flavours: ['ocapi'] })
  })

  it('a handler that deletes the customer it is called for is its plug-in’s mistake', async () => {
    for (const point of [beforeChange, afterChange] as const) {
      const line = await mistakeIn(
        {
          [point]: async (_c: unknown, _u: unknown, _l: unknown, { customers }: Context) =>
            customers.deleteCustomer({ customerNo: 'C1' }),
        },
        change,
      )
      expect(line.message).to.include(`plug-in 'probe' at ${point}`)
    }
    const line = await mistakeIn(
      { [beforeRemove]: async (_c, _l, { customers }) => customers.deleteCustomer({ customerNo: 'C1' }) },
      (shop) => shop.deleteCustomer({ customerNo: 'C1' }),
    )
    expect(line.message).to.include(`plug-in 'probe' at ${beforeRemove}`)
  })
})
