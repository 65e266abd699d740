/** Who is to blame for what a handler did: nothing is stored, and one log line names the culprit. */
import { setTimeout as delay } from 'node:timers/promises'
import { expect } from 'chai'
import { describe, it } from 'mocha'
import { Status, definePlugin } from '../core/index.js'
import type { CustomerError, Hooks } from '../core/index.js'
import { afterChange, beforeChange, beforeCreate, change, mistakeIn, open } from './support/probe.js'
import { problemOf } from './support/shop.js'

describe('4.5: who is to blame', () => {
  it('a throw: the log names plug-in, point, handler, file, request id, duration and the cause; the client gets an incident id', async () => {
    let took = 0
    const { clientele, log } = await open([
      definePlugin({
        name: 'broken',
        hooks: {
          async [beforeCreate]() {
            const begun = performance.now()
            await delay(15)
            took = performance.now() - begun
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
      .that.matches(/^\/.*hook-faults\.test\.(js|ts)$/)
    expect(line?.handler).to.be.a('string')
    expect(line?.durationMs).to.be.at.least(Math.floor(took)).and.below(60_000)
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
