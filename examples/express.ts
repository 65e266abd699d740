import { createClientele } from 'clientele'
import { toNodeHandler } from 'clientele/node'
import { staticTokens } from 'clientele/oauth'
import { ocapi } from 'clientele/ocapi'
import { memoryStorage } from 'clientele/storage/memory'
import express from 'express'

const clientele = await createClientele({ customerLists: [{ id: 'SiteGenesis' }], storage: memoryStorage() })
const authenticate = staticTokens({ 'my-token': { clientId: 'me', flavours: ['ocapi'] } })

const app = express()
app.use('/shop', toNodeHandler(clientele, { flavours: [ocapi()], authenticate }))
app.get('/else', (_request, response) => void response.send('a page of the host\n'))

const port = Number(process.env.PORT ?? 3000)
app.listen(port, '127.0.0.1', () => console.log(`listening on http://127.0.0.1:${port}`))
