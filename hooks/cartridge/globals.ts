/** The globals of scripts: request, session, customer, empty, and what says that it is not supported. */
import { HashMap, HeaderMap, listOf } from './objects/collections.js'
import { platformObject } from './platform-object.js'
import type { Document, RequestFacts } from './messages.js'

/** Globals for the scripts of one request; `dw` is added by the worker. */
export function globalsOf(request: RequestFacts, custom: Document): Record<string, unknown> {
  const unsupported = (name: string) => (): never => {
    throw new Error(`${name} is not supported: use require`)
  }
  const noResponse = (): never => {
    throw new Error('response is not supported: the API makes the answer')
  }
  return {
    request: requestOf(request, custom),
    response: new Proxy({}, { get: noResponse, set: noResponse }),
    session: sessionOf(request),
    customer: null,
    empty,
    PIPELET_NEXT: 1,
    PIPELET_ERROR: 2,
    importScript: unsupported('importScript'),
    importPackage: unsupported('importPackage'),
    importClass: unsupported('importClass'),
  }
}

/** The global `request`; made of what the API's request said, or of the call alone. */
function requestOf({ requestId, clientId, method, wire }: RequestFacts, custom: Document): object {
  const { parameters = {}, headers = {} } = wire ?? {}
  const httpParameters = new HashMap()
  for (const [name, values] of Object.entries(parameters)) httpParameters.put(name, [...values])
  const httpHeaders = new HeaderMap()
  for (const [name, value] of Object.entries(headers)) httpHeaders.put(name, value)
  let locale = localeOf(parameters, headers)
  const setLocale = (given: unknown): true => {
    locale = String(given)
    return true
  }
  const { host = null, referer = null, 'user-agent': userAgent = null } = headers
  return platformObject({
    type: 'dw.system.Request',
    properties: {
      custom: { get: () => custom },
      httpParameters: { get: () => httpParameters },
      httpParameterMap: { get: () => parameterMap(parameters) },
      httpHeaders: { get: () => httpHeaders },
      httpHost: { get: () => host },
      httpReferer: { get: () => referer },
      httpUserAgent: { get: () => userAgent },
      httpMethod: { get: () => wire?.method ?? method },
      locale: { get: () => locale, set: setLocale },
      requestID: { get: () => requestId },
      clientId: { get: () => clientId ?? null },
      SCAPI: { get: () => false },
    },
    methods: { isSCAPI: () => false, isHttpRequest: () => wire !== undefined, setLocale },
  })
}

type Wire = NonNullable<RequestFacts['wire']>

/** `de_DE`: of the parameter `locale`, else the first language of Accept-Language, else `default`. */
function localeOf(parameters: Wire['parameters'], headers: Wire['headers']): string {
  const named = parameters['locale']?.[0] ?? /^\s*([A-Za-z][\w-]*)/.exec(headers['accept-language'] ?? '')?.[1]
  if (named === undefined) return 'default'
  const [language = '', country] = named.split(/[-_]/)
  return country === undefined ? language : `${language}_${country.toUpperCase()}`
}

/** A parameter of `request.httpParameterMap`; one that was not sent is empty. */
function parameterOf(values: readonly string[]): object {
  const [first = null] = values
  const isNumber = first !== null && first.trim() !== '' && Number.isFinite(Number(first))
  const isSubmitted = values.length > 0
  const isEmpty = first === null || first === ''
  return platformObject({
    type: 'dw.web.HttpParameter',
    properties: {
      value: { get: () => first },
      rawValue: { get: () => first },
      stringValue: { get: () => first },
      stringValues: { get: () => listOf(values) },
      values: { get: () => listOf(values) },
      intValue: { get: () => (isNumber ? Math.trunc(Number(first)) : null) },
      doubleValue: { get: () => (isNumber ? Number(first) : null) },
      booleanValue: { get: () => (first === null ? null : first === 'true') },
      submitted: { get: () => isSubmitted },
      empty: { get: () => isEmpty },
    },
    methods: { isSubmitted: () => isSubmitted, isEmpty: () => isEmpty },
  })
}

/** `request.httpParameterMap`: `map.name.stringValue`. */
function parameterMap(parameters: Wire['parameters']): object {
  const parameter = (name: string): object =>
    parameterOf(Object.hasOwn(parameters, name) ? (parameters[name] ?? []) : [])
  const members: Readonly<Record<string, unknown>> = {
    get: parameter,
    isParameterSubmitted: (name: string) => Object.hasOwn(parameters, name),
    parameterNames: listOf(Object.keys(parameters)),
    getParameterNames: () => listOf(Object.keys(parameters)),
    parameterCount: Object.keys(parameters).length,
    getParameterCount: () => Object.keys(parameters).length,
  }
  const noBody = (): never => {
    throw new Error('the body is not shown to scripts, since it may hold a password: read create or update')
  }
  return new Proxy(members, {
    get: (_, name) => {
      if (name === 'requestBodyAsString' || name === 'getRequestBodyAsString') return noBody()
      if (typeof name !== 'string' || Object.hasOwn(members, name)) return Reflect.get(members, name) as unknown
      return parameter(name)
    },
  })
}

function sessionOf(request: RequestFacts): object {
  const [custom, privacy] = [{}, {}]
  return platformObject({
    type: 'dw.system.Session',
    properties: {
      custom: { get: () => custom },
      privacy: { get: () => privacy },
      customer: { get: () => null },
      sessionID: { get: () => request.requestId },
      customerAuthenticated: { get: () => false },
    },
    methods: { isCustomerAuthenticated: () => false },
  })
}

/** True for nothing, an empty text and an empty collection. */
export function empty(value: unknown): boolean {
  if (value === undefined || value === null || value === '' || value === false || value === 0) return true
  if (typeof value !== 'object') return false
  if (Array.isArray(value)) return value.length === 0
  return value instanceof HashMap && value.empty
}
