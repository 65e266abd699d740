/** The modules `dw/…` that scripts may require. */
import { randomUUID } from 'node:crypto'
import { platformModule } from '../platform-object.js'
import { HashMap, ScriptList } from '../objects/collections.js'
import { cryptoModules } from './crypto.js'
import { customerModules } from './customer.js'
import { elsewhere, standIn } from './elsewhere.js'
import { resourceModule } from './resource.js'
import { serviceModules } from './service.js'
import type { ModuleMaker } from './surroundings.js'
import { Status, StatusItem } from './status.js'
import { systemModules } from './system.js'
import { Calendar, StringUtils } from './text.js'

const makers: Readonly<Record<string, ModuleMaker>> = {
  'dw/system/Status': () => Status,
  'dw/system/StatusItem': () => StatusItem,
  ...systemModules,
  ...customerModules,
  ...cryptoModules,
  ...serviceModules,
  'dw/web/Resource': resourceModule,
  'dw/util/HashMap': () => HashMap,
  'dw/util/ArrayList': () => ScriptList,
  'dw/util/Calendar': () => Calendar,
  'dw/util/StringUtils': () => StringUtils,
  'dw/util/UUIDUtils': () => ({ createUUID: () => randomUUID().replaceAll('-', '') }),
}

/** Names of all modules. */
export const moduleNames: readonly string[] = Object.keys(makers).toSorted()

/** The modules of one request, each made when it is first asked for. */
export class Modules {
  readonly #around: Parameters<ModuleMaker>[0]
  readonly #made = new Map<string, object>()

  constructor(around: Parameters<ModuleMaker>[0]) {
    this.#around = around
  }

  /** The module with this name. Throws an error that says what there is. */
  named(name: string): object {
    let module = this.#made.get(name)
    if (!module) this.#made.set(name, (module = this.#make(name)))
    return module
  }

  #make(name: string): object {
    const make = Object.hasOwn(makers, name) ? makers[name] : undefined
    if (make) return platformModule(name.replaceAll('/', '.'), make(this.#around))
    if (Object.hasOwn(elsewhere, name)) return standIn(name)
    throw new Error(`there is no module '${name}' here; there are: ${moduleNames.join(', ')}`)
  }

  /** The global `dw`: `dw.system.Status` is the module `dw/system/Status`. */
  get global(): object {
    return this.#below('dw')
  }

  #below(path: string): object {
    return new Proxy(
      {},
      {
        get: (target, name) => {
          if (typeof name !== 'string') return Reflect.get(target, name) as unknown
          const inner = `${path}/${name}`
          const isFolder = [...moduleNames, ...Object.keys(elsewhere)].some((each) => each.startsWith(`${inner}/`))
          return isFolder ? this.#below(inner) : this.named(inner)
        },
      },
    )
  }
}
