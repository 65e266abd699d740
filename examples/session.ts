import Koa from 'koa'
import { createClientele } from 'clientele'
import { customerApi } from 'clientele/koa'
import { staticTokens } from 'clientele/oauth'
import { ocapi } from 'clientele/ocapi'
import { memoryStorage } from 'clientele/storage/memory'

const clientele = await createClientele({ customerLists: [{ id: 'SiteGenesis' }], storage: memoryStorage() })
const byToken = staticTokens({ 'my-token': { clientId: 'crm', flavours: ['ocapi'] } })

const app = new Koa()
app.use((ctx, next) => {
  // stands for what reads the sessions of this app
  if (ctx.cookies.get('session') === 'of-bob') ctx.state['user'] = 'bob'
  return next()
})
app.use(
  customerApi(clientele, {
    flavours: [ocapi()],
    tokens: 'optional',
    authenticate(credentials) {
      if (credentials.token !== undefined) return byToken(credentials)
      const user = credentials.request.state?.['user']
      return typeof user === 'string' ? { clientId: 'backoffice', flavours: ['ocapi'], user } : undefined
    },
  }),
)
const port = Number(process.env.PORT ?? 3000)
app.listen(port, '127.0.0.1', () => console.log(`listening on http://127.0.0.1:${port}`))
