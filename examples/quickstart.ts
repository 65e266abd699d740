import { createClientele } from 'clientele'
import { toFetchHandler } from 'clientele/fetch'
import { staticTokens } from 'clientele/oauth'
import { ocapi } from 'clientele/ocapi'
import { memoryStorage } from 'clientele/storage/memory'
import { yaas } from 'clientele/yaas'
import companies from './plugin.js'

const customerLists = [{ id: 'shop' }]
const clientele = await createClientele({ customerLists, storage: memoryStorage(), plugins: [companies] })
const me = { clientId: 'me', flavours: ['ocapi', 'yaas'], tenant: 'shop', scopes: ['hybris.cecentercustomer_view'] }
const api = toFetchHandler(clientele, { flavours: [ocapi(), yaas()], authenticate: staticTokens({ 'my-token': me }) })

async function call(method: string, path: string, document?: object): Promise<void> {
  const headers = { Authorization: 'Bearer my-token', 'Content-Type': 'application/json' }
  const sent = document ? { body: JSON.stringify(document) } : {}
  const response = await api(new Request(`https://shop.example.com${path}`, { method, headers, ...sent }))
  console.log(response?.status, await response?.text())
}

const dude = { last_name: 'Lebowski', credentials: { login: 'dude' } }
const customers = '/dw/data/v16_2/customer_lists/shop/customers?select=(customer_no,last_name)'
await call('POST', customers, { ...dude, job_title: 'bowler' })
await call('POST', customers, dude)
await call('GET', '/hybris/cecentercustomer/v1/shop/customers?fields=id,lastName,preferredLanguage')
await clientele.close()
