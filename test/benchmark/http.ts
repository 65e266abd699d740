/**
 * `npm run bench -- http`: requests per CPU-second of the server process, relative to bare node:http that sends the same
 * status, headers and body. The CPU ratio is the one to trust: what else runs on the machine changes it little.
 */
import { fork } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import net from 'node:net'
import type { Canned } from './http-server.js'
import { median, whole } from './measure.js'

const rounds = 7
const slice = 1500
const connections = 50
const base = '/s/-/dw/data/v16_2/customer_lists/SiteGenesis/customers'

const customer = (login: string) =>
  JSON.stringify({
    customer_no: login,
    email: 'dude@example.com',
    birthday: '1970-01-31',
    first_name: 'Jeff',
    last_name: 'Lebowski',
    company_name: 'Company number 17 of Berlin',
    phone_home: '+49 30 000000017',
    preferred_locale: 'de-DE',
    salutation: 'Mr.',
    title: 'Dr.',
    c_size: 43,
    credentials: { login, password_question: "Mother's maiden name" },
  })

let created = 0
const headers = 'Host: 127.0.0.1\r\nAuthorization: Bearer token\r\n'
const requests: Readonly<Record<string, () => string>> = {
  GET: () => `GET ${base}/read-me HTTP/1.1\r\n${headers}\r\n`,
  POST: () => post(customer(`login-${String(++created).padStart(8, '0')}`)),
}
const post = (body: string) =>
  `POST ${base} HTTP/1.1\r\n${headers}Content-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`

interface Server {
  readonly child: ChildProcess
  readonly port: number
}

async function start(what: 'library' | Readonly<Record<string, Canned>>): Promise<Server> {
  const child = fork(new URL('http-server.js', import.meta.url))
  child.send({ start: what })
  const [{ port }] = (await once(child, 'message')) as [{ port: number }]
  return { child, port }
}

async function cpuOf({ child }: Server): Promise<number> {
  child.send('cpu')
  const [{ cpu }] = (await once(child, 'message')) as [{ cpu: number }]
  return cpu
}

/** Sends one request after the other on a connection until told to stop; counts the answers. */
class Client {
  answers = 0
  last = ''
  readonly #socket: net.Socket
  readonly #next: () => string
  #stopped = false
  #done: () => void = () => undefined

  constructor(port: number, next: () => string) {
    this.#next = next
    this.#socket = net.connect(port, '127.0.0.1', () => this.#send())
    this.#socket
      .setNoDelay(true)
      .setEncoding('latin1')
      .on('data', (chunk: string) => this.#take(chunk))
  }

  async stop(): Promise<void> {
    this.#stopped = true
    await new Promise<void>((resolve) => (this.#done = resolve))
    this.#socket.destroy()
  }

  #send(): void {
    this.last = ''
    this.#socket.write(this.#next())
  }

  #take(chunk: string): void {
    this.last += chunk
    const end = this.last.indexOf('\r\n\r\n')
    if (end < 0) return
    const length = Number(/content-length: (\d+)/i.exec(this.last)?.[1])
    if (this.last.length < end + 4 + length) return
    if (!this.last.startsWith('HTTP/1.1 200')) throw new Error(this.last)
    this.answers++
    if (this.#stopped) this.#done()
    else this.#send()
  }
}

/** Waits without sleeping: to wake a sleeping client is dear, and would be charged to the slower server alone. */
async function busyFor(milliseconds: number): Promise<void> {
  const end = performance.now() + milliseconds
  while (performance.now() < end) await new Promise((resolve) => setImmediate(resolve))
}

/** Answers per CPU-second of the server during one slice. */
async function rateOf(server: Server, next: () => string): Promise<number> {
  const before = await cpuOf(server)
  const clients = Array.from({ length: connections }, () => new Client(server.port, next))
  await busyFor(slice)
  await Promise.all(clients.map((client) => client.stop()))
  const answers = clients.reduce((sum, client) => sum + client.answers, 0)
  return (answers * 1e6) / ((await cpuOf(server)) - before)
}

/** One answer of the library, for the bare server to repeat. */
async function canned(port: number, path: string, init?: RequestInit): Promise<Canned> {
  const response = await fetch(`http://127.0.0.1:${port}${path}`, {
    ...init,
    headers: { Authorization: 'Bearer token', 'Content-Type': 'application/json' },
  })
  const { connection: _1, 'keep-alive': _2, date: _3, ...kept } = Object.fromEntries(response.headers)
  return { status: response.status, headers: kept, body: await response.text() }
}

/** The case `http`. */
export async function benchmarkHttp(): Promise<void> {
  const library = await start('library')
  const made = await canned(library.port, base, { method: 'POST', body: customer('read-me') })
  const bare = await start({ GET: await canned(library.port, `${base}/read-me`), POST: made })
  const goals: Readonly<Record<string, number>> = { GET: 0.5, POST: 0.46 }
  for (const [method, next] of Object.entries(requests)) {
    const ratios: number[] = []
    const rates: number[] = []
    for (let warm = 0; warm < 4; warm++) for (const server of [bare, library]) await rateOf(server, next)
    for (let round = 0; round < rounds; round++) {
      const [ours, theirs] = [await rateOf(library, next), await rateOf(bare, next)]
      ratios.push(ours / theirs)
      rates.push(ours)
    }
    const sorted = ratios.toSorted((a, b) => a - b)
    const [low, high] = [sorted[0] as number, sorted.at(-1) as number]
    console.log(
      `  ${method.padEnd(4)} ${median(ratios).toFixed(2)} of bare [${low.toFixed(2)}-${high.toFixed(2)}], goal ${goals[method]}; ${whole(median(rates))} requests per CPU-second`,
    )
  }
  for (const { child } of [library, bare]) child.kill()
}
