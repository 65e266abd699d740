/** The Link header of a page (adapters/yaas/README.md, Lists). */
import type { ApiRequest } from '../http/protocol.js'
import type { PageAsked } from './parameters.js'

/** The links of a page: self always, next and prev where there is such a page; other parameters stay. */
export function pageLinks(request: ApiRequest, url: string, page: PageAsked, total: number): string {
  const last = Math.ceil(total / page.pageSize)
  const query = new URLSearchParams(request.query)
  const link = (pageNumber: number, rel: string): string => {
    query.set('pageNumber', String(pageNumber))
    query.set('pageSize', String(page.pageSize))
    return `<${url}?${query.toString()}>; rel="${rel}"`
  }
  const links = [link(page.pageNumber, 'self')]
  if (page.pageNumber < last) links.push(link(page.pageNumber + 1, 'next'))
  if (page.pageNumber > 1) links.push(link(Math.max(1, Math.min(page.pageNumber - 1, last)), 'prev'))
  return links.join(', ')
}
