import { createClientele, CustomerError } from 'clientele'
import { memoryStorage } from 'clientele/storage/memory'
import companies from './plugin.js'

const clientele = await createClientele({
  customerLists: [{ id: 'SiteGenesis' }],
  storage: memoryStorage(),
  plugins: [companies],
})
const shop = clientele.list('SiteGenesis')

const { customerNo } = await shop.createCustomer({ create: { lastName: 'Lebowski', companyName: 'Bowling' } })
await shop.updateCustomer({ customerNo, update: { email: 'dude@example.com', companyName: null } })
console.log(await shop.getCustomer({ customerNo }))
console.log(await shop.findAddresses({ customerNo }))

try {
  await shop.getCustomer({ customerNo: '4711' })
} catch (error) {
  if (!(error instanceof CustomerError)) throw error
  console.log(error.problem.kind)
}
await clientele.close()
