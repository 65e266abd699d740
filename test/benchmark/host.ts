/** A host that starts, for the row `start`: `bare`, or `koa` with the library on memory. Prints its port. Copied to where the packed package is. */
import http from 'node:http'
import type { AddressInfo } from 'node:net'

async function listenerOf(what: string | undefined): Promise<http.RequestListener> {
  if (what === 'bare') return (_request, response) => void response.writeHead(200).end('ok')
  const [
    { default: Koa },
    { createClientele },
    { customerApi },
    { memoryStorage },
    { staticTokens },
    { ocapi },
    { yaas },
  ] = await Promise.all([
    import('koa'),
    import('clientele'),
    import('clientele/koa'),
    import('clientele/storage/memory'),
    import('clientele/oauth'),
    import('clientele/ocapi'),
    import('clientele/yaas'),
  ])
  const clientele = await createClientele({ customerLists: [{ id: 'SiteGenesis' }], storage: memoryStorage() })
  const authenticate = staticTokens({ token: { clientId: 'bench', flavours: ['ocapi'] } })
  const handle = new Koa().use(customerApi(clientele, { flavours: [ocapi(), yaas()], authenticate })).callback()
  return (request, response) => void handle(request, response)
}

const server = http.createServer(await listenerOf(process.argv[2]))
server.listen(0, '127.0.0.1', () => console.log((server.address() as AddressInfo).port))
