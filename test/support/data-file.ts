/** A JSON file in a folder of its own for each test, and what can happen to it. */
import { cp, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { expect } from 'chai'
import { after, before, beforeEach } from 'mocha'
import { jsonFileStorage } from '../../adapters/storage/file/json-file.js'
import type { JsonFileOptions } from '../../adapters/storage/file/json-file.js'
import type { Storage } from '../../core/ports/storage.js'
import { contractOptions, customerRecord } from '../storage-contract.js'
import { failingDisk } from './failing-disk.js'

/** The list that the tests work on. */
export const list = 'SiteGenesis'
/** Stores customers with these numbers in one unit. */
export const insert = (storage: Storage, ...numbers: readonly string[]): Promise<void> =>
  storage.write(list, async (unit) => {
    for (const number of numbers) await unit.customers.insert(customerRecord(number))
  })
/** The numbers of all customers, in order of creation. */
export const numbersIn = (storage: Storage): Promise<string[]> =>
  storage.read(list, async (unit) => (await unit.customers.find({})).items.map(({ customerNo }) => customerNo))
/** The error of what must fail. */
export const errorOf = (promise: Promise<unknown>): Promise<Error> =>
  promise.then(
    () => new Error('it did not fail'),
    (error: Error) => error,
  )
/** Numbers as texts, `to` excluded. */
export const range = (from: number, to: number): string[] =>
  Array.from({ length: to - from }, (_, i) => String(from + i))

const isStored = (name: string): boolean => !/\.(tmp|lock)$/.test(name)
const whenGone = (error: NodeJS.ErrnoException): undefined => {
  if (error.code !== 'ENOENT') throw error
}

/** The data file of the running test. Make one in a `describe`: it has hooks. */
export class DataFile {
  /** Where it is. A test may go on with another. */
  file = ''
  /** What the storages that were opened since the test began warned of. */
  warnings: string[] = []
  /** The folder of all tests. */
  base = ''
  #count = 0
  readonly #opened: Storage[] = []

  constructor() {
    before(async () => {
      this.base = await mkdtemp(path.join(os.tmpdir(), 'clientele-'))
    })
    after(async () => {
      await Promise.all(this.#opened.map((storage) => storage.close()))
      await rm(this.base, { recursive: true })
    })
    beforeEach(async () => {
      this.file = this.another()
      await mkdir(path.dirname(this.file))
      this.warnings = []
    })
  }

  /** A path for another data file, in a folder that is not there yet. */
  another(): string {
    return path.join(this.base, String(++this.#count), 'customers.json')
  }

  /** Opens a storage on it, which is closed after the last test. */
  readonly open = async (more: Partial<JsonFileOptions> = {}): Promise<Storage> => {
    const storage = jsonFileStorage({ file: this.file, ...more })
    const heard = this.warnings
    await storage.open({ ...contractOptions, warn: (message) => heard.push(message) })
    this.#opened.push(storage)
    return storage
  }
  /** Names, places and sizes of the stored files. */
  readonly #shape = async (): Promise<string> => {
    const names = (await readdir(path.dirname(this.file))).filter(isStored)
    const facts = names.map(async (name) => {
      const { ino, size } = await stat(path.join(path.dirname(this.file), name))
      return [name, ino, size]
    })
    return JSON.stringify(await Promise.all(facts))
  }
  /** Leaves the files as a crash would have left them now: a copy of one moment, taken again if a snapshot came between. */
  readonly crash = async (): Promise<void> => {
    for (;;) {
      const copy = path.dirname(this.another())
      const before = await this.#shape().catch(whenGone)
      const isCopied = await cp(path.dirname(this.file), copy, { recursive: true, filter: isStored }).then(
        () => true,
        whenGone,
      )
      if (before === undefined || !isCopied || (await this.#shape().catch(whenGone)) !== before) continue
      this.file = path.join(copy, 'customers.json')
      return
    }
  }
  /** A segment of its journal. */
  readonly journal = (segment: number): string => `${this.file}.journal-${segment}`
  /** The lines of a file that have an end. */
  readonly linesOf = async (name: string): Promise<string[]> => (await readFile(name, 'utf8')).split('\n').slice(0, -1)
  /** Writes a file anew. */
  readonly writeLines = (name: string, lines: readonly string[]): Promise<void> =>
    writeFile(name, lines.map((line) => `${line}\n`).join(''))
  /** What all files of its folder hold, by name. */
  readonly content = async (): Promise<Record<string, string>> => {
    const names = (await readdir(path.dirname(this.file))).toSorted()
    const texts = names.map(
      async (name) => [name, await readFile(path.join(path.dirname(this.file), name), 'utf8')] as const,
    )
    return Object.fromEntries(await Promise.all(texts))
  }
  /** Opening fails with this message, and no file is changed. */
  readonly refuses = async (message: RegExp): Promise<void> => {
    const before = await this.content()
    expect((await errorOf(this.open())).message).to.match(message)
    expect(await this.content()).to.deep.equal(before)
  }
  /** Four groups in the journal, the customers 1 to 4, and no snapshot. */
  readonly fourGroups = async (): Promise<void> => {
    const storage = await this.open()
    for (const number of range(1, 5)) await insert(storage, number)
    await this.crash()
  }
  /** Two segments of a journal whose snapshots could not be written, the customers 1 to 20, and a third segment. */
  readonly segments = async (): Promise<void> => {
    const disk = failingDisk()
    disk.faults = [{ at: ['open'], file: /customers\.json\.[^.]+\.tmp$/, code: 'ENOSPC' }]
    const storage = await this.open({ disk, journalBytes: 1_000 })
    for (const number of range(1, 21)) await insert(storage, number)
    await this.crash()
    expect((await readdir(path.dirname(this.file))).length).to.be.above(2)
  }
}
