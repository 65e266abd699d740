/** Limits of a door: requests at once, their time, clients that go away, the room of an answer (adapters/README.md, Limits). */
import http from 'node:http'
import net from 'node:net'
import { expect } from 'chai'
import { describe, it } from 'mocha'
import { ocapi } from '../adapters/ocapi/index.js'
import { yaas } from '../adapters/yaas/index.js'
import type { AnsweredRequest } from '../core/index.js'
import { SetupError } from '../core/index.js'
import type { Caller, ClienteleOptions } from '../core/index.js'
import { serve } from './support/api.js'
import type { Service, ServiceOptions } from './support/api.js'
import { doors } from './support/doors.js'
import { yaasBase, yaasCallers } from './support/yaas.js'

const ocapiPath = '/s/-/dw/data/v16_2/customer_lists/SiteGenesis/customers'
const yaasPath = `${yaasBase}/sitegenesis/customers`
const mixin = 'https://a.example/any'

const open = (more: Partial<ServiceOptions> = {}): Promise<Service> =>
  serve({ flavours: [ocapi(), yaas()], authenticate: ({ token }) => yaasCallers[token], ...more })

/** A promise and what settles it. */
function gate<T = void>() {
  let opened!: (value: T) => void
  const passed = new Promise<T>((resolve) => (opened = resolve))
  return { passed, open: opened }
}

const until = async (isSo: () => boolean): Promise<void> => {
  while (!isSo()) await new Promise((resolve) => setImmediate(resolve))
}

/** Waits until so many units of work run. */
async function untilRunning({ clientele }: Service, count: number): Promise<void> {
  while ((await clientele.health()).running < count) await new Promise((resolve) => setImmediate(resolve))
}

/** Begins a request and goes away when told. */
function leaving(service: Service, method: string, path: string, document: object): () => void {
  const request = http.request(`${service.origin}${path}`, {
    method,
    agent: false,
    headers: { Authorization: 'Bearer ocapi', 'Content-Type': 'application/json' },
  })
  request.on('error', () => undefined).end(JSON.stringify(document))
  return () => request.destroy()
}

for (const door of doors)
  describe(`limits of a door: ${door.name}`, () => {
    it('one request more than `maxRequests` is 503 with Retry-After, in the form of its API', async () => {
      const asked = gate()
      const answer = gate<Caller | undefined>()
      const authenticate = () => {
        asked.open()
        return answer.passed
      }
      const service = await open({ door, maxRequests: 1, authenticate })
      const first = service.call('GET', `${ocapiPath}/C1`)
      await asked.passed
      const second = await service.call('GET', `${ocapiPath}/C1`)
      expect([second.status, second.headers['retry-after']]).to.deep.equal([503, '1'])
      expect(second.text).to.include('ServiceUnavailableException')
      const third = await service.call('GET', yaasPath, { token: 'yaas' })
      expect([third.status, third.headers['retry-after']]).to.deep.equal([503, '1'])
      expect(third.json()).to.include({ type: 'service_temporarily_unavailable' })
      answer.open(yaasCallers['ocapi'])
      expect((await first).status).to.equal(404)
      expect((await service.call('GET', `${ocapiPath}/C1`)).status).to.equal(404)
      await service.stop()
    })

    it('a body that does not come before the `deadline` is 503, and ends the connection', async () => {
      const seen: AnsweredRequest[] = []
      const service = await open({ door, deadline: 40, observe: { onRequest: () => (facts) => void seen.push(facts) } })
      const { port } = new URL(service.origin)
      const head = `POST ${ocapiPath} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ocapi\r\nContent-Length: 9\r\n\r\n{`
      const socket = net.connect(Number(port), '127.0.0.1', () => socket.write(head))
      let text = ''
      for await (const chunk of socket.setEncoding('utf8')) text += chunk as string
      expect(text)
        .to.match(/^HTTP\/1.1 503 /)
        .and.include('ServiceUnavailableException')
      expect(seen[0]).to.include({ status: 503, problem: 'unavailable' })
      await service.stop()
    })

    it('a client that goes away waits for no lock, and nothing is stored', async () => {
      const seen: AnsweredRequest[] = []
      const service = await open({ door, observe: { onRequest: () => (facts) => void seen.push(facts) } })
      await service.shop.createCustomer({ create: { customerNo: 'C1' } })
      const held = gate()
      const isHeld = gate()
      const holding = service.clientele.transaction('SiteGenesis', async ({ customers }) => {
        await customers.updateCustomer({ customerNo: 'C1', update: { title: 'Dr' } })
        isHeld.open()
        await held.passed
      })
      await isHeld.passed
      const leave = leaving(service, 'PATCH', `${ocapiPath}/C1`, { last_name: 'gone' })
      await untilRunning(service, 2)
      leave()
      await until(() => seen.length > 0)
      expect(seen[0]).to.include({ status: 503, problem: 'clientGone' })
      held.open()
      await holding
      expect(await service.shop.getCustomer({ customerNo: 'C1' })).to.not.have.property('lastName')
      await service.stop()
    })
  })

