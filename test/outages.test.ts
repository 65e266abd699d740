/** PostgreSQL fails, hangs or comes back: what callers get meanwhile (adapters/storage/README.md, Failures). */
import { once } from 'node:events'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { expect } from 'chai'
import { after, before, describe, it } from 'mocha'
import { Pool } from 'pg'
import { ocapi } from '../adapters/ocapi/index.js'
import { clientOf, postgresStorage } from '../adapters/storage/postgres/postgres.js'
import { yaas } from '../adapters/yaas/index.js'
import { CustomerError, definePlugin } from '../core/index.js'
import type { Clientele, Context, CustomerOperations } from '../core/index.js'
import { upgrader } from '../core/ports/storage.js'
import { serve } from './support/api.js'
import type { Service } from './support/api.js'
import type { Answer } from './support/http.js'
import { newDatabase, startPostgres } from './support/postgres.js'
import type { Server } from './support/postgres.js'
import { openShop, problemOf } from './support/shop.js'

const beforePatch = 'dw.ocapi.data.customer_list.customer.beforePATCH'
const afterPatch = 'dw.ocapi.data.customer_list.customer.afterPATCH'

describe('while the server is down: 503 with Retry-After, back by itself', () => {
  let server: Server
  let service: Service
  before(async () => {
    server = await startPostgres()
    const storage = postgresStorage({ connectionString: server.url() })
    service = await serve({ flavours: [ocapi(), yaas()], library: { storage } })
  })
  after(async () => {
    await service.stop()
    await server.remove()
  })
  const path = {
    ocapi: '/s/-/dw/data/v16_2/customer_lists/SiteGenesis/customers',
    yaas: '/hybris/cecentercustomer/v1/sitegenesis/customers',
  }
  const create = (login: string): Promise<Answer> =>
    service.call('POST', path.ocapi, { json: { customer_no: login, credentials: { login } } })

  it('both APIs answer, whatever is asked, and serve again after a restart or a crash', async () => {
    for (const how of ['shutdown', 'crash'] as const) {
      expect((await create(`before ${how}`)).status).to.equal(200)
      await server.stop()
      const answers = [
        await create(`meanwhile ${how}`),
        await service.call('GET', `${path.ocapi}/before%20${how}`),
        await service.call('PATCH', `${path.ocapi}/before%20${how}`, { json: { last_name: 'x' } }),
        await service.call('GET', path.yaas, { token: 'yaas' }),
        await service.call('POST', path.yaas, { token: 'yaas', json: { contactEmail: 'a@example.com' } }),
      ]
      expect(answers.map(({ status }) => status)).to.deep.equal([503, 503, 503, 503, 503])
      for (const { headers } of answers) expect(Number(headers['retry-after'])).to.be.greaterThan(0)
      expect(answers[4]?.text).to.include('Nothing was changed')
      await server.start()
      expect((await service.call('GET', `${path.ocapi}/before%20${how}`)).status).to.equal(200)
      expect((await service.call('GET', `${path.ocapi}/meanwhile%20${how}`)).status).to.equal(404)
      expect((await create(`after ${how}`)).status).to.equal(200)
      await server.restart(how === 'crash' ? 'crash' : undefined)
      expect((await create(`again ${how}`)).status).to.equal(200)
    }
  })
})

