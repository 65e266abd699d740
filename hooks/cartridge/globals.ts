/** The globals of scripts: request, session, customer, empty, and what says that it is not supported. */
import { HashMap } from './objects/collections.js'
import { platformObject } from './platform-object.js'
import type { Document, RequestFacts } from './messages.js'

/** Globals for the scripts of one request; `dw` is added by the worker. */
export function globalsOf(request: RequestFacts, custom: Document): Record<string, unknown> {
  const none = new HashMap()
  const unsupported = (name: string) => (): never => {
    throw new Error(`${name} is not supported: use require`)
  }
  const globalRequest = platformObject({
    type: 'dw.system.Request',
    properties: {
      custom: { get: () => custom },
      httpParameters: { get: () => none },
      httpParameterMap: { get: () => none },
      httpHeaders: { get: () => none },
      httpMethod: { get: () => request.method },
      locale: { get: () => 'default', set: () => undefined },
      requestID: { get: () => request.requestId },
      clientId: { get: () => request.clientId ?? null },
      SCAPI: { get: () => false },
    },
    methods: { isSCAPI: () => false, isHttpRequest: () => true, setLocale: () => true },
  })
  return {
    request: globalRequest,
    session: sessionOf(request),
    customer: null,
    empty,
    importScript: unsupported('importScript'),
    importPackage: unsupported('importPackage'),
    importClass: unsupported('importClass'),
  }
}

function sessionOf(request: RequestFacts): object {
  const bag = {}
  return platformObject({
    type: 'dw.system.Session',
    properties: {
      custom: { get: () => bag },
      privacy: { get: () => bag },
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
