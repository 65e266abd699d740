/** Races between processes on one database. */
import { expect } from 'chai'
import { after, before, it } from 'mocha'
import { startServer } from './child.js'
import type { ServerChild } from './child.js'
import { send } from './http.js'
import type { Answer, Sent } from './http.js'
import { tokenOf } from './tokens.js'

const racers = 60

/** Registers tests in which three example servers race: of sixty requests one wins, or all do and none is lost. */
export function races(databaseUrl: () => Promise<string>): void {
  let servers: (ServerChild & { readonly tokens: Readonly<Record<'ocapi' | 'yaas', string>> })[]
  before(async () => {
    const environment = {
      STORAGE: 'postgres',
      DATABASE_URL: await databaseUrl(),
      CUSTOMER_LISTS: 'SiteGenesis:sitegenesis',
    }
    const started = await Promise.all([1, 2, 3].map(() => startServer(environment)))
    servers = await Promise.all(
      started.map(async (server) => {
        const [ocapi, yaas] = await Promise.all([tokenOf(server.origin, 'ocapi'), tokenOf(server.origin, 'yaas')])
        return { ...server, tokens: { ocapi, yaas } }
      }),
    )
  })
  after(() => Promise.all(servers.map((server) => server.stop())))

  const ask = (number: number, flavour: 'ocapi' | 'yaas', path: string, sent: Sent = {}): Promise<Answer> => {
    const { origin, tokens } = servers[number % servers.length] as (typeof servers)[number]
    const base = {
      ocapi: '/s/-/dw/data/v16_2/customer_lists/SiteGenesis',
      yaas: '/hybris/cecentercustomer/v1/sitegenesis',
    }
    const headers = { Authorization: `Bearer ${tokens[flavour]}`, ...(sent.headers as Record<string, string>) }
    return send(origin, { ...sent, path: `${base[flavour]}/customers${path}`, headers })
  }
  /** Sends sixty requests at once, to all servers in turn, and counts what the answers say. */
  const race = async (request: (number: number) => Promise<Answer>, say: (answer: Answer) => string) => {
    const answers = await Promise.all(Array.from({ length: racers }, (_, number) => request(number)))
    const counts: Record<string, number> = {}
    for (const answer of answers) counts[say(answer)] = (counts[say(answer)] ?? 0) + 1
    return counts
  }
  const faultOf = (answer: Answer): string =>
    answer.status < 300 ? String(answer.status) : answer.json<{ fault: { type: string } }>().fault.type
  const statusOf = (answer: Answer): string => String(answer.status)
  const person = (name: string, more: object = {}) => ({
    json: { last_name: name, credentials: { login: name }, ...more },
  })

  it('one login', async () => {
    const create = (number: number) => ask(number, 'ocapi', '', person('walter', { first_name: `number ${number}` }))
    expect(await race(create, faultOf)).to.deep.equal({ 200: 1, LoginAlreadyInUseException: 59 })
  })
  it('one customer number', async () => {
    const create = (number: number) => ask(number, 'ocapi', '', person(`bowler${number}`, { customer_no: 'LANE-7' }))
    expect(await race(create, faultOf)).to.deep.equal({ 200: 1, CustomerNumberAlreadyInUseException: 59 })
  })
  it('one contact email', async () => {
    const create = (number: number) =>
      ask(number, 'yaas', '', { json: { contactEmail: number % 2 ? 'Donny@example.com' : 'donny@example.COM' } })
    expect(await race(create, statusOf)).to.deep.equal({ 201: 1, 409: 59 })
  })
  it('one ETag', async () => {
    const tag = (await ask(0, 'ocapi', '', person('maude', { customer_no: 'maude' }))).headers.etag as string
    const patch = (number: number) =>
      ask(number, 'ocapi', '/maude', {
        method: 'PATCH',
        headers: { 'If-Match': tag },
        json: { last_name: `${number}` },
      })
    expect(await race(patch, faultOf)).to.deep.equal({ 200: 1, InvalidIfMatchException: 59 })
  })
  it('PATCHes without If-Match never fail, and none is lost', async () => {
    await ask(0, 'ocapi', '', person('jackie', { customer_no: 'jackie' }))
    const patch = (number: number) =>
      ask(number, 'ocapi', '/jackie', { method: 'PATCH', json: { [`c_number${number}`]: number } })
    expect(await race(patch, faultOf)).to.deep.equal({ 200: racers })
    const document = (await ask(1, 'ocapi', '/jackie')).json()
    expect(Object.keys(document).filter((name) => name.startsWith('c_number'))).to.have.length(racers)
  })
  it('one default address', async () => {
    await ask(0, 'ocapi', '', person('bunny', { customer_no: 'bunny' }))
    const add = (number: number) =>
      ask(number, 'yaas', '/bunny/addresses', { json: { city: `${number}`, isDefault: true } })
    expect(await race(add, statusOf)).to.deep.equal({ 201: racers })
    const addresses = (await ask(2, 'yaas', '/bunny/addresses?pageSize=100')).json<{ isDefault: boolean }[]>()
    expect(addresses).to.have.length(racers)
    expect(addresses.filter(({ isDefault }) => isDefault)).to.have.length(1)
  })
  it('generated numbers are all different, and step over those in use', async () => {
    const first = (await ask(0, 'ocapi', '', person('first'))).json<{ customer_no: string }>().customer_no
    const taken = [5, 20, 130].map((n) => String(Number(first) + n).padStart(8, '0'))
    for (const number of taken) await ask(0, 'ocapi', '', person(`owner of ${number}`, { customer_no: number }))
    const numbers = new Set<string>()
    const create = async (number: number): Promise<Answer> => {
      const answer = await ask(number, 'ocapi', '', person(`guest${number}`))
      numbers.add(answer.json<{ customer_no: string }>().customer_no)
      return answer
    }
    expect(await race(create, faultOf)).to.deep.equal({ 200: racers })
    expect(numbers.size).to.equal(racers)
    for (const number of taken) expect(numbers.has(number)).to.equal(false)
  })
}
