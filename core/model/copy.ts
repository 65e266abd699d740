/**
 * Two copies of the package in one process do not know each other's errors: a storage or library of another copy would
 * turn not-found into 500. What the factories give is marked, so that this is told at start.
 */
import { SetupError } from './setup-error.js'

/** Property that tells which copy of the package has made a value; its name is the same in every copy. */
export const copyMark: unique symbol = Symbol.for('clientele/copy')

/** This copy: no other has this object. */
export const thisCopy: object = Object.freeze({})

/** Throws a SetupError for what another copy of the package has made. */
export function checkCopy(what: string, value: object): void {
  const { [copyMark]: copy = thisCopy } = value as { readonly [copyMark]?: object }
  if (copy !== thisCopy)
    throw new SetupError(`${what} comes from a second copy of clientele: install one (npm ls clientele, npm dedupe)`)
}
