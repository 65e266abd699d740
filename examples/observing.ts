import { createServer } from 'node:http'
import { createClientele, definePlugin } from 'clientele'
import type { Logger } from 'clientele'
import { openMetrics } from 'clientele/metrics'
import { toNodeHandler } from 'clientele/node'
import { staticTokens } from 'clientele/oauth'
import { ocapi } from 'clientele/ocapi'
import { memoryStorage } from 'clientele/storage/memory'
import { pino } from 'pino'

const log = pino(pino.destination({ sync: true }))
const at = (level: 'debug' | 'info' | 'warn' | 'error') => (message: string, fields?: object) =>
  log[level](fields ?? {}, message)
const logger: Logger = { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }

const welcome = definePlugin({
  name: 'welcome',
  hooks: {
    'dw.ocapi.data.customer_list.customers.afterPOST'(_customer, _create, _customerListId, { logger: ours }) {
      ours.info('a customer is welcome')
    },
  },
})

const metrics = await openMetrics()
const clientele = await createClientele({
  customerLists: [{ id: 'SiteGenesis' }],
  storage: memoryStorage(),
  plugins: [welcome],
  logger,
  observe: metrics.observe,
})
const authenticate = staticTokens({ 'my-token': { clientId: 'me', flavours: ['ocapi'] } })
const handler = toNodeHandler(clientele, { flavours: [ocapi()], authenticate })

const server = createServer((request, response) => {
  if (request.url !== '/metrics') return handler(request, response)
  void metrics.text().then((text) => response.setHeader('Content-Type', metrics.contentType).end(text))
})
const port = Number(process.env.PORT ?? 3000)
server.listen(port, '127.0.0.1', () => console.log(`listening on http://127.0.0.1:${port}`))
