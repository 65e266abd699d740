/** Library calls of handlers: they run in the unit of the handler, and take turns (decision 4.8). */
import { setImmediate } from 'node:timers/promises'
import { isOver } from '../extension/frames.js'
import type { Frame } from '../extension/frames.js'
import { CustomerError } from '../model/problems.js'
import type { Logger } from '../ports/host.js'
import { problemOf } from './incidents.js'
import { errorOf } from '../model/thrown.js'
import type { Unit } from './unit.js'

/** Runs a call of a handler in the unit that it runs in; calls of one handler take turns. */
export async function joinUnit<T>(
  logger: Logger,
  frame: Frame<Unit>,
  list: string,
  work: (unit: Unit) => Promise<T>,
): Promise<T> {
  const who = frame.handler
    ? `the handler of plug-in '${frame.handler.plugin}' at ${frame.handler.point}`
    : 'the transaction'
  mustBeOpen(logger, frame, who, list)
  if (list !== frame.unit.list)
    throw new Error(
      `${who} works on customer list '${frame.unit.list}' and cannot use '${list}' in the same unit of work: use afterCommit`,
    )
  frame.open++
  const mine = frame.turn.then(async () => {
    // a loop of calls to a storage that answers at once would never let the timer of the time limit fire
    if (performance.now() > frame.endsAt) await setImmediate()
    mustBeOpen(logger, frame, who, list)
    try {
      return await work(frame.unit)
    } catch (thrown) {
      const error = errorOf(thrown)
      const problem = error instanceof CustomerError ? undefined : problemOf(error)
      const shown = problem ? new CustomerError(problem, { cause: error }) : error
      frame.unit.failures.add(shown)
      throw shown
    }
  })
  frame.turn = mine.catch(() => undefined)
  try {
    return await mine
  } finally {
    frame.open--
  }
}

function mustBeOpen(logger: Logger, frame: Frame, who: string, list: string): void {
  if (!isOver(frame)) return
  const why = `a library call was made after ${who} had ended: await every call, and use afterCommit for later ones`
  logger.warn(why, { list, requestId: frame.unit.call.requestId })
  throw new Error(why)
}
