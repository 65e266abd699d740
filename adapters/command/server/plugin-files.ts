/** Loads the plug-ins and cartridges of the example server; what is wrong with a file is one line. */
import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Plugin } from '../../../core/index.js'
import type { CartridgeOptions } from '../../../hooks/cartridge/index.js'
import { SettingError } from './settings.js'
import type { Settings } from './settings.js'

/** Where plug-ins come from. */
export type PluginSettings = Pick<Settings, 'plugins' | 'cartridges' | 'cartridgeSettings'>

/** All plug-ins in the order in which they run: those of modules, then cartridges. */
export async function pluginsOf(settings: PluginSettings): Promise<readonly Plugin[]> {
  const { cartridges } = settings
  const options = cartridgeOptions(settings)
  const plugins = (await Promise.all(settings.plugins.map(loadPlugins))).flat()
  if (cartridges.length === 0) return plugins
  for (const folder of cartridges) tellWatcher(folder)
  const { loadCartridges } = await import('../../../hooks/cartridge/index.js')
  return [...plugins, ...loadCartridges(cartridges, options)]
}

/** Tells `serve --watch` of the files of a cartridge, which Node does not load itself; says nothing where nobody watches. */
function tellWatcher(folder: string): void {
  if (!process.env['WATCH_REPORT_DEPENDENCIES'] || !existsSync(folder)) return
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => path.resolve(folder, name))
  process.send?.({ 'watch:require': files.filter((file) => statSync(file).isFile()) })
}

/** The options of cartridges, of a file; `loadCartridges` checks them. Throws a SettingError for a file that is none. */
export function cartridgeOptions({ cartridges, cartridgeSettings }: PluginSettings): CartridgeOptions {
  if (cartridgeSettings === undefined) return {}
  if (cartridges.length === 0) throw new SettingError('CARTRIDGE_SETTINGS: there are no CARTRIDGES')
  const file = path.resolve(cartridgeSettings)
  if (!existsSync(file)) throw new SettingError(`CARTRIDGE_SETTINGS: there is no file ${file}`)
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as CartridgeOptions
  } catch {
    // the message of the parser would show a part of the text, which may hold credentials of services
    throw new SettingError(`CARTRIDGE_SETTINGS: ${file} is no JSON`)
  }
}

/** Whether this Node runs TypeScript as it stands, as it does from 22.18 on. */
export const runsTypeScript = 'typescript' in process.features && Boolean(process.features.typescript)

/** The plug-ins that a module exports by default: one, or a list. */
async function loadPlugins(name: string): Promise<readonly Plugin[]> {
  const file = path.resolve(name)
  if (!existsSync(file)) throw new SettingError(`PLUGINS: there is no file ${file}`)
  if (/\.[cm]?ts$/.test(file) && !runsTypeScript)
    throw new SettingError(
      `PLUGINS: ${file} is TypeScript, which Node runs from 22.18 on; this is ${process.version}: compile it first`,
    )
  const module = (await import(pathToFileURL(file).href).catch((error: unknown) => {
    const where = error instanceof SyntaxError ? placeIn(file) : ''
    if (String(error).includes("Cannot find package 'clientele'"))
      throw new SettingError(`PLUGINS: ${file} imports clientele, which its folder has not: npm install clientele`)
    throw new SettingError(`PLUGINS: ${file}${where} cannot be loaded: ${String(error)}`)
  })) as { readonly default?: Plugin | readonly Plugin[] }
  if (typeof module.default !== 'object' || module.default === null)
    throw new SettingError(`PLUGINS: ${file} has no default export: export default definePlugin({ name, hooks })`)
  // a plug-in that was made without definePlugin does not know where it stands
  return [module.default].flat().map((plugin) => ({ file, ...plugin }))
}

/** The line of a slip, which only a check by Node itself tells: `:3`; nothing for a slip elsewhere. */
function placeIn(file: string): string {
  try {
    execFileSync(process.execPath, ['--check', file], { stdio: 'pipe', encoding: 'utf8' })
    return ''
  } catch (error) {
    const [first = ''] = String((error as { readonly stderr?: unknown }).stderr).split('\n', 1)
    return /:\d+$/.exec(first)?.[0] ?? ''
  }
}
