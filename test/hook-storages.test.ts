/** Hooks on every storage: a write that a handler spoils leaves nothing behind, and a dry run neither (peers: the same promise on every adapter). */
import { expect } from 'chai'
import { describe, it } from 'mocha'
import { Status } from '../core/index.js'
import type { Context, Outcome } from '../core/index.js'
import { engines } from './support/engines.js'
import { openShop, problemOf } from './support/shop.js'
import { contentsOf } from './support/ways.js'

type Handler = (context: Context) => Outcome | Promise<Outcome>

/** Ways to spoil a change of customer C1 after it was written, and what the caller gets. */
const spoilt: readonly (readonly [what: string, handler: Handler, problem: string])[] = [
  ['a refusal', () => Status.error('NO', 'no'), 'refusedByHook'],
  ['a throw', () => Promise.reject(new Error('bad')), 'internal'],
  [
    'a refusal after writes of its own',
    async ({ customers }) => {
      await customers.createCustomer({ create: { customerNo: 'C3' } })
      await customers.deleteAddress({ customerNo: 'C1', addressId: 'home' })
      return Status.error('NO', 'no')
    },
    'refusedByHook',
  ],
  [
    'a swallowed duplicate',
    async ({ customers }) => {
      await customers.createCustomer({ create: { customerNo: 'c2' } }).catch(() => undefined)
      await customers.createCustomer({ create: { customerNo: 'C4' } })
    },
    'internal',
  ],
  ['a write that is not awaited', ({ customers }) => void customers.createCustomer({ create: {} }), 'internal'],
  [
    'a time limit amid writes',
    async ({ customers, signal }) => {
      while (!signal.aborted) await customers.createCustomer({ create: {} })
    },
    'internal',
  ],
]

for (const [name, engine] of engines)
  describe(`hooks on ${name}: nothing is left behind (4.5, 4.6, 4.8, 4.10)`, () => {
    it(`by ${spoilt.map(([what]) => what).join(', ')}; nor by a dry run`, async () => {
      let handler: Handler = () => undefined
      const storage = await engine()
      const { clientele, shop } = await openShop({
        storage,
        limits: { handler: 150 },
        plugins: [
          {
            name: 'spoiler',
            hooks: {
              'dw.ocapi.data.customer_list.customer.afterPATCH': (_c, _u, _l, context) => handler(context),
            },
          },
        ],
      })
      await shop.createCustomer({ create: { customerNo: 'C1', lastName: 'Lebowski' } })
      await shop.createCustomer({ create: { customerNo: 'C2' } })
      await shop.createAddress({ customerNo: 'C1', create: { addressId: 'home' } })
      const before = await contentsOf(storage)
      for (const [what, next, problem] of spoilt) {
        handler = next
        expect(
          await problemOf(shop.updateCustomer({ customerNo: 'C1', update: { lastName: 'Sobchak' } })),
          what,
        ).to.equal(problem)
        expect(await contentsOf(storage), what).to.equal(before)
      }
      handler = async ({ customers }) => void (await customers.createCustomer({ create: { customerNo: 'C5' } }))
      const dry = await clientele
        .dryRun('SiteGenesis')
        .updateCustomer({ customerNo: 'C1', update: { lastName: 'Sobchak' } })
      expect(dry.result).to.include({ lastName: 'Sobchak', version: 2 })
      expect(dry.changes.map(({ kind }) => kind)).to.deep.equal(['customers', 'customers'])
      expect(await contentsOf(storage)).to.equal(before)
      const done = await shop.updateCustomer({ customerNo: 'C1', update: { lastName: 'Sobchak' } })
      expect(done).to.include({ lastName: 'Sobchak', version: 2 })
      expect((await shop.findCustomers()).total).to.equal(3)
      await clientele.close()
    })
  })
