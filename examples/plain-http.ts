import { createServer } from 'node:http'
import { createClientele } from 'clientele'
import { toNodeHandler } from 'clientele/node'
import { staticTokens } from 'clientele/oauth'
import { ocapi } from 'clientele/ocapi'
import { memoryStorage } from 'clientele/storage/memory'

const clientele = await createClientele({ customerLists: [{ id: 'SiteGenesis' }], storage: memoryStorage() })
const authenticate = staticTokens({ 'my-token': { clientId: 'me', flavours: ['ocapi'] } })
const handler = toNodeHandler(clientele, { flavours: [ocapi()], authenticate })

const server = createServer((request, response) =>
  handler(request, response, () => {
    response.end('a page of the host\n')
  }),
)
const port = Number(process.env.PORT ?? 3000)
server.listen(port, '127.0.0.1', () => console.log(`listening on http://127.0.0.1:${port}`))
