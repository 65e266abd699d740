/** The example server: both APIs over one store, with tokens of its own. `npx clientele serve` and examples/server.ts start it. */
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import path from 'node:path'
import Koa from 'koa'
import type { Middleware } from 'koa'
import { createClientele, tenantOf } from '../../../core/index.js'
import type { Clientele, Storage } from '../../../core/index.js'
import { customerApi } from '../../http/koa.js'
import type { CustomerApiOptions, Observer } from '../../http/koa.js'
import type { Metrics } from '../../metrics/index.js'
import { ocapi } from '../../ocapi/index.js'
import { openapi } from '../../openapi/index.js'
import { yaas } from '../../yaas/index.js'
import type { Explorer, ExplorerOptions } from '../explorer/explorer.js'
import { greetingOf, storageNameOf } from './greeting.js'
import { libraryLog, logOwn, logRequest, openLog } from './log.js'
import type { Log } from './log.js'
import { pagePaths, pages, serverMetrics } from './pages.js'
import { pluginsOf } from './plugin-files.js'
import { securityHeaders, serverLimits } from './protection.js'
import { SettingError } from './settings.js'
import type { Settings } from './settings.js'
import { onSignal, stopper } from './stopping.js'
import { accountTokenPath, ocapiTokenPath, tokenEndpoints, yaasTokenPath } from './token-endpoints.js'
import { tokenKey } from './token-key.js'

/** What changes while the server runs. */
interface State {
  /** The text of its front page, known once it listens. */
  greeting: string
  isStopping: boolean
  /** Absent: it is off, and nothing of it is loaded. */
  explorer: Explorer | undefined
}

/**
 * Runs the server until SIGTERM or SIGINT ends it and the process. Resolves when it listens and has printed so; rejects, with
 * one line, for what cannot be used.
 */
export async function runServer(settings: Settings): Promise<void> {
  const log = await openLog(settings.logLevel)
  const metrics = await serverMetrics()
  const storage = await storages[settings.storage](settings)
  const clientele = await openLibrary(settings, storage, log, metrics)
  const state: State = { greeting: '', isStopping: false, explorer: undefined }
  const app = await appOf(settings, { clientele, storage }, { log, metrics, state })
  const server = http.createServer(serverLimits)
  const stop = stopper(server)
  onSignal(() => {
    state.isStopping = true
    state.explorer?.close()
    return stop((graceMs) => clientele.close({ graceMs }))
  }, endWith)
  const handle = app.callback()
  server.on('request', (request, response) => void handle(request, response))
  await listen(server, settings).catch(async (error: unknown) => {
    await clientele.close()
    throw error
  })
  state.greeting = greetingOf(settings, (server.address() as AddressInfo).port)
  if (settings.plugins.length + settings.cartridges.length > 0) console.log(`${clientele.describeHooks().toString()}\n`)
  console.log(state.greeting)
}

/** Ends the process with one line on stderr and exit code 1. */
export function endWith(error: unknown): never {
  const message = error instanceof Error ? error.message : String(error)
  console.error(`clientele: ${message.replaceAll('\n', ' ')}`)
  process.exit(1)
}

/** The schema of the mixin in the YaaS document's samples; a host registers its own. */
const exampleSchema = {
  $schema: 'http://json-schema.org/draft-04/schema#',
  id: 'https://api.beta.yaas.io/hybris/schema/v1/kiwistest/example-schema.json',
  type: 'object',
  properties: { code: { type: 'string' } },
}

async function openLibrary(
  settings: Settings,
  storage: Storage,
  log: Log,
  metrics: Metrics | undefined,
): Promise<Clientele> {
  return createClientele({
    logger: libraryLog(log),
    ...(metrics && { observe: metrics.observe }),
    customerLists: settings.customerLists,
    storage,
    mixins: { schemas: { [exampleSchema.id]: exampleSchema } },
    plugins: await pluginsOf(settings),
  })
}

