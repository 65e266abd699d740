/** Every command of `npx clientele`. */
import { cartridgeCheck } from './cartridge-check.js'
import type { Command } from './command.js'
import { hooks } from './hooks.js'
import { initHook } from './init-hook.js'
import { initHost } from './init-host.js'
import { serve } from './serve.js'
import { token } from './token.js'

/** In the order in which the help lists them. */
export const commands: readonly Command[] = [serve, initHook, initHost, hooks, token, cartridgeCheck]
