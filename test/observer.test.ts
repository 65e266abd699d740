import { expect } from 'chai'
import { describe, it } from 'mocha'
import type { AnsweredRequest } from '../adapters/http/koa.js'
import { ocapi } from '../adapters/ocapi/index.js'
import { yaas } from '../adapters/yaas/index.js'
import { serve } from './support/api.js'
import { yaasBase, yaasCallers } from './support/yaas.js'

const base = '/s/-/dw/data/v16_2/customer_lists/SiteGenesis'
const flavours = [ocapi(), yaas()]
const authenticate = ({ token }: { readonly token: string }) => yaasCallers[token]

describe('customerApi: observe', () => {
  it('is told of every answered request, without data of a customer', async () => {
    const seen: AnsweredRequest[] = []
    const service = await serve({ flavours, authenticate, observe: { onRequest: (facts) => void seen.push(facts) } })
    const headers = { 'x-request-id': 'r-1' }
    const json = { last_name: 'Lebowski', credentials: { login: 'dude' } }
    await service.call('POST', `${base}/customers`, { headers, json })
    await service.call('GET', `${base}/customers/Lebowski?select=(**)`, { headers })
    await service.call('GET', `${base}/customers/1`, { headers, token: 'guess' })
    await service.call('GET', `${yaasBase}/sitegenesis/customers`, { headers, token: 'manager' })
    await service.call('GET', '/s/-/dw/data/v16_2/Lebowski', { headers })
    const customer = {
      method: 'GET',
      route: '/customer_lists/{list_id}/customers/{customer_no}',
      operation: 'getCustomer',
    }
    const expected = [
      {
        flavour: 'ocapi',
        method: 'POST',
        route: '/customer_lists/{list_id}/customers',
        operation: 'createCustomer',
        status: 200,
      },
      { flavour: 'ocapi', ...customer, status: 404, problem: 'customerNotFound' },
      { flavour: 'ocapi', ...customer, status: 401, problem: 'tokenInvalid' },
      {
        flavour: 'yaas',
        method: 'GET',
        route: '/{tenant}/customers',
        operation: 'findCustomers',
        status: 403,
        problem: 'fault',
      },
      { flavour: 'ocapi', method: 'GET', status: 404, problem: 'pathNotFound' },
    ]
    expect(seen.map(({ ms: _ms, ...facts }) => facts)).to.deep.equal(
      expected.map((facts) => ({ ...facts, requestId: 'r-1' })),
    )
    for (const { ms } of seen) expect(ms).to.be.within(0, 10_000)
    expect(JSON.stringify(seen)).not.to.contain('Lebowski')
    await service.stop()
  })

  it('one that throws changes no answer, and is reported', async () => {
    const errors: unknown[] = []
    const onRequest = () => {
      throw new Error('no')
    }
    const library = { onError: (error: unknown) => void errors.push((error as Error).message) }
    const service = await serve({ flavours, authenticate, observe: { onRequest }, library })
    expect((await service.call('GET', base)).status).to.equal(200)
    expect(errors).to.deep.equal(['no'])
    await service.stop()
  })
})
