/** JSON file storage: one process has the file (adapters/storage/README.md, Lock file). */
import { readdir, readFile, rename, utimes, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { expect } from 'chai'
import { describe, it } from 'mocha'
import { heartbeat } from '../adapters/storage/file/lock-file.js'
import { StorageUnavailable } from '../core/ports/storage.js'
import { customerRecord } from './storage-contract.js'
import { start } from './support/child.js'
import { DataFile, insert, numbersIn, errorOf, range } from './support/data-file.js'

describe('JSON file storage', () => {
  const data = new DataFile()
  const { open, journal, linesOf, content, refuses } = data

  describe('lock file: one process has the file', () => {
    const foreign = (more: object): string =>
      JSON.stringify({
        token: 't',
        pid: 7,
        host: 'elsewhere',
        since: '2026-01-01T00:00:00.000Z',
        boot: 'other',
        namespace: 'other',
        start: '1',
        ...more,
      })

    it('a second opening fails and names the owner, in the same process too', async () => {
      await open()
      await refuses(
        new RegExp(
          `customers\\.json is in use by process ${process.pid} on \\S+ since \\S+ \\(lock file \\S+customers\\.json\\.lock\\)`,
        ),
      )
    })
    it('is gone after closing, also after a failed opening', async () => {
      await (await open()).close()
      expect(await readdir(path.dirname(data.file))).not.to.include('customers.json.lock')
      await writeFile(data.file, 'x')
      await errorOf(open())
      expect(await readdir(path.dirname(data.file))).not.to.include('customers.json.lock')
    })
    it('of a process killed with -9 is taken over at once', async () => {
      const child = start('test/support/json-file-owner.js', { FILE: data.file })
      await child.printed(/open/)
      expect((await errorOf(open())).message).to.contain(`in use by process ${child.pid} `)
      await child.stop('SIGKILL')
      const begun = performance.now()
      expect(await numbersIn(await open())).to.deep.equal(['1'])
      expect(performance.now() - begun).to.be.below(heartbeat.missing)
      expect(data.warnings).to.deep.equal([`took over the lock file of process ${child.pid}, which is gone`])
    })
    it('of a process number that another process has now is taken over at once', async () => {
      await (await open()).close()
      const mine = await open()
      const lock = JSON.parse(await readFile(`${data.file}.lock`, 'utf8')) as object
      await mine.close()
      await writeFile(`${data.file}.lock`, JSON.stringify({ ...lock, start: '1' }))
      await insert(await open(), '1')
    })
    it('of another machine or container is alive as long as it gives signs of life', async () => {
      await writeFile(`${data.file}.lock`, foreign({}))
      const beat = setInterval(() => void utimes(`${data.file}.lock`, new Date(), new Date()), 50)
      try {
        await refuses(/in use by process 7 on elsewhere since 2026-01-01T00:00:00\.000Z/)
      } finally {
        clearInterval(beat)
      }
    })
    it('of another machine or container is taken over when it gives none', async () => {
      const { missing } = heartbeat
      expect(missing).to.equal(5_000)
      heartbeat.missing = 300
      try {
        for (const text of [foreign({}), '', 'x', 'null']) {
          await writeFile(`${data.file}.lock`, text)
          await (await open()).close()
        }
      } finally {
        heartbeat.missing = missing
      }
    })
    it('that was lost while running: the owner stops writing and leaves the file to its new owner', async () => {
      const storage = await open()
      await insert(storage, '1')
      await rename(`${data.file}.lock`, `${data.file}.lock.aside`)
      await writeFile(`${data.file}.lock`, foreign({}))
      const before = await content()
      let error = new Error('none')
      // What was checked a moment ago is not checked again at once.
      while (!/taken away/.test(error.message)) error = await errorOf(insert(storage, customerRecord('x').id))
      expect(error).to.be.instanceOf(StorageUnavailable)
      expect(error).to.have.property('outcome', 'nothing')
      const lines = await linesOf(journal(1))
      expect(await errorOf(insert(storage, '3'))).to.be.instanceOf(StorageUnavailable)
      await storage.close()
      expect(await linesOf(journal(1))).to.deep.equal(lines)
      expect(await readdir(path.dirname(data.file))).not.to.include('customers.json')
      expect((await content())['customers.json.lock']).to.equal(before['customers.json.lock'])
    })
    it('ten at once: one gets it', async () => {
      await writeFile(
        `${data.file}.lock`,
        JSON.stringify({ ...(JSON.parse(foreign({})) as object), host: os.hostname() }),
      )
      const { missing } = heartbeat
      heartbeat.missing = 300
      try {
        const results = await Promise.all(
          range(0, 10).map(() =>
            open().then(
              () => 1,
              (error: Error) => (expect(error.message).to.match(/in use|changing hands/), 0),
            ),
          ),
        )
        expect(results.filter(Boolean)).to.have.length(1)
      } finally {
        heartbeat.missing = missing
      }
    })
  })
})
