import { expect } from 'chai'
import { describe, it } from 'mocha'
import type { Address, CustomerOperations } from '../core/index.js'
import { openShop, problemOf } from './support/shop.js'

const customerNo = '1'

async function withCustomer(): Promise<CustomerOperations> {
  const { shop } = await openShop()
  await shop.createCustomer({ create: { customerNo } })
  return shop
}

async function defaults(shop: CustomerOperations): Promise<string[]> {
  const { items } = await shop.findAddresses({ customerNo })
  return items.filter((address) => address.isDefault).map((address) => address.addressId)
}

const make = (shop: CustomerOperations, addressId: string, more: Partial<Address> = {}) =>
  shop.createAddress({ customerNo, create: { addressId, ...more } })

describe('addresses', () => {
  describe('decision 3.13: a customer with addresses has exactly one default', () => {
    it('the first becomes it, isDefault moves it, false and deletion pass it to the oldest other', async () => {
      const shop = await withCustomer()
      await make(shop, 'a')
      await make(shop, 'b')
      expect(await defaults(shop)).to.deep.equal(['a'])
      await make(shop, 'c', { isDefault: true })
      expect(await defaults(shop)).to.deep.equal(['c'])
      await shop.updateAddress({ customerNo, addressId: 'b', update: { isDefault: true } })
      expect(await defaults(shop)).to.deep.equal(['b'])
      await shop.updateAddress({ customerNo, addressId: 'b', update: { isDefault: false } })
      expect(await defaults(shop)).to.deep.equal(['a'])
      await shop.deleteAddress({ customerNo, addressId: 'a' })
      expect(await defaults(shop)).to.deep.equal(['b'])
      await shop.deleteAddress({ customerNo, addressId: 'b' })
      const only = await shop.updateAddress({ customerNo, addressId: 'c', update: { isDefault: false } })
      expect(only.isDefault).to.equal(true)
    })
    it('also when 20 are created at once', async () => {
      const shop = await withCustomer()
      await Promise.all(Array.from({ length: 20 }, (_, at) => make(shop, `a${at}`, { isDefault: at % 2 === 0 })))
      expect(await defaults(shop)).to.have.length(1)
    })
  })

  describe('decisions 1.4 and 2.9: address ids are unique per customer and compare exactly', () => {
    it('taken, empty and dotted ids are refused, another case is another id', async () => {
      const shop = await withCustomer()
      await make(shop, 'home')
      await make(shop, 'Home')
      expect(await problemOf(make(shop, 'home'))).to.equal('addressIdInUse')
      for (const id of ['', ' ', '.', '..']) expect(await problemOf(make(shop, id)), id).to.equal('addressIdInvalid')
      const rename = { customerNo, addressId: 'Home', update: { addressId: 'home' } }
      expect(await problemOf(shop.updateAddress(rename))).to.equal('addressIdInUse')
      await shop.updateAddress({ customerNo, addressId: 'Home', update: { addressId: 'office' } })
      expect((await shop.getAddress({ customerNo, addressId: 'office' })).addressId).to.equal('office')
      expect(await problemOf(shop.getAddress({ customerNo, addressId: 'Home' }))).to.equal('addressNotFound')
    })
  })

  describe('decisions, section 1, last table: contact name', () => {
    it('is not stored when it equals the computed one, and dropped when a part of the name changes', async () => {
      const shop = await withCustomer()
      const names = { firstName: 'Ann', lastName: 'Other' }
      expect((await make(shop, 'a', { ...names, contactName: 'Ann Other' })).contactName).to.equal(undefined)
      expect((await make(shop, 'b', { ...names, contactName: 'Reception' })).contactName).to.equal('Reception')
      const kept = await shop.updateAddress({ customerNo, addressId: 'b', update: { city: 'Ulm' } })
      expect(kept.contactName).to.equal('Reception')
      const dropped = await shop.updateAddress({ customerNo, addressId: 'b', update: { lastName: 'Else' } })
      expect(dropped.contactName).to.equal(undefined)
    })
  })
})
