/** The formats of bodies: which one a request's Content-Type names, and which one it wants to get (decision 2.15). */
import { acceptedTypes, contentTypes } from '../http/media-types.js'
import type { AcceptedType } from '../http/media-types.js'
import type { ApiRequest } from '../http/protocol.js'
import { ownFault } from './faults.js'

/** Formats of bodies. */
export type Format = 'json' | 'xml'

const formats = new Map<string, Format>([
  ['application/json', 'json'],
  ['application/xml', 'xml'],
  ['text/xml', 'xml'],
])
/** The format of a request's body by its headers; undefined when there is no Content-Type (decision 1.13). */
export const bodyFormatOf = contentTypes<Format>({
  meaning: (type) => formats.get(type),
  charsets: ['utf-8', 'utf8'],
  checksParameters: true,
})

/** The format that the query or, failing that, Accept asks for. */
export function askedFormatOf(request: ApiRequest): Format {
  const format = request.query.get('format')
  if (format === null) return preferredFormat(acceptedTypes(request.headers))
  if (format !== 'json' && format !== 'xml') throw ownFault('UnsupportedFormatException', { format })
  return format
}

/** The format that Accept likes best: of each type, the weight of the range that names it most closely. */
function preferredFormat(accepted: readonly AcceptedType[] | undefined): Format {
  if (!accepted) return 'json'
  const weights = new Map(accepted)
  const weightOf = (type: string) =>
    weights.get(type) ?? weights.get(type.replace(/\/.*/, '/*')) ?? weights.get('*/*') ?? 0
  return Math.max(weightOf('application/xml'), weightOf('text/xml')) > weightOf('application/json') ? 'xml' : 'json'
}
