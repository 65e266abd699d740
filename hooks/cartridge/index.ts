/** OCAPI hook scripts, unmodified, as plug-ins (decision 4.11). */
import { availableParallelism } from 'node:os'
import type { Context, Hooks, Outcome, Plugin, PluginStart } from '../../core/extension/hooks.js'
import { SetupError } from '../../core/model/setup-error.js'
import { Conversation } from './conversation.js'
import type { Surroundings } from './conversation.js'
import { readCartridges } from './hook-files.js'
import type { Cartridge } from './hook-files.js'
import type { Script, WorkerSetup } from './messages.js'
import { inspectCartridges } from './inspection.js'
import { loadScripts } from './loading.js'
import { checkedOptions } from './options.js'
import type { CartridgeOptions } from './options.js'
import { Pool } from './pool.js'
import { factsOf } from './services.js'

export type { CartridgeOptions } from './options.js'
export { inspectCartridges }
export type { Finding, InspectedCartridge, InspectedModule, InspectedPoint } from './inspection.js'
export type { Service } from './services.js'
export type { ServiceAnswer, ServiceRequest } from './messages.js'

/** Milliseconds that loading all scripts may take where no `timeLimit` is given. */
const longestLoading = 5_000

const nothing = (): undefined => undefined
const silent: PluginStart['logger'] = { debug: nothing, info: nothing, warn: nothing, error: nothing }

/**
 * Reads cartridges in the order of the cartridge path, and gives plug-ins that run their customer scripts in worker
 * threads. Throws a SetupError that names file and point. Scripts are trusted code: a worker is no sandbox.
 *
 * ```ts
 * createClientele({ …, plugins: loadCartridges(['cartridges/app_custom'], { preferences: { crmEnabled: true } }) })
 * ```
 */
export function loadCartridges(folders: readonly string[], options: CartridgeOptions = {}): readonly Plugin[] {
  const { site, preferences = {}, services = {}, timeLimit } = checkedOptions(options)
  const { atOnce = availableParallelism(), atMost = 32, memory = 64, wait = 1_000 } = options.workers ?? {}
  const cartridges = readCartridges(folders)
  const setup: WorkerSetup = {
    cartridges: cartridges.map(({ name, root }) => ({ name, root })),
    customPoints: cartridges.flatMap(({ customPoints }) => customPoints),
    site,
    preferences,
    services: factsOf(services),
  }
  const pool = new Pool(setup, { atOnce, atMost, memory, wait })
  const running = { pool, services, logger: silent, timeLimit, conversations: new WeakMap<object, Conversation>() }
  const plugins = cartridges.flatMap((cartridge) => pluginsOf(cartridge, running))
  const [first, ...others] = plugins
  if (!first) throw new SetupError('loadCartridges needs a list of folders')
  const start = async ({ logger }: PluginStart): Promise<void> => {
    running.logger = logger
    for (const cartridge of cartridges) tellOf(cartridge, logger)
    for (const { name, warnings } of inspectCartridges(folders, { services }))
      for (const { file, line, message } of warnings)
        if (line !== undefined) logger.warn(`${file}:${line}: ${message}`, { cartridge: name })
    const scripts = cartridges.flatMap((cartridge) => cartridge.scripts)
    await loadScripts(pool, scripts, timeLimit ?? longestLoading, logger)
  }
  return [{ ...first, start, stop: () => pool.close() }, ...others]
}

/** Says at start what does not run here. */
function tellOf({ name, notRun, warnings }: Cartridge, logger: PluginStart['logger']): void {
  for (const warning of warnings) logger.warn(warning, { cartridge: name })
  if (notRun.length > 0)
    logger.info(`cartridge ${name}: not run here: ${notRun.map(({ point }) => point).join(', ')}`, { cartridge: name })
}

interface Running extends Surroundings {
  readonly conversations: WeakMap<object, Conversation>
}

/** One plug-in; more where a cartridge has several scripts at one point. */
function pluginsOf({ name, root, scripts }: Cartridge, running: Running): readonly Plugin[] {
  const rounds: Record<string, unknown>[] = [{}]
  for (const script of scripts) {
    let round = rounds.find((hooks) => !Object.hasOwn(hooks, script.point))
    if (!round) rounds.push((round = {}))
    round[script.point] = handlerOf(script, running)
  }
  return rounds.map((hooks, at) => ({
    name: at === 0 ? name : `${name} (${at + 1})`,
    hooks: hooks as Hooks,
    chain: 'cartridges',
    file: root,
  }))
}

function handlerOf(script: Script, running: Running): unknown {
  const handler = (...args: readonly unknown[]): Promise<Outcome> | undefined => {
    const context = args.at(-1) as Context
    const conversation = conversationOf(context, running)
    // what a script writes runs no further scripts
    return conversation.isRunning ? undefined : conversation.run(script, args.slice(0, -1), context)
  }
  return Object.defineProperty(handler, 'name', { value: `${script.script} ${script.exports[0]}` })
}

/** The conversation of a request: its bag is one object from the first script to the end. */
function conversationOf(context: Context, running: Running): Conversation {
  let conversation = running.conversations.get(context.custom)
  if (!conversation) {
    const made = new Conversation(running)
    running.conversations.set(context.custom, made)
    context.onEnd(() => {
      running.conversations.delete(context.custom)
      made.end()
    })
    conversation = made
  }
  return conversation
}
