/** What goes wrong with hooks elsewhere, and what happens here instead: nothing stored, and a log line that names the culprit. */
import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { expect } from 'chai'
import { describe, it } from 'mocha'
import { ocapi } from '../adapters/ocapi/index.js'
import { memoryStorage } from '../adapters/storage/local/memory.js'
import { Status, definePlugin } from '../core/index.js'
import type { ClienteleOptions, Context, CustomerError, CustomerOperations, Hooks, Plugin } from '../core/index.js'
import { faultyStorage } from './faulty-storage.js'
import { openShop, problemOf } from './support/shop.js'
import { contentsOf } from './support/ways.js'

const beforeCreate = 'dw.ocapi.data.customer_list.customers.beforePOST'
const afterCreate = 'dw.ocapi.data.customer_list.customers.afterPOST'
const beforeChange = 'dw.ocapi.data.customer_list.customer.beforePATCH'
const afterChange = 'dw.ocapi.data.customer_list.customer.afterPATCH'
const beforeRemove = 'dw.ocapi.data.customer_list.customer.beforeDELETE'
const afterAddress = 'dw.ocapi.data.customer_list.customer.addresses.afterPOST'

interface LogLine {
  readonly message: string
  readonly plugin?: string
  readonly extensionPoint?: string
  readonly handler?: string
  readonly requestId?: string
  readonly durationMs?: number
  readonly stack?: string
}

/** A library with these plug-ins and one customer `C1` (made before they act), and what was logged. */
async function open(plugins: Hooks | readonly Plugin[], options: Partial<ClienteleOptions> = {}) {
  const log: LogLine[] = []
  const write = (message: string, fields: object = {}) => void log.push({ message, ...fields })
  let isArmed = false
  const armed = ([point, handler]: [string, unknown]) => [
    point,
    (...args: unknown[]) => (isArmed ? (handler as (...args: unknown[]) => unknown)(...args) : undefined),
  ]
  const given = Array.isArray(plugins) ? (plugins as readonly Plugin[]) : [{ name: 'probe', hooks: plugins as Hooks }]
  const storage = memoryStorage()
  const { clientele, shop } = await openShop({
    storage,
    plugins: given.map((plugin) => ({ ...plugin, hooks: Object.fromEntries(Object.entries(plugin.hooks).map(armed)) })),
    logger: { debug: write, info: write, warn: write, error: write },
    ...options,
  })
  await shop.createCustomer({ create: { customerNo: 'C1', lastName: 'Lebowski' } })
  isArmed = true
  return { clientele, shop, storage, log }
}

/** The one log line of a call that fails as an internal error and leaves nothing behind. */
async function mistakeIn(
  hooks: Hooks | readonly Plugin[],
  call: (shop: CustomerOperations) => Promise<unknown> = (shop) => shop.createCustomer({ create: { lastName: 'New' } }),
  options: Partial<ClienteleOptions> = {},
): Promise<LogLine> {
  const { clientele, shop, storage, log } = await open(hooks, options)
  const before = await contentsOf(storage)
  expect(await problemOf(call(shop))).to.equal('internal')
  expect(await contentsOf(storage)).to.equal(before)
  const incidents = log.filter((line) => 'incident' in line)
  expect(incidents.length, JSON.stringify(log)).to.equal(1)
  await clientele.close()
  return incidents[0] as LogLine
}

const change = (shop: CustomerOperations) => shop.updateCustomer({ customerNo: 'C1', update: { lastName: 'Sobchak' } })

