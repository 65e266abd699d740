import { createClientele } from 'clientele'
import { customerApi } from 'clientele/koa'
import { staticTokens } from 'clientele/oauth'
import { ocapi } from 'clientele/ocapi'
import { memoryStorage } from 'clientele/storage/memory'
import { yaas } from 'clientele/yaas'
import Koa from 'koa'

const clientele = await createClientele({
  customerLists: [{ id: 'SiteGenesis', tenant: 'sitegenesis' }],
  storage: memoryStorage(),
})
const scopes = ['hybris.cecentercustomer_view', 'hybris.cecentercustomer_manage']
const authenticate = staticTokens({
  'my-token': { clientId: 'me', flavours: ['ocapi', 'yaas'], tenant: 'sitegenesis', scopes },
})

const app = new Koa()
app.use(customerApi(clientele, { flavours: [ocapi(), yaas()], authenticate }))

const port = Number(process.env.PORT ?? 3000)
app.listen(port, '127.0.0.1', () => console.log(`listening on http://127.0.0.1:${port}`))
