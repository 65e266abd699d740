import { expect } from 'chai'
import { describe, it } from 'mocha'
import { ocapi } from '../adapters/ocapi/index.js'
import { yaas } from '../adapters/yaas/index.js'
import { definePlugin } from '../core/index.js'
import type { DomainEvent, Trace } from '../core/index.js'
import { serve } from './support/api.js'
import type { ServiceOptions } from './support/api.js'
import { yaasBase, yaasCallers } from './support/yaas.js'

const ocapiPath = '/s/-/dw/data/v16_2/customer_lists/SiteGenesis/customers'
const yaasPath = `${yaasBase}/sitegenesis/customers`
const trace = '4bf92f3577b34da6a3ce929d0e0e4736'
const traceparent = `00-${trace}-00f067aa0ba902b7-01`

/** Both APIs, and the ids that hooks, events, logs and error reports have seen. */
async function open(options: Partial<ServiceOptions> = {}) {
  const seen = { hooks: [] as string[], events: [] as DomainEvent[], logs: [] as unknown[], errors: [] as unknown[] }
  const log = (_: string, fields: Readonly<Record<string, unknown>> = {}) => void seen.logs.push(fields['requestId'])
  const watching = definePlugin({
    name: 'watching',
    hooks: {
      'dw.ocapi.data.customer_list.customers.beforePOST': (create, _list, { requestId }) => {
        seen.hooks.push(requestId)
        if (create.lastName === 'Nobody') throw new Error('not him')
      },
    },
  })
  const service = await serve({
    flavours: [ocapi(), yaas()],
    authenticate: ({ token }) => yaasCallers[token],
    diagnostics: { trace: true },
    ...options,
    library: {
      plugins: [watching],
      logger: { debug: log, info: log, warn: log, error: log },
      onError: (_, facts) => void seen.errors.push(facts['requestId']),
      ...options.library,
    },
  })
  service.clientele.subscribe((event) => void seen.events.push(event))
  return { service, seen }
}

const flavours = [
  {
    token: 'ocapi',
    path: ocapiPath,
    own: 'x-request-id',
    body: (last: string) => ({ last_name: last, credentials: { login: last } }),
  },
  { token: 'yaas', path: yaasPath, own: 'hybris-request-id', body: (last: string) => ({ lastName: last }) },
] as const

describe('adapters/README.md, Request ids', () => {
  for (const { token, path, own, body } of flavours)
    it(`${token}: the id that came stands in hooks, events, logs, reports, traces and the answer`, async () => {
      const { service, seen } = await open()
      const headers = { 'x-request-id': 'r-1', 'x-clientele-trace': '1' }
      const made = await service.call('POST', path, { token, headers, json: body('Lebowski') })
      expect(made.headers[own], made.text).to.equal('r-1')
      const failed = await service.call('POST', path, { token, headers, json: body('Nobody') })
      expect([failed.status, failed.headers[own]]).to.deep.equal([500, 'r-1'])
      await service.clientele.idle()
      expect(seen.hooks).to.deep.equal(['r-1', 'r-1'])
      expect(seen.events.map(({ requestId }) => requestId))
        .to.include('r-1')
        .and.have.lengthOf.at.least(1)
      expect([seen.logs, seen.errors]).to.deep.equal([['r-1'], ['r-1']])
      const read = await service.call('GET', `${path}/00000001`, { token, headers })
      expect((JSON.parse(String(read.headers['x-clientele-trace'])) as Trace).requestId).to.equal('r-1')
      await service.stop()
    })

  for (const { token, path, own } of flavours)
    it(`${token}: its own header wins, then x-request-id, hybris-request-id and the trace id of traceparent`, async () => {
      const { service } = await open()
      const idOf = async (headers: Readonly<Record<string, string>>) =>
        (await service.call('GET', path, { token, headers })).headers[own]
      const all = { 'x-request-id': 'x-1', 'hybris-request-id': 'h-1', traceparent }
      expect(await idOf(all)).to.equal(all[own])
      expect(await idOf({ 'x-request-id': 'x-1', traceparent })).to.equal('x-1')
      expect(await idOf({ 'hybris-request-id': 'h-1', traceparent })).to.equal('h-1')
      expect(await idOf({ traceparent })).to.equal(trace)
      expect(await idOf({ 'x-request-id': 'x'.repeat(129), traceparent })).to.equal(trace)
      await service.stop()
    })

  it('an id is made only if no harmless one came', async () => {
    const { service } = await open()
    const made = /^[0-9a-f]{8}-[0-9a-f-]{27}$/
    const zero = `00-${'0'.repeat(32)}-00f067aa0ba902b7-01`
    const odd = [{}, { 'x-request-id': 'a b' }, { 'x-request-id': 'ä' }, { traceparent: 'x' }, { traceparent: zero }]
    for (const headers of [...odd, { traceparent: traceparent.replace('00-', 'ff-') }])
      expect((await service.call('GET', ocapiPath, { headers })).headers['x-request-id']).to.match(made)
    await service.stop()
  })

  it('refusals, answers without a body and OPTIONS tell it too', async () => {
    const { service } = await open()
    const headers = { 'x-request-id': 'r-2' }
    const ids = [
      await service.call('GET', ocapiPath, { token: '', headers }),
      await service.call('GET', '/s/-/dw/data/v16_2/nothing', { headers }),
      await service.call('OPTIONS', ocapiPath, { token: '', headers }),
      await service.call('HEAD', `${ocapiPath}/1`, { headers }),
    ].map((answer) => answer.headers['x-request-id'])
    expect(ids).to.deep.equal(['r-2', 'r-2', 'r-2', 'r-2'])
    const unknown = await service.call('GET', `${yaasPath}/nobody`, { token: 'yaas', headers })
    expect([unknown.status, unknown.headers['hybris-request-id']]).to.deep.equal([404, 'r-2'])
    await service.stop()
  })

  it('reports of authenticate and of sources name it', async () => {
    const down = () => Promise.reject(new Error('down'))
    const { service, seen } = await open({ authenticate: down })
    await service.call('GET', `${ocapiPath}/1`, { headers: { 'x-request-id': 'r-3' } })
    expect(seen.errors).to.deep.equal(['r-3'])
    await service.stop()
    const other = await open({ library: { socialMediaUsers: down } })
    const { customerNo } = await other.service.shop.createCustomer({ create: {} })
    const path = `${yaasPath}/${customerNo}/socialMediaUsers`
    await other.service.call('GET', path, { token: 'yaas', headers: { 'x-request-id': 'r-4' } })
    expect(other.seen.errors).to.deep.equal(['r-4'])
    await other.service.stop()
  })

  it('a traced read of the library has one', async () => {
    const { service } = await open()
    const traces: Trace[] = []
    await service.clientele.list('SiteGenesis', { onTrace: (trace) => void traces.push(trace) }).findCustomers()
    expect(traces[0]?.requestId).to.match(/^[0-9a-f]{16}$/)
    await service.stop()
  })
})
