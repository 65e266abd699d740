/** Cartridge folders, their hook files and the points in them: what runs here, and what does not (decision 4.11). */
import { existsSync, readFileSync, realpathSync, statSync } from 'node:fs'
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
  /** Points that do not run here, and why. */
  readonly notRun: readonly { readonly point: string; readonly script: string; readonly why: string }[]
  /** What is odd but no mistake. */
  readonly warnings: readonly string[]
  /** What keeps it from starting; each names its file. */
  readonly errors: readonly string[]
}

const stem = 'dw.ocapi.data.customer_list.'
const points: readonly string[] = extensionPoints.map(({ name }) => name).filter((name) => name.startsWith(stem))
/** Points of the platform begin so; others are the cartridge's own. */
const platform = /^(dw|sfcc)\./

/** Reads cartridge folders; their mistakes stand in `errors`. */
export function readFolders(folders: readonly string[]): readonly Cartridge[] {
  const cartridges = folders.map(readCartridge)
  return cartridges.map((cartridge, at) => {
    const { name, root } = cartridge
    if (cartridges.findIndex((other) => other.name === name) === at) return cartridge
    const error = `cartridges: two folders are named '${name}', the second is ${root}`
    return { ...cartridge, errors: [error, ...cartridge.errors] }
  })
}

/** Reads cartridge folders. Throws a SetupError that names file and point. */
export function readCartridges(folders: readonly string[]): readonly Cartridge[] {
  const cartridges = readFolders(folders)
  const errors = cartridges.flatMap((cartridge) => cartridge.errors)
  if (errors.length > 0) throw new SetupError(errors.join('; '))
  return cartridges
}

/** Reads one; its folder holds `package.json` and `cartridge/`. */
function readCartridge(given: string): Cartridge {
  const root = rootOf(given)
  const read = {
    name: path.basename(path.resolve(given)),
    root,
    scripts: [] as Script[],
    customPoints: [] as CustomPoint[],
    notRun: [] as { point: string; script: string; why: string }[],
    warnings: [] as string[],
    errors: [] as string[],
  }
  try {
    if (!existsSync(root) || !statSync(root).isDirectory())
      throw new SetupError(`cartridges: there is no folder ${root}`)
    const hookFile = hookFileOf(root)
    if (hookFile !== undefined) for (const entry of entriesOf(hookFile)) placeEntry(read, hookFile, entry)
  } catch (error) {
    if (!(error instanceof SetupError)) throw error
    read.errors.push(error.message)
  }
  return read
}

/** The folder itself, where a link leads to. */
function rootOf(given: string): string {
  const root = path.resolve(given)
  return existsSync(root) ? realpathSync(root) : root
}

interface Entry {
  readonly point: string
  readonly script: string
}

/** Puts an entry of the hook file where it belongs. */
function placeEntry(
  read: {
    readonly name: string
    readonly root: string
    readonly scripts: Script[]
    readonly customPoints: CustomPoint[]
    readonly notRun: { point: string; script: string; why: string }[]
    readonly warnings: string[]
    readonly errors: string[]
  },
  hookFile: string,
  { point, script }: Entry,
): void {
  const { name, root } = read
  const isOurs = points.includes(point)
  const leave = (why: string): void => void read.notRun.push({ point, script, why })
  if (!isOurs && point.startsWith(stem)) {
    const unknown = `there is no extension point '${point}' in 16.2; did you mean '${nearest(point, points)}'?`
    read.warnings.push(`${name}: ${unknown}`)
    return leave(unknown)
  }
  if (!isOurs && platform.test(point)) return leave('a point of another API')
  const told = `${hookFile}: the script of '${point}'`
  if (script.endsWith('.ds')) {
    if (isOurs) read.errors.push(`${told} is '${script}': .ds files are not supported`)
    return leave('.ds files are not supported')
  }
  const file = scriptFile(root, hookFile, script)
  if (file === undefined) {
    if (isOurs) read.errors.push(`${told}, '${script}', is missing`)
    leave('the script is missing')
  } else if (isOurs) read.scripts.push({ point, cartridge: name, file, script, exports: exportsOf(point) })
  else read.customPoints.push({ point, file, script })
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

function entriesOf(hookFile: string): readonly Entry[] {
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
