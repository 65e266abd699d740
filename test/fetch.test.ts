/** The handler of Requests: what it alone has (adapters/README.md, In the host's app); `doors.test.ts` has the rest. */
import { expect } from 'chai'
import { describe, it } from 'mocha'
import { toFetchHandler } from '../adapters/http/fetch.js'
import type { FetchHandler } from '../adapters/http/fetch.js'
import { ocapi } from '../adapters/ocapi/index.js'
import { callers } from './support/api.js'
import { openShop } from './support/shop.js'

const list = '/dw/data/v16_2/customer_lists/SiteGenesis'
const headers = { Authorization: 'Bearer ocapi' }

async function handlerWith(errors: unknown[] = []): Promise<FetchHandler> {
  const { clientele } = await openShop({ onError: (error) => errors.push(error) })
  return toFetchHandler(clientele, { flavours: [ocapi()], authenticate: ({ token }) => callers[token] })
}

describe('requests that come in one turn of the event loop', () => {
  it('go on together when it ends: each step for all of them', async () => {
    const steps: string[] = []
    const beforeDELETE = () => void steps.push('handler')
    const hooks = { 'dw.ocapi.data.customer_list.customer.beforeDELETE': beforeDELETE }
    const { clientele, shop } = await openShop({ plugins: [{ name: 'steps', hooks }] })
    const authenticate = ({ token }: { readonly token: string }) => {
      steps.push('token')
      return callers[token]
    }
    const handle = toFetchHandler(clientele, { flavours: [ocapi()], authenticate })
    const remove = (customerNo: string) => () =>
      handle(new Request(`https://example.com${list}/customers/${customerNo}`, { method: 'DELETE', headers }))
    for (const customerNo of ['C1', 'C2']) await shop.createCustomer({ create: { customerNo } })
    // each in a callback of its own, as sockets give them: what one promises is kept before the next comes
    const inOneTurn = ['C1', 'C2'].map(
      (customerNo) => new Promise<Response | undefined>((resolve) => setImmediate(() => resolve(remove(customerNo)()))),
    )
    expect((await Promise.all(inOneTurn)).map((answer) => answer?.status)).to.deep.equal([204, 204])
    expect(steps).to.deep.equal(['token', 'token', 'handler', 'handler'])
  })
})

describe('fetch: from Request to Response', () => {
  it('gives undefined for paths that are not ours', async () => {
    const handle = await handlerWith()
    expect(await handle(new Request('https://example.com/else'))).to.equal(undefined)
    const answer = await handle(new Request(`https://example.com${list}`, { headers }))
    expect(answer?.status).to.equal(200)
    expect(await answer?.json()).to.include({ id: 'SiteGenesis' })
  })

  it('refuses plain http unless the host says that the peer is on this machine (2.22)', async () => {
    const handle = await handlerWith()
    const statusOf = async (url: string, peer?: string) =>
      (await handle(new Request(`${url}${list}`, { headers }), peer === undefined ? {} : { peer }))?.status
    expect(await statusOf('http://localhost')).to.equal(403)
    expect(await statusOf('http://localhost', '192.0.2.1')).to.equal(403)
    for (const peer of ['127.0.0.1', '::1', '::ffff:127.0.0.1'])
      expect(await statusOf('http://localhost', peer), peer).to.equal(200)
  })

  it('answers without a body where there is none, and takes a request without one', async () => {
    const handle = await handlerWith()
    const url = `https://example.com${list}/customers`
    const options = await handle(new Request(url, { method: 'OPTIONS' }))
    expect([options?.status, options?.body]).to.deep.equal([204, null])
    const empty = await handle(new Request(url, { method: 'POST', headers }))
    expect(empty?.status).to.equal(400)
    expect(await empty?.text()).to.contain('BodyDecodingException')
  })

  it('fails fast with an incident when a host has read the body', async () => {
    const errors: unknown[] = []
    const handle = await handlerWith(errors)
    const request = new Request(`https://example.com${list}/customers`, {
      method: 'POST',
      headers,
      body: Buffer.from('{}'),
    })
    await request.text()
    expect((await handle(request))?.status).to.equal(500)
    expect(String(errors[0])).to.include('was read already')
  })
})
