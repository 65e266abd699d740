/** What the JSON file costs: its rate at two sizes, opening, and what compaction does to those who write meanwhile. */
import { mkdtemp, open, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { jsonFileStorage } from '../../adapters/storage/file/json-file.js'
import type { JsonFileOptions } from '../../adapters/storage/file/json-file.js'
import type { Storage } from '../../core/ports/storage.js'
import { contractOptions } from '../storage-contract.js'
import { benchmarkCustomer } from './customer.js'
import { LoopWatch, median, timeOf, whole } from './measure.js'
import type { Hold } from './measure.js'

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

const create = (storage: Storage): Promise<unknown> =>
  storage.write(list, (unit) => unit.customers.insert(benchmarkCustomer(next++)))

/** Changes a customer, the next one in turn, so that the store does not grow. */
const change = (storage: Storage): Promise<unknown> =>
  storage.write(list, async (unit) => {
    const { customerNo } = benchmarkCustomer(next++ % SIZES[1])
    const customer = await unit.customers.get({ customerNo })
    if (customer) await unit.customers.update({ ...customer, lastName: `Changed${next}` })
  })

/** Writes per second of a hundred writers, until `end` resolves. */
async function writeUntil(storage: Storage, end: Promise<unknown>, writeOne = create): Promise<number> {
  const state = { isRunning: true, count: 0 }
  const write = async (): Promise<void> => {
    while (state.isRunning) {
      await writeOne(storage)
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
  const openIt = async (): Promise<Storage> => {
    const storage = jsonFileStorage({ file, journalBytes: never })
    await storage.open(options)
    return storage
  }
  // Half is in the snapshot; a large store is not written on closing, so the other half stays in the journal.
  for (const [from, to] of [
    [0, size / 2],
    [size / 2, size],
  ] as const) {
    const storage = await openIt()
    await fill(storage, from, to)
    await storage.close()
  }
  const text = path.join(folder, 'plain.json')
  await writeFile(text, `[${Array.from({ length: size }, (_, n) => JSON.stringify(benchmarkCustomer(n))).join(',\n')}]`)
  const times: { parse: number[]; open: number[] } = { parse: [], open: [] }
  for (let round = 0; round < 5; round++) {
    times.parse.push(await timeOf(async () => void JSON.parse(await readFile(text, 'utf8'))))
    const start = performance.now()
    const storage = await openIt()
    times.open.push(performance.now() - start)
    await storage.close()
  }
  const [parse, opened] = [median(times.parse), median(times.open)]
  const megabytes = ((await stat(text)).size / 1e6).toFixed(0)
  console.log(`reading and parsing ${whole(size)} customers (${megabytes} MB)  ${whole(parse)} ms`)
  console.log(
    `opening them, half from the snapshot, half from the journal  ${whole(opened)} ms  (ratio ${(opened / parse).toFixed(2)})`,
  )
}

async function compaction(folder: string): Promise<void> {
  const file = path.join(folder, 'compaction.json')
  const watch = new LoopWatch()
  // First without a snapshot, then with one after the other.
  for (const [name, journalBytes] of [
    ['no snapshot being written', never],
    ['snapshots written one after the other', 1024 * 1024],
  ] as const) {
    const storage = jsonFileStorage({ file, journalBytes })
    await storage.open(options)
    if (journalBytes === never) await fill(storage, 0, SIZES[1])
    const rates: number[] = []
    const holds: Hold[] = []
    await writeUntil(storage, setTimeout(300), change)
    await watch.take()
    for (let round = 0; round < 5; round++) {
      rates.push(await writeUntil(storage, setTimeout(1_500), change))
      holds.push(await watch.take())
    }
    await storage.close()
    const [longest, rest] = [holds.map((hold) => hold.longest), holds.map((hold) => hold.withoutCollection)]
    console.log(`${WRITERS} writers at ${whole(SIZES[1])} stored, ${name}`)
    console.log(`  changes per second  ${whole(median(rates))}`)
    console.log(
      `  longest hold of the event loop  ${Math.max(...longest).toFixed(1)} ms,` +
        ` without garbage collection ${Math.max(...rest).toFixed(1)} ms`,
    )
  }
  watch.stop()
}
