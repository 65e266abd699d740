/** adapters/README.md, Observing: start and end of requests, operations, handlers and the storage, without data of a customer. */
import { expect } from 'chai'
import { describe, it } from 'mocha'
import { toNodeHandler } from '../adapters/http/node.js'
import { openMetrics } from '../adapters/metrics/index.js'
import { ocapi } from '../adapters/ocapi/index.js'
import { memoryStorage } from '../adapters/storage/local/memory.js'
import { yaas } from '../adapters/yaas/index.js'
import { Secret, SetupError, Status, createClientele, definePlugin } from '../core/index.js'
import type { AnsweredRequest, Observer } from '../core/index.js'
import { faultyStorage } from './faulty-storage.js'
import { callers, serve } from './support/api.js'
import { openShop, problemOf } from './support/shop.js'
import { yaasBase, yaasCallers } from './support/yaas.js'

const base = '/s/-/dw/data/v16_2/customer_lists/SiteGenesis'
const flavours = [ocapi(), yaas()]
const authenticate = ({ token }: { readonly token: string }) => yaasCallers[token]

/** An observer that writes down what it is told: `{ what, ...start }`, then `{ ended, ...end }`; times are left out. */
function notebook() {
  const seen: Record<string, unknown>[] = []
  const note =
    (what: string) =>
    (start: object): ((end: object) => void) => {
      seen.push({ what, ...start })
      return (end) => {
        const { ms, ...facts } = end as { readonly ms: number }
        expect(ms).to.be.within(0, 60_000)
        seen.push({ ended: what, ...facts })
      }
    }
  const observe: Required<Observer> = {
    onRequest: note('request'),
    onOperation: note('operation'),
    onHandler: note('handler'),
    onStorage: note('storage'),
  }
  return { seen, observe }
}

describe('customerApi: observe', () => {
  it('is told of every request, without data of a customer', async () => {
    const begun: object[] = []
    const seen: AnsweredRequest[] = []
    const onRequest: Observer['onRequest'] = (start) => {
      begun.push(start)
      return (facts) => void seen.push(facts)
    }
    const service = await serve({ flavours, authenticate, observe: { onRequest } })
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
    const created = { method: 'POST', route: '/customer_lists/{list_id}/customers', operation: 'createCustomer' }
    const listed = { method: 'GET', route: '/{tenant}/customers', operation: 'findCustomers' }
    const expected = [
      { flavour: 'ocapi', ...created, status: 200 },
      { flavour: 'ocapi', ...customer, status: 404, problem: 'customerNotFound' },
      { flavour: 'ocapi', ...customer, status: 401, problem: 'tokenInvalid' },
      { flavour: 'yaas', ...listed, status: 403, problem: 'fault' },
      { flavour: 'ocapi', method: 'GET', status: 404, problem: 'pathNotFound' },
    ]
    expect(seen.map(({ ms: _ms, ...facts }) => facts)).to.deep.equal(
      expected.map((facts) => ({ ...facts, requestId: 'r-1' })),
    )
    expect(begun).to.deep.equal(expected.map(({ flavour, method }) => ({ flavour, method, requestId: 'r-1' })))
    for (const { ms } of seen) expect(ms).to.be.within(0, 10_000)
    expect(JSON.stringify([begun, seen])).not.to.contain('Lebowski')
    await service.stop()
  })

  it('without one of its own, a door tells the observer of the library', async () => {
    const { seen, observe } = notebook()
    const service = await serve({ flavours, authenticate, library: { observe } })
    expect((await service.call('GET', base)).status).to.equal(200)
    expect(seen.map(({ what }) => what).filter(Boolean)).to.deep.equal(['request'])
    await service.stop()
  })

  it('one that throws, at the start or the end, changes no answer, and is reported', async () => {
    const errors: unknown[] = []
    const library = { onError: (error: unknown) => void errors.push((error as Error).message) }
    const fail = (message: string) => () => {
      throw new Error(message)
    }
    const later = () => Promise.reject(new Error('later')) as never
    for (const onRequest of [fail('start'), () => fail('end'), later]) {
      const service = await serve({ flavours, authenticate, observe: { onRequest }, library })
      expect((await service.call('GET', base)).status).to.equal(200)
      await service.stop()
    }
    expect(errors).to.deep.equal(['start', 'end', 'later'])
  })

  it('says where the other functions belong', async () => {
    const { clientele } = await openShop()
    const observe = { onOperation: () => undefined } as object
    expect(() => toNodeHandler(clientele, { flavours, authenticate: () => undefined, observe })).to.throw(
      SetupError,
      'toNodeHandler: observe.onOperation belongs to createClientele({ observe })',
    )
    const misspelt = { onOperations: () => undefined } as object
    const opening = createClientele({ customerLists: [{ id: 'a' }], storage: memoryStorage(), observe: misspelt })
    await opening.then(
      () => expect.fail('started'),
      (error: Error) => expect(error.message).to.match(/observe has no option 'onOperations'.*'onOperation'/),
    )
    await clientele.close()
  })
})

