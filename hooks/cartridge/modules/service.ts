/** `dw/svc/LocalServiceRegistry` and `dw/net/HTTPClient`, by way of services that the host names. */
import type { Asking } from '../bridge.js'
import type { ServiceAnswer, ServiceFacts } from '../messages.js'
import { HashMap } from '../objects/collections.js'
import { platformObject } from '../platform-object.js'
import type { ModuleMaker } from './surroundings.js'

/** What a script says of a service. */
interface Callbacks {
  createRequest?(service: object, ...args: unknown[]): unknown
  parseResponse?(service: object, client: object): unknown
  mockCall?(service: object, request: unknown): unknown
  filterLogMessage?(message: string): string
  getRequestLogMessage?(request: unknown): string
  getResponseLogMessage?(response: unknown): string
}

/** Modules by name. */
export const serviceModules: Readonly<Record<string, ModuleMaker>> = {
  'dw/svc/LocalServiceRegistry': ({ bridge, setup }) => ({
    createService: (name: string, callbacks: Callbacks = {}) => {
      const facts = Object.hasOwn(setup.services, name) ? setup.services[name] : undefined
      if (!facts)
        throw new Error(
          `the host names no service '${name}'; it names: ${Object.keys(setup.services).join(', ') || 'none'} (option services of loadCartridges)`,
        )
      return serviceOf(bridge, name, facts, callbacks)
    },
  }),
  'dw/svc/Result': () => ({ OK: 'OK', ERROR: 'ERROR', SERVICE_UNAVAILABLE: 'SERVICE_UNAVAILABLE' }),
  'dw/net/HTTPClient': ({ bridge }) => httpClientOf(bridge),
}

function serviceOf(bridge: Asking, name: string, facts: ServiceFacts, callbacks: Callbacks): object {
  const asked = { method: 'POST', url: facts.url ?? '', headers: {} as Record<string, string>, authentication: 'BASIC' }
  const parameters = new URLSearchParams()
  const configuration = configurationOf(name, facts)
  const chained =
    (set: (...args: string[]) => void) =>
    (...args: string[]): object => {
      set(...args)
      return service
    }
  const call = (...args: unknown[]): object => {
    try {
      return resultOf(send(bridge, { name, facts, callbacks, service, asked, parameters }, args))
    } catch (error) {
      return failureOf(error)
    }
  }
  const service: object = platformObject({
    type: 'dw.svc.HTTPService',
    properties: {
      configuration: { get: () => configuration },
      URL: { get: () => asked.url, set: (url) => void (asked.url = String(url)) },
      requestMethod: { get: () => asked.method, set: (method) => void (asked.method = String(method)) },
    },
    methods: {
      setURL: chained((url = '') => void (asked.url = url)),
      setRequestMethod: chained((method = '') => void (asked.method = method)),
      setAuthentication: chained((kind = '') => void (asked.authentication = kind)),
      addHeader: chained((header = '', value = '') => void (asked.headers[header] = value)),
      addParam: chained((param = '', value = '') => parameters.set(param, value)),
      setThrowOnError: () => service,
      isMock: () => facts.isMocked,
      call,
    },
  })
  return service
}

function configurationOf(name: string, facts: ServiceFacts): object {
  const credential = platformObject({
    type: 'dw.svc.ServiceCredential',
    properties: {
      ID: { get: () => name },
      user: { get: () => facts.user ?? null },
      password: { get: () => facts.password ?? null },
      URL: { get: () => facts.url ?? null },
    },
    methods: { getURL: () => facts.url ?? null },
  })
  return platformObject({
    type: 'dw.svc.ServiceConfig',
    properties: { ID: { get: () => name }, credential: { get: () => credential } },
  })
}

interface Sending {
  readonly name: string
  readonly facts: ServiceFacts
  readonly callbacks: Callbacks
  readonly service: object
  readonly asked: { method: string; url: string; headers: Record<string, string>; authentication: string }
  readonly parameters: URLSearchParams
}

