/** Custom attributes that a host declares (decisions 2.16, 3.12): the same rules for flavours, library calls and hooks. */
import { expect } from 'chai'
import { describe, it } from 'mocha'
import { memoryStorage } from '../adapters/storage/local/memory.js'
import { ocapi } from '../adapters/ocapi/index.js'
import { SetupError, definePlugin } from '../core/index.js'
import type { CustomAttributeOptions, Storage } from '../core/index.js'
import { serve } from './support/api.js'
import { openShop, problemOf } from './support/shop.js'

const customAttributes: CustomAttributeOptions = {
  customer: {
    size: { type: 'integer', enum: [40, 41] },
    color: { type: 'string', maxLength: 3 },
    tags: { type: 'string', set: true, enum: ['a', 'b'] },
    since: { type: 'date' },
    ratio: { type: 'number' },
    vip: { type: 'boolean' },
  },
  address: {},
}

describe('custom attributes: once declared, only those are allowed', () => {
  const good = {
    size: 40,
    color: '\u{1f600}\u{1f600}\u{1f600}',
    tags: ['a', 'b'],
    since: '2024-02-29',
    ratio: 1.5,
    vip: true,
  }
  const bad = [{ size: 42 }, { size: '40' }, { color: 'abcd' }, { tags: 'a' }, { tags: ['c'] }, { since: '2023-02-29' }]

  it('through the library, on create and on change', async () => {
    const { shop } = await openShop({ customAttributes })
    await shop.createCustomer({ create: { customerNo: 'c', custom: good } })
    for (const custom of [...bad, { other: 1 }]) {
      expect(await problemOf(shop.createCustomer({ create: { custom } }))).to.equal('documentInvalid')
      expect(await problemOf(shop.updateCustomer({ customerNo: 'c', update: { custom } }))).to.equal('documentInvalid')
    }
    await shop.updateCustomer({ customerNo: 'c', update: { custom: { size: null, vip: false } } })
    expect(await problemOf(shop.createAddress({ customerNo: 'c', create: { custom: { a: 1 } } }))).to.equal(
      'documentInvalid',
    )
    await shop.createAddress({ customerNo: 'c', create: { addressId: 'a' } })
    const update = { custom: { a: 1 } }
    expect(await problemOf(shop.updateAddress({ customerNo: 'c', addressId: 'a', update }))).to.equal('documentInvalid')
  })

  it('through OCAPI, as InvalidCustomPropertyException', async () => {
    const service = await serve({ flavours: [ocapi()], library: { customAttributes } })
    const path = '/dw/data/v16_2/customer_lists/SiteGenesis/customers'
    const json = { customer_no: 'c', credentials: { login: 'a' }, c_size: 40, c_tags: [] }
    expect((await service.call('POST', path, { json })).status).to.equal(200)
    for (const wrong of [{ c_size: 42 }, { c_other: 'x' }, { c_color: 'abcd' }]) {
      const answer = await service.call('PATCH', `${path}/c`, { json: wrong })
      expect(answer.status).to.equal(400)
      expect(answer.json()).to.have.nested.property('fault.type', 'InvalidCustomPropertyException')
    }
    await service.stop()
  })

  it('a handler that sets another one makes a mistake (4.4)', async () => {
    const plugin = definePlugin({
      name: 'p',
      hooks: { 'dw.ocapi.data.customer_list.customers.beforePOST': (create) => void (create.custom = { other: 1 }) },
    })
    const { shop } = await openShop({ customAttributes, plugins: [plugin] })
    expect(await problemOf(shop.createCustomer({ create: {} }))).to.equal('internal')
  })

  it('a stored value that is no longer allowed stays, and is checked again only when it changes', async () => {
    const storage = memoryStorage()
    await (await openShop({ storage })).shop.createCustomer({ create: { customerNo: 'c', custom: { old: 1 } } })
    const reopened: Storage = {
      open: () => Promise.resolve(),
      read: (list, work) => storage.read(list, work),
      write: (list, work) => storage.write(list, work),
      counter: (list, name, n) => storage.counter(list, name, n),
      figures: () => storage.figures(),
      close: () => storage.close(),
    }
    const { shop } = await openShop({ storage: reopened, customAttributes })
    const changed = await shop.updateCustomer({
      customerNo: 'c',
      update: { title: 'x', custom: { old: 1, vip: true } },
    })
    expect(changed.custom).to.deep.equal({ old: 1, vip: true })
    expect(await problemOf(shop.updateCustomer({ customerNo: 'c', update: { custom: { old: 2 } } }))).to.equal(
      'documentInvalid',
    )
  })

  for (const wrong of [
    { customer: { '1': { type: 'string' } } },
    { customer: { a: { type: 'text' } } },
    { customer: { a: { type: 'string', maxLength: 0 } } },
    { address: { a: { type: 'string', enum: [] } } },
  ])
    it(`${JSON.stringify(wrong)} is a start-up error`, async () => {
      let error: unknown
      await openShop({ customAttributes: wrong as unknown as CustomAttributeOptions }).catch(
        (thrown: unknown) => (error = thrown),
      )
      expect(error)
        .to.be.instanceOf(SetupError)
        .with.property('message')
        .that.matches(/^customAttributes\./)
    })
})
