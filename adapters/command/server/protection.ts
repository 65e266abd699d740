/** What protects the example server: headers for browsers, time limits of connections, and patience with wrong secrets. */
import type { ServerOptions } from 'node:http'
import type { Middleware } from 'koa'
import { Recent } from '../../../core/model/recent.js'

/** Milliseconds that a request may take to come: its head, and all of it. Far less than Node's own five minutes. */
export const serverLimits: ServerOptions = {
  headersTimeout: 10_000,
  requestTimeout: 60_000,
  connectionsCheckingInterval: 5_000,
}

const headers = {
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
  'Referrer-Policy': 'no-referrer',
  'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'",
} as const

/** Headers of every answer, for browsers; a page that needs more says so itself. */
export const securityHeaders: Middleware = (context, next) => {
  context.set(headers)
  if (context.secure) context.set('Strict-Transport-Security', 'max-age=31536000')
  return next()
}

/** Wrong secrets that an address may send at once, and milliseconds after which one more is forgiven. */
const [burst, forgiven] = [20, 6_000]

/** Counts the wrong secrets of each address: who guesses is told to come again later, with the right one too. */
export class Throttle {
  readonly #now: () => number
  /** When everything of an address is forgiven. */
  readonly #clean = new Recent<string, { readonly at: number }>(10_000)

  constructor(now: () => number = () => performance.now()) {
    this.#now = now
  }

  /** Seconds to wait until the address may try again; 0: now. */
  wait(address: string): number {
    const { at = 0 } = this.#clean.get(address) ?? {}
    return Math.max(0, Math.ceil((at - this.#now() - burst * forgiven + forgiven) / 1_000))
  }

  /** Notes a wrong secret. */
  failed(address: string): void {
    const { at = 0 } = this.#clean.get(address) ?? {}
    this.#clean.set(address, { at: Math.max(at, this.#now()) + forgiven })
  }

  /** Forgets the mistakes of an address that knew the secret. */
  succeeded(address: string): void {
    this.#clean.delete(address)
  }
}
