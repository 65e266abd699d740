/** Hook scripts under load (4.11): a thousand requests at once over HTTP, and twenty thousand calls without a leak. */
import { expect } from 'chai'
import { describe, it } from 'mocha'
import { ocapi } from '../../adapters/ocapi/index.js'
import { yaas } from '../../adapters/yaas/index.js'
import { loadCartridges } from '../../hooks/cartridge/index.js'
import { serve } from '../support/api.js'
import { cartridge, points } from '../support/cartridges.js'
import { openShop } from '../support/shop.js'

const scripts = {
  [points.beforeCreate]: `
    request.custom.n = (request.custom.n || 0) + 1
    arguments[0].companyName = String(request.custom.n)`,
  [points.afterCreate]: `
    var Status = require('dw/system/Status')
    arguments[0].profile.custom.a = 'yes'
    arguments[0].addressBook.createAddress('home').city = 'Los Angeles'
    return new Status(Status.OK)`,
  [points.beforeUpdate]: `
    leaked = new Array(1000).fill(arguments[0].profile.email)
    arguments[1].suffix = require('dw/util/StringUtils').format('{0}', arguments[0].profile.lastName)`,
}

describe('hook scripts under load', () => {
  it('a thousand requests at once over both APIs: each is stored with all that its scripts wrote', async () => {
    const service = await serve({
      flavours: [ocapi(), yaas()],
      library: { plugins: loadCartridges([cartridge(scripts)]) },
    })
    const answers = await Promise.all(
      Array.from({ length: 1_000 }, (_, n) =>
        n % 2 === 0
          ? service.call('POST', '/s/-/dw/data/v16_2/customer_lists/SiteGenesis/customers', {
              json: { credentials: { login: `o${n}@example.com` } },
            })
          : service.call('POST', '/hybris/cecentercustomer/v1/sitegenesis/customers', {
              token: 'yaas',
              json: { contactEmail: `y${n}@example.com` },
            }),
      ),
    )
    expect(answers.filter(({ status }) => status !== 200 && status !== 201).map(({ text }) => text)).to.deep.equal([])
    const { items, total } = await service.shop.findCustomers({ query: { limit: 1_000 } })
    expect(total).to.equal(1_000)
    expect(items.every(({ companyName, custom }) => companyName === '1' && custom?.['a'] === 'yes')).to.equal(true)
    for (const { customerNo } of items.slice(0, 50))
      expect((await service.shop.findAddresses({ customerNo })).items[0]?.city).to.equal('Los Angeles')
    await service.stop()
  })

  it('twenty thousand calls: no leak, in the threads or in the library', async () => {
    const { clientele, shop } = await openShop({ plugins: loadCartridges([cartridge(scripts)]) })
    const create = { customerNo: '1', email: 'dude@example.com', lastName: 'Lebowski' }
    await shop.createCustomer({ create })
    const megabytes = async (calls: number): Promise<number> => {
      for (let n = 0; n < calls; n += 4)
        await shop
          .updateCustomer({ customerNo: '1', update: { firstName: `F${n}` } })
          .then(() =>
            Promise.all([1, 2, 3].map(() => shop.updateCustomer({ customerNo: '1', update: { title: `T${n}` } }))),
          )
      return process.memoryUsage().rss / 2 ** 20
    }
    const warm = await megabytes(4_000)
    const grown = (await megabytes(20_000)) - warm
    expect(grown, `grew by ${grown} MB on ${warm} MB`).to.be.below(48)
    await clientele.close()
  })
})
