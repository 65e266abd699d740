/** Pages of a list: the numbers of a query that say which, and how their totals are told. */
import { SetupError } from '../../core/model/setup-error.js'
import type { Totals } from '../../core/ports/storage.js'
import { refuse } from './protocol.js'

/** What a number may be, and what it is when it is not sent. */
export interface NumberRange {
  readonly absent: number
  readonly min: number
  readonly max: number
}

/** Why a number is refused. */
export type NumberMistake = 'malformed' | 'tooSmall' | 'tooLarge'

/** How a flavour takes numbers. */
export interface NumberRules {
  readonly form: RegExp
  /** The error to throw. */
  readonly refusal: (parameter: string, value: string, range: NumberRange, mistake: NumberMistake) => Error
}

/** Numbers with or without a sign; throws parameterMalformed and parameterOutOfRange. */
const signed: NumberRules = {
  form: /^[+-]?\d{1,15}$/,
  refusal(parameter, value, { min, max }, mistake) {
    if (mistake === 'malformed') return refuse('parameterMalformed', { parameter, value })
    const expected = max < Number.MAX_SAFE_INTEGER ? `${min}..${max}` : `>= ${min}`
    return refuse('parameterOutOfRange', { parameter, value, expected })
  },
}

/** A whole number of the query. Throws what `rules` say. */
export function integerOf(
  query: URLSearchParams,
  parameter: string,
  range: NumberRange,
  { form, refusal }: NumberRules = signed,
): number {
  const value = query.get(parameter)
  if (value === null) return range.absent
  if (!form.test(value)) throw refusal(parameter, value, range, 'malformed')
  const number = Number(value)
  if (number < range.min) throw refusal(parameter, value, range, 'tooSmall')
  if (number > range.max) throw refusal(parameter, value, range, 'tooLarge')
  return number
}

/** The option `totals` of a flavour. Throws a SetupError for another value. */
export function totalsOf(flavour: string, { totals = 'exact' }: { readonly totals?: Totals }): Totals {
  if (!['exact', 'capped', 'none'].includes(totals))
    throw new SetupError(`${flavour}: totals must be 'exact', 'capped' or 'none'`)
  return totals
}