describe('createClientele: observe', () => {
  const point = 'dw.ocapi.data.customer_list.customers.beforePOST'
  const plugin = definePlugin({
    name: 'maps',
    hooks: {
      async [point](create, _customerListId, { customers }) {
        if (create.lastName === 'Refused') return Status.error('NO', 'no')
        if (create.lastName === 'Thrown') throw new Error('Thrown')
        await customers.createMapping({ create: { customerNumber: '1', sdCustomerNumber: '2' } })
        return undefined
      },
    },
  })

  it('is told of operations, handlers and storage, as spans: each ends before what it began in', async () => {
    const { seen, observe } = notebook()
    const { clientele } = await openShop({ observe, plugins: [plugin] })
    const shop = clientele.list('SiteGenesis', { requestId: 'r-1' })
    // takes numbers for the next ones too
    await shop.createCustomer({ create: {} })
    seen.length = 0
    await shop.createCustomer({ create: { customerNo: 'C1' } })
    const about = { list: 'SiteGenesis', requestId: 'r-1' }
    const create = { what: 'operation', operation: 'createCustomer', flavour: 'library', depth: 0, ...about }
    const stored = { what: 'storage', call: 'write', operation: 'createCustomer', ...about }
    const ran = { what: 'handler', point, plugin: 'maps', handler: point, depth: 0, ...about }
    expect(seen).to.deep.equal([
      create,
      stored,
      ran,
      { ...create, operation: 'createMapping', depth: 1 },
      { ended: 'operation', outcome: 'done' },
      { ended: 'handler', outcome: 'ok' },
      { ended: 'storage', outcome: 'done' },
      { ended: 'operation', outcome: 'done' },
    ])
    await clientele.close()
  })

  it('tells how each ended: a problem, a refusal, a throw, a failing storage, a dry run', async () => {
    const { seen, observe } = notebook()
    const storage = faultyStorage(memoryStorage())
    const { clientele, shop } = await openShop({ storage, observe, plugins: [plugin] })
    const outcomes = () =>
      seen
        .splice(0)
        .filter(({ ended }) => ended)
        .map(({ ended, outcome }) => `${String(ended)}: ${String(outcome)}`)
    await problemOf(shop.getCustomer({ customerNo: 'no' }))
    expect(outcomes()).to.deep.equal(['storage: failed', 'operation: customerNotFound'])
    await problemOf(shop.createCustomer({ create: { lastName: 'Refused' } }))
    expect(outcomes()).to.deep.equal([
      'storage: done',
      'handler: error',
      'storage: taken back',
      'operation: refusedByHook',
    ])
    await problemOf(shop.createCustomer({ create: { lastName: 'Thrown' } }))
    expect(outcomes()).to.deep.equal(
      ['storage: done', 'handler: threw', 'storage: taken back', 'operation: internal'].slice(-3),
    )
    storage.inject({ step: 'read', does: 'fail' })
    await problemOf(shop.getCustomer({ customerNo: 'no' }))
    expect(outcomes()).to.deep.equal(['storage: StorageUnavailable', 'operation: unavailable'])
    await clientele.dryRun('SiteGenesis').createMapping({ create: { customerNumber: '1', sdCustomerNumber: '2' } })
    expect(outcomes()).to.deep.equal(['storage: taken back', 'operation: dryRun'])
    await clientele.transaction('SiteGenesis', ({ customers }) => customers.findMappings())
    expect(outcomes()).to.deep.equal(['operation: done', 'storage: done', 'operation: done'])
    await clientele.close()
  })

  it('facts hold names, numbers and ids of requests alone: nothing that a customer or a password holds', async () => {
    const { seen, observe } = notebook()
    const library = {
      observe,
      plugins: [plugin],
      lock: { after: 1, forMs: 1_000 },
      hashPassword: async () => '$PERSONAL$',
    }
    const service = await serve({ flavours, authenticate: ({ token }) => callers[token], library })
    const shop = service.clientele.list('SiteGenesis')
    const PERSONAL = 'personal'
    const headers = { 'x-request-id': 'r' }
    const json = { last_name: PERSONAL, customer_no: PERSONAL, credentials: { login: PERSONAL, password: PERSONAL } }
    await service.call('POST', `${base}/customers`, { json, headers })
    await service.call('PATCH', `${base}/customers/${PERSONAL}`, {
      json: { email: `${PERSONAL}@example.com` },
      headers,
    })
    await service.call('POST', `${base}/customers/${PERSONAL}/addresses`, { json: { address_id: PERSONAL }, headers })
    await service.call('GET', `${base}/customers/${PERSONAL}/addresses/${PERSONAL}?client_id=${PERSONAL}`, { headers })
    await service.call('GET', `${yaasBase}/sitegenesis/customers?q=lastName:${PERSONAL}`, { token: 'yaas' })
    await shop.verifyPassword({ login: PERSONAL, password: new Secret(PERSONAL) })
    await problemOf(shop.createCustomer({ create: { customerNo: PERSONAL, credentials: { login: PERSONAL } } }))
    await service.call('DELETE', `${base}/customers/${PERSONAL}`, { headers })
    await service.stop()
    expect(seen.length).to.be.greaterThan(40)
    expect(JSON.stringify(seen).toLowerCase()).not.to.contain(PERSONAL)
    const names = new Set(seen.flatMap((facts) => Object.keys(facts)))
    const allowed = [
      'what',
      'ended',
      'flavour',
      'method',
      'requestId',
      'route',
      'operation',
      'status',
      'problem',
      'list',
    ]
    expect([...names]).to.have.members([...allowed, 'depth', 'outcome', 'point', 'plugin', 'handler', 'call'])
  })

  it('context.logger writes plug-in, point and request id into each line', async () => {
    const lines: unknown[] = []
    const log = (message: string, fields?: object) => void lines.push([message, fields])
    const logger = { debug: log, info: log, warn: log, error: log }
    const writer = definePlugin({
      name: 'writer',
      hooks: {
        [point](_create, _customerListId, { logger: ours }) {
          for (const level of ['debug', 'info', 'warn', 'error'] as const)
            ours[level](level, { more: 1, plugin: 'another' })
        },
      },
    })
    const { clientele } = await openShop({ logger, plugins: [writer] })
    await clientele.list('SiteGenesis', { requestId: 'r-1' }).createCustomer({ create: {} })
    const bound = { more: 1, plugin: 'writer', extensionPoint: point, requestId: 'r-1' }
    expect(lines).to.deep.equal(['debug', 'info', 'warn', 'error'].map((level) => [level, bound]))
    await clientele.close()
  })
})

describe('clientele/metrics', () => {
  it('counts requests, operations, handlers and storage calls, in a registry of each library', async () => {
    const metrics = await openMetrics({ prefix: 'shop_' })
    const other = await openMetrics()
    const service = await serve({ flavours, authenticate, library: { observe: metrics.observe } })
    await service.call('GET', `${base}/customers/nobody`)
    await service.shop.createMapping({ create: { customerNumber: '1', sdCustomerNumber: '2' } })
    await service.stop()
    const text = await metrics.text()
    for (const line of [
      'shop_request_seconds_count{flavour="ocapi",operation="getCustomer",status="404"} 1',
      'shop_operation_seconds_count{flavour="ocapi",operation="getCustomer",outcome="customerNotFound"} 1',
      'shop_operation_seconds_count{flavour="library",operation="createMapping",outcome="done"} 1',
      'shop_storage_seconds_count{call="write",outcome="done"} 1',
    ])
      expect(text).to.contain(line)
    expect(metrics.contentType).to.contain('text/plain')
    expect(await other.text())
      .to.contain('clientele_request_seconds')
      .and.not.contain('_count')
    expect(await (await openMetrics({ process: true })).text()).to.contain('process_cpu_seconds_total')
  })
})
