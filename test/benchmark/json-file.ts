/** What the JSON file costs: its rate at two sizes, opening, and what compaction does to those who write meanwhile. */
import { mkdtemp, open, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { localDisk } from '../../adapters/storage/disk.js'
import type { Disk } from '../../adapters/storage/disk.js'
import { jsonFileStorage } from '../../adapters/storage/json-file.js'
import type { JsonFileOptions } from '../../adapters/storage/json-file.js'
import type { Storage } from '../../core/storage.js'
import { contractOptions } from '../storage-contract.js'
import { benchmarkCustomer } from './customer.js'
import { LoopWatch, median, timeOf, whole } from './measure.js'

const list = 'SiteGenesis'
const WRITERS = 100
const SIZES = [1_000, 100_000] as const
const options = { ...contractOptions, indexes: {} }
/** No snapshot while something else is measured. */
const never = Number.MAX_SAFE_INTEGER

/** Prints all figures of the case. */
export async function benchmarkJsonFile(): Promise<void> {
  const folder = await mkdtemp(path.join(tmpdir(), 'clientele-bench-'))
  try {
    await rates(folder)
    await opening(folder)
    await compaction(folder)
  } finally {
    await rm(folder, { recursive: true })
  }
}

async function openAt(folder: string, size: number, more: Partial<JsonFileOptions> = {}): Promise<Storage> {
  const storage = jsonFileStorage({ file: path.join(folder, `${size}.json`), ...more })
  await storage.open(options)
  return storage
}

async function fill(storage: Storage, from: number, to: number): Promise<void> {
  for (let start = from; start < to; start += 1_000)
    await storage.write(list, async (unit) => {
      for (let n = start; n < Math.min(start + 1_000, to); n++) await unit.customers.insert(benchmarkCustomer(n))
    })
}

let next = 1_000_000

/** Creates per second of a hundred writers, until `end` resolves. */
async function writeUntil(storage: Storage, end: Promise<unknown>): Promise<number> {
  const state = { isRunning: true, count: 0 }
  const write = async (): Promise<void> => {
    while (state.isRunning) {
      await storage.write(list, (unit) => unit.customers.insert(benchmarkCustomer(next++)))
      state.count++
    }
  }
  const start = performance.now()
  const writers = Promise.all(Array.from({ length: WRITERS }, write))
  await end
  const { count } = state
  const seconds = (performance.now() - start) / 1_000
  state.isRunning = false
  await writers
  return count / seconds
}

/** Appends and syncs per second of the bare disk. */
async function rawRate(file: string, bytes: number): Promise<number> {
  const handle = await open(file, 'w')
  const buffer = Buffer.alloc(bytes, 120)
  let count = 0
  const start = performance.now()
  while (performance.now() - start < 500) {
    await handle.write(buffer, 0, bytes, count++ * bytes)
    await handle.datasync()
  }
  const seconds = (performance.now() - start) / 1_000
  await handle.close()
  await rm(file)
  return count / seconds
}

async function rates(folder: string): Promise<void> {
  const stores = []
  for (const size of SIZES) {
    const storage = await openAt(folder, size, { journalBytes: never })
    await fill(storage, 0, size)
    stores.push({ size, storage, measured: [] as number[] })
  }
  const raw: Record<number, number[]> = { 700: [], 70_000: [] }
  // In turns, since the machine is not equally fast all the time.
  for (let round = 0; round < 7; round++) {
    for (const { storage, measured } of stores) measured.push(await writeUntil(storage, setTimeout(700)))
    for (const [bytes, measured] of Object.entries(raw))
      measured.push(await rawRate(path.join(folder, 'raw'), Number(bytes)))
  }
  const [small, large] = stores.map(({ measured }) => median(measured)) as [number, number]
  console.log(`creates per second, ${WRITERS} writers, ${whole(SIZES[0])} stored    ${whole(small)}`)
  console.log(
    `creates per second, ${WRITERS} writers, ${whole(SIZES[1])} stored  ${whole(large)}  (ratio ${(large / small).toFixed(2)})`,
  )
  for (const [bytes, measured] of Object.entries(raw))
    console.log(
      `append + fdatasync per second of the bare disk, ${whole(Number(bytes))} bytes  ${whole(median(measured))}`,
    )
  for (const { storage } of stores) await storage.close()
}

async function opening(folder: string): Promise<void> {
  const size = SIZES[1]
  const file = path.join(folder, 'opening.json')
  const write = async (from: number, to: number, journalBytes?: number): Promise<void> => {
    const storage = jsonFileStorage({ file, ...(journalBytes && { journalBytes }) })
    await storage.open(options)
    await fill(storage, from, to)
    await storage.close()
  }
  await write(0, size / 2, 1_000)
  await write(size / 2, size, never)
  const texts = [await readFile(file, 'utf8')]
  const text = `[${Array.from({ length: size }, (_, n) => JSON.stringify(benchmarkCustomer(n))).join(',\n')}]`
  texts.push(text)
  const times: { parse: number[]; open: number[] } = { parse: [], open: [] }
  for (let round = 0; round < 5; round++) {
    times.parse.push(await timeOf(() => JSON.parse(text)))
    const storage = jsonFileStorage({ file, journalBytes: never })
    times.open.push(await timeOf(() => storage.open(options)))
    await storage.close()
  }
  const [parse, opened] = [median(times.parse), median(times.open)]
  console.log(
    `JSON.parse of ${whole(size)} customers, ${whole(Buffer.byteLength(text) / 1_000)} kB  ${whole(parse)} ms`,
  )
  console.log(
    `opening them, half from the snapshot, half from the journal  ${whole(opened)} ms  (ratio ${(opened / parse).toFixed(2)})`,
  )
}

async function compaction(folder: string): Promise<void> {
  const phase = { begun: (): void => {}, ended: (): void => {} }
  const disk: Disk = {
    open: async (file, flags, mode) => {
      const handle = await localDisk.open(file, flags, mode)
      if (!/compaction\.json\.[^.]+\.tmp$/.test(file)) return handle
      phase.begun()
      const close = handle.close.bind(handle)
      handle.close = () => close().finally(() => phase.ended())
      return handle
    },
  }
  const file = path.join(folder, 'compaction.json')
  const storage = jsonFileStorage({ file, disk, journalBytes: 1_000 })
  await storage.open(options)
  await fill(storage, 0, SIZES[1])
  const before: number[] = []
  const during: number[] = []
  const watch = new LoopWatch()
  const blocks = { before: 0, during: 0 }
  for (let round = 0; round < 5; round++) {
    watch.take()
    before.push(await writeUntil(storage, setTimeout(500)))
    blocks.before = Math.max(blocks.before, watch.take())
    // The journal has to grow as long as the snapshot before the next one is written.
    const begun = new Promise<void>((resolve) => (phase.begun = resolve))
    const ended = new Promise<void>((resolve) => (phase.ended = resolve))
    await writeUntil(storage, begun)
    watch.take()
    during.push(await writeUntil(storage, ended))
    blocks.during = Math.max(blocks.during, watch.take())
  }
  watch.stop()
  console.log(
    `longest hold of the event loop, ${WRITERS} writers at ${whole(SIZES[1])}+ stored  ${blocks.before.toFixed(1)} ms`,
  )
  console.log(`longest hold of the event loop while the snapshot is written  ${blocks.during.toFixed(1)} ms`)
  console.log(
    `creates per second before, and while the snapshot is written  ${whole(median(before))}, ${whole(median(during))}`,
  )
  await storage.close()
}
