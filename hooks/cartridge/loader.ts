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
    const superModule = (): unknown => this.#superOf(file)
    return Object.defineProperty({ exports: {}, superModule: undefined }, 'superModule', {
      get: superModule,
    })
  }

  #require(name: string, from: string): unknown {
    if (typeof name !== 'string') throw new TypeError('require takes the name of a module')
    if (name === 'dw' || name.startsWith('dw/')) return this.#platform(name)
    if (name.endsWith('.ds')) throw new Error(`cannot require '${name}': .ds files are not supported`)
    const file = this.#resolve(name, from)
    if (file === undefined) throw new Error(`cannot find module '${name}', required by ${from}`)
    return this.load(file)
  }

  #resolve(name: string, from: string): string | undefined {
    const own = this.#cartridges.find(({ root }) => from.startsWith(root + path.sep))
    if (name.startsWith('./') || name.startsWith('../')) return this.#fileAt(path.resolve(path.dirname(from), name))
    if (name.startsWith('~/')) return own && this.#fileAt(path.join(own.root, name.slice(2)))
    const [first = '', ...rest] = name.split('/')
    const candidates = first === '*' ? this.#cartridges : this.#cartridges.filter((one) => one.name === first)
    for (const { root } of candidates) {
      const file = this.#fileAt(path.join(root, ...rest))
      if (file !== undefined) return file
    }
    return undefined
  }

  /** The module of the same path in the next cartridge that has it. */
  #superOf(file: string): unknown {
    const at = this.#cartridges.findIndex(({ root }) => file.startsWith(root + path.sep))
    const inside = path.relative(this.#cartridges[at]?.root ?? '', file)
    for (const { root } of this.#cartridges.slice(at + 1)) {
      const next = this.#fileAt(path.join(root, inside))
      if (next !== undefined) return this.load(next)
    }
    return undefined
  }

  #fileAt(start: string): string | undefined {
    const candidates = [start, `${start}.js`, `${start}.json`, path.join(start, 'index.js')]
    const found = candidates.find((file) => existsSync(file) && statSync(file).isFile())
    if (found === undefined) return undefined
    const real = realpathSync(found)
    if (!this.#cartridges.some(({ root }) => real.startsWith(root + path.sep)))
      throw new Error(`${start} is outside the cartridges`)
    return real
  }
}

function codeOf(file: string): Code {
  let code = compiled.get(file)
  if (!code) {
    const text = readFileSync(file, 'utf8').replace(/^\uFEFF/, '')
    const names = ['exports', 'require', 'module', '__filename', '__dirname']
    code = compileFunction(text, names, { filename: file }) as Code
    compiled.set(file, code)
  }
  return code
}
