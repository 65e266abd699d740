/** A storage that was written against the public doors alone passes the contract, and serves a library. */
import { expect } from 'chai'
import { describe, it } from 'mocha'
import { createClientele } from '../core/index.js'
import { ownStorage } from '../examples/own-storage.js'
import { storageContract } from './storage-contract.js'

storageContract(
  { describe, it },
  {
    name: 'examples/own-storage.ts',
    maxWaiting: 60,
    open: async (options) => {
      const storage = ownStorage({ maxWaiting: 60 })
      await storage.open(options)
      const same = async () => storage
      return { storage, second: same, reopen: same, dispose: () => storage.close() }
    },
  },
)

describe('examples/own-storage.ts', () => {
  it('serves a library', async () => {
    const clientele = await createClientele({ customerLists: [{ id: 'SiteGenesis' }], storage: ownStorage() })
    const shop = clientele.list('SiteGenesis')
    const { customerNo } = await shop.createCustomer({ create: { lastName: 'Lebowski' } })
    await shop.createAddress({ customerNo, create: { addressId: 'home', city: 'Los Angeles' } })
    await shop.updateCustomer({ customerNo, update: { lastName: 'Sobchak' } })
    expect(await shop.getCustomer({ customerNo })).to.include({ lastName: 'Sobchak', version: 2 })
    expect((await shop.findAddresses({ customerNo })).total).to.equal(1)
    await clientele.close()
  })
})
