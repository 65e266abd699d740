/** Says what a cartridge would do here without running any of it (hooks/README.md, Bring your cartridge). */
import { elsewhere } from './modules/elsewhere.js'
import { supportedModules } from './catalogue.js'
import type { Supported } from './catalogue.js'
import { readFolders } from './hook-files.js'
import type { Cartridge } from './hook-files.js'
import type { CartridgeOptions } from './options.js'
import { compile, resolveModule, sourceOf, superModuleOf } from './loader.js'
import type { Script } from './messages.js'
import { hasName, usesOf } from './source.js'
import type { Use } from './source.js'

/** Something about a line of a file. */
export interface Finding {
  /** Absolute path. */
  readonly file: string
  /** From 1; absent: the whole file. */
  readonly line?: number
  readonly message: string
}

/** A point of a hook file. */
export interface InspectedPoint {
  readonly point: string
  /** As the hook file says it. */
  readonly script: string
  /** `point`: when the point is passed; `call`: when a script calls it by `HookMgr`; `never`: not here. */
  readonly runs: 'point' | 'call' | 'never'
  /** Why it never runs. */
  readonly why?: string
}

/** A module `dw/…` or a global that scripts use. */
export interface InspectedModule {
  readonly module: string
  readonly isSupported: boolean
  /** Where it is required, and where each member is used. */
  readonly uses: readonly { readonly file: string; readonly line: number; readonly member?: string }[]
}

/** What a cartridge would do here. */
export interface InspectedCartridge {
  readonly name: string
  readonly folder: string
  /** In the order of the hook file: those that run, those that scripts call, those that never run. */
  readonly points: readonly InspectedPoint[]
  /** Files that points which run here reach by `require`. */
  readonly files: readonly string[]
  readonly modules: readonly InspectedModule[]
  /** Names of services that scripts create. */
  readonly services: readonly string[]
  /** Names of custom preferences that scripts ask the site for. */
  readonly preferences: readonly string[]
  /** `loadCartridges` or the start of the library would refuse these. */
  readonly errors: readonly Finding[]
  /** What starts, and fails when it is reached; points that nothing passes here. */
  readonly warnings: readonly Finding[]
}

/**
 * Reads cartridges in the order of the cartridge path, without running their scripts: points, scripts, modules and members
 * with their lines, what will run, what will not and why. A mistake stands in `errors` and is not thrown. What only a run can
 * tell, such as a member of an object that a function returned, is not found. With `options`, services that they do not name
 * are warnings.
 *
 * ```ts
 * const [found] = inspectCartridges(['cartridges/app_custom'])
 * if (found.errors.length > 0) console.log('cannot run here', found.errors)
 * ```
 */
export function inspectCartridges(
  folders: readonly string[],
  options: Pick<CartridgeOptions, 'services'> = {},
): readonly InspectedCartridge[] {
  const cartridges = readFolders(folders)
  return cartridges.map((cartridge) => new Inspection(cartridge, cartridges, options).result)
}

const modules = (): ReadonlyMap<string, Supported> => new Map(supportedModules().map((each) => [each.name, each]))
/** Members that take the name of something that the host gives. */
const asksFor = { createService: 'services', getCustomPreferenceValue: 'preferences' } as const

class Inspection {
  readonly #cartridges: readonly Cartridge[]
  readonly #cartridge: Cartridge
  readonly #services: readonly string[] | undefined
  readonly #known = modules()
  readonly #files = new Set<string>()
  readonly #modules = new Map<string, { file: string; line: number; member?: string }[]>()
  readonly #asked = { services: new Set<string>(), preferences: new Set<string>() }
  readonly #errors: Finding[] = []
  readonly #warnings: Finding[] = []

  constructor(
    cartridge: Cartridge,
    cartridges: readonly Cartridge[],
    { services }: Pick<CartridgeOptions, 'services'>,
  ) {
    this.#cartridge = cartridge
    this.#cartridges = cartridges
    this.#services = services && Object.keys(services)
    for (const { file } of cartridge.scripts) this.#readFile(file, true)
    for (const { file } of cartridge.customPoints) this.#readFile(file, false)
    for (const script of cartridge.scripts) this.#checkExports(script)
  }

