/** Query parameters: `select` and the page of a list. */
import { integerOf } from '../http/paging.js'
import { refuse } from '../http/protocol.js'
import { ownFault } from './faults.js'
import { selectorOf } from './select.js'
import type { Selector } from './select.js'

/** The selector that the query gives; undefined for everything (decision 2.19). */
export function selectOf(query: URLSearchParams, mostItems: number): Selector | undefined {
  const text = query.get('select')
  if (text === null) return undefined
  const selector = selectorOf(text)
  if (!selector) throw ownFault('MalformedSelectorException', { selector: text })
  if (selector.items > mostItems)
    throw refuse('parameterOutOfRange', {
      parameter: 'select',
      value: text,
      expected: `${mostItems} names at the most`,
    })
  return selector
}

/** A page of a list. */
export interface PageAsked {
  readonly start: number
  readonly count: number
}

/** The page that the query asks for (decision 2.3). */
export function pageOf(query: URLSearchParams, pageSize: number): PageAsked {
  return {
    count: integerOf(query, 'count', { absent: pageSize, min: 1, max: 200 }),
    start: integerOf(query, 'start', { absent: 0, min: 0, max: Number.MAX_SAFE_INTEGER }),
  }
}
