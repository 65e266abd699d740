/** A server of the benchmark, in a process of its own; `argv[2]` says which. It tells its parent its port, its CPU time and how long its event loop was held. */
import { generateKeyPairSync, randomBytes } from 'node:crypto'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import Koa from 'koa'
import { SignJWT } from 'jose'
import { Pool } from 'pg'
import type { PoolClient } from 'pg'
import { explorer } from '../../adapters/command/explorer/explorer.js'
import type { Explorer } from '../../adapters/command/explorer/explorer.js'
import { serveApis } from '../../adapters/command/server/server.js'
import { ocapi } from '../../adapters/ocapi/index.js'
import { yaas } from '../../adapters/yaas/index.js'
import type { Clientele, Observer, Plugin } from '../../core/index.js'
import type { Storage } from '../../core/ports/storage.js'
import { benchmarkCustomer } from './customer.js'
import { door, ownRoot } from './doors.js'
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
      /** The file of a JSON file storage. */
      readonly file?: string
      /** The database of a PostgreSQL storage; without it and a file: memory. */
      readonly database?: string
      /** Without: no after hook. */
      readonly hooks?: 'before'
      /** Folder of the package; absent: this one. */
      readonly root?: string
      readonly stored: number
      /** With an observer of everything. */
      readonly isObserved?: boolean
    }
  | {
      /** Runs what the library sent to the database for one request, and repeats its answer. */
      readonly kind: 'statements'
      readonly database: string
      readonly statements: readonly Statement[]
      readonly answer: Canned
    }
  | { readonly kind: 'bare'; readonly answer: Canned }
  | { readonly kind: 'feathers' | 'json-server'; readonly peers: string; readonly stored: number }

/** A statement as it was sent. */
export interface Statement {
  readonly name?: string
  readonly text: string
  readonly values?: readonly unknown[]
}

/** What it tells when it listens. */
export interface Ready {
  readonly port: number
  readonly token: string
}

type LibrarySpec = Extract<Spec, { kind: 'library' }>

async function storageOf({ root = ownRoot, file, database }: LibrarySpec): Promise<Storage> {
  if (file !== undefined) return (await door(root, './storage/json-file')).jsonFileStorage({ file })
  if (database === undefined) return (await door(root, './storage/memory')).memoryStorage()
  return (await door(root, './storage/postgres')).postgresStorage({ pool: notingPool(database) })
}

/** Statements that were sent since it was asked for them; undefined: nobody did. */
let noted: Statement[] | undefined

function notingPool(connectionString: string): Pool {
  const pool = new Pool({ connectionString, max: 10 })
  return pool.on('connect', (client) => {
    const query = client.query.bind(client) as (statement: Statement) => unknown
    client.query = ((statement: Statement) => {
      noted?.push({ ...statement })
      return query(statement)
    }) as never
  })
}

const before: Plugin = {
  name: 'before',
  hooks: {
    'dw.ocapi.data.customer_list.customers.beforePOST': async (create) => {
      create.suffix = 'jr.'
    },
  },
}
const after: Plugin = {
  name: 'after',
  hooks: { 'dw.ocapi.data.customer_list.customers.afterPOST': async () => undefined },
}

/** Told of everything, and does with it what figures take. */
let told = 0
const count = () => (end: { readonly ms: number }) => void (told += end.ms)
const observer: Observer = { onRequest: count, onOperation: count, onHandler: count, onStorage: count }

async function library(spec: LibrarySpec): Promise<[http.RequestListener, string]> {
  const { root = ownRoot, stored, hooks } = spec
  const { createClientele } = await door(root, '.')
  const { jwt } = await door(root, './oauth')
  const flavours = [(await door(root, './ocapi')).ocapi(), (await door(root, './yaas')).yaas()]
  const storage = await storageOf(spec)
  const clientele = await createClientele({
    customerLists: [{ id: 'SiteGenesis', tenant: 'sitegenesis' }],
    storage,
    plugins: hooks === 'before' ? [before] : [before, after],
    indexes: ['companyName'],
    ...(spec.isObserved && { observe: observer }),
  })
  await fill(storage, stored)
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
  const options = { flavours, authenticate }
  if (spec.door === 'node') {
    const { toNodeHandler } = await door(root, './node')
    return [toNodeHandler(clientele, options), token]
  }
  const app = new Koa()
  const { customerApi } = await door(root, './koa')
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

/** Answers GET at once, and what has a body after it was read and parsed; `work` comes before the answer. */
function bare({ status, headers, body }: Canned, work?: (sent: unknown) => Promise<void>): http.RequestListener {
  return (request, response) => {
    const answer = (sent?: unknown): void => {
      if (work) void work(sent).then(() => response.writeHead(status, headers).end(body))
      else response.writeHead(status, headers).end(body)
    }
    if (request.method === 'GET') {
      answer()
      return
    }
    const chunks: Buffer[] = []
    request
      .on('data', (chunk: Buffer) => chunks.push(chunk))
      .on('end', () => answer(JSON.parse(Buffer.concat(chunks).toString())))
  }
}

/** Runs noted statements, with the login of the request and an id of its own where a customer is created. */
function statements({ database, statements: given, answer }: Extract<Spec, { kind: 'statements' }>) {
  const pool = new Pool({ connectionString: database, max: 10 })
  const texts = given.flatMap(({ values = [] }) => values.map(String)).join(' ')
  const [oldLogin = ''] = /login-\d{8}/.exec(texts) ?? []
  const [oldId = ''] = /\b[\da-f]{24}\b/.exec(texts) ?? []
  const run = async (client: PoolClient, login: string | undefined): Promise<void> => {
    const id = randomBytes(12).toString('hex')
    const own = (value: unknown): unknown =>
      typeof value === 'string' ? value.replaceAll(oldLogin, login ?? '').replaceAll(oldId, id) : value
    for (const { name, text, values = [] } of given) {
      const statement = { text, values: login === undefined ? [...values] : values.map(own), rowMode: 'array' as const }
      await client.query(name === undefined ? statement : { ...statement, name })
    }
  }
  return bare(answer, async (sent) => {
    const client = await pool.connect()
    await run(client, (sent as { credentials?: { login: string } } | undefined)?.credentials?.login)
    client.release()
  })
}

async function listenerOf(spec: Spec): Promise<[http.RequestListener, string]> {
  if (spec.kind === 'library') return library(spec)
  if (spec.kind === 'bare') return [bare(spec.answer), 'none']
  if (spec.kind === 'statements') return [statements(spec), 'none']
  return [await (spec.kind === 'feathers' ? feathersServer : jsonServer)(spec.peers, spec.stored), 'none']
}

const [listener, token] = await listenerOf(JSON.parse(process.argv[2] ?? '') as Spec)
let watch: LoopWatch | undefined
process.on('message', (message: 'cpu' | 'hold' | 'note' | 'noted') => {
  if (message === 'hold') {
    watch ??= new LoopWatch()
    void watch.take().then(({ longest }) => process.send?.({ hold: longest }))
  } else if (message === 'note') noted = []
  else if (message === 'noted') {
    process.send?.(noted)
    noted = undefined
  } else {
    const { user, system } = process.cpuUsage()
    process.send?.({ cpu: user + system })
  }
})
process.on('disconnect', () => process.exit())
const server = http.createServer({ keepAliveTimeout: 600_000 }, listener)
server.listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as AddressInfo).port, token }))
