import { createClientele } from 'clientele'
import { explainMapping } from 'clientele/koa'
import { ocapi } from 'clientele/ocapi'
import { memoryStorage } from 'clientele/storage/memory'
import { schemaFetcher, yaas } from 'clientele/yaas'

const loyalty = 'https://schemas.example.com/loyalty.json'
const clientele = await createClientele({
  customerLists: [{ id: 'SiteGenesis', tenant: 'sitegenesis' }],
  storage: memoryStorage(),
  mixins: {
    schemas: { [loyalty]: { type: 'object', properties: { tier: { enum: ['silver', 'gold'] } } } },
    fetch: schemaFetcher({ origins: ['https://schemas.example.com'] }),
  },
  indexes: ['mixins.loyalty.tier'],
})
clientele.subscribe(({ name, payload }) => console.log(name, payload))

const shop = clientele.list('SiteGenesis')
const { customerNo } = await shop.createCustomer({
  create: { firstName: 'Jeff', mixins: { loyalty: { tier: 'gold' } }, mixinSchemas: { loyalty } },
})
await shop.linkAccount({ customerNo, account: { id: '10203', providerId: 'facebook' } })

const customer = await shop.getCustomer({ customerNo })
for (const { domain, shown } of explainMapping('customer', customer, [ocapi(), yaas()]))
  console.log(`${domain}: ${[...(shown.ocapi ?? []), ...(shown.yaas ?? [])].map(({ name }) => name).join(', ')}`)
await clientele.close()
