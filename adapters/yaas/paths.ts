/** Paths below the flavour's base (adapters/yaas/README.md, Endpoints). */
import type { YaasExchange } from './exchange.js'

/** The path of a request below the base: `/{tenant}/customers`. */
export function pathBelow(x: YaasExchange): string {
  return x.request.path.slice(x.options.basePath.length)
}

/** The tenant that a path below the base names; as it stands if it cannot be decoded. */
export function tenantOf(path: string): string | undefined {
  const segment = /^\/([^/]+)/.exec(path)?.[1]
  try {
    return segment && decodeURIComponent(segment)
  } catch {
    return segment
  }
}

/** Path of a customer below the tenant. */
export const customerPath = (customerNo: string): string => `/customers/${encodeURIComponent(customerNo)}`

/** Path of a customer's addresses, or of one of them, below the tenant. */
export function addressPath(customerNo: string, addressId?: string): string {
  const addresses = `${customerPath(customerNo)}/addresses`
  return addressId === undefined ? addresses : `${addresses}/${encodeURIComponent(addressId)}`
}

/** Absolute URL of a path below the tenant. */
export function urlOf(x: YaasExchange, path: string): string {
  return `${x.base}/${encodeURIComponent(x.params['tenant'] ?? '')}${path}`
}
