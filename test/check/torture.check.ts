import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect } from 'chai'
import { describe, it } from 'mocha'
import { randomSource } from '../random-queries.js'
import { describeResult } from '../torture/result.js'
import { tortureServer } from '../torture/server.js'
import { tortureStorage } from '../torture/storage.js'

describe('torture, the medium version: `npm run torture` runs 1,000 rounds', () => {
  for (const [name, torture] of [
    ['example server', tortureServer],
    ['storage', tortureStorage],
  ] as const)
    it(`${name}: forty rounds, no acknowledged write lost, nothing half-applied`, async () => {
      const folder = await mkdtemp(path.join(tmpdir(), 'clientele-'))
      const result = await torture(folder, 40, randomSource(Date.now()))
      console.log(describeResult(name, result))
      expect(result.losses).to.deep.equal([])
      await rm(folder, { recursive: true })
    })
})
