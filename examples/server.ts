/** The example server, run by `npm start`: what `npx clientele serve` starts, with its settings from the environment. */
import { endWith, runServer } from '../adapters/command/server/server.js'
import { readSettings } from '../adapters/command/server/settings.js'

try {
  await runServer(readSettings(process.env))
} catch (error) {
  endWith(error)
}
