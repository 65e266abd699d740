/** The last argument of handlers (decision 4.7). */
import { freeze } from '../model/json.js'
import type { Caller } from '../model/documents.js'
import type { Deadline } from './deadline.js'
import type { Frame } from './frames.js'
import type { Context } from './hooks.js'
import type { Handler } from './registry.js'

/** The context of a handler that runs in a frame. What costs something is made when it is asked for. */
export function contextOf(frame: Frame, handler: Handler, previous: unknown, deadline: Deadline): Context {
  const { unit } = frame
  const { call } = unit
  let customers: Context['customers'] | undefined
  const context: Context = {
    extensionPoint: handler.point,
    flavour: call.flavour,
    get caller() {
      return frozenCaller(call.caller)
    },
    requestId: call.requestId,
    get customers() {
      return (customers ??= unit.customersIn(frame))
    },
    previous: previous as never,
    custom: call.custom,
    get signal() {
      return deadline.signal
    },
    dryRun: call.dryRun,
    afterCommit(task) {
      if (frame.closed) throw new Error(`afterCommit was called after the handler of plug-in '${handler.plugin}' ended`)
      if (typeof task !== 'function') throw new Error('afterCommit takes a function')
      call.tasks.push({ handler, task })
      call.trace?.push({ step: 'task', point: handler.point, plugin: handler.plugin })
    },
  }
  unit.bind(context)
  // a bag that is replaced would be lost: TypeError instead
  return Object.freeze(context)
}

const callers = new WeakMap<Caller, Caller>()

/** The caller as handlers get it: they must not change what a token cache holds. */
function frozenCaller(caller: Caller | undefined): Caller | undefined {
  if (caller === undefined) return undefined
  let frozen = callers.get(caller)
  if (!frozen) {
    const facts = Object.entries(caller).map(([name, fact]) => [name, Array.isArray(fact) ? freeze([...fact]) : fact])
    callers.set(caller, (frozen = Object.freeze(Object.fromEntries(facts)) as Caller))
  }
  return frozen
}
