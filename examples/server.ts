/** The example server, run by `npm start`: both APIs over one store, with tokens of its own. examples/README.md lists its settings. */
import { once } from 'node:events'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import path from 'node:path'
import { createClientele, tenantOf, type Storage } from 'clientele'
import { customerApi, type AnsweredRequest } from 'clientele/koa'
import { ocapi } from 'clientele/ocapi'
import { openapi } from 'clientele/openapi'
import { yaas } from 'clientele/yaas'
import Koa from 'koa'
import { greetingOf } from './greeting.js'
import { libraryLog, logOwn, logRequest, openLog } from './log.js'
import { openMetrics, pagePaths, pages } from './pages.js'
import { loadPlugins } from './plugin-files.js'
import { readSettings, SettingError, type Settings } from './settings.js'
import { onSignal, stopper } from './stopping.js'
import { accountTokenPath, ocapiTokenPath, tokenEndpoints, yaasTokenPath } from './token-endpoints.js'
import { tokenKey } from './token-key.js'

/** The schema of the mixin in the YaaS document's samples; a host registers its own. */
const exampleSchema = {
  $schema: 'http://json-schema.org/draft-04/schema#',
  id: 'https://api.beta.yaas.io/hybris/schema/v1/kiwistest/example-schema.json',
  type: 'object',
  properties: { code: { type: 'string' } },
}

async function run(): Promise<void> {
  const settings = readSettings(process.env)
  const log = openLog(settings.logLevel)
  const clientele = await createClientele({
    logger: libraryLog(log),
    customerLists: settings.customerLists,
    storage: await storages[settings.storage](settings),
    mixins: { schemas: { [exampleSchema.id]: exampleSchema } },
    plugins: (await Promise.all(settings.plugins.map(loadPlugins))).flat(),
  })
  const tenants = settings.customerLists.map(tenantOf).filter((tenant) => tenant !== undefined)
  const tokens = tokenEndpoints({ ...settings, tenants, key: tokenKey(settings) })
  const metrics = await openMetrics()

  const app = new Koa({ proxy: settings.trustsProxy })
  app.on('error', (error: NodeJS.ErrnoException) => {
    const isClientGone = /^(ECONNRESET|EPIPE|HPE_)/.test(error.code ?? '')
    if (!isClientGone) log.error(error)
  })
  const server = http.createServer()
  const stop = stopper(server)
  let greeting = ''
  const isLogged = log.isLevelEnabled('error')
  const onRequest = (facts: AnsweredRequest): void => {
    metrics?.note(facts)
    if (isLogged) logRequest(log, facts)
  }
  const flavours = [ocapi(), yaas()]
  app.use(
    customerApi(clientele, {
      flavours,
      authenticate: tokens.authenticate,
      diagnostics: { trace: true, dryRun: true },
      ...((isLogged || metrics) && { observe: { onRequest } }),
    }),
  )
  if (isLogged) app.use(logOwn(log, ['/', ocapiTokenPath, accountTokenPath, yaasTokenPath, ...pagePaths]))
  app.use(tokens.middleware)
  app.use(async (context, next) => {
    const flavour = flavours.find(({ name }) => context.path === `/openapi/${name}.json`)
    if (!flavour) return next()
    const address = `${context.protocol}://${context.host}`
    if (URL.canParse(address)) context.body = await openapi(flavour, { server: new URL(address).origin })
    else context.status = 400
    return undefined
  })
  let isStopping = false
  app.use(pages(clientele, metrics, () => isStopping))
  app.use((context, next) => {
    if (context.path !== '/') return next()
    context.body = greeting
    return undefined
  })

  onSignal(() => {
    isStopping = true
    return stop((graceMs) => clientele.close({ graceMs }))
  }, end)
  const handle = app.callback()
  server.on('request', (request, response) => void handle(request, response))
  await listen(server, settings).catch(async (error: unknown) => {
    await clientele.close()
    throw error
  })
  greeting = greetingOf(settings, (server.address() as AddressInfo).port)
  if (settings.plugins.length > 0) console.log(`${clientele.describeHooks().toString()}\n`)
  console.log(greeting)
}

/** A storage factory is imported when it is asked for, so that memory needs no driver. */
const storages: { readonly [name in Settings['storage']]: (settings: Settings) => Promise<Storage> } = {
  memory: async () => (await import('clientele/storage/memory')).memoryStorage(),
  'json-file': async ({ dataFile }) =>
    (await import('clientele/storage/json-file')).jsonFileStorage({ file: path.resolve(dataFile) }),
  postgres: async ({ databaseUrl = '' }) =>
    (await import('clientele/storage/postgres')).postgresStorage({ connectionString: databaseUrl }),
}

async function listen(server: http.Server, { port, host }: Settings): Promise<void> {
  server.listen(port, host)
  await once(server, 'listening').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'EADDRINUSE') throw new SettingError(`PORT: ${port} is in use`)
    throw new SettingError(`HOST or PORT: cannot listen on ${host} port ${port} (${error.code})`)
  })
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

function end(error: unknown): never {
  console.error(`clientele: ${messageOf(error).replaceAll('\n', ' ')}`)
  process.exit(1)
}

await run().catch(end)
