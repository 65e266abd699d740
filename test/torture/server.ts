/**
 * Kills the example server with SIGKILL at random points while sixteen writers run, starts it again on the same file,
 * and compares what it has with what was acknowledged.
 */
import path from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { startServer } from '../support/child.js'
import { send } from '../support/http.js'
import type { Answer, Sent } from '../support/http.js'
import { tokenOf } from '../support/tokens.js'
import type { RandomSource } from '../random-queries.js'
import type { TortureOptions, TortureResult } from './result.js'

const WRITERS = 16
/** Customers that a writer leaves behind before it deletes the oldest. */
const LEFT = 3
const ocapi = '/s/-/dw/data/v16_2/customer_lists/SiteGenesis/customers'
const yaas = '/hybris/cecentercustomer/v1/sitegenesis/customers'

/** A customer as the writers know it: last name, and city by address id. */
interface Known {
  readonly lastName: string
  readonly cities: Readonly<Record<string, string>>
}

/** A write on its way: the customer's state before and after it. */
interface Write {
  readonly customerNo: string
  readonly request: Sent
  readonly after: Known | undefined
}

/** One who writes its own customers, one request after the other. */
class Writer {
  readonly name: string
  readonly #random: RandomSource
  readonly known = new Map<string, Known>()
  pending: Write | undefined
  #count = 0

  constructor(name: string, random: RandomSource) {
    this.name = name
    this.#random = random
  }

