import { SetupError } from '../../core/model/setup-error.js'
/** A copy of an address that secrets may travel to: https, or http on this machine. Throws for another, naming the option. */
export function secureUrl(option: string, url: URL): URL {
  const loopback = /^(localhost|127(\.\d+){3}|\[::1\])$/.test(url.hostname)
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && loopback))
    throw new SetupError(`${option}: ${url.origin} is neither https nor on this machine`)
  return new URL(url)
}
