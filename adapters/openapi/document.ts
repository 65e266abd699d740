/** OpenAPI 3.1 from a flavour's routes and its description. */
import { operations } from '../../core/model/operations.js'
import type { Operation } from '../../core/model/operations.js'
import type {
  DescribedFault,
  DescribedParameter,
  DescribedReply,
  DescribedRoute,
  Description,
} from '../http/description.js'
import type { Keywords } from '../http/field.js'
import type { Flavour } from '../http/flavour.js'
import { errorsOf } from './problems.js'
import type { About } from './problems.js'

/** An operation of a path. */
export interface OpenApiOperation {
  readonly operationId: string
  readonly tags: readonly string[]
  readonly summary: string
  readonly parameters: readonly Keywords[]
  readonly requestBody?: Keywords
  readonly responses: { readonly [status: string]: Keywords }
  readonly security: readonly { readonly [scheme: string]: readonly string[] }[]
}

/** An OpenAPI 3.1 document: plain JSON. */
export interface OpenApiDocument {
  readonly openapi: '3.1.0'
  readonly info: Keywords
  readonly servers: readonly { readonly url: string }[]
  readonly tags: readonly { readonly name: string; readonly description: string }[]
  readonly paths: { readonly [path: string]: { readonly [method: string]: OpenApiOperation } }
  readonly components: { readonly schemas: Keywords; readonly headers: Keywords; readonly securitySchemes: Keywords }
}

type FlavourRoute = Flavour['routes'][number] & { readonly runs?: Operation }

const schemas = '#/components/schemas/'
const faultName = 'fault'

/** The document of a flavour. */
export function documentOf(flavour: Flavour, description: Description, server: string): OpenApiDocument {
  const { title, version, text, basePath, security, tags, documents, headers } = description
  const routes = flavour.routes as readonly FlavourRoute[]
  const paths: Record<string, Record<string, OpenApiOperation>> = {}
  for (const route of routes)
    paths[route.path] = {
      ...paths[route.path],
      [route.method.toLowerCase()]: operationOf(flavour, description, route),
    }
  return {
    openapi: '3.1.0',
    info: { title, version, description: text, license: { name: 'MIT', identifier: 'MIT' } },
    servers: [{ url: server + basePath }],
    tags: Object.entries(tags).map(([name, about]) => ({ name, description: about })),
    paths,
    components: {
      schemas: { ...documents, [faultName]: description.faultSchema() },
      headers: headersOf(headers),
      securitySchemes: security,
    },
  }
}

function operationOf(flavour: Flavour, description: Description, route: FlavourRoute): OpenApiOperation {
  const described = description.route(route)
  const { id, tag, summary, body, parameters = [], scopes = [] } = described
  const inPath = [...route.path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => ({
    name,
    in: 'path',
    required: true,
    description: description.pathParameters[name] ?? name,
    schema: { type: 'string' },
  }))
  const operation = {
    operationId: id ?? route.runs ?? `${route.method.toLowerCase()}${route.path.replaceAll(/\W+/g, '_')}`,
    tags: [tag],
    summary,
    parameters: [...inPath, ...parameters.map(parameterOf)],
    responses: responsesOf(flavour, description, route, described),
    security: [Object.fromEntries(Object.keys(description.security).map((name) => [name, scopes]))],
  }
  if (!body) return operation
  const content = contentOf(description.types, body.document, { example: body.example })
  return { ...operation, requestBody: { required: body.isNeeded, content } }
}

const parameterOf = ({ text, ...parameter }: DescribedParameter): Keywords => ({ ...parameter, description: text })

const headersOf = (headers: Description['headers']): Keywords =>
  Object.fromEntries(Object.entries(headers).map(([name, schema]) => [name, { schema }]))

/** The same document in each media type; the example is that of the first, which is JSON. */
function contentOf(types: readonly string[], schema: Keywords, examples: Keywords): Keywords {
  return Object.fromEntries(types.map((type, index) => [type, index === 0 ? { schema, ...examples } : { schema }]))
}

function responsesOf(flavour: Flavour, description: Description, route: FlavourRoute, described: DescribedRoute) {
  const common = Object.fromEntries(
    Object.keys(description.headers).map((name) => [name, { $ref: `#/components/headers/${name}` }]),
  )
  const responses: Record<string, Keywords> = {}
  for (const reply of described.replies) responses[reply.status] = replyOf(description, reply, common)
  const byStatus = grouped(faultsOf(flavour, description, route, described), ({ status }) => status)
  for (const [status, faults] of byStatus) responses[status] = faultReplyOf(description, faults, common)
  return responses
}

function replyOf({ types }: Description, { text, document, example, headers = {} }: DescribedReply, common: Keywords) {
  const reply = { description: text, headers: { ...common, ...headersOf(headers) } }
  if (!document) return reply
  return { ...reply, content: contentOf(types, document, example === undefined ? {} : { example }) }
}

/** The faults of one status, with an example of each type. */
function faultReplyOf(description: Description, faults: readonly DescribedFault[], common: Keywords): Keywords {
  const types = grouped(faults, ({ document }) => description.faultType(document))
  const examples = [...types].map(([type, [first]]): [string, Keywords] => [type, { value: first?.document }])
  const headers = Object.fromEntries(
    faults.flatMap((fault) => Object.keys(fault.headers ?? {}).map((name) => [name, { schema: { type: 'string' } }])),
  )
  const named = { allOf: [{ $ref: schemas + faultName }, description.faultSchema([...types.keys()])] }
  return {
    description: [...types.keys()].join(', '),
    headers: { ...common, ...headers },
    content: contentOf(description.types, named, { examples: Object.fromEntries(examples) }),
  }
}

function faultsOf(
  { profile }: Flavour,
  description: Description,
  route: FlavourRoute,
  { parameters = [], body, faults = [] }: DescribedRoute,
): readonly DescribedFault[] {
  const entry = route.runs && operations[route.runs]
  const about: About = {
    path: route.path,
    runs: route.runs,
    extensionPoint: entry?.kind === 'write' ? entry.before : undefined,
    profile,
    takesBody: body !== undefined,
    parameters: parameters.map((each) => (each.in === 'header' ? each.name.toLowerCase() : each.name)),
    numbers: parameters.filter(({ schema }) => schema['type'] === 'integer').map(({ name }) => name),
    needsToken: Object.keys(description.security).length > 0,
    needsTls: description.needsTls,
  }
  return [...errorsOf(about).map((error) => description.faultOf(error, route)), ...faults]
}

function grouped<T, K>(values: readonly T[], keyOf: (value: T) => K): ReadonlyMap<K, readonly T[]> {
  const groups = new Map<K, T[]>()
  for (const value of values) groups.set(keyOf(value), [...(groups.get(keyOf(value)) ?? []), value])
  return groups
}