describe('2.13: a client that goes away leaves the queue of hashes', () => {
  it('its password is never hashed', async () => {
    const hashes: ((hash: string) => void)[] = []
    const hashPassword = () => new Promise<string>((resolve) => hashes.push(resolve))
    const seen: AnsweredRequest[] = []
    const library: Partial<ClienteleOptions> = { hashPassword, limits: { hashes: 1 } }
    const service = await open({ library, observe: { onRequest: () => (facts) => void seen.push(facts) } })
    const create = (login: string) => ({ credentials: { login, password: 'pass' } })
    const first = service.call('POST', ocapiPath, { json: create('first') })
    await until(() => hashes.length === 1)
    const leave = leaving(service, 'POST', ocapiPath, create('gone'))
    await untilRunning(service, 2)
    leave()
    await until(() => seen.length > 0)
    const last = service.call('POST', ocapiPath, { json: create('last') })
    hashes[0]?.('$hash$')
    await until(() => hashes.length === 2)
    hashes[1]?.('$hash$')
    expect([(await first).status, (await last).status]).to.deep.equal([200, 200])
    expect(hashes).to.have.length(2)
    await service.stop()
  })
})

describe('an answer has a size: what asks for more is told which page would do', () => {
  const library: Partial<ClienteleOptions> = { mixins: { schemas: { [mixin]: {} } } }

  it('YaaS: `pageSize` and `expand`', async () => {
    const service = await open({ library, maxAnswer: 20_000 })
    for (let at = 0; at < 10; at++) {
      const create = { mixins: { big: { text: 'ü'.repeat(2_000) } }, mixinSchemas: { big: mixin } }
      await service.shop.createCustomer({ create })
    }
    const get = (query: string) => service.call('GET', `${yaasPath}?${query}`, { token: 'yaas' })
    const refused = await get('pageSize=10&expand=mixin:*')
    expect(refused.status, refused.text).to.equal(400)
    const [detail] = refused.json<{ details: { field: string; type: string; message: string }[] }>().details
    expect(detail).to.include({ field: 'pageSize', type: 'invalid_query_parameter' })
    expect(detail?.message).to.equal(
      'must be at most 4, or expand must name less: the page would have more than 20000 bytes',
    )
    expect((await get('pageSize=4&expand=mixin:*')).json()).to.have.length(4)
    expect((await get('pageSize=10')).json()).to.have.length(10)
    expect((await get('pageSize=10&expand=mixin:*&fields=id')).json()).to.have.length(10)
    await service.stop()
  })

  it('YaaS: addresses that `expand` adds', async () => {
    const service = await open({ maxAnswer: 3_000 })
    const numbers = []
    for (let at = 0; at < 3; at++) {
      const { customerNo } = await service.shop.createCustomer({ create: {} })
      numbers.push(customerNo)
      for (let home = 0; home < 8; home++)
        await service.shop.createAddress({ customerNo, create: { addressId: `a${home}`, city: 'x'.repeat(200) } })
    }
    const get = (query: string) => service.call('GET', `${yaasPath}?${query}`, { token: 'yaas' })
    const refused = await get('pageSize=3&expand=addresses')
    expect(refused.status).to.equal(400)
    expect(refused.text).to.include('must be at most 1, or expand must name less')
    expect((await get('pageSize=1&expand=addresses')).json()).to.have.length(1)
    expect((await get('pageSize=3')).json()).to.have.length(3)
    await service.stop()
  })

  it('OCAPI: `count`, in JSON and XML, by what is written', async () => {
    const service = await open({ maxAnswer: 20_000 })
    const { customerNo } = await service.shop.createCustomer({ create: {} })
    for (let home = 0; home < 10; home++)
      await service.shop.createAddress({
        customerNo,
        create: { addressId: `a${home}`, custom: { text: 'x'.repeat(2_000) + '&'.repeat(1_000) } },
      })
    const get = (query: string) => service.call('GET', `${ocapiPath}/${customerNo}/addresses?${query}`)
    for (const [format, most] of [
      ['json', 6],
      ['xml', 2],
    ]) {
      const refused = await get(`count=10&format=${format}`)
      expect(refused.status, refused.text).to.equal(400)
      expect(refused.text)
        .to.include('ValueConstraintViolationException')
        .and.include(`1..${most}`)
        .and.include('count')
      expect((await get(`count=${most}&format=${format}`)).status).to.equal(200)
      expect((await get(`count=10&format=${format}&select=(data.(address_id))`)).status).to.equal(200)
    }
    await service.stop()
  })
})

describe('yaas: a `q` has as many conditions and values as the options say', () => {
  it('and one more is refused with what may be', async () => {
    const service = await open({ flavours: [yaas({ maxConditions: 2, maxConditionValues: 3 })] })
    const get = (q: string) => service.call('GET', `${yaasPath}?q=${encodeURIComponent(q)}`, { token: 'yaas' })
    for (const [q, status, said] of [
      ['title:a lastName:b', 200, '[]'],
      ['title:a lastName:b firstName:c', 400, 'at most 2 conditions'],
      ['title:(a,b,c)', 200, '[]'],
      ['title:(a,b,c,d)', 400, 'at most 3 values'],
    ] as const) {
      const answer = await get(q)
      expect([q, answer.status]).to.deep.equal([q, status])
      expect(answer.text).to.include(said)
    }
    await service.stop()
  })
})

describe('the limits of a door are whole numbers from 1', () => {
  for (const name of ['maxBody', 'maxAnswer', 'maxRequests', 'deadline'])
    it(name, async () => {
      for (const wrong of [0, 1.5, -1, Infinity, Number.NaN]) {
        const error = await open({ [name]: wrong }).catch((mistake: unknown) => mistake)
        expect(error).to.be.instanceOf(SetupError).with.property('message').that.includes(name)
      }
    })
})
