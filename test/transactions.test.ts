/** `clientele.transaction`: several operations as one unit of work; `clientOf`: tables of the host in it. */
import { expect } from 'chai'
import { after, before, describe, it } from 'mocha'
import { clientOf, postgresStorage } from '../adapters/storage/postgres/postgres.js'
import { Status, definePlugin } from '../core/index.js'
import type { Clientele, Context, CustomerOperations } from '../core/index.js'
import { engines } from './support/engines.js'
import { execute, newDatabase } from './support/postgres.js'
import { openShop, problemOf } from './support/shop.js'

const afterPost = 'dw.ocapi.data.customer_list.customers.afterPOST'
const list = 'SiteGenesis'
const failure = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'done',
    (error: Error) => error.message,
  )

for (const [engine, open] of engines)
  describe(`clientele.transaction on ${engine} (adapters/storage/README.md, Units of work)`, () => {
    let clientele: Clientele
    let shop: CustomerOperations
    let handler: (context: Context) => Promise<unknown> = async () => undefined
    before(async () => {
      const plugin = definePlugin({
        name: 'probe',
        hooks: { [afterPost]: async (_customer, _create, _list, context) => void (await handler(context)) },
      })
      ;({ clientele, shop } = await openShop({ storage: await open(), plugins: [plugin], limits: { unit: 1000 } }))
    })
    after(() => clientele.close())
    const count = async (): Promise<number> => (await shop.findCustomers({ query: {} })).total

    it('stores all of it and gives the value of the work; every library call in it joins', async () => {
      const customerNo = await clientele.transaction(list, async ({ customers }) => {
        const customer = await customers.createCustomer({ create: { lastName: 'Lebowski' } })
        await shop.createAddress({ customerNo: customer.customerNo, create: { addressId: 'home' } })
        await customers.updateCustomer({ customerNo: customer.customerNo, update: { email: 'dude@example.com' } })
        expect((await customers.getCustomer({ customerNo: customer.customerNo })).email).to.equal('dude@example.com')
        return customer.customerNo
      })
      const customer = await shop.getCustomer({ customerNo })
      expect([customer.email, customer.version]).to.deep.equal(['dude@example.com', 1])
      expect((await shop.findAddresses({ customerNo })).total).to.equal(1)
    })
    it('stores nothing if the work throws, and throws the same', async () => {
      const before = await count()
      const own = new Error('changed my mind')
      const work = clientele.transaction(list, async ({ customers }) => {
        await customers.createCustomer({ create: {} })
        throw own
      })
      expect(await work.catch((error: unknown) => error)).to.equal(own)
      expect(await count()).to.equal(before)
    })
    it('stores nothing if a write of it failed, also if the work caught that', async () => {
      const before = await count()
      const work = clientele.transaction(list, async ({ customers }) => {
        await customers.createCustomer({ create: { customerNo: 'taken' } })
        await customers.createCustomer({ create: { customerNo: 'TAKEN' } }).catch(() => undefined)
      })
      expect(await problemOf(work)).to.equal('customerNoInUse')
      expect(await count()).to.equal(before)
    })
    it('goes on after a look-up that found nothing', async () => {
      await clientele.transaction(list, async ({ customers }) => {
        expect(await problemOf(customers.getCustomer({ customerNo: 'none' }))).to.equal('customerNotFound')
        await customers.createCustomer({ create: {} })
      })
    })
    it('answers a generated number that is taken with the next one, without running the work again', async () => {
      const { customerNo } = await shop.createCustomer({ create: {} })
      const next = [1, 2].map((n) => String(Number(customerNo) + n).padStart(8, '0'))
      for (const number of next) await shop.createCustomer({ create: { customerNo: number } })
      let runs = 0
      const created = await clientele.transaction(list, async ({ customers }) => {
        runs++
        return customers.createCustomer({ create: {} })
      })
      expect(runs).to.equal(1)
      expect(next).to.not.include(created.customerNo)
    })
    it('is part of the unit of the handler that it runs in', async () => {
      const before = await count()
      handler = async () => {
        handler = async () => undefined
        await clientele.transaction(list, async ({ customers }) => {
          await customers.createCustomer({ create: { customerNo: 'inner' } })
        })
        throw new Error('refused')
      }
      expect(await problemOf(shop.createCustomer({ create: { customerNo: 'outer' } }))).to.equal('internal')
      expect(await count()).to.equal(before)
    })
    it('runs handlers; one that throws fails the whole with an incident', async () => {
      const before = await count()
      handler = () => Promise.reject(new Error('broken'))
      const work = clientele.transaction(list, async ({ customers }) => {
        await customers.createCustomer({ create: {} })
      })
      expect(await problemOf(work)).to.equal('internal')
      handler = async () => undefined
      expect(await count()).to.equal(before)
    })
    it('refuses another list, calls that are not awaited, calls that come too late, and an unknown list', async () => {
      const before = await count()
      const other = clientele.transaction(list, () => clientele.list('other').createCustomer({ create: {} }))
      expect(await failure(other)).to.match(/cannot use 'other' in the same unit of work/)
      const open = clientele.transaction(list, async ({ customers }) => {
        void customers.createCustomer({ create: {} })
      })
      expect(await failure(open)).to.match(/still open|was open: await it/)
      let kept: CustomerOperations | undefined
      await clientele.transaction(list, async ({ customers }) => void (kept = customers))
      const late = kept?.createCustomer({ create: {} }) ?? Promise.resolve()
      expect(await failure(late)).to.match(/after the transaction had ended/)
      expect(await problemOf(clientele.transaction('none', async () => undefined))).to.equal('listNotFound')
      expect(await count()).to.equal(before)
    })
    it('ends when its time is over, and stores nothing', async () => {
      const before = await count()
      const work = clientele.transaction(list, async ({ customers }) => {
        await customers.createCustomer({ create: {} })
        await new Promise(() => undefined)
      })
      expect(await problemOf(work)).to.equal('unavailable')
      expect(await count()).to.equal(before)
    })
  })

