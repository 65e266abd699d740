/** Requests made from the routes and schemas of a flavour's OpenAPI document, and bent. */
import fc from 'fast-check'
import type { OpenApiDocument, OpenApiOperation } from '../../adapters/openapi/index.js'
import { documentsOf, oddTexts, xmlOf } from './documents.js'
import type { Schema } from './documents.js'
import { mutations } from './mutations.js'
import type { Mutation } from './mutations.js'

/** One request as it is sent. */
export interface FuzzedRequest {
  readonly method: string
  readonly target: string
  readonly headers: readonly (readonly [string, string])[]
  readonly body?: Buffer
  readonly token: string
  /** Bends the whole message, which is then sent as bytes. */
  readonly bends: boolean
}

/** A parameter of an operation. */
interface Parameter {
  readonly name: string
  readonly in: 'path' | 'query' | 'header'
  readonly schema: Schema
}

/** What stands in paths, by parameter; the first ones are there. */
const known: Readonly<Record<string, readonly string[]>> = {
  list_id: [...Array<string>(24).fill('SiteGenesis'), 'other', 'none'],
  tenant: [...Array<string>(24).fill('sitegenesis'), 'othertenant', 'none'],
  customer_no: ['C1', 'c1', 'C2', 'C3', 'C9'],
  customerNumber: ['C1', 'c1', 'C2', 'C3', 'C9'],
  address_id: ['home', 'work', 'none'],
  addressId: ['home', 'work', 'none'],
}
/** Words of the small languages in query parameters. */
const languages: Readonly<Record<string, readonly string[]>> = {
  select: [
    '(',
    ')',
    '*',
    '**',
    '[',
    ']',
    '?',
    '@',
    '.',
    'last_name',
    'data',
    "'x'",
    '==',
    '&&',
    '||',
    ',',
    '-',
    '0',
    ':',
  ],
  q: [
    'lastName',
    'contactEmail',
    'mixins.m.a',
    'active',
    ':',
    '~',
    '(',
    ')',
    '"x"',
    'x',
    ' ',
    ',',
    '>',
    '<=',
    ' AND ',
    'null',
    'exists',
    '.',
    '*',
  ],
  sort: ['lastName', 'metadata.version', ':', 'asc', 'desc', ',', 'mixins', '.'],
  fields: ['lastName', 'metadata', 'mixins', '.', ',', '__proto__', '*'],
  client_id: ['client'],
  expand: ['accounts', 'addresses', 'defaultAddress', 'mixin:', '*', '{m}', 'm', ','],
}
const headerValues: Readonly<Record<string, readonly string[]>> = {
  Accept: ['application/json', 'application/xml', 'text/xml;q=0.5', '*/*', ';;,', 'image/png'],
  'Content-Type': [
    'application/json',
    'application/xml',
    'text/xml; charset=utf-8',
    'application/json; charset=latin1',
    ';',
    'text/plain',
  ],
  'Content-Encoding': ['gzip', 'deflate, br', 'identity', 'x'],
  'If-Match': ['*', '"1"', 'W/"1"', '"', '1,2'],
  'If-None-Match': ['*', '"1"', '"2", W/"1"'],
  Origin: ['https://shop.example.com', 'null', 'x'],
  Host: ['shop.example.com', 'a?b', '[::1]', ''],
  'X-Forwarded-Proto': ['https', 'javascript'],
  Authorization: ['Bearer', 'Basic eDp5', 'Bearer a b', 'bearer yaas'],
  'x-request-id': ['r1', 'é'.repeat(9), 'x'.repeat(200)],
  'x-dw-http-method-override': ['PATCH', 'DELETE', 'GET', 'patch', 'OPTIONS'],
  traceparent: ['00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01', 'x'],
}
const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE']

const often = <T>(usual: fc.Arbitrary<T>, other: fc.Arbitrary<T>, weight = 9): fc.Arbitrary<T> =>
  fc.oneof({ weight, arbitrary: usual }, { weight: 1, arbitrary: other })
/** What a URL can carry: all else is percent-encoded, half a pair is dropped. */
const encoded = (text: string): string => encodeURIComponent(text.replaceAll(/\p{Surrogate}/gu, ''))

/** Requests to a flavour that its document describes, mostly. `base` is put before its paths. */
export function requestsTo(document: OpenApiDocument, tokens: readonly string[]): fc.Arbitrary<FuzzedRequest> {
  const base = new URL(document.servers[0]?.url ?? '').pathname
  const operations = Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => ({
      // what is deleted is there no longer: fewer of these
      weight: method === 'delete' ? 1 : 4,
      arbitrary: requestOf(document, operation, method.toUpperCase(), path),
    })),
  )
  const isAtSite = base.startsWith('/dw/') ? fc.boolean() : fc.constant(false)
  const token = often(fc.constant(tokens[0] ?? ''), fc.constantFrom(...tokens, ''), 20)
  const bends = often(fc.constant(false), fc.constant(true), 29)
  return fc
    .tuple(fc.oneof(...operations), isAtSite, token, bends, bent(9), bent(3))
    .map(([{ method, headers, target, body }, atSite, given, isBent, bendTarget, bendBody]) => {
      const path = line(bendTarget(Buffer.from((atSite ? '/s/-' : '') + base + target)))
      const hasBody = body && !['GET', 'HEAD', 'TRACE'].includes(method)
      return { method, target: path, headers, token: given, bends: isBent, ...(hasBody && { body: bendBody(body) }) }
    })
}

