/** JSON file storage: the contract, crashes, the files themselves. */
import { chmod, cp, mkdir, mkdtemp, readdir, readFile, readlink, rm, stat, symlink, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { expect } from 'chai'
import { describe, it } from 'mocha'
import { jsonFileStorage } from '../adapters/storage/file/json-file.js'
import type { CustomerRecord, Storage } from '../core/ports/storage.js'
import { customerRecord, storageContract } from './storage-contract.js'
import { DataFile, list, insert, numbersIn, range } from './support/data-file.js'

storageContract(
  { describe, it },
  {
    name: 'JSON file',
    maxWaiting: 60,
    open: async (options) => {
      const folder = await mkdtemp(path.join(os.tmpdir(), 'clientele-'))
      const open = async (): Promise<Storage> => {
        const storage = jsonFileStorage({ file: path.join(folder, 'customers.json'), maxWaiting: 60 })
        await storage.open(options)
        return storage
      }
      let current = await open()
      return {
        storage: current,
        second: async () => current,
        reopen: async () => {
          await current.close()
          current = await open()
          return current
        },
        dispose: async () => {
          await current.close()
          await rm(folder, { recursive: true })
        },
      }
    },
  },
)

describe('JSON file storage: durable', () => {
  const data = new DataFile()
  const { open, crash, journal } = data

  describe('crash and reopen', () => {
    it('what was acknowledged is there, what was not is whole or absent', async () => {
      const storage = await open({ journalBytes: 10_000 })
      const acknowledged: string[] = []
      const write = async (writer: number): Promise<void> => {
        for (let i = 0; i < 40; i++) {
          const number = `${writer}-${i}`
          await insert(storage, number, `${number}b`)
          acknowledged.push(number)
        }
      }
      const writers = Promise.all(range(0, 16).map((writer) => write(Number(writer))))
      const crashes: { readonly file: string; readonly known: readonly string[] }[] = []
      const original = data.file
      while (crashes.length < 12 && acknowledged.length < 500) {
        const known = [...acknowledged]
        // The files are copied one after another while they change: what is read last is newest, as the journal must be.
        data.file = original
        const names = (await readdir(path.dirname(data.file)))
          .filter((name) => /^customers\.json(\.journal-\d+)?$/.test(name))
          .toSorted()
        const copy = path.dirname(data.another())
        await mkdir(copy)
        const isCopied = await Promise.all(
          names.map((name) => cp(path.join(path.dirname(data.file), name), path.join(copy, name))),
        ).catch(() => undefined)
        if (isCopied) crashes.push({ file: path.join(copy, 'customers.json'), known })
      }
      await writers
      await storage.close()
      let checked = 0
      for (const { file: copy, known } of crashes) {
        data.file = copy
        // A copy that a compaction ran through may lack a segment; opening then says so instead of losing it.
        const reopened = await open().catch((error: Error) => error)
        if (reopened instanceof Error) {
          expect(reopened.message).to.match(/group|journal/)
          continue
        }
        const found = new Set(await numbersIn(reopened))
        for (const number of known) expect(found.has(number) && found.has(`${number}b`), number).to.equal(true)
        for (const number of found)
          expect(found.has(number.endsWith('b') ? number.slice(0, -1) : `${number}b`)).to.equal(true)
        await reopened.close()
        checked++
      }
      expect(checked).to.be.above(0)
      data.file = original
      expect(await numbersIn(await open())).to.have.length(16 * 40 * 2)
    })

    it('removals, updates, counters and all lists come back from the journal alone', async () => {
      const storage = await open()
      await insert(storage, '1', '2', '3')
      await storage.write('other', async (unit) => void (await unit.customers.insert(customerRecord('x'))))
      await storage.write(list, async (unit) => {
        const two = (await unit.customers.get({ customerNo: '2' })) as CustomerRecord
        await unit.customers.remove(two)
        const one = (await unit.customers.get({ customerNo: '1' })) as CustomerRecord
        await unit.customers.update({ ...one, keys: { customerNo: '9' }, customerNo: '9' })
      })
      expect(await storage.counter(list, 'customerNo', 100)).to.equal(1)
      await crash()
      const again = await open()
      expect(await numbersIn(again)).to.deep.equal(['9', '3'])
      expect(await again.counter(list, 'customerNo', 1)).to.equal(101)
      expect(await again.read('other', async (unit) => (await unit.customers.find({})).total)).to.equal(1)
      expect(await again.read(list, (unit) => unit.customers.get({ customerNo: '1' }))).to.equal(undefined)
    })

    it('a crash between the new snapshot and the removal of old segments loses and doubles nothing', async () => {
      const storage = await open()
      await insert(storage, '1', '2')
      const old = await readFile(journal(1))
      await storage.close()
      expect(await readdir(path.dirname(data.file))).to.have.members(['customers.json', 'customers.json.journal-2'])
      await writeFile(journal(1), old)
      const again = await open()
      expect(await numbersIn(again)).to.deep.equal(['1', '2'])
      expect(await readdir(path.dirname(data.file))).not.to.include('customers.json.journal-1')
      await insert(again, '3')
      await crash()
      expect(await numbersIn(await open())).to.deep.equal(['1', '2', '3'])
    })

    it('what a crash left of a snapshot that was being written is removed', async () => {
      const storage = await open()
      await insert(storage, '1')
      await writeFile(`${data.file}.0f.tmp`, 'half')
      await crash()
      expect(await numbersIn(await open())).to.deep.equal(['1'])
      expect(await readdir(path.dirname(data.file))).not.to.include('customers.json.0f.tmp')
    })
  })

  describe('the file in its place', () => {
    it('a symbolic link stays, the file it leads to is written', async () => {
      const target = path.join(data.base, 'target')
      await mkdir(target)
      const link = data.file
      await symlink(path.join(target, 'data.json'), link)
      for (const number of ['1', '2']) {
        const storage = await open()
        await insert(storage, number)
        await storage.close()
      }
      expect(await readlink(link)).to.equal(path.join(target, 'data.json'))
      expect(await readdir(path.dirname(link))).to.deep.equal(['customers.json'])
      expect(await readFile(path.join(target, 'data.json'), 'utf8')).to.contain('"customerNo":"2"')
      expect(await numbersIn(await open())).to.deep.equal(['1', '2'])
    })
    it('a new file is for its owner alone; a mode that was set is kept, also for the journal', async () => {
      const modeOf = async (name: string): Promise<number> => (await stat(name)).mode & 0o777
      const storage = await open()
      await insert(storage, '1')
      await storage.close()
      expect([await modeOf(data.file), await modeOf(journal(2))]).to.deep.equal([0o600, 0o600])
      await chmod(data.file, 0o664)
      const again = await open()
      await insert(again, '2')
      await again.close()
      expect([await modeOf(data.file), await modeOf(journal(3))]).to.deep.equal([0o664, 0o664])
    })
    it('files that others may read are warned of, by name', async () => {
      const storage = await open()
      await insert(storage, '1')
      await storage.close()
      await (await open()).close()
      expect(data.warnings).to.deep.equal([])
      await chmod(data.file, 0o644)
      await (await open()).close()
      expect(data.warnings).to.deep.equal([`${data.file} is open to other users of this machine (mode 644): chmod 600`])
    })
    it('folders are made', async () => {
      data.file = path.join(path.dirname(data.file), 'a', 'b', 'customers.json')
      const storage = await open()
      await insert(storage, '1')
      await storage.close()
      expect(await readdir(path.dirname(data.file))).to.include('customers.json')
      expect(await numbersIn(await open())).to.deep.equal(['1'])
    })
    it('the snapshot is pleasant to read: JSON, one record per line, grouped by list and kind, always in one order', async () => {
      const storage = await open()
      const record = (number: string, more = {}) => customerRecord(number, { id: number.padStart(24, '0'), ...more })
      for (const name of ['b', 'a'])
        await storage.write(name, async (unit) => {
          const keys = { customer: '1', address: '1/home' }
          const { creationDate, lastModified } = record('1')
          const common = { version: 1, schema: 1, creationDate, lastModified }
          await unit.addresses.insert({ id: 'a'.repeat(24), ...common, keys, addressId: 'home', isDefault: true })
          await unit.customers.insert(record('2'))
          await unit.customers.insert(record('1', { title: 'Dr' }))
        })
      await storage.counter('a', 'customerNo', 100)
      await storage.close()
      const text = await readFile(data.file, 'utf8')
      const customer = (number: string, title = ''): string =>
        `{"id":"${number.padStart(24, '0')}","version":1,"schema":1,"keys":{"customerNo":"${number}"},"customerNo":"${number}",` +
        `"active":true,"credentials":{"locked":false},"creationDate":"2026-01-01T00:00:00.000Z","lastModified":"2026-01-01T00:00:00.000Z"${title}}`
      const ofList = [
        '"customers": [',
        `${customer('2')},`,
        customer('1', ',"title":"Dr"'),
        '],',
        '"addresses": [',
        `{"id":"${'a'.repeat(24)}","version":1,"schema":1,"creationDate":"2026-01-01T00:00:00.000Z","lastModified":"2026-01-01T00:00:00.000Z","keys":{"customer":"1","address":"1/home"},"addressId":"home","isDefault":true}`,
        ']',
      ]
      const lines = text.split('\n')
      expect(lines.slice(0, -2)).to.deep.equal([
        '{"clientele": 1, "sequence": 3, "lists": {',
        '"a": {',
        '"counters": {"customerNo":101},',
        ...ofList,
        '},',
        '"b": {',
        '"counters": {},',
        ...ofList,
        '}',
      ])
      expect(lines.at(-2)).to.match(/^\}, "records": 6, "checksum": "[0-9a-f]{8}"\}$/)
      expect(JSON.parse(text)).to.have.nested.property('lists.a.customers[1].title', 'Dr')
      await (await open()).close()
      expect(await readFile(data.file, 'utf8')).to.equal(text)
    })
    it('a store that rests writes its snapshot by itself', async () => {
      const storage = await open()
      await insert(storage, '1')
      for (let text = ''; !text.includes('"customerNo":"1"');) {
        await new Promise((resolve) => setImmediate(resolve))
        text = await readFile(data.file, 'utf8').catch(() => '')
      }
    })
  })

  describe('compaction under writers', () => {
    it('sixteen writers go on through many snapshots; all is there afterwards, and old segments are gone', async () => {
      const storage = await open({ journalBytes: 20_000 })
      const write = async (writer: number): Promise<void> => {
        for (let i = 0; i < 60; i++) {
          const record = await storage.write(list, (unit) => unit.customers.insert(customerRecord(`${writer}-${i}`)))
          if (i % 3 === 0) await storage.write(list, (unit) => unit.customers.remove(record))
          if (i % 3 === 1)
            await storage.write(list, async (unit) => void (await unit.customers.update({ ...record, title: 'x' })))
        }
      }
      await Promise.all(range(0, 16).map((writer) => write(Number(writer))))
      const expected = await storage.read(list, (unit) => unit.customers.find({}))
      expect(expected.total).to.equal(16 * 40)
      expect(Number(/journal-(\d+)/.exec((await readdir(path.dirname(data.file))).join())?.[1])).to.be.above(3)
      await crash()
      const again = await open()
      expect(await again.read(list, (unit) => unit.customers.find({}))).to.deep.equal(expected)
      await again.close()
      expect(await readdir(path.dirname(data.file))).to.have.length(2)
    })
  })
})
