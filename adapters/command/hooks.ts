/** `npx clientele hooks`: every extension point, and the handlers of plug-ins at it. */
import { UsageError } from './command.js'
import type { Command } from './command.js'

/** The command. */
export const hooks: Command = {
  name: 'hooks',
  names: '<file>…',
  about: 'lists extension points, and the handlers of plug-ins in the order in which they run',
  options: {
    cartridge: { value: '<folder>', means: 'a cartridge with OCAPI hook scripts; may be repeated, in path order' },
    'cartridge-settings': { value: '<file>', means: 'JSON: site, preferences, services, workers, timeLimit' },
  },
  async run({ names, options }) {
    const { createClientele } = await import('../../core/index.js')
    const { memoryStorage } = await import('../storage/local/memory.js')
    const { pluginsOf } = await import('./server/plugin-files.js')
    const { SettingError } = await import('./server/settings.js')
    const plugins = await pluginsOf({
      plugins: names,
      cartridges: options.get('cartridge') ?? [],
      cartridgeSettings: options.get('cartridge-settings')?.at(-1),
    }).catch((error: unknown) => {
      throw error instanceof SettingError ? new UsageError(error.message.replace(/^PLUGINS: /, '')) : error
    })
    const clientele = await createClientele({ customerLists: [{ id: 'none' }], storage: memoryStorage(), plugins })
    console.log(clientele.describeHooks().toString())
    await clientele.close()
  },
}
