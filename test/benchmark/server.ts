/** A server of the benchmark, in a process of its own; `argv[2]` says which. It tells its parent its port, its CPU time and how long its event loop was held. */
import { generateKeyPairSync } from 'node:crypto'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import Koa from 'koa'
import { SignJWT } from 'jose'
import { explorer } from '../../adapters/command/explorer/explorer.js'
import type { Explorer } from '../../adapters/command/explorer/explorer.js'
import { serveApis } from '../../adapters/command/server/server.js'
import { customerApi } from '../../adapters/http/koa.js'
import { toNodeHandler } from '../../adapters/http/node.js'
import { jwt } from '../../adapters/oauth/index.js'
import { ocapi } from '../../adapters/ocapi/index.js'
import { jsonFileStorage } from '../../adapters/storage/file/json-file.js'
import { memoryStorage } from '../../adapters/storage/local/memory.js'
import { yaas } from '../../adapters/yaas/index.js'
import { createClientele, definePlugin } from '../../core/index.js'
import type { Clientele } from '../../core/index.js'
import type { Storage } from '../../core/ports/storage.js'
import { benchmarkCustomer } from './customer.js'
import { LoopWatch } from './measure.js'
import { feathersServer, jsonServer } from './peers.js'

/** An answer that the bare server repeats. */
export interface Canned {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** What a server is. */
export type Spec =
  | {
      readonly kind: 'library'
      readonly door: 'koa' | 'node'
      /** Served as the example server does, which has an explorer or none. */
      readonly explorer?: 'on' | 'off'
      /** The file of a JSON file storage; absent: memory. */
      readonly file?: string
      readonly stored: number
    }
  | { readonly kind: 'bare'; readonly answer: Canned }
  | { readonly kind: 'feathers' | 'json-server'; readonly peers: string; readonly stored: number }

/** What it tells when it listens. */
export interface Ready {
  readonly port: number
  readonly token: string
}

/** One async hook before and one after every create. */
const hooks = definePlugin({
  name: 'two hooks',
  hooks: {
    'dw.ocapi.data.customer_list.customers.beforePOST': async (create) => {
      create.suffix = 'jr.'
    },
    'dw.ocapi.data.customer_list.customers.afterPOST': async () => undefined,
  },
})

async function library(spec: Extract<Spec, { kind: 'library' }>): Promise<[http.RequestListener, string]> {
  const storage = spec.file === undefined ? memoryStorage() : jsonFileStorage({ file: spec.file })
  const clientele = await createClientele({
    customerLists: [{ id: 'SiteGenesis', tenant: 'sitegenesis' }],
    storage,
    plugins: [hooks],
    indexes: ['companyName'],
  })
  await fill(storage, spec.stored)
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const token = await new SignJWT({
    client_id: 'bench',
    tenant: 'sitegenesis',
    scope: 'hybris.cecentercustomer_view hybris.cecentercustomer_manage',
  })
    .setProtectedHeader({ alg: 'ES256', typ: 'at+jwt' })
    .setIssuer('bench')
    .setAudience('bench')
    .setSubject('bench')
    .setExpirationTime('8h')
    .sign(privateKey)
  const authenticate = jwt({ keys: publicKey, issuer: 'bench', audience: 'bench', flavours: ['ocapi', 'yaas'] })
  const options = { flavours: [ocapi(), yaas()], authenticate }
  if (spec.door === 'node') return [toNodeHandler(clientele, options), token]
  const app = new Koa()
  if (spec.explorer === undefined) app.use(customerApi(clientele, options))
  else serveApis(app, clientele, options, spec.explorer === 'on' ? explorerOf(clientele, storage, token) : undefined)
  const handle = app.callback()
  return [(request, response) => void handle(request, response), token]
}

const explorerOf = (clientele: Clientele, storage: Storage, token: string): Explorer =>
  explorer({
    clientele,
    storage,
    flavours: [ocapi(), yaas()],
    lists: [],
    storageName: '',
    version: '',
    tokenFor: async () => token,
  })

async function fill(storage: Storage, stored: number): Promise<void> {
  for (let start = 0; start < stored; start += 1_000)
    await storage.write('SiteGenesis', async (unit) => {
      for (let n = start; n < Math.min(start + 1_000, stored); n++) {
        const customer = benchmarkCustomer(n)
        const email = `group${n % 1_000}@example.com`
        Object.assign(customer, { email })
        Object.assign(customer.keys, { email })
        // one company has as many customers whatever is stored
        if (n < 100) Object.assign(customer, { companyName: 'The first hundred' })
        await unit.customers.insert(customer)
      }
    })
}

/** Answers GET at once, and what has a body after it was read and parsed. */
function bare({ status, headers, body }: Canned): http.RequestListener {
  return (request, response) => {
    if (request.method === 'GET') {
      response.writeHead(status, headers).end(body)
      return
    }
    const chunks: Buffer[] = []
    request
      .on('data', (chunk: Buffer) => chunks.push(chunk))
      .on('end', () => {
        JSON.parse(Buffer.concat(chunks).toString())
        response.writeHead(status, headers).end(body)
      })
  }
}

async function listenerOf(spec: Spec): Promise<[http.RequestListener, string]> {
  if (spec.kind === 'library') return library(spec)
  if (spec.kind === 'bare') return [bare(spec.answer), 'none']
  return [await (spec.kind === 'feathers' ? feathersServer : jsonServer)(spec.peers, spec.stored), 'none']
}

const [listener, token] = await listenerOf(JSON.parse(process.argv[2] ?? '') as Spec)
let watch: LoopWatch | undefined
process.on('message', (message: 'cpu' | 'hold') => {
  if (message === 'hold') {
    watch ??= new LoopWatch()
    void watch.take().then(({ longest }) => process.send?.({ hold: longest }))
  } else {
    const { user, system } = process.cpuUsage()
    process.send?.({ cpu: user + system })
  }
})
process.on('disconnect', () => process.exit())
const server = http.createServer({ keepAliveTimeout: 600_000 }, listener)
server.listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as AddressInfo).port, token }))
