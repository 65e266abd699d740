/** Plug-ins in order, and their handlers by point; every mistake is a start-up error that names it (decision 4.9). */
import { isObject } from '../model/json.js'
import { extensionPoints } from '../model/operations.js'
import { checkKind, checkOptions } from '../model/options.js'
import type { OptionTable } from '../model/options.js'
import { SetupError, nearest } from '../model/setup-error.js'
import type { Plugin } from './hooks.js'

/** A handler at its point. */
export interface Handler {
  readonly plugin: string
  readonly point: string
  /** Name of the function, for logs and stack traces. */
  readonly name: string
  readonly file: string | undefined
  readonly chain: string | undefined
  readonly run: (...args: readonly unknown[]) => unknown
}

/** All handlers of a library, by point, in the order in which they run. */
export interface Registry {
  /** The plug-ins in the order in which their handlers run. */
  readonly plugins: readonly Plugin[]
  /** The handlers of a point; empty for one without. */
  handlersOf(point: string): readonly Handler[]
}

const pluginParts: OptionTable<Plugin> = {
  name: 'string',
  hooks: 'object',
  runBefore: 'any',
  runAfter: 'any',
  chain: 'string',
  start: 'function',
  stop: 'function',
  file: 'string',
}

const pointNames: readonly string[] = extensionPoints.map((point) => point.name)

/** Checks the plug-ins, puts them in order and gives the registry. Throws SetupError. */
export function createRegistry(plugins: readonly unknown[]): Registry {
  const checked = plugins.map((plugin, at) => checkPlugin(plugin, at))
  for (const [at, plugin] of checked.entries()) {
    const twin = checked.findIndex((other) => other.name === plugin.name)
    if (twin !== at)
      throw new SetupError(
        `two plug-ins are named '${plugin.name}'${within(checked[twin]?.file)} and${within(plugin.file) || ' again'}: names are unique`,
      )
  }
  const byPoint = new Map<string, Handler[]>()
  const ordered = inOrder(checked)
  for (const plugin of ordered)
    for (const [point, run] of Object.entries(plugin.hooks) as [string, Handler['run']][]) {
      const handlers = byPoint.get(point) ?? []
      const { name, file, chain } = plugin
      handlers.push({
        plugin: name,
        point,
        name: run.name || `${name}:${point}`,
        file,
        chain,
        run: run.bind(plugin.hooks),
      })
      byPoint.set(point, handlers)
    }
  return { plugins: ordered, handlersOf: (point) => byPoint.get(point) ?? [] }
}

function within(file: unknown): string {
  return typeof file === 'string' ? ` (${file})` : ''
}

function checkPlugin(plugin: unknown, at: number): Plugin {
  checkKind(`plug-in number ${at + 1}`, plugin, 'any')
  const given = (plugin ?? {}) as { readonly file?: unknown }
  if (!isNamed(plugin))
    throw new SetupError(
      `plug-in number ${at + 1}${within(given.file)} is no plug-in: it needs a name and hooks; use definePlugin({ name, hooks })`,
    )
  const { name, hooks, file, runBefore, runAfter } = plugin
  const where = `plug-in '${name}'${within(file)}`
  if (hooks === null || typeof hooks !== 'object' || ![Object.prototype, null].includes(Object.getPrototypeOf(hooks)))
    throw new SetupError(`${where} has no hooks: a plain object { '<extension point>': handler }`)
  checkOptions<Plugin>(where, plugin as Plugin, pluginParts)
  for (const [option, names] of Object.entries({ runBefore, runAfter }))
    if (names !== undefined && !(Array.isArray(names) && names.every((other) => typeof other === 'string')))
      throw new SetupError(`${where}: ${option} is a list of plug-in names`)
  for (const [point, handler] of Object.entries(hooks)) {
    if (!pointNames.includes(point))
      throw new SetupError(
        `${where}: there is no extension point '${point}'; did you mean '${nearest(point, pointNames)}'?`,
      )
    if (typeof handler !== 'function') throw new SetupError(`${where}: the handler of '${point}' is no function`)
  }
  return plugin as Plugin
}

function isNamed(plugin: unknown): plugin is Partial<Plugin> & { readonly name: string } {
  return isObject(plugin) && typeof plugin['name'] === 'string' && plugin['name'] !== ''
}

/** Registration order, but for what runBefore and runAfter ask. */
function inOrder(plugins: readonly Plugin[]): Plugin[] {
  const names = plugins.map((plugin) => plugin.name)
  const earlier = new Map(names.map((name) => [name, new Set<string>()]))
  for (const plugin of plugins) {
    for (const other of [...(plugin.runBefore ?? []), ...(plugin.runAfter ?? [])])
      if (!names.includes(other))
        throw new SetupError(
          `plug-in '${plugin.name}'${within(plugin.file)} is to run before or after '${other}', but there is no such plug-in; did you mean '${nearest(other, names)}'?`,
        )
    for (const other of plugin.runBefore ?? []) earlier.get(other)?.add(plugin.name)
    for (const other of plugin.runAfter ?? []) earlier.get(plugin.name)?.add(other)
  }
  const ordered: Plugin[] = []
  const waiting = [...plugins]
  while (waiting.length > 0) {
    const at = waiting.findIndex((plugin) => !waiting.some((other) => earlier.get(plugin.name)?.has(other.name)))
    if (at < 0) throw new SetupError(`plug-ins wait for one another: ${cycleIn(waiting, earlier)}`)
    ordered.push(...waiting.splice(at, 1))
  }
  return ordered
}

/** A cycle among plug-ins that all wait, in words. */
function cycleIn(waiting: readonly Plugin[], earlier: ReadonlyMap<string, ReadonlySet<string>>): string {
  const cycle: Plugin[] = []
  let next: Plugin | undefined = waiting[0]
  while (next && !cycle.includes(next)) {
    cycle.push(next)
    const before: ReadonlySet<string> | undefined = earlier.get(next.name)
    next = waiting.find((plugin) => before?.has(plugin.name))
  }
  if (next) cycle.splice(0, cycle.indexOf(next))
  const [first] = cycle
  const names = [...cycle, ...(first ? [first] : [])].map((plugin) => `'${plugin.name}'${within(plugin.file)}`)
  const [start, second, ...rest] = names
  const path = `${start} runs after ${second}${rest.map((name) => `, which runs after ${name}`).join('')}`
  const shared = Object.keys(first?.hooks ?? {}).filter((point) =>
    cycle.every(({ hooks }) => Object.hasOwn(hooks, point)),
  )
  return shared.length === 0 ? path : `${path}; they meet at ${shared.join(', ')}`
}
