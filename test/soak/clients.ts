/** Clients of a soak: each with customers of its own, and some that all of them fight over. */
import { setTimeout as delay } from 'node:timers/promises'
import type { RandomSource } from '../random-queries.js'
import { send } from '../support/http.js'
import type { Answer, Sent } from '../support/http.js'
import { tokenOf } from '../support/tokens.js'

type FlavourName = 'ocapi' | 'yaas'

const paths = {
  ocapi: '/s/-/dw/data/v16_2/customer_lists/SiteGenesis/customers',
  yaas: '/hybris/cecentercustomer/v1/sitegenesis/customers',
}
/** Customers that a client keeps before it deletes the oldest. */
const most = 20
/** Milliseconds after which tokens are asked for anew; they are good for half an hour. */
const tokenLife = 600_000

/** What all clients share. */
export interface Load {
  readonly origin: string
  readonly random: RandomSource
  /** Told the milliseconds of every answer. */
  readonly note: (ms: number) => void
  /** What must not be. */
  readonly wrong: string[]
}

/** One client: one request after the other. */
export class Client {
  /** Its customers, with the last name that was acknowledged. */
  readonly own = new Map<string, string>()
  readonly #name: string
  readonly #load: Load
  #tokens: Readonly<Record<FlavourName, string>> = { ocapi: '', yaas: '' }
  #tokensSince = -Infinity
  #count = 0

  constructor(name: string, load: Load) {
    this.#name = name
    this.#load = load
  }

  /** Sends requests until the time is over. */
  async run(end: number): Promise<void> {
    while (performance.now() < end && this.#load.wrong.length < 20) {
      await this.#step()
      if (this.#load.random() < 0.05) await delay(5)
    }
  }

  async #step(): Promise<void> {
    const count = ++this.#count
    const [oldest] = this.own.keys()
    const kind = this.#load.random()
    const number = [...this.own.keys()][Math.floor(this.#load.random() * this.own.size)]
    if (number === undefined || kind < 0.1) return this.#create(count)
    if (oldest !== undefined && this.own.size > most) return this.#delete(oldest, kind < 0.5 ? 'ocapi' : 'yaas')
    if (kind < 0.3) return this.#change(number, `name ${count}`, kind < 0.2 ? 'ocapi' : 'yaas')
    if (kind < 0.5) return this.#address(number, kind)
    if (kind < 0.65) return this.#contend(kind)
    return this.#look(number, kind)
  }

  async #create(count: number): Promise<void> {
    const login = `${this.#name}.${count}@example.com`
    const lastName = `new ${count}`
    if (count % 2) {
      const json = { customer_no: `${this.#name}-${count}`, last_name: lastName, c_size: count, credentials: { login } }
      await this.#expect('ocapi', '', { method: 'POST', json })
      this.own.set(json.customer_no, lastName)
    } else {
      const answer = await this.#expect('yaas', '', { method: 'POST', json: { contactEmail: login, lastName } })
      if (answer) this.own.set(answer.json<{ id: string }>().id, lastName)
    }
  }

  async #change(number: string, lastName: string, flavour: FlavourName): Promise<void> {
    const json = flavour === 'ocapi' ? { last_name: lastName } : { lastName }
    const sent = { method: flavour === 'ocapi' ? 'PATCH' : 'PUT', json }
    await this.#expect(flavour, `/${number}${flavour === 'ocapi' ? '' : '?partial=true'}`, sent)
    this.own.set(number, lastName)
  }

  async #delete(number: string, flavour: FlavourName): Promise<void> {
    this.own.delete(number)
    await this.#expect(flavour, `/${number}`, { method: 'DELETE' })
  }

  /** Addresses come, move the default and go, in either flavour; some are there already or no longer. */
  async #address(number: string, kind: number): Promise<void> {
    const id = kind < 0.4 ? 'home' : 'work'
    const at = `/${number}/addresses`
    if (kind < 0.42) await this.#ask('ocapi', at, { method: 'POST', json: { address_id: id, city: 'Venice' } })
    else if (kind < 0.45) await this.#ask('yaas', at, { method: 'POST', json: { city: 'Malibu', isDefault: true } })
    else if (kind < 0.47)
      await this.#ask('yaas', `${at}/${id}`, { method: 'PUT', json: { city: 'Rome', isDefault: true } })
    else await this.#ask(kind < 0.49 ? 'ocapi' : 'yaas', `${at}/${id}`, { method: 'DELETE' })
  }

  /** What all clients fight over: one login, one email, one customer that comes and goes. */
  async #contend(kind: number): Promise<void> {
    const number = `shared-${Math.floor(this.#load.random() * 4)}`
    const json = { customer_no: number, last_name: this.#name, credentials: { login: number } }
    const email = `${number}@example.com`
    if (kind < 0.54) await this.#ask('ocapi', '', { method: 'POST', json })
    else if (kind < 0.58) await this.#ask('ocapi', `/${number}`, { method: 'PATCH', json: { last_name: this.#name } })
    else if (kind < 0.61)
      await this.#ask('yaas', `/${number}?partial=true`, { method: 'PUT', json: { contactEmail: email } })
    else if (kind < 0.64) await this.#ask('yaas', '', { method: 'POST', json: { contactEmail: email } })
    else await this.#ask('yaas', `/${number}`, { method: 'DELETE' })
  }

  async #look(number: string, kind: number): Promise<void> {
    if (kind < 0.75) await this.#expect('ocapi', `/${number}?format=xml`)
    else if (kind < 0.85) await this.#expect('yaas', `/${number}?expand=addresses,accounts,mixin:*`)
    else if (kind < 0.9) await this.#expect('ocapi', `/${number}/addresses?select=(**)`)
    else if (kind < 0.95)
      await this.#expect('yaas', `?q=${encodeURIComponent('lastName:~^name')}&sort=lastName&pageSize=5`)
    else await this.#expect('yaas', `?q=id:${encodeURIComponent(`"${number}"`)}`)
  }

  /** Asks for what must be served. */
  async #expect(flavour: FlavourName, path: string, sent: Sent = {}): Promise<Answer | undefined> {
    const answer = await this.#ask(flavour, path, sent)
    if (answer && answer.status < 300) return answer
    if (answer) this.#load.wrong.push(`${sent.method ?? 'GET'} ${path}: ${answer.status} ${answer.text.slice(0, 300)}`)
    return undefined
  }

  /** Asks for what may be refused; a 5xx is wrong all the same. */
  async #ask(flavour: FlavourName, path: string, sent: Sent = {}): Promise<Answer | undefined> {
    const { origin, note, wrong } = this.#load
    const began = performance.now()
    if (began - this.#tokensSince > tokenLife) {
      this.#tokens = { ocapi: await tokenOf(origin, 'ocapi'), yaas: await tokenOf(origin, 'yaas') }
      this.#tokensSince = began
    }
    const headers = { Authorization: `Bearer ${this.#tokens[flavour]}` }
    const answer = await send(origin, { ...sent, path: paths[flavour] + path, headers }).catch((error: unknown) => {
      wrong.push(`${sent.method ?? 'GET'} ${path}: ${String(error)}`)
    })
    note(performance.now() - began)
    if (answer && answer.status >= 500) wrong.push(`${sent.method ?? 'GET'} ${path}: ${answer.status} ${answer.text}`)
    return answer || undefined
  }
}
