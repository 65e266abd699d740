/** The files of the page, as they stand in `page/`: no build step makes them. */
import { readFile } from 'node:fs/promises'

/** They stand beside the sources, from which nothing is compiled to reach them. */
const folder = new URL('../../../../adapters/command/explorer/page/', import.meta.url)

const types: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  svg: 'image/svg+xml',
}

/** A file of the page. */
export interface Asset {
  readonly type: string
  readonly bytes: Uint8Array
}

/** A file of the page by its name; undefined where there is none. */
export async function assetOf(name: string): Promise<Asset | undefined> {
  const type = types[/^[a-z-]+\.([a-z]+)$/.exec(name)?.[1] ?? '']
  if (type === undefined) return undefined
  const bytes = await readFile(new URL(name, folder)).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
  return bytes && { type, bytes }
}