/** Bytes that stay as they are, but for one time in so many. */
const bent = (weight: number): fc.Arbitrary<Mutation> =>
  often(
    fc.constant<Mutation>((bytes) => bytes),
    mutations,
    weight,
  )

/** Bytes as the target of a request line. */
const line = (bytes: Buffer): string => {
  const text = bytes.toString('latin1').replaceAll(/[^!-~]/g, (character) => encoded(character))
  return text.startsWith('/') ? text : `/${text}`
}

function requestOf(document: OpenApiDocument, operation: OpenApiOperation, method: string, path: string) {
  const parameters = operation.parameters as unknown as readonly Parameter[]
  const inPath = Object.fromEntries(
    parameters
      .filter((each) => each.in === 'path')
      .map(({ name }) => [
        name,
        often(fc.constantFrom(...(known[name] ?? ['x'])), fc.constantFrom(...oddTexts, '\u0000', '%', '%zz')),
      ]),
  )
  const target = fc
    .record(inPath)
    .map((values) =>
      path.replaceAll(/\{(\w+)\}/g, (_, name: string) =>
        values[name] === '%zz' ? '%zz' : encoded(values[name] ?? ''),
      ),
    )
  const query = pairsOf(
    parameters.filter((each) => each.in === 'query'),
    ['__proto__', 'unknown', 'format', 'method'],
  )
  return fc.record({
    method: often(fc.constant(method), fc.constantFrom(...methods)),
    target: fc
      .tuple(target, query)
      .map(([at, pairs]) =>
        pairs.length > 0 ? `${at}?${pairs.map(([name, value]) => `${encoded(name)}=${encoded(value)}`).join('&')}` : at,
      ),
    ...bodyOf(document, operation, path.includes('/addresses') ? 'customer_address' : 'customer'),
  })
}

/** Some parameters with values: valid ones, words of their language, odd ones. */
function pairsOf(parameters: readonly Parameter[], others: readonly string[]): fc.Arbitrary<[string, string][]> {
  const pair = (name: string, schema: Schema): fc.Arbitrary<[string, string]> => {
    const words = Object.hasOwn(languages, name) ? languages[name] : undefined
    const values = Array.isArray(schema['enum'])
      ? (schema['enum'] as readonly string[])
      : ['0', '1', '2', '7', '100', 'true', 'false']
    const usual = words
      ? fc
          .array(fc.constantFrom(...words), { minLength: 1, maxLength: words.length > 1 ? 12 : 1 })
          .map((each) => each.join(''))
      : fc.constantFrom(...values)
    return often(usual, fc.constantFrom(...oddTexts), 5).map((value) => [name, value])
  }
  const all = [...parameters.map(({ name, schema }) => pair(name, schema)), ...others.map((name) => pair(name, {}))]
  return fc.oneof(
    { weight: 1, arbitrary: fc.constant<[string, string][]>([]) },
    { weight: 1, arbitrary: fc.array(fc.oneof(...all), { maxLength: 3 }) },
  )
}

const headers = fc.oneof(
  { weight: 2, arbitrary: fc.constant<[string, string][]>([]) },
  {
    weight: 1,
    arbitrary: fc.array(
      fc
        .constantFrom(...Object.keys(headerValues))
        .chain((name) =>
          fc.constantFrom(...(headerValues[name] ?? [])).map((value): [string, string] => [name, value]),
        ),
      { maxLength: 3 },
    ),
  },
)

/** The headers and the body: the operation's document in one of its formats. */
function bodyOf(
  { components }: OpenApiDocument,
  { requestBody }: OpenApiOperation,
  root: string,
): { readonly headers: typeof headers; readonly body: fc.Arbitrary<Buffer | undefined> } {
  if (!requestBody) return { headers, body: fc.constant(undefined) }
  const { content } = requestBody as { readonly content: Readonly<Record<string, { readonly schema: Schema }>> }
  const [first] = Object.values(content)
  const documents = documentsOf(first?.schema ?? {}, components.schemas as Readonly<Record<string, Schema>>)
  const json = documents.map((document) => Buffer.from(JSON.stringify(document) ?? ''))
  const xml = documents.map((document) => Buffer.from(xmlOf(root, document)))
  const odd = fc
    .constantFrom(
      '',
      '{',
      '{"a":1}}',
      '"x"',
      '['.repeat(20_000),
      '{"a":'.repeat(5_000),
      '\ufeff{}',
      `<${root}>`.repeat(3_000),
    )
    .map((text) => Buffer.from(text))
  const hasXml = Object.keys(content).length > 1
  return {
    headers,
    body: fc.oneof(
      { weight: 8, arbitrary: json },
      { weight: hasXml ? 3 : 0, arbitrary: xml },
      { weight: 1, arbitrary: odd },
    ),
  }
}
