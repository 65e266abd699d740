/** Modules of cartridges: CommonJS with the platform's ways of naming a module. Resolution, not a sandbox. */
import { existsSync, readFileSync, realpathSync, statSync } from 'node:fs'
import path from 'node:path'
import { compileFunction } from 'node:vm'
import type { CartridgeFolder } from './messages.js'

type Code = (exports: unknown, require: Require, module: ScriptModule, file: string, folder: string) => void
type Require = (name: string) => unknown

interface ScriptModule {
  exports: unknown
  superModule: unknown
}

/** Compiled once for all requests that a worker serves. */
const compiled = new Map<string, Code>()

/** The modules of one request: loaded anew for each, from code that is compiled once. */
export class Loader {
  readonly #cartridges: readonly CartridgeFolder[]
  readonly #platform: (name: string) => unknown
  readonly #loaded = new Map<string, ScriptModule>()

  /** `platform` gives the modules `dw/…`; it throws for one that is not there. */
  constructor(cartridges: readonly CartridgeFolder[], platform: (name: string) => unknown) {
    this.#cartridges = cartridges
    this.#platform = platform
  }

  /** What a file exports. */
  load(file: string): unknown {
    const known = this.#loaded.get(file)
    if (known) return known.exports
    const module = this.#moduleOf(file)
    this.#loaded.set(file, module)
    try {
      if (file.endsWith('.json')) module.exports = JSON.parse(readFileSync(file, 'utf8')) as unknown
      else {
        const folder = path.dirname(file)
        codeOf(file).call(module.exports, module.exports, (name) => this.#require(name, file), module, file, folder)
      }
    } catch (error) {
      this.#loaded.delete(file)
      throw error
    }
    return module.exports
  }

  #moduleOf(file: string): ScriptModule {
    const superModule = (): unknown => {
      const next = superModuleOf(this.#cartridges, file)
      return next === undefined ? undefined : this.load(next)
    }
    return Object.defineProperty({ exports: {}, superModule: undefined }, 'superModule', {
      get: superModule,
    })
  }

  #require(name: string, from: string): unknown {
    if (typeof name !== 'string') throw new TypeError('require takes the name of a module')
    if (name === 'dw' || name.startsWith('dw/')) return this.#platform(name)
    if (name.endsWith('.ds')) throw new Error(`cannot require '${name}': .ds files are not supported`)
    const file = resolveModule(this.#cartridges, name, from)
    if (file === undefined) throw new Error(`cannot find module '${name}', required by ${from}`)
    return this.load(file)
  }
}

/**
 * The file that `require(name)` means in a file of these cartridges: relative, `~/…` in the own cartridge, `*\/…` in the
 * first that has it, or in the cartridge named. Undefined: there is none. Throws for one outside the cartridges.
 */
export function resolveModule(cartridges: readonly CartridgeFolder[], name: string, from: string): string | undefined {
  if (name.startsWith('./') || name.startsWith('../')) return fileAt(cartridges, path.resolve(path.dirname(from), name))
  const [first = '', ...rest] = name.split('/')
  const own = (root: string): boolean => from.startsWith(root + path.sep)
  for (const { root, name: cartridge } of cartridges) {
    if (first !== '*' && first !== cartridge && !(first === '~' && own(root))) continue
    const file = fileAt(cartridges, path.join(root, ...rest))
    if (file !== undefined) return file
  }
  return undefined
}

/** The file of the same path in the next cartridge that has it: the module's `superModule`. */
export function superModuleOf(cartridges: readonly CartridgeFolder[], file: string): string | undefined {
  const at = cartridges.findIndex(({ root }) => file.startsWith(root + path.sep))
  const inside = path.relative(cartridges[at]?.root ?? '', file)
  for (const { root } of cartridges.slice(at + 1)) {
    const next = fileAt(cartridges, path.join(root, inside))
    if (next !== undefined) return next
  }
  return undefined
}

function fileAt(cartridges: readonly CartridgeFolder[], start: string): string | undefined {
  const candidates = [start, `${start}.js`, `${start}.json`, path.join(start, 'index.js')]
  const found = candidates.find((file) => existsSync(file) && statSync(file).isFile())
  if (found === undefined) return undefined
  const real = realpathSync(found)
  if (!cartridges.some(({ root }) => real.startsWith(root + path.sep)))
    throw new Error(`${start} is outside the cartridges`)
  return real
}

/** The source of a script as it is compiled. */
export function sourceOf(file: string): string {
  return readFileSync(file, 'utf8').replace(/^\uFEFF/, '')
}

/** Compiles a source without running it. Throws a SyntaxError. */
export function compile(source: string, file: string): Code {
  const names = ['exports', 'require', 'module', '__filename', '__dirname']
  return compileFunction(source, names, { filename: file }) as Code
}

function codeOf(file: string): Code {
  let code = compiled.get(file)
  if (!code) {
    code = compile(sourceOf(file), file)
    compiled.set(file, code)
  }
  return code
}
