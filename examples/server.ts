/** The example server, run by `npm start`: both APIs over one store, with tokens of its own. examples/README.md lists its settings. */
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { createClientele, tenantOf, type Plugin, type Storage } from 'clientele'
import { customerApi } from 'clientele/koa'
import { ocapi } from 'clientele/ocapi'
import { openapi } from 'clientele/openapi'
import { yaas } from 'clientele/yaas'
import Koa from 'koa'
import { greetingOf } from './greeting.js'
import { readSettings, SettingError, type Settings } from './settings.js'
import { onSignal, stopper } from './stopping.js'
import { tokenEndpoints } from './token-endpoints.js'

/** The schema of the mixin in the YaaS document's samples; a host registers its own. */
const exampleSchema = {
  $schema: 'http://json-schema.org/draft-04/schema#',
  id: 'https://api.beta.yaas.io/hybris/schema/v1/kiwistest/example-schema.json',
  type: 'object',
  properties: { code: { type: 'string' } },
}

async function run(): Promise<void> {
  const settings = readSettings(process.env)
  const clientele = await createClientele({
    customerLists: settings.customerLists,
    storage: await storages[settings.storage](settings),
    mixins: { schemas: { [exampleSchema.id]: exampleSchema } },
    plugins: (await Promise.all(settings.plugins.map(loadPlugins))).flat(),
  })
  const tenants = settings.customerLists.map(tenantOf).filter((tenant) => tenant !== undefined)
  const tokens = tokenEndpoints({ ...settings, tenants })

  const app = new Koa({ proxy: settings.trustsProxy })
  app.on('error', (error: NodeJS.ErrnoException) => {
    const isClientGone = /^(ECONNRESET|EPIPE|HPE_)/.test(error.code ?? '')
    if (!isClientGone) console.error(error)
  })
  const server = http.createServer()
  const stop = stopper(server)
  let greeting = ''
  app.use(tokens.middleware)
  const diagnostics = { trace: true, dryRun: true }
  const flavours = [ocapi(), yaas()]
  app.use(customerApi(clientele, { flavours, authenticate: tokens.authenticate, diagnostics }))
  app.use(async (context, next) => {
    const flavour = flavours.find(({ name }) => context.path === `/openapi/${name}.json`)
    if (!flavour) return next()
    const address = `${context.protocol}://${context.host}`
    if (URL.canParse(address)) context.body = await openapi(flavour, { server: new URL(address).origin })
    else context.status = 400
    return undefined
  })
  app.use((context, next) => {
    if (context.path !== '/') return next()
    context.body = greeting
    return undefined
  })

  onSignal(() => stop((graceMs) => clientele.close({ graceMs })), end)
  const handle = app.callback()
  server.on('request', (request, response) => void handle(request, response))
  await listen(server, settings).catch(async (error: unknown) => {
    await clientele.close()
    throw error
  })
  greeting = greetingOf(settings, (server.address() as AddressInfo).port)
  console.log(`${clientele.describeHooks().toString()}\n`)
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

/** The plug-ins that a module exports by default: one, or a list. */
async function loadPlugins(name: string): Promise<readonly Plugin[]> {
  const file = path.resolve(name)
  if (!existsSync(file)) throw new SettingError(`PLUGINS: there is no file ${file}`)
  const module = (await import(pathToFileURL(file).href).catch((error: unknown) => {
    throw new SettingError(`PLUGINS: ${file} cannot be loaded: ${messageOf(error)}`)
  })) as { readonly default?: Plugin | readonly Plugin[] }
  if (typeof module.default !== 'object' || module.default === null)
    throw new SettingError(`PLUGINS: ${file} has no default export: export default definePlugin({ name, hooks })`)
  // a plug-in that was made without definePlugin does not know where it stands
  return [module.default].flat().map((plugin) => ({ file, ...plugin }))
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
