/** Library calls that handlers make: they are part of the unit of work, or they fail it. */
import { expect } from 'chai'
import { describe, it } from 'mocha'
import { ocapi } from '../adapters/ocapi/index.js'
import { memoryStorage } from '../adapters/storage/local/memory.js'
import { Status } from '../core/index.js'
import type { CustomerError, CustomerOperations, Hooks } from '../core/index.js'
import { faultyStorage } from './faulty-storage.js'
import {
  afterAddress,
  afterChange,
  afterCreate,
  beforeChange,
  beforeCreate,
  change,
  gate,
  mistakeIn,
  open,
} from './support/probe.js'
import { openShop, problemOf } from './support/shop.js'
import { contentsOf } from './support/ways.js'

describe('4.8: library calls of a handler are part of its unit of work', () => {
  it('a swallowed failure of an inner write fails the whole unit, naming the plug-in and the cause', async () => {
    const line = await mistakeIn({
      async [afterCreate](_customer, _create, _list, { customers }) {
        await customers.createCustomer({ create: { customerNo: 'c1' } }).catch(() => undefined)
      },
    })
    expect(line.message).to.equal(
      `plug-in 'probe' at ${afterCreate}: a write of its own failed, so the whole unit of work fails`,
    )
    expect(line.stack).to.include('another record of customers has this customerNo')
  })

  it('a read that finds nothing is no failure; what it throws is a CustomerError, as outside', async () => {
    const seen: unknown[] = []
    const { shop } = await open({
      async [beforeCreate](_create, _list, { customers }) {
        seen.push(await problemOf(customers.getCustomer({ customerNo: 'nobody' })))
        seen.push(
          await problemOf(
            customers.findCustomers({ query: { where: { op: 'matches', path: ['lastName'], pattern: '(' } } }),
          ),
        )
      },
    })
    await shop.createCustomer({ create: {} })
    expect(seen).to.deep.equal(['customerNotFound', 'queryRefused'])
  })

  it('an inner write that fails is a CustomerError for the handler, as outside', async () => {
    const seen: unknown[] = []
    await mistakeIn(
      {
        async [beforeChange](_customer, _update, _list, { customers }) {
          seen.push(await problemOf(customers.createCustomer({ create: { customerNo: 'C1' } })))
        },
      },
      change,
    )
    expect(seen).to.deep.equal(['customerNoInUse'])
  })

  it('a call that is not awaited fails the unit', async () => {
    for (const call of [
      (shop: CustomerOperations) => void shop.createCustomer({ create: {} }),
      (shop: CustomerOperations) => void shop.getCustomer({ customerNo: 'C1' }),
    ]) {
      const line = await mistakeIn({ [beforeCreate]: (_create, _list, { customers }) => call(customers) })
      expect(line.message).to.include('library call of its own was still open: await it')
    }
  })

  it('a call of an async handler that is not awaited fails the unit, and stores nothing later', async () => {
    const line = await mistakeIn(
      {
        async [afterChange](_customer, _update, _list, { customers }) {
          await customers.getCustomer({ customerNo: 'C1' })
          void customers.createCustomer({ create: { lastName: 'Ghost' } })
        },
      },
      change,
    )
    expect(line.message).to.include('await it')
  })

  it('a call after the handler has ended throws, and is logged even if nobody looks', async () => {
    let later: (() => Promise<unknown>) | undefined
    const { shop, storage, log } = await open({
      [beforeCreate](_create, _list, { customers }) {
        later = () => customers.createCustomer({ create: { customerNo: 'ghost' } })
      },
    })
    await shop.createCustomer({ create: { customerNo: 'C2' } })
    const error = await later?.().catch((error: unknown) => error as Error)
    expect(String(error)).to.include(`after the handler of plug-in 'probe' at ${beforeCreate} had ended`)
    expect(log.map(({ message }) => message).join()).to.include('had ended')
    expect(await contentsOf(storage)).to.not.include('ghost')
  })

  it('also while a later handler of the same unit still runs', async () => {
    const nextRuns = gate()
    let late: Promise<unknown> | undefined
    const { shop, storage } = await open([
      {
        name: 'hasty',
        hooks: {
          [beforeCreate](_create, _list, { customers }) {
            late = nextRuns.passed
              .then(() => customers.createCustomer({ create: { customerNo: 'ghost' } }))
              .catch((error: unknown) => error)
          },
        },
      },
      {
        name: 'next',
        hooks: {
          async [beforeCreate]() {
            nextRuns.open()
            await late
          },
        },
      },
    ])
    await shop.createCustomer({ create: { customerNo: 'C2' } })
    expect(String(await late))
      .to.include("plug-in 'hasty'")
      .and.to.include('had ended')
    expect(await contentsOf(storage)).to.not.include('ghost')
  })

  it('a call after the time limit throws and writes nothing, also one deeper down', async () => {
    const [isOver, hasCalled] = [gate(), gate()]
    let late: unknown
    const line = await mistakeIn(
      {
        async [beforeChange](_customer, _update, _list, { customers }) {
          await customers.createAddress({ customerNo: 'C1', create: { addressId: 'a' } })
        },
        async [afterAddress](_customer, _address, _create, _list, { customers }) {
          await isOver.passed
          late = await customers
            .createAddress({ customerNo: 'C1', create: { addressId: 'b' } })
            .catch((error: unknown) => error)
          hasCalled.open()
        },
      },
      change,
      { limits: { handler: 40 } },
    )
    expect(line.message).to.include('time limit of 40 ms')
    isOver.open()
    await hasCalled.passed
    expect(String(late)).to.include('had ended')
  })

  it('context.customers joins also from a callback that has lost its way, such as of a pool of connections', async () => {
    const callbacks: (() => void)[] = []
    const pool = setInterval(() => callbacks.splice(0).forEach((callback) => callback()), 1)
    const { shop, storage } = await open({
      [beforeCreate]: async (_create, _list, { customers }) => {
        await new Promise<void>((resolve, reject) =>
          callbacks.push(
            () =>
              void customers
                .createMapping({ create: { customerNumber: 'C1', sdCustomerNumber: '7' } })
                .then(() => resolve(), reject),
          ),
        )
        return Status.error('NO', 'no')
      },
    })
    const before = await contentsOf(storage)
    expect(await problemOf(shop.createCustomer({ create: {} }))).to.equal('refusedByHook')
    clearInterval(pool)
    expect(await contentsOf(storage)).to.equal(before)
  })

  it('sibling calls take turns, so Promise.all is safe', async () => {
    const { shop } = await open({
      async [afterCreate]({ customerNo }, _create, _list, { customers }) {
        await Promise.all(
          ['a', 'b', 'c', 'd'].map((addressId) => customers.createAddress({ customerNo, create: { addressId } })),
        )
      },
    })
    await shop.createCustomer({ create: { customerNo: 'C2' } })
    const { items } = await shop.findAddresses({ customerNo: 'C2' })
    expect(items.map(({ addressId, isDefault }) => `${addressId} ${isDefault}`)).to.deep.equal([
      'a true',
      'b false',
      'c false',
      'd false',
    ])
  })

  it('the outer call through the host’s own handle joins too; another list is refused', async () => {
    let outer: CustomerOperations | undefined
    let other: CustomerOperations | undefined
    const { clientele, shop, storage } = await open(
      {
        async [beforeCreate](create) {
          if (create.lastName === 'inner') return undefined
          await outer?.createCustomer({ create: { customerNo: 'joined', lastName: 'inner' } })
          return create.lastName === 'other'
            ? void (await other?.createCustomer({ create: {} }))
            : Status.error('NO', 'no')
        },
      },
      { customerLists: [{ id: 'SiteGenesis' }, { id: 'Other' }] },
    )
    outer = clientele.list('SiteGenesis')
    other = clientele.list('Other')
    const before = await contentsOf(storage)
    expect(await problemOf(shop.createCustomer({ create: {} }))).to.equal('refusedByHook')
    expect(await problemOf(shop.createCustomer({ create: { lastName: 'other' } }))).to.equal('internal')
    expect(await contentsOf(storage)).to.equal(before)
  })

  it('has the profile library, and flavour, caller and request id of the outer call', async () => {
    const seen: unknown[] = []
    const { clientele } = await open({
      async [afterCreate](customer, _create, _list, { customers }) {
        await customers.createAddress({ customerNo: customer.customerNo, create: {} })
      },
      [afterAddress]: (_customer, _address, _create, _list, { flavour, requestId, caller }) =>
        void seen.push(flavour, requestId, caller?.clientId),
    })
    const caller = { clientId: 'crm', flavours: ['ocapi'] } as const
    const shop = clientele.list('SiteGenesis', { flavour: 'ocapi', profile: ocapi().profile, requestId: 'r1', caller })
    await shop.createCustomer({ create: { credentials: { login: 'a' } } })
    expect(seen).to.deep.equal(['ocapi', 'r1', 'crm'])
  })

  it('a call for another list fails the unit, even if swallowed', async () => {
    let other: CustomerOperations | undefined
    const { clientele, shop } = await open(
      { [beforeCreate]: async () => void (await other?.createCustomer({ create: {} }).catch(() => undefined)) },
      { customerLists: [{ id: 'SiteGenesis' }, { id: 'Other' }] },
    )
    other = clientele.list('Other')
    expect(await problemOf(shop.createCustomer({ create: {} }))).to.equal('internal')
  })

  it('refusals further down keep their point and plug-in, and a storage that fails stays a storage that fails', async () => {
    const hooks: Hooks = {
      async [afterCreate]({ customerNo }, _create, _list, { customers }) {
        await customers.createAddress({ customerNo, create: {} })
      },
      [afterAddress]: () => Status.error('NO', 'no addresses'),
    }
    const { shop } = await open(hooks)
    const error = await shop.createCustomer({ create: {} }).catch((error: unknown) => error as CustomerError)
    expect((error as CustomerError).problem).to.include({ kind: 'refusedByHook', extensionPoint: afterAddress })

    const storage = faultyStorage(memoryStorage(), [{ step: 'insert', kind: 'addresses', does: 'fail' }])
    const broken = await openShop({ storage, plugins: [{ name: 'probe', hooks }] })
    expect(await problemOf(broken.shop.createCustomer({ create: {} }))).to.equal('unavailable')
  })

  it('a fault further down is blamed on the handler that made it', async () => {
    const line = await mistakeIn([
      {
        name: 'outer',
        hooks: {
          async [afterCreate]({ customerNo }, _create, _list, { customers }) {
            await customers.createAddress({ customerNo, create: {} })
          },
        },
      },
      { name: 'inner', hooks: { [afterAddress]: () => Promise.reject(new Error('mine')) } },
    ])
    expect(line).to.include({ plugin: 'inner', extensionPoint: afterAddress })
  })
})

