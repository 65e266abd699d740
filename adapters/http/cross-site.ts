/**
 * Requests without a token: a browser may have sent them by itself, with a cookie of ours, for a page of another site. Such
 * a page can send forms and plain text unasked, but neither JSON nor XML, and the browser says where it stands.
 */
import type { FlavourName } from '../../core/model/documents.js'
import type { Exchange } from './exchange.js'
import { contentTypes } from './media-types.js'
import { headerOf, refuse } from './protocol.js'

const safe = ['GET', 'HEAD', 'OPTIONS']

/** Whether it is JSON or XML, or a type that is made of them. */
const isDocument = contentTypes<boolean>({
  meaning: (type) => /^(?:application|text)\/(?:[^/]+\+)?(?:json|xml)$/.test(type),
  charsets: ['utf-8', 'utf8', 'us-ascii'],
  checksParameters: false,
})

/**
 * Refuses a change that another site may have sent: `Sec-Fetch-Site` and `Origin`, where they are sent, must be our own, and
 * the Content-Type JSON or XML (decision 1.12). The log says what is needed. Throws crossSite, contentTypeMalformed and
 * contentTypeUnsupported.
 */
export function refuseOtherSites(x: Exchange, flavour: FlavourName): void {
  if (safe.includes(x.method)) return
  const { headers } = x.request
  const fetched = headerOf(headers, 'sec-fetch-site')
  const origin = headerOf(headers, 'origin')
  const own = ownOrigin(x)
  if (origin !== undefined && origin !== own) {
    note(x, flavour, `its Origin must be ${own ?? 'our own'} (publicUrl says what that is behind a proxy)`)
    throw refuse('crossSite', { from: origin })
  }
  if (fetched !== undefined && fetched !== 'same-origin' && fetched !== 'none') {
    note(x, flavour, 'its Sec-Fetch-Site must be same-origin')
    throw refuse('crossSite', { from: fetched })
  }
  if (isDocument(headers)) return
  note(x, flavour, 'its Content-Type must be JSON or XML')
  throw refuse('contentTypeUnsupported', { contentType: headerOf(headers, 'content-type') ?? '' })
}

function note({ surroundings, method, requestId }: Exchange, flavour: FlavourName, why: string): void {
  const facts = { flavour, check: 'site', method, requestId }
  surroundings.clientele.warn(`a change without a token was refused: ${why}`, facts)
}

/** Scheme and host that our own pages have: those that links begin with. */
function ownOrigin({ site }: Exchange): string | undefined {
  return URL.canParse(site) ? new URL(site).origin : undefined
}
