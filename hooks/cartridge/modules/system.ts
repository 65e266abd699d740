/** `dw/system/…`: logs, site, system, hooks, transactions. */
import type { LogMessage, WorkerSetup } from '../messages.js'
import { customObject } from '../objects/documents.js'
import { platformObject } from '../platform-object.js'
import type { ModuleMaker, Surroundings } from './surroundings.js'
import { formatted } from './text.js'

type Level = LogMessage['level']

/** Modules by name. */
export const systemModules: Readonly<Record<string, ModuleMaker>> = {
  'dw/system/Logger': logOf,
  'dw/system/Log': logOf,
  'dw/system/Site': (around) => {
    const site = siteOf(around)
    return { current: site, getCurrent: () => site }
  },
  'dw/system/System': ({ setup }) => {
    const preferences = preferencesOf(setup)
    return {
      PRODUCTION_SYSTEM: 2,
      STAGING_SYSTEM: 1,
      DEVELOPMENT_SYSTEM: 0,
      instanceType: 0,
      getInstanceType: () => 0,
      preferences,
      getPreferences: () => preferences,
    }
  },
  'dw/system/HookMgr': hooksOf,
  'dw/system/Transaction': ({ bridge }) => transactionModule((message) => bridge.failUnit(message)),
}

function preferencesOf({ preferences }: WorkerSetup): object {
  return platformObject({
    type: 'dw.system.SitePreferences',
    properties: { custom: { get: () => customObject(() => preferences, refuse) } },
  })
}

function refuse(name: string): never {
  throw new Error(`preference '${name}' can be read only`)
}

function siteOf({ setup, request }: Surroundings): object {
  const preferences = preferencesOf(setup)
  const id = setup.site ?? request.list
  return platformObject({
    type: 'dw.system.Site',
    properties: {
      ID: { get: () => id },
      name: { get: () => id },
      preferences: { get: () => preferences },
      defaultLocale: { get: () => 'default' },
    },
    methods: {
      getCustomPreferenceValue: (name: string) =>
        Object.hasOwn(setup.preferences, name) ? setup.preferences[name] : null,
      setCustomPreferenceValue: refuse,
    },
  })
}

/** Custom points among the cartridges, in their order; the first that returns something ends it. */
function hooksOf({ setup, loader }: Surroundings): object {
  const filesOf = (point: string): readonly string[] =>
    setup.customPoints.filter((each) => each.point === point).map(({ file }) => file)
  return {
    hasHook: (point: string) => filesOf(point).length > 0,
    callHook: (point: string, name: string, ...args: unknown[]) => {
      for (const file of filesOf(point)) {
        const exported = (loader().load(file) as Record<string, unknown>)[name]
        const returned: unknown =
          typeof exported === 'function' ? (exported as (...args: unknown[]) => unknown)(...args) : undefined
        if (returned !== undefined && returned !== null) return returned
      }
      return undefined
    },
  }
}

/** Transactions join the unit of work that runs; a rollback, or a throw in `wrap`, fails it. */
function transactionModule(failUnit: (message: string) => void): object {
  return {
    wrap: <T>(work: () => T): T => {
      try {
        return work()
      } catch (error) {
        failUnit(`a transaction failed: ${error instanceof Error ? error.message : String(error)}`)
        throw error
      }
    },
    begin: () => undefined,
    commit: () => undefined,
    rollback: () => failUnit('a script rolled its transaction back'),
  }
}

function logOf({ bridge }: Surroundings): object {
  const levels: readonly Level[] = ['debug', 'info', 'warn', 'error']
  const logger = (category: string): Record<string, unknown> => {
    const write =
      (level: Level) =>
      (text: unknown, ...values: unknown[]) =>
        bridge.tell({ kind: 'log', level, category, text: formatted(String(text), values) })
    return Object.fromEntries([
      ...levels.map((level) => [level, write(level)] as const),
      ['fatal', write('error')],
      ...['Debug', 'Info', 'Warn', 'Error'].map((name) => [`is${name}Enabled`, () => true] as const),
      ...['debug', 'info', 'warn', 'error'].map((name) => [`${name}Enabled`, true] as const),
    ])
  }
  return {
    ...logger('root'),
    getLogger: (...names: string[]) => logger(names.at(-1) ?? 'root'),
    getRootLogger: () => logger('root'),
  }
}
