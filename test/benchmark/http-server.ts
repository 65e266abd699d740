/**
 * A server for the benchmark `http`, in a process of its own: `library` serves the OCAPI flavour on memory storage with a
 * hook before and after every create; `bare` is node:http with the answers that it gets from its parent.
 */
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import Koa from 'koa'
import { customerApi } from '../../adapters/http/koa.js'
import { staticTokens } from '../../adapters/oauth/index.js'
import { ocapi } from '../../adapters/ocapi/index.js'
import { memoryStorage } from '../../adapters/storage/local/memory.js'
import { createClientele, definePlugin } from '../../core/index.js'

/** An answer that the bare server repeats. */
export interface Canned {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

async function library(): Promise<http.RequestListener> {
  const clientele = await createClientele({
    customerLists: [{ id: 'SiteGenesis' }],
    storage: memoryStorage(),
    plugins: [
      definePlugin({
        name: 'two hooks',
        hooks: {
          'dw.ocapi.data.customer_list.customers.beforePOST': async (create) => {
            create.suffix = 'jr.'
          },
          'dw.ocapi.data.customer_list.customers.afterPOST': async () => undefined,
        },
      }),
    ],
  })
  const authenticate = staticTokens({ token: { clientId: 'bench', flavours: ['ocapi'] } })
  const handle = new Koa().use(customerApi(clientele, { flavours: [ocapi()], authenticate })).callback()
  return (request, response) => void handle(request, response)
}

/** Answers GET at once, and POST after its body was read and parsed. */
function bare(answers: Readonly<Record<string, Canned>>): http.RequestListener {
  const [get, post] = [answers['GET'] as Canned, answers['POST'] as Canned]
  return (request, response) => {
    if (request.method === 'GET') {
      response.writeHead(get.status, get.headers).end(get.body)
      return
    }
    const chunks: Buffer[] = []
    request
      .on('data', (chunk: Buffer) => chunks.push(chunk))
      .on('end', () => {
        JSON.parse(Buffer.concat(chunks).toString())
        response.writeHead(post.status, post.headers).end(post.body)
      })
  }
}

process.on('message', (message: 'cpu' | { readonly start: Readonly<Record<string, Canned>> | 'library' }) => {
  if (message === 'cpu') {
    const { user, system } = process.cpuUsage()
    process.send?.({ cpu: user + system })
  } else void start(message.start)
})

async function start(what: Readonly<Record<string, Canned>> | 'library'): Promise<void> {
  const server = http.createServer(what === 'library' ? await library() : bare(what))
  server.listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as AddressInfo).port }))
}
