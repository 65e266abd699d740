/** What the host says of its cartridges. */
import { checkOptions } from '../../core/model/options.js'
import { SetupError } from '../../core/model/setup-error.js'
import type { PoolOptions } from './pool.js'
import type { Service } from './services.js'

/** Options of `loadCartridges`. */
export interface CartridgeOptions {
  /** Id of the site that `Site.getCurrent()` gives; default the id of the request's customer list. */
  readonly site?: string
  /** Custom preferences of the site by name. */
  readonly preferences?: Readonly<Record<string, unknown>>
  /** Services by name: where they are, or a function in their place. */
  readonly services?: Readonly<Record<string, Service>>
  /** Worker threads: default as many scripts at once as processors, 32 threads, 64 MB each, a wait of 1,000 ms. */
  readonly workers?: Partial<PoolOptions>
  /** Milliseconds for one script; the library's `limits.handler` holds too. */
  readonly timeLimit?: number
}

/** The options, if they are right. Throws a SetupError that names the one that is not. */
export function checkedOptions(options: CartridgeOptions): CartridgeOptions {
  checkOptions<CartridgeOptions>('loadCartridges', options, {
    site: 'string',
    preferences: 'object',
    services: 'object',
    workers: 'object',
    timeLimit: 'number',
  })
  const { workers = {}, services = {} } = options
  checkOptions<Partial<PoolOptions>>('workers', workers, {
    atOnce: 'number',
    atMost: 'number',
    memory: 'number',
    wait: 'number',
  })
  for (const [name, figure] of Object.entries({ ...workers, timeLimit: options.timeLimit ?? 1 }))
    if (!Number.isInteger(figure) || figure < 1)
      throw new SetupError(`loadCartridges: ${name} is a whole number from 1`)
  for (const [name, service] of Object.entries(services))
    checkOptions<Service>(`service '${name}'`, service, {
      url: 'string',
      user: 'string',
      password: 'string',
      mock: 'function',
    })
  return options
}
