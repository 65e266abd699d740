/** Links from page to page (decision 2.3). */
import type { OcapiExchange } from './exchange.js'
import type { PageAsked } from './parameters.js'

/** Absolute URL of another page: keeps path form, mount prefix, `select` and `format`. */
function pageLink(x: OcapiExchange, page: PageAsked): string {
  const { request } = x
  const query = new URLSearchParams({ count: String(page.count) })
  for (const name of ['format', 'select']) {
    const value = request.query.get(name)
    if (value !== null) query.set(name, value)
  }
  query.set('start', String(page.start))
  return `${x.site}${request.path}?${query.toString()}`
}

/** The links of a page to its neighbours, where there are such. */
export function pageLinks(
  x: OcapiExchange,
  { start, count }: PageAsked,
  total: number,
): { readonly next?: string; readonly previous?: string } {
  const links: { next?: string; previous?: string } = {}
  if (start + count < total) links.next = pageLink(x, { start: start + count, count })
  if (start > 0) links.previous = pageLink(x, { start: Math.max(0, start - count), count })
  return links
}
