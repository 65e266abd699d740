/** The limits of a library: what a host may say, and what holds without it (adapters/README.md, Limits). */
import type { OptionTable } from '../model/options.js'
import { SetupError } from '../model/setup-error.js'
import { documentLimits } from '../model/sizes.js'
import type { Limits } from '../ports/host.js'

/** Every limit, for checks. */
export const limitOptions: OptionTable<Partial<Limits>> = {
  handler: 'number',
  lockWait: 'number',
  unit: 'number',
  documentBytes: 'number',
  values: 'number',
  properties: 'number',
  listItems: 'number',
  textLength: 'number',
  nesting: 'number',
  addresses: 'number',
  hashes: 'number',
  hashesWaiting: 'number',
}

/** The limits that apply if a host says nothing. */
export const defaultLimits: Limits = {
  ...documentLimits,
  handler: 10_000,
  lockWait: 15_000,
  unit: 30_000,
  addresses: 1_000,
  hashes: 2,
  hashesWaiting: 32,
}

const times: readonly (keyof Limits)[] = ['handler', 'lockWait', 'unit']

/** The same limits. Throws a SetupError for one that is no figure of its kind. */
export function checkedLimits(limits: Limits): Limits {
  for (const [name, limit] of Object.entries(limits) as [keyof Limits, number][]) {
    const [unit, most] = [times.includes(name) ? ' of milliseconds' : '', name === 'nesting' ? 64 : 2 ** 31 - 1]
    if (!Number.isInteger(limit) || limit < 1 || limit > most)
      throw new SetupError(`limits.${name} is a whole number${unit} from 1 to ${most}`)
  }
  return limits
}