describe('4.8: recursion', () => {
  it('a hook is not run again for the same record by its own write, and others are', async () => {
    const log: string[] = []
    const { shop } = await open([
      {
        name: 'stamp',
        hooks: {
          async [afterChange]({ customerNo }, _update, _list, { customers }) {
            log.push('stamp')
            await customers.updateCustomer({ customerNo, update: { jobTitle: 'stamped' } })
          },
        },
      },
      { name: 'watch', hooks: { [afterChange]: ({ jobTitle }) => void log.push(`watch ${jobTitle}`) } },
    ])
    expect(await change(shop)).to.include({ lastName: 'Sobchak', jobTitle: 'stamped', version: 2 })
    expect(log).to.deep.equal(['stamp', 'watch stamped', 'watch stamped'])
  })

  it('an endless cycle over new records ends with an error that names the cycle', async () => {
    const line = await mistakeIn([
      {
        name: 'chicken',
        hooks: {
          async [afterCreate]({ customerNo }, _create, _list, { customers }) {
            await customers.createAddress({ customerNo, create: {} })
          },
        },
      },
      {
        name: 'egg',
        hooks: {
          async [afterAddress](_customer, _address, _create, _list, { customers }) {
            await customers.createCustomer({ create: {} })
          },
        },
      },
    ])
    expect(line.message).to.include('hooks call one another in a cycle')
    expect(line.message).to.include(`chicken at ${afterCreate} -> egg at ${afterAddress} -> chicken at ${afterCreate}`)
  })
})
