import middie from '@fastify/middie'
import { createClientele } from 'clientele'
import { toNodeHandler } from 'clientele/node'
import { staticTokens } from 'clientele/oauth'
import { ocapi } from 'clientele/ocapi'
import { memoryStorage } from 'clientele/storage/memory'
import Fastify from 'fastify'

const clientele = await createClientele({ customerLists: [{ id: 'SiteGenesis' }], storage: memoryStorage() })
const authenticate = staticTokens({ 'my-token': { clientId: 'me', flavours: ['ocapi'] } })

const app = Fastify()
await app.register(middie)
app.use(toNodeHandler(clientele, { flavours: [ocapi()], authenticate }))
app.get('/else', () => 'a page of the host\n')

const port = Number(process.env.PORT ?? 3000)
await app.listen({ port, host: '127.0.0.1' })
console.log(`listening on http://127.0.0.1:${port}`)
