/** A second copy of the package is a start-up error that says so. */
import { cp, mkdtemp, rm } from 'node:fs/promises'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect } from 'chai'
import { describe, it } from 'mocha'
import { customerApi } from '../adapters/http/koa.js'
import type * as Memory from '../adapters/storage/local/memory.js'
import { memoryStorage as ownStorage } from '../adapters/storage/local/memory.js'
import type * as Ocapi from '../adapters/ocapi/index.js'
import type * as Core from '../core/index.js'
import { SetupError, createClientele } from '../core/index.js'
import { root } from './support/sources.js'

describe('a second copy of the package', () => {
  it('is told at start, for a storage, for a library that a door of another copy serves, and for a flavour', async () => {
    const folder = await mkdtemp(path.join(root, 'dist', 'copy-'))
    try {
      for (const room of ['core', 'adapters'])
        await cp(path.join(root, 'dist', room), path.join(folder, room), { recursive: true })
      const load = (file: string): Promise<unknown> => import(pathToFileURL(path.join(folder, file)).href)
      const { memoryStorage } = (await load('adapters/storage/local/memory.js')) as typeof Memory
      const other = (await load('core/index.js')) as typeof Core
      const customerLists = [{ id: 'SiteGenesis' }]
      const error = await createClientele({ customerLists, storage: memoryStorage() }).catch((error: unknown) => error)
      expect(error).to.be.instanceOf(SetupError)
      expect((error as Error).message).to.match(/^the storage comes from a second copy of clientele/)
      const clientele = await other.createClientele({ customerLists, storage: memoryStorage() })
      expect(() => customerApi(clientele, { flavours: [], authenticate: () => undefined })).to.throw(
        SetupError,
        'the library comes from a second copy of clientele',
      )
      await clientele.close()
      const { ocapi } = (await load('adapters/ocapi/index.js')) as typeof Ocapi
      const own = await createClientele({ customerLists, storage: ownStorage() })
      expect(() => customerApi(own, { flavours: [ocapi()], authenticate: () => undefined })).to.throw(
        SetupError,
        'flavours[0] comes from a second copy of clientele',
      )
      await own.close()
    } finally {
      await rm(folder, { recursive: true })
    }
  })
})
