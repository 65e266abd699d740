/** The doors of the package in a folder: this one, or an older version of it. */
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import type * as Koa from '../../adapters/http/koa.js'
import type * as Node from '../../adapters/http/node.js'
import type * as OAuth from '../../adapters/oauth/index.js'
import type * as Ocapi from '../../adapters/ocapi/index.js'
import type * as JsonFile from '../../adapters/storage/file/json-file.js'
import type * as Memory from '../../adapters/storage/local/memory.js'
import type * as Postgres from '../../adapters/storage/postgres/postgres.js'
import type * as Yaas from '../../adapters/yaas/index.js'
import type * as Core from '../../core/index.js'

interface Doors {
  readonly '.': typeof Core
  readonly './koa': typeof Koa
  readonly './node': typeof Node
  readonly './oauth': typeof OAuth
  readonly './ocapi': typeof Ocapi
  readonly './yaas': typeof Yaas
  readonly './storage/memory': typeof Memory
  readonly './storage/json-file': typeof JsonFile
  readonly './storage/postgres': typeof Postgres
}

/** Folder of this package. */
export const ownRoot = fileURLToPath(new URL('../../..', import.meta.url))

/** Imports a door of the package in a folder. */
export async function door<N extends keyof Doors>(root: string, name: N): Promise<Doors[N]> {
  const { exports } = JSON.parse(await readFile(path.join(root, 'package.json'), 'utf8')) as {
    readonly exports: Readonly<Record<string, { readonly default: string }>>
  }
  const file = exports[name]?.default
  if (file === undefined) throw new Error(`${root} has no door ${name}`)
  return (await import(pathToFileURL(path.join(root, file)).href)) as Doors[N]
}