  next(): Write {
    const count = ++this.#count
    const customers = [...this.known]
    const [oldest] = customers
    const newest = customers.at(-1)
    if (!newest || this.#random() < 0.1) return this.#create(`${this.name}-${count}`, `created ${count}`)
    if (oldest && customers.length > LEFT)
      return { customerNo: oldest[0], request: { method: 'DELETE', path: `${ocapi}/${oldest[0]}` }, after: undefined }
    const [customerNo, { lastName, cities }] = newest
    const ids = Object.keys(cities)
    const id = ids[Math.floor(this.#random() * ids.length)]
    const kind = this.#random()
    const at = `${ocapi}/${customerNo}`
    if (kind < 0.3 || (id === undefined && kind > 0.6)) {
      const json = { last_name: `changed ${count}` }
      const request = { method: 'PATCH', path: at, json }
      return { customerNo, request, after: { lastName: json.last_name, cities } }
    }
    if (kind < 0.6 || id === undefined) {
      const json = { address_id: `a${count}`, city: `city ${count}` }
      const request = { method: 'POST', path: `${at}/addresses`, json }
      return { customerNo, request, after: { lastName, cities: { ...cities, [json.address_id]: json.city } } }
    }
    if (kind < 0.85) {
      const json = { city: `moved ${count}`, isDefault: true }
      const request = { method: 'PUT', path: `${yaas}/${customerNo}/addresses/${id}`, json }
      return { customerNo, request, after: { lastName, cities: { ...cities, [id]: json.city } } }
    }
    const { [id]: _, ...rest } = cities
    const request = { method: 'DELETE', path: `${at}/addresses/${id}` }
    return { customerNo, request, after: { lastName, cities: rest } }
  }

  #create(customerNo: string, lastName: string): Write {
    const json = { customer_no: customerNo, last_name: lastName, credentials: { login: `login ${customerNo}` } }
    return { customerNo, request: { method: 'POST', path: ocapi, json }, after: { lastName, cities: {} } }
  }

  settle({ customerNo, after }: Write): void {
    if (after) this.known.set(customerNo, after)
    else this.known.delete(customerNo)
    this.pending = undefined
  }
}

/** Runs so many rounds in a folder. */
export async function tortureServer(
  folder: string,
  rounds: number,
  random: RandomSource,
  { longest = 400, onRound }: TortureOptions = {},
): Promise<TortureResult> {
  const writers = Array.from({ length: WRITERS }, (_, index) => new Writer(`w${index}`, random))
  const losses: string[] = []
  let writes = 0
  for (let round = 1; round <= rounds + 1; round++) {
    const server = await startServer({ STORAGE: 'json-file', DATA_FILE: path.join(folder, 'customers.json') })
    const tokens = { ocapi: await tokenOf(server.origin, 'ocapi'), yaas: await tokenOf(server.origin, 'yaas') }
    const ask = (sent: Sent): Promise<Answer> => {
      const token = sent.path?.startsWith('/hybris/') ? tokens.yaas : tokens.ocapi
      return send(server.origin, { ...sent, headers: { Authorization: `Bearer ${token}` } })
    }
    await compare(ask, writers, (loss) => losses.push(`round ${round}: ${loss}`))
    if (round > rounds) {
      await server.stop()
      break
    }
    const state = { isAlive: true }
    const first = deferred()
    const write = async (writer: Writer): Promise<void> => {
      while (state.isAlive) {
        const next = writer.next()
        writer.pending = next
        const answer = await ask(next.request).catch(() => undefined)
        if (!answer) return
        first.resolve()
        if (answer.status >= 200 && answer.status < 300) writes++
        else losses.push(`round ${round}: ${next.request.method} ${next.request.path}: ${answer.status} ${answer.text}`)
        writer.settle(next)
      }
    }
    const running = Promise.all(writers.map(write))
    await Promise.race([first.promise, running])
    await setTimeout(random() * longest)
    await server.stop('SIGKILL')
    state.isAlive = false
    await running
    onRound?.({ rounds: round, writes, losses })
  }
  return { rounds, writes, losses }
}

/** A promise and its end. */
function deferred(): { readonly promise: Promise<void>; resolve(): void } {
  let end: (() => void) | undefined
  const promise = new Promise<void>((resolve) => (end = resolve))
  return { promise, resolve: () => end?.() }
}

interface Found {
  readonly customerNumber: string
  readonly lastName: string
  readonly addresses?: readonly { readonly id: string; readonly city: string; readonly isDefault: boolean }[]
}

/** Compares everything that the server has with what the writers know, and settles what was on its way. */
async function compare(
  ask: (sent: Sent) => Promise<Answer>,
  writers: readonly Writer[],
  lose: (loss: string) => void,
): Promise<void> {
  const answer = await ask({ path: `${yaas}?pageSize=1000&expand=addresses` })
  if (answer.status !== 200) return lose(`the list answers ${answer.status} ${answer.text}`)
  const found = new Map(answer.json<Found[]>().map((customer) => [customer.customerNumber, customer]))
  const stateOf = (customerNo: string): Known | undefined => {
    const customer = found.get(customerNo)
    const cities = (customer?.addresses ?? []).map(({ id, city }) => [id, city] as const)
    return customer && { lastName: customer.lastName, cities: Object.fromEntries(cities) }
  }
  for (const writer of writers) {
    const { pending } = writer
    if (pending && isEqual(stateOf(pending.customerNo), pending.after)) writer.settle(pending)
    writer.pending = undefined
    for (const [customerNo, known] of writer.known)
      if (!isEqual(stateOf(customerNo), known))
        lose(`${customerNo} is ${JSON.stringify(stateOf(customerNo))}, not ${JSON.stringify(known)}`)
  }
  const expected = new Set(writers.flatMap(({ known }) => [...known.keys()]))
  for (const [customerNo, { addresses = [] }] of found) {
    if (!expected.has(customerNo)) lose(`${customerNo} was deleted and is there`)
    const defaults = addresses.filter(({ isDefault }) => isDefault).length
    if (addresses.length > 0 && defaults !== 1) lose(`${customerNo} has ${defaults} default addresses`)
  }
}

function isEqual(a: Known | undefined, b: Known | undefined): boolean {
  const textOf = (known: Known | undefined): string =>
    known ? JSON.stringify([known.lastName, Object.entries(known.cities).toSorted(([x], [y]) => (x < y ? -1 : 1))]) : ''
  return textOf(a) === textOf(b)
}
