/** 2.13: a password is hashed last, and only where a read cannot tell that the write will fail. */
import { expect } from 'chai'
import { describe, it } from 'mocha'
import { ocapi } from '../adapters/ocapi/index.js'
import { yaas } from '../adapters/yaas/index.js'
import { Secret } from '../core/index.js'
import type { ClienteleOptions, CustomerError } from '../core/index.js'
import { serve } from './support/api.js'
import { memoryStorage } from '../adapters/storage/local/memory.js'
import { openShop, problemOf } from './support/shop.js'
import { yaasBase, yaasCallers } from './support/yaas.js'

const ocapiPath = '/s/-/dw/data/v16_2/customer_lists/SiteGenesis/customers'
const password = new Secret('pass')

async function open(more: Partial<ClienteleOptions> = {}) {
  const state = { hashed: 0 }
  const hashPassword = async () => `$hash$${++state.hashed}`
  const service = await serve({
    flavours: [ocapi(), yaas()],
    authenticate: ({ token }) => yaasCallers[token],
    library: { hashPassword, ...more },
  })
  const create = { customerNo: 'taken', email: 'taken@example.com', credentials: { login: 'taken' } }
  await service.shop.createCustomer({ create })
  return { service, state }
}

describe('2.13: hashing is the last thing before the unit opens', () => {
  it('what a read can tell fails without a hash, with the fault that it has anyway', async () => {
    const { service, state } = await open()
    const credentials = { login: 'new', password: 'pass' }
    const fault = async (method: string, path: string, json: object, headers = {}) => {
      const answer = await service.call(method, ocapiPath + path, { json, headers })
      return answer.json<{ fault: { type: string } }>().fault.type
    }
    expect(await fault('POST', '', { credentials, nonsense: 1 })).to.equal('UnknownPropertyException')
    expect(await fault('POST', '', { credentials: { ...credentials, login: 'TAKEN' } })).to.equal(
      'LoginAlreadyInUseException',
    )
    expect(await fault('POST', '', { credentials, customer_no: 'taken' })).to.equal(
      'CustomerNumberAlreadyInUseException',
    )
    expect(await fault('PATCH', '/nobody', { credentials })).to.equal('CustomerListCustomerNotFoundException')
    expect(await fault('PATCH', '/taken', { credentials }, { 'If-Match': 'other' })).to.equal('InvalidIfMatchException')
    expect(await fault('PATCH', '/taken', { credentials, gender: 7 })).to.equal('EnumConstraintViolationException')
    const account = `${yaasBase}/sitegenesis/customers/taken/accounts/internal`
    const again = await service.call('POST', account, {
      token: 'yaas',
      json: { email: 'a@example.com', password: 'p' },
    })
    expect(again.status).to.equal(409)
    expect(state.hashed).to.equal(0)
    expect((await service.call('PATCH', `${ocapiPath}/taken`, { json: { credentials } })).status).to.equal(200)
    expect(state.hashed).to.equal(1)
    await service.stop()
  })

  it('what handlers may drop is not foreseen: a custom attribute that cannot be kept (2.16)', async () => {
    const drop = (create: { custom?: object }) => void delete create.custom
    const { clientele, shop } = await openShop({
      plugins: [{ name: 'drop', hooks: { 'dw.ocapi.data.customer_list.customers.beforePOST': drop } }],
      hashPassword: async () => '$hash$',
    })
    const create = { credentials: { login: 'a' }, custom: { nested: { a: 1 } } }
    expect((await shop.createCustomer({ create, password })).credentials.login).to.equal('a')
    await clientele.close()
  })

  it('what was foreseen is the answer, also when what stood in the way has gone before the unit opens', async () => {
    const hashes: string[] = []
    const storage = memoryStorage()
    const { clientele, shop } = await openShop({ storage, hashPassword: async () => (hashes.push('$hash$'), '$hash$') })
    const { customerNo } = await shop.createCustomer({ create: { credentials: { login: 'dude' } } })
    const read = storage.read.bind(storage)
    storage.read = async (list, work) => {
      storage.read = read
      try {
        return await read(list, work)
      } finally {
        await shop.deleteCustomer({ customerNo })
      }
    }
    const late = shop.createCustomer({ create: { credentials: { login: 'dude' } }, password })
    expect(await problemOf(late)).to.equal('loginInUse')
    expect(hashes).to.deep.equal([])
    expect((await shop.findCustomers()).total).to.equal(0)
    await clientele.close()
  })

  it('a mistake of ours on the way is an incident, and no answer about the customer', async () => {
    const { clientele, shop } = await openShop()
    const write = clientele.write('updateCustomer', {
      list: 'SiteGenesis',
      target: await shop.createCustomer({ create: { customerNo: '1', credentials: { login: 'a' } } }),
      document: () => JSON.parse('no JSON') as { readonly update: object },
      password,
    })
    expect(await problemOf(write)).to.equal('internal')
    await clientele.close()
  })

  it('a dry run hashes nothing, and goes well', async () => {
    const { service, state } = await open()
    const dry = service.clientele.dryRun('SiteGenesis')
    const { result } = await dry.createCustomer({ create: { credentials: { login: 'dry' } }, password })
    expect(result.credentials.login).to.equal('dry')
    expect(state.hashed).to.equal(0)
    await service.stop()
  })

  it('what handlers may still change is not foreseen', async () => {
    const rename = { credentials: { login: 'renamed' } }
    const hooks = {
      'dw.ocapi.data.customer_list.customers.beforePOST': (create: object) => void Object.assign(create, rename),
    }
    const { clientele, shop } = await openShop({
      plugins: [{ name: 'rename', hooks }],
      hashPassword: async () => '$hash$',
    })
    expect(await problemOf(shop.createCustomer({ create: { credentials: { login: 'a' } }, password }))).to.equal('none')
    await clientele.close()
  })

  it('a bounded queue: what does not fit is unavailable and told when to come again', async () => {
    const hashes: ((hash: string) => void)[] = []
    const hashPassword = () => new Promise<string>((resolve) => hashes.push(resolve))
    const { clientele, shop } = await openShop({ hashPassword, limits: { hashes: 1, hashesWaiting: 2 } })
    const calls = Array.from({ length: 4 }, (_, at) =>
      shop.createCustomer({ create: { credentials: { login: `user-${at}` } }, password }).then(
        () => 'done',
        (error: unknown) => (error as CustomerError).problem,
      ),
    )
    expect(await Promise.race(calls)).to.deep.equal({ kind: 'unavailable', outcome: 'nothing', retryAfter: 5 })
    for (let done = 0; done < 3; done++) {
      while (hashes.length === 0) await new Promise((resolve) => setImmediate(resolve))
      hashes.shift()?.('$hash$')
    }
    expect((await Promise.all(calls)).filter((outcome) => outcome === 'done')).to.have.length(3)
    await clientele.close()
  })
})
