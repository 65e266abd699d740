/** Services that the host names for scripts: where they are, or a function in their place. */
import type { ServiceAnswer, ServiceFacts, ServiceRequest } from './messages.js'

/** A service that scripts call by name (`LocalServiceRegistry`), or an address that they call themselves (`HTTPClient`). */
export interface Service {
  /** What `setURL` need not say, and what a script's own URL must begin with. */
  readonly url?: string
  readonly user?: string
  readonly password?: string
  /** Answers instead of the network: what it gives is the text of the answer, or an answer with its status. */
  readonly mock?: (
    request: ServiceRequest,
  ) => string | Partial<ServiceAnswer> | Promise<string | Partial<ServiceAnswer>>
}

/** What scripts may know of services. */
export function factsOf(services: Readonly<Record<string, Service>>): Readonly<Record<string, ServiceFacts>> {
  return Object.fromEntries(
    Object.entries(services).map(([name, { url, user, password, mock }]) => [
      name,
      { url, user, password, isMocked: mock !== undefined },
    ]),
  )
}

/** Sends a request of a script. Throws when there is no such service, or no answer. */
export async function callService(
  services: Readonly<Record<string, Service>>,
  name: string,
  request: ServiceRequest,
  signal: AbortSignal,
): Promise<ServiceAnswer> {
  const service = name === '' ? serviceAt(services, request.url) : Object.hasOwn(services, name) && services[name]
  if (!service)
    throw new Error(
      `the host names no service ${name === '' ? `for ${request.url}` : `'${name}'`}; it names: ${Object.keys(services).join(', ') || 'none'}`,
    )
  if (service.mock) {
    const given = await service.mock(request)
    const answer = typeof given === 'string' ? { text: given } : given
    return { status: 200, text: '', headers: {}, ...answer }
  }
  if (service.url !== undefined && !isBelow(request.url, service.url))
    throw new Error(`service '${name}' is at ${service.url}; the script asks for ${request.url || 'nothing'}`)
  const limit = AbortSignal.timeout(request.timeout ?? 30_000)
  const { method, headers, body } = request
  const response = await fetch(request.url, {
    method,
    headers,
    ...(body !== undefined && method !== 'GET' && { body }),
    signal: AbortSignal.any([signal, limit]),
  })
  return { status: response.status, text: await response.text(), headers: Object.fromEntries(response.headers) }
}

function serviceAt(services: Readonly<Record<string, Service>>, url: string): Service | undefined {
  return Object.values(services).find((service) => service.url !== undefined && isBelow(url, service.url))
}

/** True for the same origin and a path below: a credential goes nowhere else. */
function isBelow(url: string, base: string): boolean {
  try {
    const [asked, allowed] = [new URL(url), new URL(base)]
    return asked.origin === allowed.origin && asked.pathname.startsWith(allowed.pathname)
  } catch {
    return false
  }
}
