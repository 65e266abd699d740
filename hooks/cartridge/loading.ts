/** Loads every script once at the start, so that what cannot be loaded is a start-up error. */
import { SetupError } from '../../core/model/setup-error.js'
import type { Logger } from '../../core/ports/host.js'
import type { CheckedMessage, Script } from './messages.js'
import type { Pool, Thread } from './pool.js'

/** Loads scripts in a worker, within so many milliseconds. Throws a SetupError that names files and points. */
export async function loadScripts(
  pool: Pool,
  scripts: readonly Script[],
  limit: number,
  logger: Logger,
): Promise<void> {
  const thread = await pool.take()
  try {
    const { errors, warnings } = await checkedBy(thread, scripts, limit)
    for (const warning of warnings) logger.warn(warning)
    if (errors.length > 0) throw new SetupError(errors.join('; '))
    pool.give(thread)
  } catch (error) {
    await pool.close()
    throw error
  }
}

/** What the thread says of the scripts; it says of each that it loads it, so that one which never ends is known. */
function checkedBy(thread: Thread, scripts: readonly Script[], limit: number): Promise<CheckedMessage> {
  let last: Script | undefined
  const told = (why: string): SetupError =>
    new SetupError(
      `the script of '${last?.point}' cannot be loaded: ${last?.file} (${last?.exports[0]}, ${last?.point}): ${why}`,
    )
  return new Promise((resolve, reject) => {
    thread.isBusy = true
    const settle = (done: () => void): void => {
      clearTimeout(timer)
      thread.isBusy = false
      thread.heard = thread.ended = undefined
      done()
    }
    const timer = setTimeout(() => settle(() => reject(told(`it took longer than its ${limit} ms`))), limit)
    thread.heard = (message) => {
      if (message.kind === 'loading') last = scripts[message.at]
      else if (message.kind === 'checked') settle(() => resolve(message))
    }
    thread.ended = (error) => settle(() => reject(told(error.message)))
    thread.post({ kind: 'check', scripts })
  })
}