describe('4.5: who is to blame', () => {
  it('a throw: the log names plug-in, point, handler, file, request id, duration and the cause; the client gets an incident id', async () => {
    const { clientele, log } = await open([
      definePlugin({
        name: 'broken',
        hooks: {
          async [beforeCreate]() {
            await delay(15)
            throw new TypeError('no such thing')
          },
        },
      }),
    ])
    const shop = clientele.list('SiteGenesis', { requestId: 'request-7' })
    const error = await shop.createCustomer({ create: {} }).catch((error: unknown) => error as CustomerError)
    const [line] = log
    expect(line).to.include({
      plugin: 'broken',
      extensionPoint: beforeCreate,
      requestId: 'request-7',
      operation: 'createCustomer',
    })
    expect(line?.message).to.equal(`plug-in 'broken' at ${beforeCreate}: it threw: no such thing`)
    expect(line)
      .to.have.property('file')
      .that.matches(/^\/.*hook-traps\.test\.(js|ts)$/)
    expect(line?.handler).to.be.a('string')
    expect(line?.durationMs).to.be.within(10, 5000)
    expect(line?.stack).to.include('TypeError: no such thing')
    expect((error as CustomerError).message).to.match(/^internal error, incident [0-9a-f]{16}$/)
  })

  it('anything returned but nothing or a Status', async () => {
    for (const [returned, words] of [
      [true, 'a boolean'],
      ['OK', 'a string'],
      [2, 'a number'],
      [{ status: 0 }, 'an object that is no Status'],
      [async () => undefined, 'a function'],
      [{ constructor: { name: 'Status' } }, 'a Status of another copy of clientele'],
    ] as const) {
      const line = await mistakeIn({ [beforeCreate]: () => returned as never })
      expect(line.message).to.equal(
        `plug-in 'probe' at ${beforeCreate}: it returned ${words}: return nothing or a Status`,
      )
    }
  })

  it('a throw of anything, and a thenable that is none', async () => {
    for (const thrown of [undefined, null, 'text', { odd: true }]) {
      const line = await mistakeIn({
        [beforeCreate]() {
          throw thrown // oxlint-disable-line typescript/only-throw-error
        },
      })
      expect(line.message).to.include('it threw')
    }
    const then = () => {
      throw new Error('no promise')
    }
    const line = await mistakeIn({ [beforeCreate]: () => ({ then }) as never }) // oxlint-disable-line unicorn/no-thenable
    expect(line.stack).to.include('no promise')
  })

  it('the bare constants and every form of OK and ERROR', async () => {
    for (const [returned, outcome] of [
      [Status.OK, 'none'],
      [Status.ok(), 'none'],
      [new Status(), 'none'],
      [null, 'none'],
      [Status.ERROR, 'refusedByHook'],
      [new Status(Status.ERROR), 'refusedByHook'],
      [Status.error('A', 'b'), 'refusedByHook'],
    ] as const) {
      const { shop } = await open({ [beforeCreate]: async () => returned })
      expect(await problemOf(shop.createCustomer({ create: {} }))).to.equal(outcome)
    }
  })

  it('a Status fails closed: a misspelt constant and wrong types throw where it is made', async () => {
    const { ERORR } = Status as unknown as Readonly<Record<string, 1>>
    for (const [make, why] of [
      [() => new Status(ERORR as 1, 'A', 'b'), 'is the constant misspelt'],
      [() => new Status(null as never), 'is the constant misspelt'],
      [() => new Status('ERROR' as never), 'is the constant misspelt'],
      [() => new Status(true as never), 'is the constant misspelt'],
      [() => new Status(Status.ERROR, 5 as never), 'the code of a Status is a text'],
      [() => Status.error('A', { odd: true } as never), 'the message of a Status is a text'],
      [() => Status.error('A', 'b', 'details' as never), 'the details of a Status are an object'],
      [() => Status.error('A', 'b', ['x'] as never), 'the details of a Status are an object'],
      [() => Status.ok().addDetail(1 as never, 'x'), 'the name of a detail is a text'],
    ] as const) {
      const line = await mistakeIn({ [beforeCreate]: make })
      expect(line.message).to.include('it threw')
      expect(line.stack).to.include(why)
    }
    const line = await mistakeIn({ [beforeCreate]: () => Object.create(Status.prototype) as Status })
    expect(line.message).to.include('a Status of another copy of clientele')
  })

  it('addDetail adds to the details that were given; the message stays as it is', async () => {
    const given = { amount: 1 }
    const refusing = () => {
      const status = Status.error('A', 'b {0}', given)
      status.addDetail('currency', 'EUR')
      status.addDetail('__proto__', 'own')
      return status
    }
    const { shop } = await open({ [beforeCreate]: refusing })
    const error = await shop.createCustomer({ create: {} }).catch((error: unknown) => error as CustomerError)
    const { problem } = error as CustomerError
    expect(problem).to.include({ kind: 'refusedByHook', code: 'A', message: 'b {0}' })
    const details = (problem as { readonly details: object }).details
    expect(JSON.stringify(details)).to.equal('{"amount":1,"currency":"EUR","__proto__":"own"}')
    expect(given).to.deep.equal({ amount: 1 })
  })

  it('details of a Status that are no plain JSON data', async () => {
    const line = await mistakeIn({ [beforeCreate]: () => Status.error('A', 'b', { when: new Date() }) })
    expect(line.message).to.include('details of its Status').and.to.include('when is a Date')
  })

  it('a document spoilt in place: the log names plug-in, point and path', async () => {
    const spoil: readonly [string, (customer: Record<string, unknown>) => unknown, string][] = [
      ['too long', (customer) => (customer['lastName'] = 'x'.repeat(257)), 'customer.lastName'],
      ['wrong type', (customer) => (customer['active'] = 'yes'), 'customer.active'],
      ['unknown property', (customer) => (customer['colour'] = 'red'), 'customer.colour'],
      ['mandatory property removed', (customer) => delete customer['credentials'], 'customer.credentials'],
      ['what the library keeps', (customer) => (customer['version'] = 99), 'customer.version'],
      ['a Date', (customer) => (customer['birthday'] = new Date()), 'customer.birthday is a Date'],
      ['a function', (customer) => (customer['custom'] = { run: () => 1 }), 'customer.custom.run is a function'],
      ['a cycle', (customer) => (customer['mixins'] = { self: customer }), 'customer.mixins.self is a cycle'],
      ['not a number', (customer) => (customer['gender'] = Number.NaN), 'customer.gender is NaN'],
      [
        'a trap',
        (customer) =>
          Object.defineProperty(customer, 'title', {
            enumerable: true,
            get: () => (customer['none'] as { x: string }).x,
          }),
        'it left a document that cannot be read',
      ],
      ['a hole', (customer) => (customer['custom'] = { list: [1, , 3] }), 'customer.custom.list.1'], // oxlint-disable-line no-sparse-arrays
      ['frozen', (customer) => void Object.freeze(Object.assign(customer, { title: 'x' })), 'customer was frozen'],
      ['a lone surrogate', (customer) => (customer['lastName'] = '\ud800'), 'customer.lastName'],
    ]
    for (const [what, handler, where] of spoil)
      for (const point of [beforeChange, afterChange] as const) {
        const line = await mistakeIn(
          { [point]: (customer: object) => void handler(customer as Record<string, unknown>) },
          change,
        )
        expect(line.message, what).to.include(`plug-in 'probe' at ${point}`).and.to.include(where)
      }
  })

  it('but login, email and uniqueness keep their own faults (4.4)', async () => {
    const cases: readonly [Hooks, string][] = [
      [{ [beforeChange]: (customer) => void (customer.credentials.login = 'no/slash') }, 'loginInvalid'],
      [{ [afterChange]: (customer) => void (customer.email = 'nowhere') }, 'emailInvalid'],
      [{ [afterChange]: (customer) => void (customer.customerNo = 'C2') }, 'customerNoInUse'],
      [
        {
          async [afterChange](customer, _update, _list, { customers }) {
            customer.customerNo = 'C2'
            await customers.createAddress({ customerNo: 'C1', create: {} })
          },
        },
        'customerNoInUse',
      ],
    ]
    for (const [hooks, problem] of cases) {
      const { shop } = await open(hooks)
      await shop.createCustomer({ create: { customerNo: 'C2' } })
      expect(await problemOf(change(shop))).to.equal(problem)
    }
  })
})

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
    let later: Promise<unknown> | undefined
    const { shop, storage, log } = await open({
      [beforeCreate](_create, _list, { customers }) {
        later = delay(20).then(() => customers.createCustomer({ create: { customerNo: 'ghost' } }))
      },
    })
    await shop.createCustomer({ create: { customerNo: 'C2' } })
    const error = await later?.catch((error: unknown) => error as Error)
    expect(String(error)).to.include(`after the handler of plug-in 'probe' at ${beforeCreate} had ended`)
    expect(log.map(({ message }) => message).join()).to.include('had ended')
    expect(await contentsOf(storage)).to.not.include('ghost')
  })

  it('also while a later handler of the same unit still runs', async () => {
    let late: Promise<unknown> | undefined
    const { shop, storage } = await open([
      {
        name: 'hasty',
        hooks: {
          [beforeCreate](_create, _list, { customers }) {
            late = delay(10).then(() => customers.createCustomer({ create: { customerNo: 'ghost' } }))
            late.catch(() => undefined)
          },
        },
      },
      { name: 'slow', hooks: { [beforeCreate]: () => delay(30) } },
    ])
    await shop.createCustomer({ create: { customerNo: 'C2' } })
    expect(String(await late?.catch((error: unknown) => error)))
      .to.include("plug-in 'hasty'")
      .and.to.include('had ended')
    expect(await contentsOf(storage)).to.not.include('ghost')
  })

  it('a call after the time limit throws and writes nothing, also one deeper down', async () => {
    const errors: string[] = []
    const gate = delay(120)
    const line = await mistakeIn(
      {
        async [beforeChange](_customer, _update, _list, { customers }) {
          await customers.createAddress({ customerNo: 'C1', create: { addressId: 'a' } })
        },
        async [afterAddress](_customer, _address, _create, _list, { customers }) {
          await gate
          await customers
            .createAddress({ customerNo: 'C1', create: { addressId: 'b' } })
            .catch((error: unknown) => errors.push(String(error)))
        },
      },
      change,
      { limits: { handler: 40 } },
    )
    expect(line.message).to.include('time limit of 40 ms')
    await gate
    await delay(5)
    expect(errors.join()).to.include('had ended')
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

describe('design 5: one draft of each record per unit', () => {
  it('two plug-ins change one customer, and an inner call loads the very same object', async () => {
    const seen: unknown[] = []
    const { shop } = await open([
      { name: 'first', hooks: { [beforeChange]: (customer) => void (customer.title = 'Dr') } },
      {
        name: 'second',
        hooks: {
          async [beforeChange](customer, _update, _list, { customers }) {
            seen.push(customer.title, (await customers.getCustomer({ customerNo: 'c1' })) === customer)
            customer.suffix = 'Jr'
            const inner = await customers.updateCustomer({ customerNo: 'C1', update: { jobTitle: 'bowler' } })
            seen.push(inner.suffix, customer.jobTitle, customer.title)
          },
        },
      },
      {
        name: 'third',
        hooks: { [afterChange]: (customer) => void (customer.companyName = `${customer.title} ${customer.suffix}`) },
      },
    ])
    const result = await change(shop)
    expect(seen).to.deep.equal(['Dr', true, 'Jr', 'bowler', 'Dr'])
    expect(result).to.include({
      lastName: 'Sobchak',
      title: 'Dr',
      suffix: 'Jr',
      jobTitle: 'bowler',
      companyName: 'Dr Jr',
      version: 2,
    })
    expect(await shop.getCustomer({ customerNo: 'C1' })).to.deep.equal(result)
  })

  it('queries of a handler find what was changed in place so far', async () => {
    const totals: number[] = []
    const { shop } = await open({
      async [beforeChange](customer, _update, _list, { customers }) {
        customer.title = 'Dr'
        totals.push(
          (await customers.findCustomers({ query: { where: { op: 'eq', path: ['title'], value: 'Dr' } } })).total,
        )
      },
    })
    expect(await change(shop)).to.include({ title: 'Dr', version: 2 })
    expect(totals).to.deep.equal([1])
  })

  it('4.3: update wins over changes in place, and deleting a key of it leaves the property as it is', async () => {
    const { shop } = await open({
      [beforeChange](customer, update) {
        customer.lastName = 'in place'
        customer.firstName = 'in place'
        delete update.title
        update.suffix = null
        update.jobTitle = 'added'
      },
    })
    const update = { lastName: 'sent', title: 'sent', suffix: 'sent' }
    const customer = await shop.updateCustomer({ customerNo: 'C1', update })
    expect(customer).to.include({ lastName: 'sent', firstName: 'in place', jobTitle: 'added' })
    expect(customer).to.not.have.any.keys('title', 'suffix')
  })

  it('a reference kept beyond its phase, also a destructured part, changes nothing any more', async () => {
    const kept: {
      customer?: { lastName?: string }
      credentials?: { login?: string }
      update?: { lastName?: unknown }
    } = {}
    const { shop } = await open({
      [beforeChange](customer, update) {
        Object.assign(kept, { customer, credentials: customer.credentials, update })
      },
      [afterChange]() {
        if (kept.customer) kept.customer.lastName = 'too late'
        if (kept.credentials) kept.credentials.login = 'too-late'
        if (kept.update) kept.update.lastName = 'too late'
      },
    })
    const result = await change(shop)
    expect(result.lastName).to.equal('Sobchak')
    if (kept.customer) kept.customer.lastName = 'much too late'
    expect(await shop.getCustomer({ customerNo: 'C1' })).to.deep.equal(result)
    expect(result.credentials.login).to.equal(undefined)
  })

  it('what comes from the library outside is frozen, and so are previous and the caller', async () => {
    let context: Context | undefined
    const caller = { clientId: 'crm', flavours: ['ocapi' as const] }
    const { clientele } = await open({
      [beforeChange]: (_customer, _update, _list, given) => void (context = given as Context),
    })
    const result = await change(clientele.list('SiteGenesis', { caller }))
    expect(Object.isFrozen(result)).to.be.true
    expect(Object.isFrozen(context?.previous)).to.be.true
    const given = context?.caller as unknown as { clientId: string; flavours: string[] }
    expect(() => (given.clientId = 'root')).to.throw(TypeError, 'read only')
    expect(() => given.flavours.push('yaas')).to.throw(TypeError, 'not extensible')
    expect(caller).to.deep.equal({ clientId: 'crm', flavours: ['ocapi'] })
  })

  it('a handler that deletes the customer it is called for is its plug-in’s mistake', async () => {
    for (const point of [beforeChange, afterChange] as const) {
      const line = await mistakeIn(
        {
          [point]: async (_c: unknown, _u: unknown, _l: unknown, { customers }: Context) =>
            customers.deleteCustomer({ customerNo: 'C1' }),
        },
        change,
      )
      expect(line.message).to.include(`plug-in 'probe' at ${point}`)
    }
    const line = await mistakeIn(
      { [beforeRemove]: async (_c, _l, { customers }) => customers.deleteCustomer({ customerNo: 'C1' }) },
      (shop) => shop.deleteCustomer({ customerNo: 'C1' }),
    )
    expect(line.message).to.include(`plug-in 'probe' at ${beforeRemove}`)
  })
})

describe('4.10: time limits', () => {
  it('a handler that hangs: its signal fires, everything is rolled back, and it is reported', async () => {
    let signal: AbortSignal | undefined
    const line = await mistakeIn(
      {
        [beforeCreate](_create, _list, context) {
          signal = context.signal
          return new Promise(() => undefined)
        },
      },
      undefined,
      { limits: { handler: 30 } },
    )
    expect(line.message).to.include('it took longer than its time limit of 30 ms')
    expect(line.durationMs).to.be.within(25, 5000)
    expect(String(signal?.reason)).to.include('time limit of 30 ms')
  })

  it('the signal ends what it was passed to', async () => {
    const line = await mistakeIn(
      { [beforeCreate]: (_create, _list, { signal }) => delay(60_000, undefined, { signal }) },
      undefined,
      { limits: { handler: 30 } },
    )
    expect(line.message).to.include('time limit of 30 ms')
  })

  it('a lock that a hanging handler holds is free again after its limit', async () => {
    const { shop } = await open(
      {
        [beforeChange]: (_customer, update) => (update.lastName === 'hang' ? new Promise(() => undefined) : undefined),
      },
      { limits: { handler: 40 } },
    )
    const hanging = problemOf(shop.updateCustomer({ customerNo: 'C1', update: { lastName: 'hang' } }))
    await change(shop)
    expect(await hanging).to.equal('internal')
  })

  it('the whole unit has a limit too: the handler that runs then is to blame, and its signal fires', async () => {
    let signal: AbortSignal | undefined
    const named = (name: string, result: () => Promise<void> | undefined): Plugin => ({
      name,
      hooks: {
        [beforeCreate](_create, _list, context) {
          signal = context.signal
          return result()
        },
      },
    })
    const plugins = [named('one', () => undefined), named('two', () => new Promise(() => undefined))]
    const line = await mistakeIn(plugins, undefined, { limits: { unit: 60 } })
    expect(line.plugin).to.equal('two')
    expect(line.message).to.include('the unit of work took longer than 60 ms')
    expect(String(signal?.reason)).to.include('the unit of work took longer than 60 ms')
  })

  it('closing ends handlers that still run after the grace time; the call is refused as unavailable', async () => {
    let signal: AbortSignal | undefined
    const { clientele, shop, log } = await open({
      [beforeCreate](_create, _list, context) {
        signal = context.signal
        return new Promise(() => undefined)
      },
    })
    const call = problemOf(shop.createCustomer({ create: {} }))
    await delay(5)
    await clientele.close({ graceMs: 20 })
    expect(await call).to.equal('unavailable')
    expect(signal?.aborted).to.be.true
    expect(log.filter((line) => 'incident' in line)).to.deep.equal([])
  })
})

describe('4.6: tasks after the commit', () => {
  it('run once, in order, when others can see the data, outside the unit; the reply does not wait', async () => {
    const log: unknown[] = []
    const { clientele, shop } = await open({
      [beforeCreate](create, _list, { afterCommit, customers }) {
        afterCommit(async () => {
          log.push((await customers.getCustomer({ customerNo: 'C2' })).lastName)
          await customers.createCustomer({ create: { customerNo: 'C3', lastName: 'from task' } })
        })
        create.lastName = 'Sobchak'
      },
      [afterCreate](_customer, _create, _list, { afterCommit }) {
        afterCommit(() => void log.push('second'))
      },
    })
    await shop.createCustomer({ create: { customerNo: 'C2' } })
    expect(log).to.deep.equal([])
    await clientele.idle()
    expect(log.slice(0, 2)).to.deep.equal(['Sobchak', 'second'])
  })

  it('do not run when the unit fails, also when a later plug-in refuses', async () => {
    const log: unknown[] = []
    const { clientele, shop } = await open([
      {
        name: 'eager',
        hooks: { [beforeCreate]: (_create, _list, { afterCommit }) => afterCommit(() => void log.push('ran')) },
      },
      { name: 'strict', hooks: { [afterCreate]: () => Status.error('NO', 'no') } },
    ])
    expect(await problemOf(shop.createCustomer({ create: {} }))).to.equal('refusedByHook')
    await clientele.idle()
    expect(log).to.deep.equal([])
  })

  it('one that throws, rejects or hangs is reported, ends nothing else and changes no reply', async () => {
    const log: unknown[] = []
    const tasks = [
      () => {
        throw new Error('thrown')
      },
      () => Promise.reject(new Error('rejected')),
      (signal: AbortSignal) => once(signal, 'abort').then(() => new Promise<void>(() => undefined)),
      () => void log.push('last'),
    ]
    const {
      clientele,
      shop,
      log: lines,
    } = await open(
      { [beforeCreate]: (_create, _list, { afterCommit }) => tasks.forEach((task) => afterCommit(task)) },
      { limits: { handler: 30 } },
    )
    await shop.createCustomer({ create: {} })
    await clientele.idle()
    expect(log).to.deep.equal(['last'])
    expect(lines.length).to.equal(3)
    for (const line of lines)
      expect(line).to.include({ plugin: 'probe', extensionPoint: beforeCreate, phase: 'afterCommit' })
    expect(lines.map(({ stack }) => /thrown|rejected|time limit of 30 ms/.exec(stack ?? '')?.[0])).to.deep.equal([
      'thrown',
      'rejected',
      'time limit of 30 ms',
    ])
  })

  it('close waits for them, and fires their signal after the grace time', async () => {
    const log: unknown[] = []
    const { clientele, shop } = await open({
      [beforeCreate](create, _list, { afterCommit }) {
        afterCommit(async (signal) => {
          await (create.lastName === 'slow' ? once(signal, 'abort') : delay(20))
          log.push(create.lastName)
        })
      },
    })
    await shop.createCustomer({ create: { lastName: 'quick' } })
    await shop.createCustomer({ create: { lastName: 'slow' } })
    await clientele.close({ graceMs: 40 })
    expect(log).to.deep.equal(['quick', 'slow'])
  })

  it('cannot be asked for after the handler has ended, and must be functions', async () => {
    let context: Context | undefined
    const { shop } = await open({ [beforeCreate]: (_create, _list, given) => void (context = given as Context) })
    await shop.createCustomer({ create: {} })
    expect(() => context?.afterCommit(() => undefined)).to.throw('after the handler')
    const line = await mistakeIn({ [beforeCreate]: (_create, _list, { afterCommit }) => afterCommit('x' as never) })
    expect(line.stack).to.include('afterCommit takes a function')
  })
})

describe('4.7: context.custom is a bag for the request', () => {
  it('is handed from handler to handler, inner calls included, and is new for each request', async () => {
    const seen: unknown[] = []
    const { shop } = await open({
      [beforeCreate]: (_create, _list, { custom }) => void (custom['note'] = [custom['note'], '+'].join('')),
      async [afterCreate]({ customerNo }, _create, _list, { customers, custom }) {
        seen.push(custom['note'])
        await customers.createAddress({ customerNo, create: {} })
      },
      [afterAddress]: (_customer, _address, _create, _list, { custom }) => void seen.push(custom['note']),
    })
    await shop.createCustomer({ create: {} })
    await shop.createCustomer({ create: {} })
    expect(seen).to.deep.equal(['+', '+', '+', '+'])
  })

  it('cannot be replaced by mistake', async () => {
    const line = await mistakeIn({
      [beforeCreate]: (_create, _list, context) => void ((context as { custom: object }).custom = {}),
    })
    expect(line.stack).to.include('read only property')
  })
})
