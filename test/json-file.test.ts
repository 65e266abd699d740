import {
  chmod,
  cp,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  readlink,
  rename,
  rm,
  stat,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { expect } from 'chai'
import { after, before, beforeEach, describe, it } from 'mocha'
import { jsonFileStorage } from '../adapters/storage/file/json-file.js'
import type { JsonFileOptions } from '../adapters/storage/file/json-file.js'
import { heartbeat } from '../adapters/storage/file/lock-file.js'
import { SchemaTooNew, StorageUnavailable } from '../core/ports/storage.js'
import type { CustomerRecord, Storage } from '../core/ports/storage.js'
import { contractOptions, customerRecord, storageContract } from './storage-contract.js'
import { start } from './support/child.js'
import { failingDisk } from './support/failing-disk.js'
import type { DiskFault } from './support/failing-disk.js'

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

const list = 'SiteGenesis'
const insert = (storage: Storage, ...numbers: readonly string[]): Promise<void> =>
  storage.write(list, async (unit) => {
    for (const number of numbers) await unit.customers.insert(customerRecord(number))
  })
const numbersIn = (storage: Storage): Promise<string[]> =>
  storage.read(list, async (unit) => (await unit.customers.find({})).items.map(({ customerNo }) => customerNo))
const errorOf = (promise: Promise<unknown>): Promise<Error> =>
  promise.then(
    () => new Error('it did not fail'),
    (error: Error) => error,
  )
const range = (from: number, to: number): string[] => Array.from({ length: to - from }, (_, i) => String(from + i))

const isStored = (name: string): boolean => !/\.(tmp|lock)$/.test(name)
const whenGone = (error: NodeJS.ErrnoException): undefined => {
  if (error.code !== 'ENOENT') throw error
}

describe('JSON file storage: durable (issue 3)', () => {
  let base: string
  let count = 0
  let file: string
  let warnings: string[]
  const opened: Storage[] = []
  before(async () => {
    base = await mkdtemp(path.join(os.tmpdir(), 'clientele-'))
  })
  after(async () => {
    await Promise.all(opened.map((storage) => storage.close()))
    await rm(base, { recursive: true })
  })
  beforeEach(async () => {
    file = path.join(base, String(++count), 'customers.json')
    await mkdir(path.dirname(file))
    warnings = []
  })

  const open = async (more: Partial<JsonFileOptions> = {}): Promise<Storage> => {
    const storage = jsonFileStorage({ file, ...more })
    const heard = warnings
    await storage.open({ ...contractOptions, warn: (message) => heard.push(message) })
    opened.push(storage)
    return storage
  }
  /** Names, places and sizes of the stored files. */
  const shape = async (): Promise<string> => {
    const names = (await readdir(path.dirname(file))).filter(isStored)
    const facts = names.map(async (name) => {
      const { ino, size } = await stat(path.join(path.dirname(file), name))
      return [name, ino, size]
    })
    return JSON.stringify(await Promise.all(facts))
  }
  /** Leaves the files as a crash would have left them now: a copy of one moment, taken again if a snapshot came between. */
  const crash = async (): Promise<void> => {
    for (;;) {
      const copy = path.join(base, String(++count))
      const before = await shape().catch(whenGone)
      const isCopied = await cp(path.dirname(file), copy, { recursive: true, filter: isStored }).then(
        () => true,
        whenGone,
      )
      if (before === undefined || !isCopied || (await shape().catch(whenGone)) !== before) continue
      file = path.join(copy, 'customers.json')
      return
    }
  }
  const journal = (segment: number): string => `${file}.journal-${segment}`
  const linesOf = async (name: string): Promise<string[]> => (await readFile(name, 'utf8')).split('\n').slice(0, -1)
  const writeLines = (name: string, lines: readonly string[]): Promise<void> =>
    writeFile(name, lines.map((line) => `${line}\n`).join(''))
  const content = async (): Promise<Record<string, string>> => {
    const names = (await readdir(path.dirname(file))).toSorted()
    const texts = names.map(
      async (name) => [name, await readFile(path.join(path.dirname(file), name), 'utf8')] as const,
    )
    return Object.fromEntries(await Promise.all(texts))
  }
  /** Opening fails with this message, and no file is changed. */
  const refuses = async (message: RegExp): Promise<void> => {
    const before = await content()
    expect((await errorOf(open())).message).to.match(message)
    expect(await content()).to.deep.equal(before)
  }
  /** Four groups in the journal, the customers 1 to 4, and no snapshot. */
  const fourGroups = async (): Promise<void> => {
    const storage = await open()
    for (const number of range(1, 5)) await insert(storage, number)
    await crash()
  }
  /** Two segments of a journal whose snapshots could not be written, the customers 1 to 20, and a third segment. */
  const segments = async (): Promise<void> => {
    const disk = failingDisk()
    disk.faults = [{ at: ['open'], file: /customers\.json\.[^.]+\.tmp$/, code: 'ENOSPC' }]
    const storage = await open({ disk, journalBytes: 1_000 })
    for (const number of range(1, 21)) await insert(storage, number)
    await crash()
    expect((await readdir(path.dirname(file))).length).to.be.above(2)
  }

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
      const original = file
      while (crashes.length < 12 && acknowledged.length < 500) {
        const known = [...acknowledged]
        // The files are copied one after another while they change: what is read last is newest, as the journal must be.
        file = original
        const names = (await readdir(path.dirname(file)))
          .filter((name) => /^customers\.json(\.journal-\d+)?$/.test(name))
          .toSorted()
        const copy = path.join(base, String(++count))
        await mkdir(copy)
        const isCopied = await Promise.all(
          names.map((name) => cp(path.join(path.dirname(file), name), path.join(copy, name))),
        ).catch(() => undefined)
        if (isCopied) crashes.push({ file: path.join(copy, 'customers.json'), known })
      }
      await writers
      await storage.close()
      let checked = 0
      for (const { file: copy, known } of crashes) {
        file = copy
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
      file = original
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
      expect(await readdir(path.dirname(file))).to.have.members(['customers.json', 'customers.json.journal-2'])
      await writeFile(journal(1), old)
      const again = await open()
      expect(await numbersIn(again)).to.deep.equal(['1', '2'])
      expect(await readdir(path.dirname(file))).not.to.include('customers.json.journal-1')
      await insert(again, '3')
      await crash()
      expect(await numbersIn(await open())).to.deep.equal(['1', '2', '3'])
    })

    it('what a crash left of a snapshot that was being written is removed', async () => {
      const storage = await open()
      await insert(storage, '1')
      await writeFile(`${file}.0f.tmp`, 'half')
      await crash()
      expect(await numbersIn(await open())).to.deep.equal(['1'])
      expect(await readdir(path.dirname(file))).not.to.include('customers.json.0f.tmp')
    })
  })

  describe('torn last line: dropped with a warning', () => {
    it('wherever it is torn', async () => {
      await fourGroups()
      const whole = await readFile(journal(1))
      const start = whole.lastIndexOf('\n', whole.length - 2) + 1
      for (const length of [start + 1, start + 30, whole.length - 2, whole.length - 1]) {
        file = path.join(base, String(++count), 'customers.json')
        await mkdir(path.dirname(file))
        await writeFile(journal(1), whole.subarray(0, length))
        warnings = []
        const storage = await open()
        expect(await numbersIn(storage)).to.deep.equal(['1', '2', '3'])
        expect(warnings.join()).to.match(/torn last line/)
        await insert(storage, '5')
        await crash()
        const again = await open()
        expect(await numbersIn(again)).to.deep.equal(['1', '2', '3', '5'])
        await again.close()
      }
    })
    it('a torn line of zero bytes, as a power cut leaves them', async () => {
      await fourGroups()
      await writeFile(journal(1), Buffer.concat([await readFile(journal(1)), Buffer.alloc(4_096)]))
      expect(await numbersIn(await open())).to.deep.equal(['1', '2', '3', '4'])
    })
    it('nothing torn, no warning', async () => {
      await fourGroups()
      await open()
      expect(warnings).to.deep.equal([])
    })
  })

  describe('any other damage: an error that names file and line, and nothing is overwritten', () => {
    it('a damaged line in the middle of the journal', async () => {
      await fourGroups()
      const lines = await linesOf(journal(1))
      for (const [line, damaged] of [
        [3, lines[2]?.replace('"customerNo":"2"', '"customerNo":"7"')],
        [3, lines[2]?.slice(0, -5)],
        [2, ''],
        [5, lines[4]?.replace('"sequence":4', '"sequence":5')],
        [1, lines[0]?.replace('"after":0', '"after":7')],
        [1, 'x'],
      ] as const) {
        await writeLines(
          journal(1),
          lines.map((text, index) => (index === line - 1 ? (damaged as string) : text)),
        )
        await refuses(new RegExp(`customers\\.json\\.journal-1, line ${line}: `))
      }
    })
    it('a gap in the sequence', async () => {
      await fourGroups()
      const lines = await linesOf(journal(1))
      await writeLines(
        journal(1),
        lines.filter((_, index) => index !== 2),
      )
      await refuses(/journal-1, line 3: group 3 follows group 1/)
      await writeLines(journal(1), [...lines, lines[4] as string])
      await refuses(/journal-1, line 6: group 4 follows group 4/)
    })
    it('a segment that is missing, cut or empty', async () => {
      await segments()
      const second = await readFile(journal(2))
      await rm(journal(2))
      await refuses(/journal-3, line 1: goes on after group \d+, but the segment before it ends with group \d+/)
      await writeFile(journal(2), second.subarray(0, second.lastIndexOf('\n', second.length - 2) + 1))
      await refuses(/journal-3, line 1: goes on after group \d+, but/)
      await writeFile(journal(2), second.subarray(0, -3))
      await refuses(/journal-2: the end of the last line is missing/)
      await writeFile(journal(2), '')
      await refuses(/journal-2, line 1: is empty/)
      await writeFile(journal(2), second)
      expect(await numbersIn(await open())).to.deep.equal(range(1, 21))
    })
    it('a snapshot that is missing, old, or without its journal', async () => {
      const storage = await open()
      await insert(storage, '1')
      await storage.close()
      const old = await readFile(file)
      const again = await open()
      await insert(again, '2')
      await again.close()
      const snapshot = await readFile(file)
      await rm(file)
      await refuses(
        /journal-3, line 1: goes on after group 2, but the snapshot holds groups up to 0: it is missing, or old/,
      )
      await writeFile(file, old)
      await refuses(/journal-3, line 1: goes on after group 2, but the snapshot holds groups up to 1/)
      await writeFile(file, snapshot)
      await rename(journal(3), `${file}.away`)
      await refuses(/customers\.json has lost its journal/)
    })
    it('a damaged snapshot', async () => {
      const storage = await open()
      await insert(storage, ...range(1, 6))
      await storage.close()
      const text = await readFile(file, 'utf8')
      const lines = text.split('\n')
      const record = lines.findIndex((line) => line.includes('"customerNo":"3"'))
      const damaged: readonly (readonly [string, RegExp])[] = [
        [text.replace('"customerNo":"3"', '"customerNo":"7"'), /customers\.json, line \d+: the checksum is another/],
        [text.slice(0, 600), /customers\.json, line \d+: /],
        [lines.slice(0, -2).join('\n'), /customers\.json, line \d+: the end is missing/],
        [
          lines.filter((_, index) => index !== record).join('\n'),
          /customers\.json, line \d+: 4 records, but 5 were written/,
        ],
        ['', /customers\.json: is empty/],
        ['{}', /customers\.json, line 1: not a file of this library/],
        ['hello', /customers\.json, line 1: not a file of this library/],
        [`${text}more\n`, /customers\.json, line \d+: text after the end/],
        [text.replace('"clientele": 1', '"clientele": 2'), /customers\.json, line 1: format 2, this library knows 1/],
        [
          lines.map((line, index) => (index === record ? '{"id": "x' : line)).join('\n'),
          new RegExp(`line ${record + 1}: not JSON`),
        ],
      ]
      for (const [contents, message] of damaged) {
        await writeFile(file, contents)
        await refuses(message)
      }
    })
    it('a record of a newer schema is refused when it is read, and kept', async () => {
      const storage = await open()
      await storage.write(list, async (unit) => void (await unit.customers.insert(customerRecord('1', { schema: 9 }))))
      await storage.close()
      const again = await open()
      expect(await errorOf(numbersIn(again))).to.be.instanceOf(SchemaTooNew)
      await insert(again, '2')
      await again.close()
      expect(await readFile(file, 'utf8')).to.contain('"schema":9')
    })
  })

  describe('repair, for an operator: what can be read is kept, and the damaged files too', () => {
    const isDamaged = (name: string): boolean => name.includes('.damaged-')
    it('a damaged journal, up to the damage', async () => {
      await fourGroups()
      const lines = await linesOf(journal(1))
      const damaged = lines.map((line, index) => (index === 3 ? line.replace('"3"', '"7"') : line))
      await writeLines(journal(1), damaged)
      const storage = await open({ repair: true })
      expect(await numbersIn(storage)).to.deep.equal(['1', '2'])
      expect(warnings).to.have.length(1)
      const kept = (await readdir(path.dirname(file))).filter(isDamaged)
      expect(await linesOf(path.join(path.dirname(file), kept[0] as string))).to.deep.equal(damaged)
      await insert(storage, '5')
      await crash()
      expect(await numbersIn(await open())).to.deep.equal(['1', '2', '5'])
    })
    it('a damaged snapshot, line by line, with the journal on top', async () => {
      const storage = await open()
      await insert(storage, ...range(1, 6))
      await storage.close()
      const again = await open()
      await insert(again, '6')
      await crash()
      await writeFile(file, (await readFile(file, 'utf8')).replace('"customerNo":"3"', '"customerNo"'))
      const repaired = await open({ repair: true })
      expect(await numbersIn(repaired)).to.deep.equal(['1', '2', '4', '5', '6'])
      expect(warnings.length).to.be.above(0)
      await repaired.close()
      expect(await numbersIn(await open())).to.deep.equal(['1', '2', '4', '5', '6'])
    })
    it('a missing snapshot: what the journal has', async () => {
      const storage = await open()
      await insert(storage, '1')
      await storage.close()
      const again = await open()
      await insert(again, '2')
      await crash()
      await rm(file)
      expect(await numbersIn(await open({ repair: true }))).to.deep.equal(['2'])
    })
    it('files without damage are opened as always', async () => {
      await fourGroups()
      expect(await numbersIn(await open({ repair: true }))).to.deep.equal(range(1, 5))
      expect((await readdir(path.dirname(file))).filter(isDamaged)).to.deep.equal([])
    })
  })

  describe('a disk that fails', () => {
    const full: DiskFault = { at: ['write'], file: /journal-\d+$/, code: 'ENOSPC' }
    for (const [name, fault] of [
      ['full disk', full],
      ['failed sync', { ...full, at: ['datasync'], code: 'EIO', times: 1 } as const],
    ] as const)
      it(`${name}: nothing of the unit is stored, and it goes on when there is room again`, async () => {
        const disk = failingDisk()
        const storage = await open({ disk })
        await insert(storage, '1')
        disk.faults = [fault]
        const error = await errorOf(insert(storage, '2'))
        expect(error).to.be.instanceOf(StorageUnavailable)
        expect(error).to.have.property('outcome', 'nothing')
        expect(error.message).to.match(/the journal could not be written: (ENOSPC|EIO)/)
        expect(await numbersIn(storage)).to.deep.equal(['1'])
        disk.faults = []
        await insert(storage, '2', '3')
        expect(await numbersIn(storage)).to.deep.equal(['1', '2', '3'])
        await crash()
        expect(await numbersIn(await open())).to.deep.equal(['1', '2', '3'])
        expect(warnings).to.deep.equal([])
      })

    it('if what was written cannot be taken back, the outcome is unknown and writes are refused until it is opened again', async () => {
      const disk = failingDisk()
      const storage = await open({ disk })
      await insert(storage, '1')
      disk.faults = [{ ...full, at: ['datasync', 'truncate'], code: 'EIO' }]
      expect(await errorOf(insert(storage, '2'))).to.have.property('outcome', 'unknown')
      disk.faults = []
      const refused = await errorOf(insert(storage, '3'))
      expect(refused).to.be.instanceOf(StorageUnavailable)
      expect(refused).to.have.property('outcome', 'nothing')
      expect(refused.message).to.contain('until the storage is opened again')
      expect(await errorOf(storage.counter(list, 'customerNo', 1))).to.be.instanceOf(StorageUnavailable)
      expect(await numbersIn(storage)).to.deep.equal(['1'])
      await storage.close()
      const again = await open()
      expect(await numbersIn(again)).to.deep.equal(['1', '2'])
      await insert(again, '3')
    })

    it('a snapshot or a segment that cannot be written is a warning; the journal goes on and keeps all', async () => {
      for (const place of [/customers\.json\.[^.]+\.tmp$/, /journal-\d+\.[^.]+\.tmp$/]) {
        const disk = failingDisk()
        file = path.join(base, String(++count), 'customers.json')
        const storage = await open({ disk, journalBytes: 2_000 })
        disk.faults = [{ at: ['write', 'open'], file: place, code: 'ENOSPC' }]
        for (const number of range(1, 31)) await insert(storage, number)
        expect(warnings.join()).to.match(/could not (write the snapshot|begin a new segment)/)
        disk.faults = []
        for (const number of range(31, 61)) await insert(storage, number)
        await storage.close()
        expect(await readdir(path.dirname(file))).to.have.length(2)
        expect(await numbersIn(await open())).to.deep.equal(range(1, 61))
      }
    })

    it('a read-only folder: a clear error, and nothing is left', async () => {
      await chmod(path.dirname(file), 0o555)
      const user = process.geteuid?.()
      // Root may write everywhere: it steps down for the time of this test.
      if (user === 0) process.seteuid?.(65_534)
      try {
        await chmod(base, 0o755).catch(() => {})
        const error = await errorOf(open())
        expect(error.message).to.match(/^cannot open the data file \S+customers\.json: (EACCES|EROFS|EPERM)/)
      } finally {
        if (user === 0) process.seteuid?.(0)
      }
      expect(await readdir(path.dirname(file))).to.deep.equal([])
    })
  })

  describe('the file in its place', () => {
    it('a symbolic link stays, the file it leads to is written', async () => {
      const target = path.join(base, `target-${count}`)
      await mkdir(target)
      const link = file
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
      expect([await modeOf(file), await modeOf(journal(2))]).to.deep.equal([0o600, 0o600])
      await chmod(file, 0o664)
      const again = await open()
      await insert(again, '2')
      await again.close()
      expect([await modeOf(file), await modeOf(journal(3))]).to.deep.equal([0o664, 0o664])
    })
    it('folders are made', async () => {
      file = path.join(path.dirname(file), 'a', 'b', 'customers.json')
      await insert(await open(), '1')
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
      const text = await readFile(file, 'utf8')
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
      expect(await readFile(file, 'utf8')).to.equal(text)
    })
    it('a store that rests writes its snapshot by itself', async () => {
      const storage = await open()
      await insert(storage, '1')
      for (let text = ''; !text.includes('"customerNo":"1"');) {
        await new Promise((resolve) => setImmediate(resolve))
        text = await readFile(file, 'utf8').catch(() => '')
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
      expect(Number(/journal-(\d+)/.exec((await readdir(path.dirname(file))).join())?.[1])).to.be.above(3)
      await crash()
      const again = await open()
      expect(await again.read(list, (unit) => unit.customers.find({}))).to.deep.equal(expected)
      await again.close()
      expect(await readdir(path.dirname(file))).to.have.length(2)
    })
  })

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
      expect(await readdir(path.dirname(file))).not.to.include('customers.json.lock')
      await writeFile(file, 'x')
      await errorOf(open())
      expect(await readdir(path.dirname(file))).not.to.include('customers.json.lock')
    })
    it('of a process killed with -9 is taken over at once', async () => {
      const child = start('test/support/json-file-owner.js', { FILE: file })
      await child.printed(/open/)
      expect((await errorOf(open())).message).to.contain(`in use by process ${child.pid} `)
      await child.stop('SIGKILL')
      const begun = performance.now()
      expect(await numbersIn(await open())).to.deep.equal(['1'])
      expect(performance.now() - begun).to.be.below(1_000)
      expect(warnings).to.deep.equal([`took over the lock file of process ${child.pid}, which is gone`])
    })
    it('of a process number that another process has now is taken over at once', async () => {
      await (await open()).close()
      const mine = await open()
      const lock = JSON.parse(await readFile(`${file}.lock`, 'utf8')) as object
      await mine.close()
      await writeFile(`${file}.lock`, JSON.stringify({ ...lock, start: '1' }))
      await insert(await open(), '1')
    })
    it('of another machine or container is alive as long as it gives signs of life', async () => {
      await writeFile(`${file}.lock`, foreign({}))
      const beat = setInterval(() => void utimes(`${file}.lock`, new Date(), new Date()), 50)
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
          await writeFile(`${file}.lock`, text)
          await (await open()).close()
        }
      } finally {
        heartbeat.missing = missing
      }
    })
    it('that was lost while running: the owner stops writing and leaves the file to its new owner', async () => {
      const storage = await open()
      await insert(storage, '1')
      await rename(`${file}.lock`, `${file}.lock.aside`)
      await writeFile(`${file}.lock`, foreign({}))
      const before = await content()
      let error = new Error('none')
      // What was checked a moment ago is not checked again at once.
      for (const end = performance.now() + 2_000; performance.now() < end && !/taken away/.test(error.message);) {
        error = await errorOf(insert(storage, customerRecord('x').id))
        await new Promise((resolve) => setTimeout(resolve, 20))
      }
      expect(error).to.be.instanceOf(StorageUnavailable)
      expect(error).to.have.property('outcome', 'nothing')
      const lines = await linesOf(journal(1))
      expect(await errorOf(insert(storage, '3'))).to.be.instanceOf(StorageUnavailable)
      await storage.close()
      expect(await linesOf(journal(1))).to.deep.equal(lines)
      expect(await readdir(path.dirname(file))).not.to.include('customers.json')
      expect((await content())['customers.json.lock']).to.equal(before['customers.json.lock'])
    })
    it('ten at once: one gets it', async () => {
      await writeFile(`${file}.lock`, JSON.stringify({ ...(JSON.parse(foreign({})) as object), host: os.hostname() }))
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
