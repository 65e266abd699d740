/** `npx clientele serve`: the example server, with options in place of environment variables. */
import { UsageError, lastOf } from './command.js'
import type { Command, Given } from './command.js'
import { watch } from './watch.js'

/** Options that stand for an environment variable of the same meaning. */
const variables: Readonly<Record<string, string>> = {
  port: 'PORT',
  host: 'HOST',
  list: 'CUSTOMER_LISTS',
  plugin: 'PLUGINS',
  cartridge: 'CARTRIDGES',
  'cartridge-settings': 'CARTRIDGE_SETTINGS',
  'log-level': 'LOG_LEVEL',
}

/** The command. */
export const serve: Command = {
  name: 'serve',
  about: 'runs both APIs over one store, to try out and to develop against',
  options: {
    port: { value: '<number>', means: '3000 by default; 0 takes a free one' },
    host: { value: '<name>', means: '127.0.0.1 by default' },
    list: { value: '<id:tenant>', means: 'a customer list: SiteGenesis:sitegenesis; may be repeated' },
    plugin: { value: '<file>', means: 'a module whose default export is a plug-in or a list of them; may be repeated' },
    cartridge: { value: '<folder>', means: 'a cartridge with OCAPI hook scripts; may be repeated, in path order' },
    'cartridge-settings': { value: '<file>', means: 'JSON: site, preferences, services, workers, timeLimit' },
    storage: { value: '<storage>', means: 'json-file:data/customers.json by default; memory; postgres:<url>' },
    'log-level': { value: '<level>', means: 'trace, debug, info, warn, error, fatal or silent' },
    watch: { means: 'starts anew when a plug-in changes' },
  },
  more: `  Each is also an environment variable, which an option overrides: ${Object.values(variables).join(', ')},
  STORAGE with DATA_FILE or DATABASE_URL. CLIENT_ID and CLIENT_SECRET say who may ask for tokens (demo, demo),
  TOKEN_SECRET what the key of tokens is made of.`,
  run: (given) => (given.options.has('watch') ? watch() : run(given)),
}

async function run(given: Given): Promise<void> {
  const { readSettings, SettingError } = await import('./server/settings.js')
  const { endWith, runServer } = await import('./server/server.js')
  try {
    await runServer(readSettings({ ...process.env, ...environmentOf(given) }))
  } catch (error) {
    endWith(error instanceof SettingError ? new UsageError(inOptions(error.message, given)) : error)
  }
}

/** The environment variables that the options stand for. */
export function environmentOf(given: Given): Readonly<Record<string, string>> {
  const named = [...given.options].flatMap(([name, values]) =>
    variables[name] === undefined ? [] : [[variables[name], lists.has(name) ? values.join(',') : values.at(-1)]],
  )
  return { ...Object.fromEntries(named), ...storageOf(lastOf(given, 'storage')) }
}
const lists = new Set(['list', 'plugin', 'cartridge'])

/** `json-file:data/customers.json`, `postgres:postgres://…`: the storage, colon, where. */
function storageOf(text: string | undefined): Readonly<Record<string, string>> {
  if (text === undefined) return {}
  const [, name = '', where] = /^([^:]*)(?::(.+))?$/.exec(text) ?? []
  if (name === 'json-file') return { STORAGE: name, ...(where && { DATA_FILE: where }) }
  if (name === 'postgres' || name === 'postgresql') {
    const url = where?.startsWith('//') ? text : where
    return { STORAGE: 'postgres', ...(url && { DATABASE_URL: url }) }
  }
  if (where)
    throw new UsageError(`--storage: '${name}' takes nothing behind a colon: memory, json-file:<file>, postgres:<url>`)
  return { STORAGE: name }
}

/** A message that begins with environment variables, with the options that were given in their place. */
function inOptions(message: string, { options }: Given): string {
  const names = new Map(Object.entries(variables).map(([option, variable]) => [variable, option]))
  for (const variable of ['STORAGE', 'DATA_FILE', 'DATABASE_URL']) names.set(variable, 'storage')
  return message.replace(/^[A-Z_]+(?: or [A-Z_]+)*(?=:)/, (begin) =>
    begin.replaceAll(/[A-Z_]{2,}/g, (variable) => {
      const option = names.get(variable)
      return option !== undefined && options.has(option) ? `--${option}` : variable
    }),
  )
}
