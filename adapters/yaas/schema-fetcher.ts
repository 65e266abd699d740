/** Fetches mixin schemas over https from origins that the host allows (decision 3.12). Nothing else is ever fetched. */
import { lookup } from 'node:dns/promises'
import { request } from 'node:https'
import { BlockList, isIP } from 'node:net'
import type { LookupFunction } from 'node:net'
import { checkOptions } from '../../core/model/options.js'
import { isObject } from '../../core/model/json.js'
import { Recent } from '../../core/model/recent.js'
import { SetupError } from '../../core/model/setup-error.js'
import { Turns } from '../../core/work/turns.js'

/** Settings of a schema fetcher. */
export interface SchemaFetcherOptions {
  /** Origins that may be asked: `https://api.beta.yaas.io`. */
  readonly origins: readonly string[]
  /** Time that one fetch may take, in milliseconds; default 2,000. */
  readonly timeout?: number
  /** Bytes that a schema may have; default 262,144. */
  readonly maxBytes?: number
  /** Time that an answer is kept, in milliseconds; default one hour. That there is none is kept for a tenth of it. */
  readonly keep?: number
  /** Schemas that are kept, and as many URLs that have none; default 200. */
  readonly cacheSize?: number
  /** Fetches at once, and fetches that may wait for that; one more gives no schema, for now. Default 8 and 100. */
  readonly atOnce?: number
  readonly waiting?: number
  /** True if the origins may have addresses of a private network or of this machine; default false. */
  readonly privateAddresses?: boolean
  /** Certificate authorities to trust instead of the well-known ones, as PEM. */
  readonly ca?: string
}

function checkFetcher(options: SchemaFetcherOptions): void {
  const figure = 'number'
  const caps = { cacheSize: figure, atOnce: figure, waiting: figure } as const
  const figures = { timeout: figure, maxBytes: figure, keep: figure, ...caps } as const
  const table = { origins: 'list', ...figures, privateAddresses: 'boolean', ca: 'string' } as const
  checkOptions<SchemaFetcherOptions>('schemaFetcher', options, table, ['origins'])
}

interface Kept {
  readonly until: number
  readonly schema: Promise<object | undefined>
}

/** What is known of URLs. Those without a schema do not push out the others: clients can name any number of them. */
class Answers {
  readonly #keep: number
  readonly #found: Recent<string, Kept>
  readonly #missing: Recent<string, Kept>

  constructor(keep: number, size: number) {
    this.#keep = keep
    this.#found = new Recent(size)
    this.#missing = new Recent(size)
  }

  /** What is known of a URL, or what `ask` gives; that it fails is not kept. */
  get(url: string, ask: () => Promise<object | undefined>): Promise<object | undefined> {
    for (const answers of [this.#found, this.#missing]) {
      const known = answers.get(url)
      if (known && known.until > Date.now()) return known.schema
    }
    const schema = ask()
    const answer = { until: Date.now() + this.#keep, schema }
    this.#missing.set(url, answer)
    const forget = (): void => this.#missing.delete(url)
    schema.then((found) => {
      if (!found) return this.#missing.set(url, { schema, until: Date.now() + this.#keep / 10 })
      forget()
      return this.#found.set(url, answer)
    }, forget)
    return schema
  }
}

/**
 * A source of schemas for the option `mixins` of `createClientele`. It follows no redirects and gives undefined for
 * every failure. Throws at once for an origin that is not https.
 *
 * ```ts
 * createClientele({ mixins: { fetch: schemaFetcher({ origins: ['https://schemas.example.com'] }) }, … })
 * ```
 */
export function schemaFetcher(options: SchemaFetcherOptions): (url: string) => Promise<object | undefined> {
  checkFetcher(options)
  const { keep = 3_600_000, cacheSize = 200, atOnce = 8, waiting = 100 } = options
  for (const origin of options.origins)
    if (!URL.canParse(origin) || new URL(origin).origin !== origin || !origin.startsWith('https://'))
      throw new SetupError(`schemaFetcher: '${origin}' is no origin like 'https://schemas.example.com'`)
  const answers = new Answers(keep, cacheSize)
  const turns = new Turns({ atOnce, waiting })
  const ask = (url: URL) => turns.run(() => fetchSchema(url, options).catch(() => undefined))

  return async (text) => {
    const url = URL.canParse(text) ? new URL(text) : undefined
    if (!url || !options.origins.includes(url.origin) || url.username !== '' || url.password !== '') return undefined
    url.hash = ''
    return answers.get(url.href, () => ask(url)).catch(() => undefined)
  }
}

async function fetchSchema(url: URL, options: SchemaFetcherOptions): Promise<object | undefined> {
  const { timeout = 2_000, maxBytes = 262_144, privateAddresses = false, ca } = options
  const signal = AbortSignal.timeout(timeout)
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1')
  const addresses = isIP(host) ? [{ address: host, family: isIP(host) }] : await lookup(host, { all: true })
  if (addresses.length === 0 || (!privateAddresses && addresses.some(({ address }) => isPrivate(address))))
    return undefined
  const found: LookupFunction = (_host, { all }, callback) => {
    const [first] = addresses as [{ address: string; family: number }]
    if (all) callback(null, addresses)
    else callback(null, first.address, first.family)
  }
  const text = await new Promise<string | undefined>((resolve, reject) => {
    const headers = { accept: 'application/schema+json, application/json', 'accept-encoding': 'identity' }
    const asked = request(url, { agent: false, lookup: found, signal, headers, ca })
    asked.once('error', reject)
    asked.once('response', (answer) => {
      if (answer.statusCode !== 200) return asked.destroy(new Error('no schema'))
      const chunks: Buffer[] = []
      let size = 0
      answer.on('data', (chunk: Buffer) => {
        size += chunk.length
        if (size > maxBytes) asked.destroy(new Error('too large'))
        else chunks.push(chunk)
      })
      answer.once('end', () => resolve(Buffer.concat(chunks).toString('utf8')))
      answer.once('error', reject)
      return undefined
    })
    asked.end()
  })
  const schema: unknown = JSON.parse(text ?? '')
  return isObject(schema) ? schema : undefined
}

const privateRanges = new BlockList()
for (const [network, prefix] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 3],
] as const)
  privateRanges.addSubnet(network, prefix, 'ipv4')
/** Of IPv6 only the global unicast range is public, without what carries IPv4 or is for documents. */
const publicRange = new BlockList()
publicRange.addSubnet('2000::', 3, 'ipv6')
for (const [network, prefix] of [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
] as const)
  privateRanges.addSubnet(network, prefix, 'ipv6')

/** True for an address that is not one of the public internet. */
export function isPrivate(address: string): boolean {
  if (isIP(address) === 4) return privateRanges.check(address, 'ipv4')
  return privateRanges.check(address, 'ipv6') || !publicRange.check(address, 'ipv6')
}
