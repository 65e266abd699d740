/** Links from page to page (decision 2.3). */
import type { ApiRequest } from '../http/protocol.js'
import type { PageAsked } from './parameters.js'

/** Absolute URL of another page: keeps path form, mount prefix, `select` and `format`. */
function pageLink(request: ApiRequest, page: PageAsked): string {
  const query = new URLSearchParams({ count: String(page.count) })
  for (const name of ['format', 'select']) {
    const value = request.query.get(name)
    if (value !== null) query.set(name, value)
  }
  query.set('start', String(page.start))
  return `${request.origin}${request.mountPath}${request.path}?${query.toString()}`
}

/** The links of a page to its neighbours, where there are such. */
export function pageLinks(
  request: ApiRequest,
  { start, count }: PageAsked,
  total: number,
): { readonly next?: string; readonly previous?: string } {
  const links: { next?: string; previous?: string } = {}
  if (start + count < total) links.next = pageLink(request, { start: start + count, count })
  if (start > 0) links.previous = pageLink(request, { start: Math.max(0, start - count), count })
  return links
}