describe('a server that ends a session in the very moment in which it begins', () => {
  it('costs an answer, and not the process', async () => {
    const text = (value: string): Buffer => Buffer.from(`${value}\0`)
    const message = (type: string, body: Buffer): Buffer => {
      const head = Buffer.from(`${type}0000`)
      head.writeInt32BE(body.length + 4, 1)
      return Buffer.concat([head, body])
    }
    const authenticated = message('R', Buffer.alloc(4))
    const ready = message('Z', Buffer.from('I'))
    const ended = message('E', Buffer.concat([text('SFATAL'), text('C57P01'), text('Mending'), Buffer.alloc(1)]))
    const server = createServer((socket) => {
      socket.on('error', () => undefined)
      socket.once('data', () => socket.end(Buffer.concat([authenticated, ready, ended])))
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const storage = postgresStorage({ connectionString: `postgres://postgres@127.0.0.1:${port}/none` })
    const opening = storage.open({ indexes: {}, lockWait: 1000, upgrade: upgrader(), warn: () => undefined })
    expect(await opening.catch((error: Error) => error.message)).to.match(/cannot be opened/)
    server.close()
  })
})

describe('a hook whose own query loses its connection: nothing was stored, and the plug-in is not blamed', () => {
  const handlers: Readonly<Record<string, (query: Promise<unknown>) => Promise<unknown>>> = {
    'it says so': (query) => query,
    'it swallows that': (query) => query.catch(() => undefined),
    'it makes an error of its own of it': (query) => query.catch(() => Promise.reject(new Error('mine'))),
  }
  const logged: string[] = []
  let told: unknown[] = []
  let shop: CustomerOperations
  let clientele: Clientele
  before(async () => {
    const lose = (_: unknown, { lastName }: { readonly lastName?: string | null }, __: unknown, context: Context) => {
      const handle = handlers[lastName ?? '']
      return handle?.(clientOf(context).query('SELECT pg_terminate_backend(pg_backend_pid())'))
    }
    const log = (message: string, fields?: object): void => void logged.push(`${message} ${JSON.stringify(fields)}`)
    ;({ clientele, shop } = await openShop({
      storage: postgresStorage({ connectionString: await newDatabase() }),
      plugins: [
        definePlugin({
          name: 'loser',
          hooks: {
            [beforePatch]: async (customer, update, list, context) =>
              void (await lose(customer, update, list, context)),
          },
        }),
        definePlugin({
          name: 'late loser',
          hooks: {
            [afterPatch]: async (customer, update, list, context) => {
              if (update.firstName !== 'late') return
              await lose(customer, { lastName: update.jobTitle ?? '' }, list, context)
            },
          },
        }),
      ],
      logger: { debug: log, info: log, warn: log, error: log },
      onError: (error) => void told.push(error),
    }))
    await shop.createCustomer({ create: { customerNo: '1' } })
  })
  after(() => clientele.close())

  for (const [what, update] of Object.keys(handlers).flatMap((lastName) => [
    [`before: ${lastName}`, { lastName }] as const,
    [`after: ${lastName}`, { firstName: 'late', jobTitle: lastName }] as const,
  ]))
    it(what, async () => {
      logged.length = 0
      told = []
      const error = await shop.updateCustomer({ customerNo: '1', update }).catch((reason: unknown) => reason)
      expect(error).to.be.instanceOf(CustomerError)
      expect((error as CustomerError).problem).to.include({ kind: 'unavailable', outcome: 'nothing' })
      expect(logged.join()).to.not.include('loser')
      expect(told).to.deep.equal([])
      expect(await shop.getCustomer({ customerNo: '1' })).to.include({ version: 1 })
    })
})

describe('while hooks hang (decision 4.10; adapters/storage/README.md, Locks and time)', () => {
  let pool: Pool
  let clientele: Clientele
  let shop: CustomerOperations
  let hanging: Promise<unknown> | undefined
  let onHang: () => void = () => undefined
  let slow: (context: Context) => Promise<unknown> = async () => undefined
  before(async () => {
    pool = new Pool({ connectionString: await newDatabase(), max: 3 })
    const plugin = definePlugin({
      name: 'hanging',
      hooks: {
        [beforePatch]: async (_customer, update, _list, context) => {
          if (update.lastName === 'hang') {
            onHang()
            await hanging
          }
          if (update.lastName === 'slow') await slow(context)
        },
      },
    })
    const limits = { handler: 1500, lockWait: 400, unit: 5000 }
    ;({ clientele, shop } = await openShop({ storage: postgresStorage({ pool }), plugins: [plugin], limits }))
    for (const customerNo of ['1', '2', '3', '4']) await shop.createCustomer({ create: { customerNo } })
  })
  after(async () => {
    await clientele.close()
    await pool.end()
  })
  const patch = (customerNo: string, lastName: string) =>
    problemOf(shop.updateCustomer({ customerNo, update: { lastName } }))

  it('others get 503 for that customer after the longest wait, and are served for every other one', async () => {
    hanging = new Promise(() => undefined)
    const hangs = new Promise<void>((resolve) => (onHang = resolve))
    const hung = patch('1', 'hang')
    await hangs
    const waiting = Array.from({ length: 20 }, () => patch('1', 'x'))
    // those who wait in the queue of the process hold no connection: others are not kept waiting
    expect(await patch('2', 'y')).to.equal('none')
    expect(pool.totalCount - pool.idleCount).to.equal(1)
    expect(new Set(await Promise.all(waiting))).to.deep.equal(new Set(['unavailable']))
    expect(await hung).to.equal('internal')
    expect(await patch('1', 'z')).to.equal('none')
  })
  it('a slow statement of a handler is not waited for when its time is over', async () => {
    let statement: Promise<string> | undefined
    slow = async (context) => {
      const sleeping = clientOf(context).query('SELECT pg_sleep(60)')
      statement = sleeping.then(
        () => 'waited for',
        () => 'cut off',
      )
      await statement
    }
    expect(await patch('3', 'slow')).to.equal('internal')
    expect(await statement).to.equal('cut off')
    expect(await patch('4', 'x')).to.equal('none')
  })
  it('with every place of units taken: 503 after the longest wait, while reads are served, and back when one is free', async () => {
    let end: (() => void) | undefined
    hanging = new Promise<void>((resolve) => (end = resolve))
    let count = 0
    const hang = new Promise<void>((resolve) => (onHang = () => ++count === 2 && resolve()))
    const hung = ['1', '2'].map((customerNo) => patch(customerNo, 'hang'))
    await hang
    const waiting = patch('4', 'x')
    expect(await problemOf(shop.getCustomer({ customerNo: '4' }))).to.equal('none')
    expect(await waiting).to.equal('unavailable')
    end?.()
    expect(await Promise.all(hung)).to.deep.equal(['none', 'none'])
    expect(await patch('4', 'x')).to.equal('none')
    expect(pool.totalCount).to.equal(pool.idleCount)
  })
})
