/** Settings of the example server: environment variables, their defaults and what is wrong with them. */

/** A setting that cannot be used; its message is one line that names the variable and shows no secret. */
export class SettingError extends Error {
  override readonly name = 'SettingError'
}

/** What the example server runs with. */
export interface Settings {
  readonly port: number
  readonly host: string
  readonly storage: 'memory' | 'json-file' | 'postgres'
  readonly dataFile: string
  readonly databaseUrl: string | undefined
  readonly customerLists: readonly { readonly id: string; readonly tenant?: string }[]
  readonly clientId: string
  readonly clientSecret: string
  /** Paths of modules whose default export is a plug-in or a list of them. */
  readonly plugins: readonly string[]
  /** Folders of cartridges, in the order of the cartridge path. */
  readonly cartridges: readonly string[]
  /** A JSON file of the options of `loadCartridges`. */
  readonly cartridgeSettings: string | undefined
  readonly logLevel: (typeof logLevels)[number]
  /** What the key of tokens is derived from; absent: a key of this server's own. */
  readonly tokenSecret: string | undefined
  /** Whether `/` is the explorer for browsers; never beyond this machine, behind a proxy or in production. */
  readonly explorer: boolean
  /** A proxy in front sets X-Forwarded-Proto and X-Forwarded-Host, and nobody else can. */
  readonly trustsProxy: boolean
}

/** Levels of the log, pino's. */
export const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const

const storages = ['memory', 'json-file', 'postgres'] as const

/** Reads and checks all settings. Throws SettingError for the first that cannot be used. */
export function readSettings(environment: Readonly<Record<string, string | undefined>>): Settings {
  const given = (name: string, otherwise: string): string => environment[name]?.trim() || otherwise
  const storage = storages.find((name) => name === given('STORAGE', 'json-file'))
  if (!storage) throw new SettingError(`STORAGE: '${environment['STORAGE']}' is not one of ${storages.join(', ')}`)
  const databaseUrl = environment['DATABASE_URL']?.trim() || undefined
  if (storage === 'postgres') checkDatabaseUrl(databaseUrl)
  const logLevel = logLevels.find((name) => name === given('LOG_LEVEL', 'info'))
  if (!logLevel)
    throw new SettingError(`LOG_LEVEL: '${environment['LOG_LEVEL']}' is not one of ${logLevels.join(', ')}`)
  const tokenSecret = environment['TOKEN_SECRET']?.trim() || undefined
  if (tokenSecret !== undefined && tokenSecret.length < 16)
    throw new SettingError('TOKEN_SECRET: at least 16 characters, chosen at random')
  const host = given('HOST', '127.0.0.1')
  const clientSecret = given('CLIENT_SECRET', 'demo')
  if (clientSecret === 'demo' && !isLoopback(host))
    throw new SettingError(`CLIENT_SECRET: choose one of your own before listening on ${host}, 'demo' is no secret`)
  const trustsProxy = flagOf('TRUST_PROXY', given('TRUST_PROXY', 'false'))
  const isForOne = isLoopback(host) && !trustsProxy && environment['NODE_ENV'] !== 'production'
  return {
    port: portOf(given('PORT', '3000')),
    host,
    storage,
    dataFile: given('DATA_FILE', 'data/customers.json'),
    databaseUrl,
    customerLists: listsOf(given('CUSTOMER_LISTS', 'SiteGenesis:sitegenesis,4711:acme')),
    clientId: given('CLIENT_ID', 'demo'),
    clientSecret,
    logLevel,
    tokenSecret,
    plugins: partsOf(environment['PLUGINS'] ?? ''),
    cartridges: partsOf(environment['CARTRIDGES'] ?? ''),
    cartridgeSettings: environment['CARTRIDGE_SETTINGS']?.trim() || undefined,
    explorer: switchOf('EXPLORER', given('EXPLORER', 'on')) && isForOne,
    trustsProxy,
  }
}

const isLoopback = (host: string): boolean => host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host)

const partsOf = (text: string): string[] =>
  text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')

function portOf(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN
  if (!(port <= 65_535)) throw new SettingError(`PORT: '${text}' is not a number from 0 to 65535`)
  return port
}

function flagOf(name: string, text: string): boolean {
  if (text !== 'true' && text !== 'false') throw new SettingError(`${name}: '${text}' is neither true nor false`)
  return text === 'true'
}

function switchOf(name: string, text: string): boolean {
  if (text !== 'on' && text !== 'off') throw new SettingError(`${name}: '${text}' is neither on nor off`)
  return text === 'on'
}

function checkDatabaseUrl(url: string | undefined): void {
  if (url === undefined) throw new SettingError('DATABASE_URL: missing, and STORAGE=postgres needs it')
  if (!/^postgres(ql)?:\/\//.test(url)) throw new SettingError('DATABASE_URL: does not begin with postgres://')
}

/** `SiteGenesis:sitegenesis,4711:acme`: list id, colon, tenant; without a tenant the list is for OCAPI alone. */
function listsOf(text: string): Settings['customerLists'] {
  const lists = partsOf(text).map((part) => {
    const [id = '', tenant, ...more] = part.split(':').map((piece) => piece.trim())
    if (id === '' || more.length > 0) throw new SettingError(`CUSTOMER_LISTS: '${part}' is not list:tenant`)
    if (tenant === undefined) return { id }
    if (!/^[a-z][a-z0-9]{2,15}$/.test(tenant))
      throw new SettingError(
        `CUSTOMER_LISTS: '${tenant}' in '${part}' is no tenant: 3 to 16 lower-case letters and digits, a letter first`,
      )
    return { id, tenant }
  })
  if (lists.length === 0) throw new SettingError('CUSTOMER_LISTS: names no list')
  const names = [lists.map(({ id }) => id), lists.map(({ tenant }) => tenant).filter((name) => name !== undefined)]
  for (const group of names)
    for (const [index, name] of group.entries())
      if (group.indexOf(name) !== index) throw new SettingError(`CUSTOMER_LISTS: '${name}' is there twice`)
  return lists
}
