import { createServer } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import { createClientele } from 'clientele'
import { toNodeHandler } from 'clientele/node'
import { staticTokens } from 'clientele/oauth'
import { ocapi } from 'clientele/ocapi'
import { memoryStorage } from 'clientele/storage/memory'

const clientele = await createClientele({ customerLists: [{ id: 'SiteGenesis' }], storage: memoryStorage() })
const authenticate = staticTokens({ 'my-token': { clientId: 'me', flavours: ['ocapi'] } })
const handler = toNodeHandler(clientele, { flavours: [ocapi()], authenticate })
let isStopping = false

const server = createServer((request, response) => {
  if (isStopping) response.setHeader('Connection', 'close')
  handler(request, response, () => void answer(request.url).then((status) => response.writeHead(status).end()))
})

/** `/health`: the process lives. `/ready`: send requests here. */
async function answer(url = ''): Promise<number> {
  if (url === '/health') return 200
  if (url === '/ready') return !isStopping && (await clientele.health()).ok ? 200 : 503
  return 404
}

/** Readiness off, so that the balancer sends no more; drain: running requests end; close: the storage is safe. */
async function stop(): Promise<void> {
  if (isStopping) return
  isStopping = true
  await delay(Number(process.env.DRAIN_MS ?? 5_000))
  const closed = new Promise((resolve) => server.close(resolve))
  server.closeIdleConnections()
  await clientele.close({ graceMs: 4_000 })
  await closed
}

for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, () => void stop())
const port = Number(process.env.PORT ?? 3000)
server.listen(port, '127.0.0.1', () => console.log(`listening on http://127.0.0.1:${port}`))
