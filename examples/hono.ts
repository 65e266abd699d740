import { serve } from '@hono/node-server'
import { getConnInfo } from '@hono/node-server/conninfo'
import { createClientele } from 'clientele'
import { toFetchHandler } from 'clientele/fetch'
import { staticTokens } from 'clientele/oauth'
import { ocapi } from 'clientele/ocapi'
import { memoryStorage } from 'clientele/storage/memory'
import { Hono } from 'hono'

const clientele = await createClientele({ customerLists: [{ id: 'SiteGenesis' }], storage: memoryStorage() })
const authenticate = staticTokens({ 'my-token': { clientId: 'me', flavours: ['ocapi'] } })
const handle = toFetchHandler(clientele, { flavours: [ocapi()], authenticate })

const app = new Hono()
app.use(async (c, next) => (await handle(c.req.raw, { peer: getConnInfo(c).remote.address ?? '' })) ?? next())
app.get('/else', (c) => c.text('a page of the host\n'))

const port = Number(process.env.PORT ?? 3000)
serve({ fetch: app.fetch, port, hostname: '127.0.0.1' }, () => console.log(`listening on http://127.0.0.1:${port}`))
