/** The modules `dw/…` that scripts may require. */
import { platformModule } from '../platform-object.js'
import { HashMap, ScriptList } from '../objects/collections.js'
import { customerModules } from './customer.js'
import { cryptoModules } from './crypto.js'
import { elsewhere, standIn } from './elsewhere.js'
import { resourceModule } from './resource.js'
import { serviceModules } from './service.js'
import type { Surroundings } from './surroundings.js'
import { Status, StatusItem } from './status.js'
import { systemModules } from './system.js'
import { Calendar, formatCalendar, formatted } from './text.js'
import { randomUUID } from 'node:crypto'

/** Every module by name. */
export function platformModules(around: Surroundings): ReadonlyMap<string, object> {
  const modules: Record<string, object> = {
    'dw/system/Status': Status,
    'dw/system/StatusItem': StatusItem,
    ...systemModules(around),
    ...customerModules(around),
    ...cryptoModules,
    ...serviceModules(around),
    'dw/web/Resource': resourceModule(around.cartridges),
    'dw/util/HashMap': HashMap,
    'dw/util/ArrayList': ScriptList,
    'dw/util/Calendar': Calendar,
    'dw/util/StringUtils': {
      format: (text: string, ...values: unknown[]) => formatted(text, values),
      formatCalendar,
      trim: (text: string) => text.trim(),
      encodeBase64: (text: string) => Buffer.from(text, 'utf8').toString('base64'),
      decodeBase64: (text: string) => Buffer.from(text, 'base64').toString('utf8'),
    },
    'dw/util/UUIDUtils': { createUUID: () => randomUUID().replaceAll('-', '') },
  }
  return new Map(
    Object.entries(modules).map(([name, module]) => [name, platformModule(name.replaceAll('/', '.'), module)]),
  )
}

/** The module with this name. Throws an error that says what there is. */
export function moduleNamed(modules: ReadonlyMap<string, object>, name: string): object {
  const module = modules.get(name)
  if (module) return module
  if (Object.hasOwn(elsewhere, name)) return standIn(name)
  throw new Error(`there is no module '${name}' here; there are: ${[...modules.keys()].toSorted().join(', ')}`)
}

/** The global `dw`: `dw.system.Status` is the module `dw/system/Status`. */
export function globalOf(modules: ReadonlyMap<string, object>): object {
  const below = (path: string): object =>
    new Proxy(
      {},
      {
        get(target, name) {
          if (typeof name !== 'string') return Reflect.get(target, name) as unknown
          const inner = `${path}/${name}`
          return [...modules.keys()].some((each) => each.startsWith(`${inner}/`))
            ? below(inner)
            : moduleNamed(modules, inner)
        },
      },
    )
  return below('dw')
}
