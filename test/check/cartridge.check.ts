/** Hook scripts under load (4.11): a thousand requests at once over HTTP, and twenty thousand calls without a leak. */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect } from 'chai'
import { describe, it } from 'mocha'
import { ocapi } from '../../adapters/ocapi/index.js'
import { yaas } from '../../adapters/yaas/index.js'
import { loadCartridges } from '../../hooks/cartridge/index.js'
import { serve } from '../support/api.js'
import { cartridge, points } from '../support/cartridges.js'
import { openShop } from '../support/shop.js'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

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
    // a thread that kept what its scripts leave behind, about 8 kB a call, would run out of its memory
    const plugins = loadCartridges([cartridge(scripts)], { workers: { memory: 24 } })
    const { clientele, shop } = await openShop({ plugins })
    await shop.createCustomer({ create: { customerNo: '1', email: 'dude@example.com', lastName: 'Lebowski' } })
    const update = (n: number) => shop.updateCustomer({ customerNo: '1', update: { firstName: `F${n}` } })
    const after = async (calls: number) => {
      for (let n = 0; n < calls; n += 2) await Promise.all([update(n), update(n + 1)])
      collect()
      return { megabytes: process.memoryUsage().heapUsed / 2 ** 20, handles: process.getActiveResourcesInfo().length }
    }
    const warm = await after(2_000)
    const grown = await after(20_000)
    expect(grown.megabytes - warm.megabytes, 'megabytes').to.be.below(4)
    expect(grown.handles, 'handles').to.be.at.most(warm.handles + 2)
    await clientele.close()
  })
})