  get result(): InspectedCartridge {
    const { name, root: folder, scripts, customPoints, notRun, warnings, errors } = this.#cartridge
    const here = (message: string): Finding => ({ file: folder, message })
    return {
      name,
      folder,
      points: [
        ...scripts.map(({ point, script }) => ({ point, script, runs: 'point' as const })),
        ...customPoints.map(({ point, script }) => ({ point, script, runs: 'call' as const })),
        ...notRun.map((entry) => ({ ...entry, runs: 'never' as const })),
      ],
      files: [...this.#files],
      modules: [...this.#modules]
        .map(([module, uses]) => ({ module, isSupported: this.#known.has(module), uses }))
        .toSorted((a, b) => a.module.localeCompare(b.module)),
      services: [...this.#asked.services].toSorted(),
      preferences: [...this.#asked.preferences].toSorted(),
      errors: [...errors.map(here), ...this.#errors],
      warnings: [...warnings.map(here), ...this.#warnings],
    }
  }

  /** Reads a file and those that it requires. `isLoaded`: the start of the library loads it. */
  #readFile(file: string, isLoaded: boolean): void {
    if (this.#files.has(file)) return
    this.#files.add(file)
    if (file.endsWith('.json')) return
    const source = sourceOf(file)
    try {
      compile(source, file)
    } catch (error) {
      const line = Number(/:(\d+)\n/.exec((error as Error).stack ?? '')?.[1] ?? 1)
      return this.#tell(isLoaded, { file, line, message: `it cannot be compiled: ${(error as Error).message}` })
    }
    for (const use of usesOf(source)) this.#readUse(use, file, isLoaded && use.isAtLoad)
    const next = hasName(source, 'superModule') ? superModuleOf(this.#cartridges, file) : undefined
    if (next !== undefined) this.#readFile(next, isLoaded)
  }

  #readUse(use: Use, file: string, isLoaded: boolean): void {
    const { module, member, line, argument } = use
    const isModule = module.startsWith('dw/')
    const isGlobal = !isModule && module.startsWith('import') && !module.includes('/')
    if (!isModule && !isGlobal)
      return member === undefined ? this.#readRequired(module, file, line, isLoaded) : undefined
    const uses = this.#modules.get(module) ?? []
    this.#modules.set(module, uses)
    uses.push({ file, line, ...(member !== undefined && { member }) })
    const asked = Object.entries(asksFor).find(([name]) => name === member)?.[1]
    if (asked && argument !== undefined) this.#asked[asked].add(argument)
    const problem = isGlobal ? `${module} is not supported: use require` : this.#problemOf(use)
    if (problem === undefined) return
    // a stand-in may be required and fails when it is used
    this.#tell(isLoaded && !(module in elsewhere && member === undefined), { file, line, message: problem })
  }

  #problemOf({ module, member, isInstance, argument }: Use): string | undefined {
    if (Object.hasOwn(elsewhere, module)) return `${module} is not supported: ${elsewhere[module]}`
    const known = this.#known.get(module)
    if (!known) return `there is no module '${module}' here`
    if (member === 'createService' && argument !== undefined && this.#services?.includes(argument) === false)
      return `the host names no service '${argument}'`
    const there = isInstance ? known.instance : known.members
    if (member === undefined || !there || there.includes(member) || member in Function.prototype) return undefined
    if (isInstance && module === 'dw/util/ArrayList' && member in Array.prototype) return undefined
    return `${module.replaceAll('/', '.')} has no member '${member}' here; it has: ${there.join(', ')}`
  }

  #readRequired(name: string, file: string, line: number, isLoaded: boolean): void {
    try {
      if (name.endsWith('.ds')) throw new Error(`cannot require '${name}': .ds files are not supported`)
      const next = resolveModule(this.#cartridges, name, file)
      if (next === undefined) throw new Error(`cannot find module '${name}'`)
      this.#readFile(next, isLoaded)
    } catch (error) {
      this.#tell(isLoaded, { file, line, message: (error as Error).message })
    }
  }

  #checkExports({ file, exports, point }: Script): void {
    if (this.#errors.some((error) => error.file === file)) return
    const source = sourceOf(file)
    // what comes from another module cannot be read here
    if (hasName(source, 'superModule') || exports.some((name) => hasName(source, name))) return
    if (/module\s*\.\s*exports\s*=\s*require\b|\bassign\b|\bextend\b/.test(source)) return
    this.#errors.push({ file, message: `it exports no function ${exports.join(' or ')} for '${point}'` })
  }

  #tell(isError: boolean, finding: Finding): void {
    if (isError) this.#errors.push(finding)
    else this.#warnings.push(finding)
  }
}
