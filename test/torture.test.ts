import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect } from 'chai'
import { afterEach, beforeEach, describe, it } from 'mocha'
import { randomSource } from './random-queries.js'
import { tortureServer } from './torture/server.js'
import { tortureStorage } from './torture/storage.js'

describe('torture, the short version: SIGKILL while sixteen writers run', () => {
  let folder: string
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'clientele-'))
  })
  afterEach(() => rm(folder, { recursive: true }))

  it('the example server loses no acknowledged write and half-applies nothing', async () => {
    const { writes, losses } = await tortureServer(folder, 2, randomSource(Date.now()))
    expect(losses).to.deep.equal([])
    expect(writes).to.be.above(0)
  })
  it('nor does the storage while snapshots follow one another', async () => {
    const { writes, losses } = await tortureStorage(folder, 4, randomSource(Date.now()))
    expect(losses).to.deep.equal([])
    expect(writes).to.be.above(0)
  })
})
