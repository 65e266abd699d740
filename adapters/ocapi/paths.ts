/** Paths of the Data API (decision 2.1). */
import { ownFault } from './faults.js'

const base = /^(?:\/s\/([^/]*))?\/dw\/data(?:\/([^/]*))?(.*)$/

/** The usual way to say the base and the version. */
const usual = '/s/-/dw/data/v16_2'

/** True for the paths of the Data API, with and without a site part (decision 1.13). */
export function isDataPath(path: string): boolean {
  if (path.startsWith(usual)) return true
  return path.startsWith('/dw/data/') || (path.startsWith('/s/') && /^\/s\/[^/]*\/dw\/data\//.test(path))
}

/** The path below the version. Throws for a site, a bad version and broken percent-encoding. */
export function resourceOf(path: string): string {
  if (path.startsWith(`${usual}/`)) return decodable(path.slice(usual.length))
  const [, site, version = '', resource = ''] = base.exec(path) ?? []
  if (site !== undefined && site !== '-') throw ownFault('SiteAccessForbiddenException', { siteId: decoded(site) })
  if (version !== 'v16_2') {
    if (/^v\d{1,2}_\d{1,2}$/.test(version))
      throw ownFault('VersionNotFoundException', { version: version.slice(1).replace('_', '.') })
    throw ownFault('InvalidVersionException')
  }
  return decodable(resource)
}

/** The same text. Throws for broken percent-encoding. */
function decodable(text: string): string {
  if (text.includes('%')) decoded(text)
  return text
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw ownFault('ResourcePathException', { message: 'it has a malformed percent-encoding' })
  }
}