describe('clientOf: tables of the host are committed and rolled back with the customer (adapters/storage/README.md, Transactions)', () => {
  let url: string
  let clientele: Clientele
  let shop: CustomerOperations
  let meanwhile: (context: Context) => Promise<unknown> = async () => undefined
  before(async () => {
    url = await newDatabase()
    await execute(
      url,
      'CREATE TABLE outbox (id bigserial PRIMARY KEY, topic text NOT NULL, body jsonb NOT NULL UNIQUE)',
    )
    const outbox = definePlugin({
      name: 'outbox',
      hooks: {
        [afterPost]: async (customer, _create, _list, context) => {
          await clientOf(context).query('INSERT INTO outbox (topic, body) VALUES ($1, $2)', ['created', customer])
          await meanwhile(context)
          return customer.lastName === 'refused' ? Status.error('no', 'refused') : Status.OK
        },
      },
    })
    ;({ clientele, shop } = await openShop({ storage: postgresStorage({ connectionString: url }), plugins: [outbox] }))
  })
  after(() => clientele.close())
  const topics = async (): Promise<string[]> =>
    (await execute(url, `SELECT body ->> 'customerNo' AS number FROM outbox ORDER BY id`)).rows.map((row) => row.number)

  it('a committed create leaves its row, also through a transaction', async () => {
    await shop.createCustomer({ create: { customerNo: 'one' } })
    await clientele.transaction(list, async (transaction) => {
      await transaction.customers.createCustomer({ create: { customerNo: 'two' } })
      const { rows } = await clientOf(transaction).query<{ n: number }>('SELECT count(*)::int AS n FROM outbox')
      expect(rows).to.deep.equal([{ n: 2 }])
    })
    expect(await topics()).to.deep.equal(['one', 'two'])
  })
  it('a refusal, a duplicate, a dry run and a throw leave none', async () => {
    const refused = shop.createCustomer({ create: { customerNo: 'three', lastName: 'refused' } })
    expect(await problemOf(refused)).to.equal('refusedByHook')
    expect(await problemOf(shop.createCustomer({ create: { customerNo: 'ONE' } }))).to.equal('customerNoInUse')
    await clientele.dryRun(list).createCustomer({ create: { customerNo: 'four' } })
    meanwhile = () => Promise.reject(new Error('broken'))
    expect(await problemOf(shop.createCustomer({ create: { customerNo: 'five' } }))).to.equal('internal')
    meanwhile = async () => undefined
    expect(await topics()).to.deep.equal(['one', 'two'])
    expect((await shop.findCustomers({ query: {} })).total).to.equal(2)
  })
  it('a failed statement of the host fails the unit, also if the handler caught it; a savepoint saves it', async () => {
    const again = (context: Context) =>
      clientOf(context).query('INSERT INTO outbox (topic, body) SELECT topic, body FROM outbox')
    meanwhile = (context) => again(context).catch(() => undefined)
    expect(await problemOf(shop.createCustomer({ create: { customerNo: 'six' } }))).to.equal('internal')
    meanwhile = async (context) => {
      await clientOf(context).query('SAVEPOINT mine')
      await again(context).catch(() => undefined)
      await clientOf(context).query('ROLLBACK TO SAVEPOINT mine')
    }
    await shop.createCustomer({ create: { customerNo: 'seven' } })
    meanwhile = async () => undefined
    expect(await topics()).to.deep.equal(['one', 'two', 'seven'])
  })
  it('refuses to end the transaction, to work after its end, and to work elsewhere', async () => {
    let kept: Context | undefined
    const messages: string[] = []
    meanwhile = async (context) => {
      kept = context
      for (const text of ['COMMIT', ' rollback', 'BEGIN', 'start transaction', 'END'])
        messages.push(await failure(clientOf(context).query(text)))
    }
    await shop.createCustomer({ create: { customerNo: 'eight' } })
    meanwhile = async () => undefined
    expect(new Set(messages)).to.deep.equal(new Set(['the unit of work begins and ends its transaction itself']))
    expect(await failure(clientOf(kept as Context).query('SELECT 1'))).to.equal('the unit of work has ended')
    const { clientele: other } = await openShop()
    await other.transaction(list, async (transaction) => {
      expect(() => clientOf(transaction)).to.throw(/takes the context/)
    })
    expect(() => clientOf({})).to.throw(/takes the context/)
    await other.close()
  })
})