/** A storage factory is imported when it is asked for, so that memory needs no driver. */
const storages: { readonly [name in Settings['storage']]: (settings: Settings) => Promise<Storage> } = {
  memory: async () => (await import('../../storage/local/memory.js')).memoryStorage(),
  'json-file': async ({ dataFile }) =>
    (await import('../../storage/file/json-file.js')).jsonFileStorage({ file: path.resolve(dataFile) }),
  postgres: async ({ databaseUrl = '' }) =>
    (await import('../../storage/postgres/postgres.js')).postgresStorage({ connectionString: databaseUrl }),
}

const flavours = [ocapi(), yaas()]
const packageFile = new URL('../../../../package.json', import.meta.url)

/** The library and the storage below it. */
interface Stored {
  readonly clientele: Clientele
  readonly storage: Storage
}

/** What is around the APIs. */
interface Around {
  readonly log: Log
  readonly metrics: Metrics | undefined
  readonly state: State
}

/** The APIs, and around them what the server answers itself. */
async function appOf(settings: Settings, kept: Stored, { log, metrics, state }: Around): Promise<Koa> {
  const { clientele } = kept
  const tenants = settings.customerLists.map(tenantOf).filter((tenant) => tenant !== undefined)
  const tokens = tokenEndpoints({ ...settings, tenants, key: tokenKey(settings) })
  const explorer = settings.explorer ? await openExplorer(settings, kept, tokens.tokenFor) : undefined
  state.explorer = explorer
  const isLogged = log.isLevelEnabled('error')
  const onRequest: Observer['onRequest'] = (start) => {
    const counted = metrics?.observe.onRequest(start)
    return (answered) => {
      counted?.(answered)
      if (isLogged) logRequest(log, answered)
    }
  }
  const app = new Koa({ proxy: settings.trustsProxy })
  app.on('error', (error: NodeJS.ErrnoException) => {
    const isClientGone = /^(ECONNRESET|EPIPE|HPE_)/.test(error.code ?? '')
    if (!isClientGone) log.error(error)
  })
  const options = {
    flavours,
    authenticate: tokens.authenticate,
    diagnostics: { trace: true, dryRun: true },
    ...((isLogged || metrics) && { observe: { onRequest } }),
  }
  app.use(securityHeaders)
  serveApis(app, clientele, options, explorer)
  if (isLogged) app.use(logOwn(log, ['/', ocapiTokenPath, accountTokenPath, yaasTokenPath, ...pagePaths]))
  app.use(tokens.middleware)
  app.use(documents)
  app.use(pages(clientele, metrics, () => state.isStopping))
  app.use((context, next) => {
    if (context.path !== '/') return next()
    context.body = state.greeting
    return undefined
  })
  return app
}

/** Serves the APIs in an app, and the explorer where there is one; without, as if it did not exist. */
export function serveApis(app: Koa, clientele: Clientele, options: CustomerApiOptions, explorer?: Explorer): void {
  app.use(customerApi(clientele, explorer ? { ...options, flavours: explorer.flavours } : options))
  if (explorer) app.use(explorer.middleware)
}

async function openExplorer(
  settings: Settings,
  kept: Stored,
  tokenFor: ExplorerOptions['tokenFor'],
): Promise<Explorer> {
  const { explorer } = await import('../explorer/explorer.js')
  const { version } = JSON.parse(await readFile(packageFile, 'utf8')) as { readonly version: string }
  const lists = settings.customerLists.map((list) => {
    const tenant = tenantOf(list)
    return { id: list.id, ...(tenant !== undefined && { tenant }) }
  })
  return explorer({ ...kept, flavours, lists, storageName: storageNameOf(settings), version, tokenFor })
}

/** `/openapi/ocapi.json` and `/openapi/yaas.json`. */
const documents: Middleware = async (context, next) => {
  const flavour = flavours.find(({ name }) => context.path === `/openapi/${name}.json`)
  if (!flavour) return next()
  const address = `${context.protocol}://${context.host}`
  if (URL.canParse(address)) context.body = await openapi(flavour, { server: new URL(address).origin })
  else context.status = 400
  return undefined
}

async function listen(server: http.Server, { port, host }: Settings): Promise<void> {
  server.listen(port, host)
  await once(server, 'listening').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'EADDRINUSE') throw new SettingError(`PORT: ${port} is in use`)
    throw new SettingError(`HOST or PORT: cannot listen on ${host} port ${port} (${error.code})`)
  })
}
