/** What a handler returned, and what its Status means (decision 4.5). */
import { copyOf } from '../model/json.js'
import { fail } from '../model/problems.js'
import type { CustomerError } from '../model/problems.js'
import { Status } from './hooks.js'
import type { Handler } from './registry.js'

/** What nearly every handler means. */
const fine = Status.ok()

/** What a handler returned as a Status; undefined for what is none. */
export function statusOf(returned: unknown): Status | undefined {
  if (returned === undefined || returned === null || returned === Status.OK) return fine
  if (returned === Status.ERROR) return new Status(Status.ERROR)
  return returned instanceof Status ? returned : undefined
}

/** What is no Status, in words. */
export function describe(value: unknown): string {
  const { name } = (value as { constructor?: { name?: string } }).constructor ?? {}
  if (name === 'Status') return 'a Status of another copy of clientele'
  return typeof value === 'object' ? 'an object that is no Status' : `a ${typeof value}`
}

/** The error that Status.ERROR means. Throws for details that are no plain JSON data. */
export function refusalOf(handler: Handler, { code, message, details }: Status): CustomerError {
  return fail('refusedByHook', {
    extensionPoint: handler.point,
    plugin: handler.plugin,
    details: copyOf({ ...details }),
    ...(code !== undefined && { code }),
    ...(message !== undefined && { message }),
  })
}
