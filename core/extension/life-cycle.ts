/** Plug-ins that start and stop with their library. */
import { SetupError } from '../model/setup-error.js'
import { errorOf, messageOf } from '../model/thrown.js'
import { Deadline, isThenable } from './deadline.js'
import type { Timer } from './deadline.js'
import type { Plugin, PluginStart } from './hooks.js'

/** Starts plug-ins one after the other, each within the time of a handler; gives what stops them. Throws a SetupError that names the one that failed. */
export async function startPlugins(
  plugins: readonly Plugin[],
  library: PluginStart,
  timer: Timer,
): Promise<() => Promise<void>> {
  const inTime = async (given: unknown): Promise<void> => {
    if (isThenable(given)) await new Deadline().race(given, timer)
  }
  const started: Plugin[] = []
  const stop = async (): Promise<void> => {
    for (const plugin of started.splice(0).toReversed())
      try {
        await inTime(plugin.stop?.())
      } catch (error) {
        library.logger.error(`plug-in '${plugin.name}' did not stop: ${messageOf(error)}`, { plugin: plugin.name })
      }
  }
  for (const plugin of plugins)
    try {
      await inTime(plugin.start?.(library))
      started.push(plugin)
    } catch (error) {
      await stop()
      throw new SetupError(`plug-in '${plugin.name}' did not start: ${messageOf(error)}`, { cause: errorOf(error) })
    }
  return stop
}
