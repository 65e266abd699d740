/** Measures: servers in processes of their own, started once, asked in turns. */
import { fork, spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { copyFile } from 'node:fs/promises'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { answersDuring, converse } from './load.js'
import { median } from './measure.js'
import { get } from './requests.js'
import { holds } from './rows.js'
import type { Group, Row, Subject } from './rows.js'
import type { Runtime } from './runtimes.js'
import { packedCopy } from '../support/packed.js'
import type { Canned, Ready, Spec, Statement } from './server.js'

const rounds = 7
const slice = 600
/** Until the compiler has settled: answers, and milliseconds at most. */
const warm = { answers: 30_000, milliseconds: 15_000 }
/** Rounds of the measured holds that do not count. */
const warming = 2

/** What a row came to on one version of Node. */
export interface Measured {
  readonly row: string
  readonly what: string
  readonly runtime: string
  readonly median: number
  readonly low: number
  readonly high: number
  /** Microseconds of server CPU a request, of both sides of a ratio. */
  readonly micros?: { readonly of: number; readonly to: number }
  readonly target: number | undefined
  readonly floor: number | undefined
  /** Less is better. */
  readonly isCost: boolean
  readonly isJudged: boolean
}

interface Server extends Ready {
  readonly child: ChildProcess
}

const program = (name: string): string => fileURLToPath(new URL(name, import.meta.url))

async function start(spec: Spec, { node }: Runtime): Promise<Server> {
  const child = fork(program('server.js'), [JSON.stringify(spec)], {
    execPath: node,
    execArgv: [],
    env: { ...process.env, NODE_ENV: 'production' },
  })
  const [ready] = (await Promise.race([
    once(child, 'message'),
    once(child, 'exit').then(() => Promise.reject(new Error(`server ${JSON.stringify(spec).slice(0, 200)} ended`))),
  ])) as [Ready]
  return { child, ...ready }
}

async function ask<T>({ child }: Server, what: 'cpu' | 'hold' | 'noted'): Promise<T> {
  child.send(what)
  const [answer] = (await once(child, 'message')) as [T]
  return answer
}

/** The answer that a subject typically gets, for a bare server to repeat. */
async function cannedOf({ asks, opening }: Subject, { port, token }: Server): Promise<Canned> {
  const answer = Buffer.from(await converse(port, asks(token)(99), opening), 'latin1').toString()
  const end = answer.indexOf('\r\n\r\n')
  const [line = '', ...lines] = answer.slice(0, end).split('\r\n')
  const headers = lines.map((each) => each.split(/: (.*)/).slice(0, 2) as [string, string])
  const kept = headers.filter(([name]) => !['connection', 'keep-alive', 'date'].includes(name.toLowerCase()))
  return { status: Number(line.split(' ')[1]), headers: Object.fromEntries(kept), body: answer.slice(end + 4) }
}

/** The server that does for a request what another one does: the same answer, after the same statements if it has a database. */
async function repeating(subject: Subject, server: Server): Promise<Spec> {
  const answer = await cannedOf(subject, server)
  const { server: spec } = subject
  const database = 'database' in spec ? spec.database : undefined
  if (database === undefined) return { kind: 'bare', answer }
  server.child.send('note')
  await cannedOf(subject, server)
  return { kind: 'statements', database, answer, statements: await ask<readonly Statement[]>(server, 'noted') }
}

/** Starts a server for each subject; those that are the same share one. */
async function startAll(names: readonly string[], group: Group, runtime: Runtime): Promise<Map<string, Server>> {
  const servers = new Map<string, Server>()
  const byId = new Map<string, Server>()
  const serverOf = async (name: string): Promise<Server> => {
    const subject = group.subjects[name] as Subject
    const spec = subject.server
    const id = JSON.stringify(spec)
    const found = byId.get(id)
    if (found) return found
    const made = await start(
      'of' in spec ? await repeating(group.subjects[spec.of] as Subject, await serverOf(spec.of)) : spec,
      runtime,
    )
    byId.set(id, made)
    return made
  }
  for (const name of names) servers.set(name, await serverOf(name))
  return servers
}

/** Asks until the server's code is compiled. */
async function warmUp({ asks, connections = 50 }: Subject, { port, token }: Server): Promise<void> {
  const end = performance.now() + warm.milliseconds
  for (let answers = 0; answers < warm.answers && performance.now() < end;)
    answers += await answersDuring(slice, port, connections, asks(token))
}

/** Requests per CPU-second of the server during one slice. */
async function rateOf({ asks, connections = 50 }: Subject, server: Server, milliseconds = slice): Promise<number> {
  const before = await ask<{ cpu: number }>(server, 'cpu')
  const answers = await answersDuring(milliseconds, server.port, connections, asks(server.token))
  const after = await ask<{ cpu: number }>(server, 'cpu')
  return (answers * 1e6) / (after.cpu - before.cpu)
}

/** Measures the rows of a group that are wanted, all of them in the same rounds. */
export async function measureGroup(group: Group, rows: readonly Row[], runtime: Runtime): Promise<readonly Measured[]> {
  const names = [...new Set(rows.flatMap(({ of, to }) => [of, to]))]
  const servers = await startAll(names, group, runtime)
  const rates = new Map<string, number[]>(names.map((name) => [name, []]))
  try {
    for (const name of names) await warmUp(group.subjects[name] as Subject, servers.get(name) as Server)
    for (let round = 0; round < rounds; round++)
      for (const name of round % 2 === 0 ? names : names.toReversed())
        rates.get(name)?.push(await rateOf(group.subjects[name] as Subject, servers.get(name) as Server))
  } finally {
    for (const { child } of servers.values()) child.kill()
  }
  return rows.map((row) => {
    const [of, to] = [rates.get(row.of) ?? [], rates.get(row.to) ?? []]
    const ratios = of.map((rate, round) => rate / (to[round] as number))
    const micros = { of: 1e6 / median(of), to: 1e6 / median(to) }
    return { ...measured(row, ratios, runtime, false), micros }
  })
}

function measured(row: Omit<Row, 'of' | 'to'>, values: readonly number[], runtime: Runtime, isCost: boolean): Measured {
  const { name, what, target, floor, isJudged: isJudgedEverywhere } = row
  const [low, high] = [Math.min(...values), Math.max(...values)]
  const { name: runtimeName } = runtime
  const isJudged = runtime.isJudged || isJudgedEverywhere === true
  return { row: name, what, runtime: runtimeName, median: median(values), low, high, target, floor, isCost, isJudged }
}

/** How long one request at a time holds the event loop of a server with 500,000 customers. */
export async function measureHolds(wanted: readonly string[], runtime: Runtime): Promise<readonly Measured[]> {
  const server = await start({ kind: 'library', door: 'koa', stored: 500_000 }, runtime)
  const all: Measured[] = []
  try {
    await ask(server, 'hold')
    for (const row of holds.filter(({ name }) => wanted.includes(name))) {
      const values: number[] = []
      for (let round = -warming; round < rounds; round++) {
        await converse(server.port, row.asks(server.token)(0))
        const { hold } = await ask<{ hold: number }>(server, 'hold')
        if (round >= 0) values.push(hold)
      }
      all.push(measured(row, values, runtime, true))
    }
  } finally {
    server.child.kill()
  }
  return all
}

/** The row of the start. */
export const startRow = {
  name: 'start',
  what: 'start of a Koa host to its first answer / bare, best of 10',
  target: 2.6,
  floor: 3.2,
}

/** The row of scripts: microseconds of one at one point above a native handler. */
export const cartridgeRow = {
  name: 'cartridge',
  what: 'a hook script above a native handler, µs',
  target: 200,
  floor: 300,
}

/** What a hook script costs, in a process of its own. */
export async function measureCartridge(runtime: Runtime): Promise<Measured> {
  const child = spawn(runtime.node, [program('cartridge.js')], { stdio: ['ignore', 'pipe', 'inherit'] })
  const [printed] = (await once(child.stdout, 'data')) as [Buffer]
  return measured(cartridgeRow, JSON.parse(printed.toString()) as number[], runtime, true)
}

/** From the start of a process to its first answer, with the package as it is packed: best of ten against best of ten, in turns. */
export async function measureStart(runtime: Runtime): Promise<Measured> {
  const host = path.join(packedCopy(), 'host.js')
  await copyFile(program('host.js'), host)
  const times: Readonly<Record<'bare' | 'koa', number[]>> = { bare: [], koa: [] }
  for (let n = 0; n < 10; n++)
    for (const what of ['bare', 'koa'] as const) times[what].push(await startOf(host, what, runtime))
  const ratio = Math.min(...times.koa) / Math.min(...times.bare)
  return measured(startRow, [ratio], runtime, true)
}

async function startOf(host: string, what: 'bare' | 'koa', { node }: Runtime): Promise<number> {
  const begin = performance.now()
  const child = spawn(node, [host, what], { stdio: ['ignore', 'pipe', 'inherit'] })
  const [port] = (await once(child.stdout, 'data')) as [Buffer]
  await converse(Number(port), get('/dw/data/v16_2/customer_lists/SiteGenesis')('token')(0))
  const time = performance.now() - begin
  child.kill()
  return time
}
