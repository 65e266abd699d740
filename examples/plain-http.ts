import { createServer } from 'node:http'
import { createClientele } from 'clientele'
import { customerApi, toNodeHandler } from 'clientele/koa'
import { staticTokens } from 'clientele/oauth'
import { yaas } from 'clientele/yaas'
import { memoryStorage } from 'clientele/storage/memory'

const clientele = await createClientele({
  customerLists: [{ id: 'SiteGenesis', tenant: 'sitegenesis' }],
  storage: memoryStorage(),
})
const scopes = ['hybris.cecentercustomer_view', 'hybris.cecentercustomer_manage']
const authenticate = staticTokens({
  'my-token': { clientId: 'me', flavours: ['yaas'], tenant: 'sitegenesis', scopes },
})
const handler = toNodeHandler(customerApi(clientele, { flavours: [yaas()], authenticate }))

const server = createServer((request, response) =>
  handler(request, response, () => {
    response.writeHead(200, { 'Content-Type': 'text/plain' }).end('a page of the host\n')
  }),
)
const port = Number(process.env.PORT ?? 3000)
server.listen(port, '127.0.0.1', () => console.log(`listening on http://127.0.0.1:${port}`))
