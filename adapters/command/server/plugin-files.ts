/** Loads the plug-ins of the example server; what is wrong with a file is one line. */
import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Plugin } from '../../../core/index.js'
import { SettingError } from './settings.js'

/** The plug-ins that a module exports by default: one, or a list. */
export async function loadPlugins(name: string): Promise<readonly Plugin[]> {
  const file = path.resolve(name)
  if (!existsSync(file)) throw new SettingError(`PLUGINS: there is no file ${file}`)
  const runsTypeScript = 'typescript' in process.features && Boolean(process.features.typescript)
  if (/\.[cm]?ts$/.test(file) && !runsTypeScript)
    throw new SettingError(
      `PLUGINS: ${file} is TypeScript, which Node runs from 22.18 on; this is ${process.version}: compile it first`,
    )
  const module = (await import(pathToFileURL(file).href).catch((error: unknown) => {
    const where = error instanceof SyntaxError ? placeIn(file) : ''
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
