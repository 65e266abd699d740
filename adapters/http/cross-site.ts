/**
 * Requests without a token: a browser may have sent them by itself, with a cookie of ours, for a page of another site. Such
 * a page can send forms and plain text unasked, but neither JSON nor XML, and the browser says where it stands.
 */
import type { Exchange } from './exchange.js'
import { contentTypeOf } from './media-types.js'
import type { ContentTypeRules } from './media-types.js'
import { headerOf, refuse } from './protocol.js'

const safe = ['GET', 'HEAD', 'OPTIONS']

/** JSON and XML, and types that are made of them. */
const documents: ContentTypeRules<true> = {
  meaning: (type) => (/^(?:application|text)\/(?:[^/]+\+)?(?:json|xml)$/.test(type) ? true : undefined),
  charsets: ['utf-8', 'utf8', 'us-ascii'],
  checksParameters: false,
}

/**
 * Refuses a change that another site may have sent: `Sec-Fetch-Site` and `Origin`, where they are sent, must be our own, and
 * the Content-Type JSON or XML (decision 1.12). Throws crossSite, contentTypeMalformed and contentTypeUnsupported.
 */
export function refuseOtherSites(x: Exchange): void {
  if (safe.includes(x.method)) return
  const { headers } = x.request
  const fetched = headerOf(headers, 'sec-fetch-site')
  const origin = headerOf(headers, 'origin')
  if (origin !== undefined && origin !== ownOrigin(x)) throw refuse('crossSite', { from: origin })
  if (fetched !== undefined && fetched !== 'same-origin' && fetched !== 'none')
    throw refuse('crossSite', { from: fetched })
  if (!contentTypeOf(headers, documents)) throw refuse('contentTypeUnsupported', { contentType: '' })
}

/** Scheme and host that our own pages have: those that links begin with. */
function ownOrigin({ site }: Exchange): string | undefined {
  return URL.canParse(site) ? new URL(site).origin : undefined
}
