/** JSON file storage: damaged files and disks that fail (adapters/storage/README.md, Damage and repair). */
import { chmod, cp, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { expect } from 'chai'
import { describe, it } from 'mocha'
import { SchemaTooNew, StorageUnavailable } from '../core/ports/storage.js'
import { customerRecord } from './storage-contract.js'
import { DataFile, list, insert, numbersIn, errorOf, range } from './support/data-file.js'
import { failingDisk } from './support/failing-disk.js'
import type { DiskFault } from './support/failing-disk.js'

describe('JSON file storage: damage', () => {
  const data = new DataFile()
  const { open, crash, journal, content, linesOf, writeLines, refuses, fourGroups, segments } = data

  describe('torn last line: dropped with a warning', () => {
    it('wherever it is torn', async () => {
      await fourGroups()
      const whole = await readFile(journal(1))
      const start = whole.lastIndexOf('\n', whole.length - 2) + 1
      for (const length of [start + 1, start + 30, whole.length - 2, whole.length - 1]) {
        data.file = data.another()
        await mkdir(path.dirname(data.file))
        await writeFile(journal(1), whole.subarray(0, length))
        data.warnings = []
        const storage = await open()
        expect(await numbersIn(storage)).to.deep.equal(['1', '2', '3'])
        expect(data.warnings.join()).to.match(/torn last line/)
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
      expect(data.warnings).to.deep.equal([])
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
      const old = await readFile(data.file)
      const again = await open()
      await insert(again, '2')
      await again.close()
      const snapshot = await readFile(data.file)
      await rm(data.file)
      await refuses(
        /journal-3, line 1: goes on after group 2, but the snapshot holds groups up to 0: it is missing, or old/,
      )
      await writeFile(data.file, old)
      await refuses(/journal-3, line 1: goes on after group 2, but the snapshot holds groups up to 1/)
      await writeFile(data.file, snapshot)
      await rename(journal(3), `${data.file}.away`)
      await refuses(/customers\.json has lost its journal/)
    })
    it('a damaged snapshot', async () => {
      const storage = await open()
      await insert(storage, ...range(1, 6))
      await storage.close()
      const text = await readFile(data.file, 'utf8')
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
        await writeFile(data.file, contents)
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
      expect(await readFile(data.file, 'utf8')).to.contain('"schema":9')
    })
  })

  describe('line ends and marks that an editor or a transfer has added are named, and repair keeps every line', () => {
    const crlf = (text: string) => text.replaceAll('\n', '\r\n')
    const marked = (text: string) => `\ufeff${text}`
    for (const [what, change, message] of [
      ['CRLF', crlf, /has Windows line ends \(CRLF\)/],
      ['a BOM', marked, /has a byte order mark/],
      ['both', (text: string) => marked(crlf(text)), /has a byte order mark/],
    ] as const) {
      it(`${what} in a snapshot`, async () => {
        const storage = await open()
        await insert(storage, ...range(1, 6))
        await storage.close()
        await writeFile(data.file, change(await readFile(data.file, 'utf8')))
        await refuses(message)
        const repaired = await open({ repair: true })
        expect(await numbersIn(repaired)).to.deep.equal(range(1, 6))
        expect(data.warnings, 'one for each addition').to.have.length(what === 'both' ? 2 : 1)
        await repaired.close()
        expect(await numbersIn(await open())).to.deep.equal(range(1, 6))
      })
      it(`${what} in a journal`, async () => {
        await fourGroups()
        await writeFile(journal(1), change(await readFile(journal(1), 'utf8')))
        await refuses(message)
        expect(await numbersIn(await open({ repair: true }))).to.deep.equal(['1', '2', '3', '4'])
      })
    }
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
      expect(data.warnings).to.have.length(1)
      const kept = (await readdir(path.dirname(data.file))).filter(isDamaged)
      expect(await linesOf(path.join(path.dirname(data.file), kept[0] as string))).to.deep.equal(damaged)
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
      await writeFile(data.file, (await readFile(data.file, 'utf8')).replace('"customerNo":"3"', '"customerNo"'))
      const repaired = await open({ repair: true })
      expect(await numbersIn(repaired)).to.deep.equal(['1', '2', '4', '5', '6'])
      expect(data.warnings.length).to.be.above(0)
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
      await rm(data.file)
      expect(await numbersIn(await open({ repair: true }))).to.deep.equal(['2'])
    })
    it('files without damage are opened as always', async () => {
      await fourGroups()
      expect(await numbersIn(await open({ repair: true }))).to.deep.equal(range(1, 5))
      expect((await readdir(path.dirname(data.file))).filter(isDamaged)).to.deep.equal([])
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
        expect(data.warnings).to.deep.equal([])
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

    for (const [name, takeAway] of [
      ['unlinked', (file: string) => rm(file)],
      ['renamed', (file: string) => rename(file, `${file}.aside`)],
      ['replaced', (file: string) => cp(file, `${file}.copy`).then(() => rename(`${file}.copy`, file))],
    ] as const)
      it(`a journal that was ${name} under a running process: nothing is stored, and no more is written`, async () => {
        const storage = await open()
        await insert(storage, '1')
        await takeAway(journal(1))
        const error = await errorOf(insert(storage, '2'))
        expect(error).to.be.instanceOf(StorageUnavailable)
        expect(error).to.have.property('outcome', 'nothing')
        expect(error.message).to.match(/the journal \S+journal-1 was taken away/)
        expect((await errorOf(insert(storage, '3'))).message).to.contain('until the storage is opened again')
        expect(data.warnings.join()).to.contain('was taken away')
        expect(await numbersIn(storage)).to.deep.equal(['1'])
        const before = await content()
        await storage.close()
        delete before['customers.json.lock']
        expect(await content()).to.deep.equal(before)
      })

    it('a disk that is full when it is opened: a clear error, and nothing is left', async () => {
      for (const file of [/\.lock\..*\.tmp$/, /journal-1\..*\.tmp$/]) {
        const disk = failingDisk()
        disk.faults = [{ at: ['write'], file, code: 'ENOSPC' }]
        expect((await errorOf(open({ disk }))).message).to.match(
          /^cannot open the data file \S+customers\.json: ENOSPC/,
        )
        expect(await readdir(path.dirname(data.file))).to.deep.equal([])
      }
    })

    it('a snapshot or a segment that cannot be written is a warning; the journal goes on and keeps all', async () => {
      for (const place of [/customers\.json\.[^.]+\.tmp$/, /journal-\d+\.[^.]+\.tmp$/]) {
        const disk = failingDisk()
        data.file = data.another()
        const storage = await open({ disk, journalBytes: 2_000 })
        disk.faults = [{ at: ['write', 'open'], file: place, code: 'ENOSPC' }]
        for (const number of range(1, 31)) await insert(storage, number)
        expect(data.warnings.join()).to.match(/could not (write the snapshot|begin a new segment)/)
        disk.faults = []
        for (const number of range(31, 61)) await insert(storage, number)
        await storage.close()
        expect(await readdir(path.dirname(data.file))).to.have.length(2)
        expect(await numbersIn(await open())).to.deep.equal(range(1, 61))
      }
    })

    it('a read-only folder: a clear error, and nothing is left', async () => {
      await chmod(path.dirname(data.file), 0o555)
      const user = process.geteuid?.()
      // Root may write everywhere: it steps down for the time of this test.
      if (user === 0) process.seteuid?.(65_534)
      try {
        await chmod(data.base, 0o755).catch(() => {})
        const error = await errorOf(open())
        expect(error.message).to.match(/^cannot open the data file \S+customers\.json: (EACCES|EROFS|EPERM)/)
      } finally {
        if (user === 0) process.seteuid?.(0)
      }
      expect(await readdir(path.dirname(data.file))).to.deep.equal([])
    })
  })
})
