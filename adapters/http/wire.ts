/** What handlers get to know of a request (decision 4.7). */
import type { Wire } from '../../core/model/calls.js'
import { freeze } from '../../core/model/json.js'
import { headerOf } from './protocol.js'
import type { ApiRequest } from './protocol.js'

const credentials = ['authorization', 'proxy-authorization', 'cookie']

/** Method, parameters and headers of a request; never its credentials. */
export function wireOf({ method, query, headers }: ApiRequest): Wire {
  const names = new Set(query.keys())
  const parameters = Object.fromEntries([...names].map((name) => [name, query.getAll(name)]))
  const texts = Object.keys(headers).flatMap((name) => {
    const text = credentials.includes(name) ? undefined : headerOf(headers, name)
    return text === undefined ? [] : [[name, text] as const]
  })
  return freeze({ method, parameters, headers: Object.fromEntries(texts) })
}
