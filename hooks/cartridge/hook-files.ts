/** Cartridge folders, their hook files and the points in them: what runs here, and what does not (decision 4.11). */
import { existsSync, readFileSync, statSync } from 'node:fs'
import path from 'node:path'
import { extensionPoints } from '../../core/model/operations.js'
import { SetupError, nearest } from '../../core/model/setup-error.js'
import { isObject } from '../../core/model/json.js'
import type { CartridgeFolder, CustomPoint, Script } from './messages.js'

/** A cartridge that was read. */
export interface Cartridge extends CartridgeFolder {
  /** Scripts of points that run here, in the order of the hook file. */
  readonly scripts: readonly Script[]
  /** Points that scripts call by `HookMgr`. */
  readonly customPoints: readonly CustomPoint[]
  /** Points that are known elsewhere. */
  readonly notRun: readonly { readonly point: string; readonly script: string }[]
  /** What is odd but no mistake. */
  readonly warnings: readonly string[]
}

const stem = 'dw.ocapi.data.customer_list.'
const points: readonly string[] = extensionPoints.map(({ name }) => name).filter((name) => name.startsWith(stem))
/** Points of the platform begin so; others are the cartridge's own. */
const platform = /^(dw|sfcc)\./

/** Reads cartridge folders. Throws a SetupError that names file and point. */
export function readCartridges(folders: readonly string[]): readonly Cartridge[] {
  const cartridges = folders.map(readCartridge)
  for (const [at, { name, root }] of cartridges.entries())
    if (cartridges.findIndex((other) => other.name === name) !== at)
      throw new SetupError(`cartridges: two folders are named '${name}', the second is ${root}`)
  return cartridges
}

/** Reads one; its folder holds `package.json` and `cartridge/`. */
function readCartridge(given: string): Cartridge {
  const root = path.resolve(given)
  if (!existsSync(root) || !statSync(root).isDirectory()) throw new SetupError(`cartridges: there is no folder ${root}`)
  const name = path.basename(root)
  const hookFile = hookFileOf(root)
  const scripts: Script[] = []
  const customPoints: CustomPoint[] = []
  const notRun: { point: string; script: string }[] = []
  const warnings: string[] = []
  for (const { point, script } of hookFile === undefined ? [] : entriesOf(hookFile)) {
    const isOurs = points.includes(point)
    const isCustom = !platform.test(point)
    if (!isOurs && !isCustom) {
      notRun.push({ point, script })
      if (point.startsWith(stem))
        warnings.push(
          `${name}: there is no extension point '${point}' in 16.2; did you mean '${nearest(point, points)}'?`,
        )
      continue
    }
    if (script.endsWith('.ds')) {
      if (isOurs)
        throw new SetupError(`${hookFile}: the script of '${point}' is '${script}': .ds files are not supported`)
      notRun.push({ point, script })
      continue
    }
    const file = scriptFile(root, hookFile ?? '', script)
    if (file === undefined && isOurs)
      throw new SetupError(`${hookFile}: the script of '${point}', '${script}', is missing`)
    if (file === undefined) notRun.push({ point, script })
    else if (isCustom) customPoints.push({ point, file })
    else scripts.push({ point, cartridge: name, file, script, exports: exportsOf(point) })
  }
  return { name, root, scripts, customPoints, notRun, warnings }
}

/** `afterPOST`, then `afterPost`: both are in use. */
function exportsOf(point: string): readonly string[] {
  const exact = point.slice(point.lastIndexOf('.') + 1)
  return [exact, exact.replace(/[A-Z]+$/, (method) => method.charAt(0) + method.slice(1).toLowerCase())]
}

/** The hook file that `package.json` names; undefined for a cartridge without hooks. */
function hookFileOf(root: string): string | undefined {
  const manifest = path.join(root, 'package.json')
  if (!existsSync(manifest)) return undefined
  const parsed = jsonOf(manifest)
  const hooks = isObject(parsed) ? parsed['hooks'] : undefined
  if (hooks === undefined) return undefined
  if (typeof hooks !== 'string') throw new SetupError(`${manifest}: hooks is not the path of a hook file`)
  const file = path.resolve(root, hooks)
  if (!existsSync(file)) throw new SetupError(`${manifest}: the hook file '${hooks}' is missing`)
  return file
}

function entriesOf(hookFile: string): readonly { readonly point: string; readonly script: string }[] {
  const parsed = jsonOf(hookFile)
  const hooks = isObject(parsed) ? parsed['hooks'] : undefined
  if (!Array.isArray(hooks)) throw new SetupError(`${hookFile}: a hook file is { "hooks": [{ "name", "script" }] }`)
  return hooks.map((entry: unknown, at) => {
    if (!isObject(entry) || typeof entry['name'] !== 'string' || typeof entry['script'] !== 'string')
      throw new SetupError(`${hookFile}: hook number ${at + 1} has no name or no script`)
    return { point: entry['name'], script: entry['script'] }
  })
}

function scriptFile(root: string, hookFile: string, script: string): string | undefined {
  const start = script.startsWith('~/')
    ? path.join(root, script.slice(2))
    : path.resolve(path.dirname(hookFile), script)
  return [start, `${start}.js`].find((file) => existsSync(file) && statSync(file).isFile())
}

function jsonOf(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8').replace(/^\uFEFF/, ''))
  } catch (error) {
    throw new SetupError(`${file} is no JSON: ${(error as Error).message}`, { cause: error })
  }
}
