/**
 * A soak: clients of both flavours load the example server for minutes, on one storage. Memory, handles and latency of its last
 * third are those of its second, no answer is a 5xx, and at the end the store is whole and holds all that was acknowledged.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { jsonFileStorage } from '../../adapters/storage/file/json-file.js'
import { postgresStorage } from '../../adapters/storage/postgres/postgres.js'
import { upgrader } from '../../core/ports/storage.js'
import type { Storage } from '../../core/ports/storage.js'
import type { RandomSource } from '../random-queries.js'
import { startServer } from '../support/child.js'
import type { Environment, ServerChild } from '../support/child.js'
import { send } from '../support/http.js'
import { brokenRules } from '../support/invariants.js'
import { newDatabase } from '../support/postgres.js'
import { Client } from './clients.js'
import type { Load } from './clients.js'

/** What a soak showed. */
export interface Soaked {
  readonly requests: number
  /** Of the second and of the last third. */
  readonly thirds: readonly [Figures, Figures]
  /** What must not be. */
  readonly wrong: readonly string[]
}

/** Figures of one third. */
export interface Figures {
  /** The least that the heap held after a collection, in MB. */
  readonly heap: number
  /** Most open files and sockets. */
  readonly handles: number
  /** Median of the answers, in milliseconds. */
  readonly median: number
}

/** Where the data is: the server's settings, a storage on it, its end. */
interface Place {
  readonly environment: Environment
  open(): Storage
  remove(): Promise<void>
}

const clients = 8
/** What may differ between two thirds of a run in which nothing grows, on a machine that does other work too. */
const slack = { heap: 1.15, megabytes: 8, handles: 10, latency: 3, milliseconds: 5 }

const places: Readonly<Record<string, () => Promise<Place>>> = {
  'JSON file': async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'clientele-'))
    const file = path.join(folder, 'customers.json')
    return {
      environment: { STORAGE: 'json-file', DATA_FILE: file },
      open: () => jsonFileStorage({ file }),
      remove: () => rm(folder, { recursive: true }),
    }
  },
  PostgreSQL: async () => {
    const connectionString = await newDatabase()
    return {
      environment: { STORAGE: 'postgres', DATABASE_URL: connectionString },
      open: () => postgresStorage({ connectionString }),
      remove: async () => undefined,
    }
  },
}

/** Names of what can be soaked. */
export const storages = Object.keys(places)

/** Soaks the example server on a storage for so many milliseconds. */
export async function soak(storage: string, ms: number, random: RandomSource): Promise<Soaked> {
  const place = await places[storage]?.()
  if (!place) throw new Error(`there is no storage ${storage}`)
  const server = await startServer({
    ...place.environment,
    LOG_LEVEL: 'warn',
    CUSTOMER_LISTS: 'SiteGenesis:sitegenesis',
  })
  const greeting = server.output().length
  const wrong: string[] = []
  let answers: number[] = []
  let requests = 0
  const note = (took: number): void => {
    requests++
    answers.push(took)
  }
  const load: Load = { origin: server.origin, random, note, wrong }
  const all = Array.from({ length: clients }, (_, n) => new Client(`client${n}`, load))
  const end = performance.now() + ms
  const running = Promise.all(all.map((client) => client.run(end)))
  const thirds: Figures[] = []
  for (let third = 0; third < 3; third++) {
    answers = []
    thirds.push({ ...(await watched(server, end - ((2 - third) * ms) / 3)), median: medianOf(answers) })
  }
  await running
  const ended = await server.stop()
  const said = server.output().slice(greeting).replace('SIGTERM: stopping\n', '')
  if (ended.code !== 0) wrong.push(`the server ended with code ${ended.code}`)
  if (said !== '') wrong.push(`the server logged ${said.slice(0, 1_000)}`)
  wrong.push(...(await lossesOf(place.open(), all)))
  await place.remove()
  const [, second, last] = thirds as [Figures, Figures, Figures]
  return { requests, thirds: [second, last], wrong: [...wrong, ...growthOf(second, last)] }
}

/** Heap and handles until then, by the server's own metrics. */
async function watched(server: ServerChild, until: number): Promise<Omit<Figures, 'median'>> {
  let heap = Infinity
  let handles = 0
  do {
    await delay(500)
    const { text } = await send(server.origin, { path: '/metrics' })
    const figure = (name: string): number => Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1])
    heap = Math.min(heap, figure('nodejs_heap_size_used_bytes') / 1024 ** 2)
    handles = Math.max(handles, figure('process_open_fds'))
  } while (performance.now() < until)
  return { heap, handles }
}

const medianOf = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0

function growthOf(before: Figures, after: Figures): readonly string[] {
  const grown: string[] = []
  if (after.heap > before.heap * slack.heap + slack.megabytes)
    grown.push(`memory grows: ${before.heap} to ${after.heap} MB`)
  if (after.handles > before.handles + slack.handles) grown.push(`handles grow: ${before.handles} to ${after.handles}`)
  if (after.median > before.median * slack.latency + slack.milliseconds)
    grown.push(`answers take longer: ${before.median} to ${after.median} ms`)
  return grown
}

/** What is broken in the store, or missing of what clients were told. */
async function lossesOf(storage: Storage, all: readonly Client[]): Promise<readonly string[]> {
  await storage.open({ indexes: {}, lockWait: 1_000, upgrade: upgrader(), warn: () => undefined })
  const losses = [...(await brokenRules(storage, 'SiteGenesis'))]
  const { items } = await storage.read('SiteGenesis', (unit) => unit.customers.find({}))
  const names = new Map(items.map(({ customerNo, lastName }) => [customerNo, lastName]))
  for (const { own } of all)
    for (const [number, lastName] of own)
      if (names.get(number) !== lastName) losses.push(`${number} is ${names.get(number)}, was ${lastName}`)
  await storage.close()
  return losses
}