/** One call; throws what a failed answer is. */
function send(bridge: Asking, sending: Sending, args: readonly unknown[]): unknown {
  const { name, facts, callbacks, service, asked, parameters } = sending
  const request = callbacks.createRequest?.(service, ...args)
  const isUnreachable = facts.url === undefined && asked.url === '' && !facts.isMocked
  if (isUnreachable && callbacks.mockCall) return callbacks.mockCall(service, request)
  const headers = { ...asked.headers }
  if (asked.authentication === 'BASIC' && facts.user !== undefined)
    headers['Authorization'] ??= `Basic ${Buffer.from(`${facts.user}:${facts.password ?? ''}`).toString('base64')}`
  const query = parameters.toString()
  const url = query === '' ? asked.url : `${asked.url}${asked.url.includes('?') ? '&' : '?'}${query}`
  const body =
    request === undefined || request === null
      ? undefined
      : typeof request === 'string'
        ? request
        : JSON.stringify(request)
  const answer = bridge.service(name, { method: asked.method, url, headers, body, timeout: undefined })
  if (answer.status >= 400) throw new FailedAnswer(answer)
  const client = clientOf(answer)
  return callbacks.parseResponse ? callbacks.parseResponse(service, client) : client
}

class FailedAnswer extends Error {
  override readonly name = 'FailedAnswer'
  readonly answer: ServiceAnswer
  constructor(answer: ServiceAnswer) {
    super(answer.text)
    this.answer = answer
  }
}

const result = (status: string, object: unknown, error: number, message: string | null): object =>
  platformObject({
    type: 'dw.svc.Result',
    properties: {
      status: { get: () => status },
      object: { get: () => object },
      error: { get: () => error },
      errorMessage: { get: () => message },
      msg: { get: () => message ?? status },
      ok: { get: () => status === 'OK' },
      unavailableReason: { get: () => null },
      mockResult: { get: () => false },
    },
    methods: { isOk: () => status === 'OK', isMockResult: () => false },
  })
const resultOf = (object: unknown): object => result('OK', object ?? null, 0, null)
const failureOf = (error: unknown): object =>
  error instanceof FailedAnswer
    ? result('ERROR', null, error.answer.status, error.message)
    : result('SERVICE_UNAVAILABLE', null, 0, error instanceof Error ? error.message : String(error))

/** An answer, as `parseResponse` gets it. */
function clientOf({ status, text, headers }: ServiceAnswer): object {
  return platformObject({
    type: 'dw.net.HTTPClient',
    properties: {
      statusCode: { get: () => status },
      text: { get: () => text },
      errorText: { get: () => (status >= 400 ? text : null) },
      responseHeaders: {
        get: () => {
          const map = new HashMap()
          for (const [name, value] of Object.entries(headers)) map.put(name, value)
          return map
        },
      },
    },
    methods: { getResponseHeader: (name: string) => headers[name.toLowerCase()] ?? null },
  })
}

/** The class `dw.net.HTTPClient`: addresses of the host's services alone. */
function httpClientOf(bridge: Asking): object {
  return class HTTPClient {
    #asked = { method: 'GET', url: '' }
    #timeout: number | undefined
    readonly #headers: Record<string, string> = {}
    statusCode = 0
    text: string | null = null
    errorText: string | null = null
    open(method: string, url: string): void {
      this.#asked = { method, url }
    }
    setTimeout(ms: number): void {
      this.#timeout = ms
    }
    setRequestHeader(name: string, value: string): void {
      this.#headers[name] = value
    }
    send(body?: string): void {
      const answer = bridge.service('', { ...this.#asked, headers: this.#headers, body, timeout: this.#timeout })
      this.statusCode = answer.status
      this.text = answer.status < 400 ? answer.text : null
      this.errorText = answer.status < 400 ? null : answer.text
    }
    getStatusCode(): number {
      return this.statusCode
    }
    getText(): string | null {
      return this.text
    }
    getErrorText(): string | null {
      return this.errorText
    }
  }
}
