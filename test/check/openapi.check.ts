/** The OpenAPI documents pass the rules of a linter. */
import { execFileSync } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, describe, it } from 'mocha'
import { ocapi } from '../../adapters/ocapi/index.js'
import { openapi } from '../../adapters/openapi/index.js'
import { yaas } from '../../adapters/yaas/index.js'
import { plain } from '../support/plain-flavour.js'
import { root } from '../support/sources.js'

const flavours = {
  ocapi: ocapi(),
  'ocapi with settings': ocapi({ settings: { _v: '16.2', clients: [] } }),
  yaas: yaas(),
  plain: plain(),
}
const gateway = { 'yaas behind a gateway': yaas({ gateway: true, putStatus: 204, validationStatus: 409 }) }

describe('openapi: documents without a finding of @redocly/cli (adapters/README.md, OpenAPI)', () => {
  let folder: string
  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'clientele-'))
  })
  after(() => rm(folder, { recursive: true }))

  for (const [name, flavour] of Object.entries({ ...flavours, ...gateway }))
    it(name, async () => {
      const file = path.join(folder, 'openapi.json')
      await writeFile(file, JSON.stringify(await openapi(flavour, { server: 'https://shop.clientele.test' })))
      const linter = path.join(root, 'node_modules/@redocly/cli/bin/cli.js')
      const rules = ['--extends', 'recommended-strict', '--max-problems', '20']
      try {
        execFileSync(process.execPath, [linter, 'lint', file, ...rules], {
          cwd: folder,
          encoding: 'utf8',
          stdio: 'pipe',
          env: { ...process.env, REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true' },
        })
      } catch (error) {
        const { stdout, stderr } = error as { readonly stdout: string; readonly stderr: string }
        throw new Error(stdout + stderr, { cause: error })
      }
    })
})
