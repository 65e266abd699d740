/** Plug-ins at start-up: mistakes are named with file, plug-in and point (4.9); the order; what describeHooks says. */
import { expect } from 'chai'
import { describe, it } from 'mocha'
import { SetupError, Status, definePlugin, extensionPoints } from '../core/index.js'
import type { Plugin } from '../core/index.js'
import { openShop } from './support/shop.js'

const beforeCreate = 'dw.ocapi.data.customer_list.customers.beforePOST'
const nothing = () => undefined

/** Message of the start-up error for these plug-ins. */
async function refusalOf(...plugins: unknown[]): Promise<string> {
  try {
    await openShop({ plugins: plugins as Plugin[] })
  } catch (error) {
    expect(error).to.be.instanceOf(SetupError)
    return (error as Error).message
  }
  throw new Error('the library started')
}

describe('4.9: a mistake in a plug-in is a start-up error that names it', () => {
  it('what is no plug-in', async () => {
    for (const plugin of [
      undefined,
      null,
      5,
      'x',
      {},
      { name: '' },
      { name: 7, hooks: {} },
      [],
      () => ({ name: 'x', hooks: {} }),
    ])
      expect(await refusalOf({ name: 'good', hooks: {} }, plugin)).to.equal(
        'plug-in number 2 is no plug-in: it needs a name and hooks; use definePlugin({ name, hooks })',
      )
    expect(await refusalOf(definePlugin(undefined as never))).to.include('is no plug-in')
    expect(await refusalOf({ file: '/shop/odd.js' })).to.include('plug-in number 1 (/shop/odd.js) is no plug-in')
  })

  it('no hooks, or hooks that are none', async () => {
    for (const hooks of [undefined, null, 'x', [], nothing, new Map()])
      expect(await refusalOf({ name: 'odd', hooks, file: '/shop/odd.js' })).to.equal(
        "plug-in 'odd' (/shop/odd.js) has no hooks: a plain object { '<extension point>': handler }",
      )
  })

  it('a handler that is no function', async () => {
    for (const handler of [undefined, null, 'x', {}])
      expect(await refusalOf({ name: 'odd', hooks: { [beforeCreate]: handler }, file: '/shop/odd.js' })).to.equal(
        `plug-in 'odd' (/shop/odd.js): the handler of '${beforeCreate}' is no function`,
      )
  })

  it('a misspelt point, with the nearest real name', async () => {
    for (const [name, meant] of [
      ['dw.ocapi.data.customer_list.customer.beforePOST', beforeCreate],
      ['dw.ocapi.data.customer_list.customers.beforePost', beforeCreate],
      [
        'dw.ocapi.data.customer_list.customer.adress.afterPATCH',
        'dw.ocapi.data.customer_list.customer.address.afterPATCH',
      ],
      ['clientele.customer.account.afterPOST', 'clientele.customer.accounts.afterPOST'],
    ] as const)
      expect(await refusalOf({ name: 'odd', hooks: { [name]: nothing }, file: '/shop/odd.js' })).to.equal(
        `plug-in 'odd' (/shop/odd.js): there is no extension point '${name}'; did you mean '${meant}'?`,
      )
  })

  it('a name used twice', async () => {
    const twin = { name: 'twin', hooks: {} }
    expect(await refusalOf({ ...twin, file: '/a.js' }, { ...twin, file: '/b.js' })).to.equal(
      "two plug-ins are named 'twin' (/a.js) and (/b.js): names are unique",
    )
    expect(await refusalOf(twin, twin)).to.equal("two plug-ins are named 'twin' and again: names are unique")
  })

  it('an order that names nobody, or is no list', async () => {
    expect(await refusalOf({ name: 'a', hooks: {}, runAfter: ['bee'] }, { name: 'bees', hooks: {} })).to.equal(
      "plug-in 'a' is to run before or after 'bee', but there is no such plug-in; did you mean 'bees'?",
    )
    for (const runBefore of ['b', [5], {}])
      expect(await refusalOf({ name: 'a', hooks: {}, runBefore, file: '/a.js' })).to.equal(
        "plug-in 'a' (/a.js): runBefore is a list of plug-in names",
      )
  })

  it('a cycle in the order, with files and the points that are concerned', async () => {
    const hooks = { [beforeCreate]: nothing }
    const message = await refusalOf(
      { name: 'free', hooks },
      { name: 'a', hooks, file: '/a.js', runAfter: ['b'] },
      { name: 'b', hooks, file: '/b.js', runAfter: ['c'] },
      { name: 'c', hooks, runAfter: ['a'] },
    )
    expect(message).to.equal(
      `plug-ins wait for one another: 'a' (/a.js) runs after 'b' (/b.js), which runs after 'c', which runs after 'a' (/a.js); they meet at ${beforeCreate}`,
    )
    expect(await refusalOf({ name: 'self', hooks, runBefore: ['self'] })).to.include("'self' runs after 'self'")
  })
})

describe('4.9: order of handlers', () => {
  const orderOf = async (...plugins: Partial<Plugin>[]): Promise<string> => {
    const log: string[] = []
    const named = (plugin: Partial<Plugin>, at: number): Plugin => {
      const name = plugin.name ?? `p${at}`
      return { ...plugin, name, hooks: { [beforeCreate]: () => void log.push(name) } }
    }
    const { shop } = await openShop({ plugins: plugins.map(named) })
    await shop.createCustomer({ create: {} })
    return log.join(' ')
  }

  it('is that of registration', async () => {
    expect(await orderOf({ name: 'b' }, { name: 'a' }, { name: 'c' })).to.equal('b a c')
  })

  it('runBefore and runAfter move only what they must', async () => {
    expect(await orderOf({ name: 'a', runAfter: ['c'] }, { name: 'b' }, { name: 'c' }, { name: 'd' })).to.equal(
      'b c a d',
    )
    expect(await orderOf({ name: 'a' }, { name: 'b' }, { name: 'audit' }, { name: 'c', runBefore: ['a'] })).to.equal(
      'b audit c a',
    )
    expect(await orderOf({ name: 'a', runAfter: ['b'], runBefore: ['c'] }, { name: 'c' }, { name: 'b' })).to.equal(
      'b a c',
    )
  })
})

describe('handlers', () => {
  it('are called on the hooks that they stand in', async () => {
    const seen: unknown[] = []
    const hooks = {
      [beforeCreate](this: unknown) {
        seen.push(this)
      },
    }
    const { shop } = await openShop({ plugins: [{ name: 'p', hooks }] })
    await shop.createCustomer({ create: {} })
    expect(seen[0]).to.equal(hooks)
  })
})

describe('4.11: plug-ins of one chain', () => {
  it('a Status ends the chain, the others run; nothing returned goes on', async () => {
    const log: string[] = []
    const link = (name: string, returned: Status | null | undefined, chain?: string): Plugin => ({
      name,
      ...(chain !== undefined && { chain }),
      hooks: {
        [beforeCreate]() {
          log.push(name)
          return returned
        },
      },
    })
    const { shop } = await openShop({
      plugins: [
        link('a', undefined, 'x'),
        link('n', null, 'x'),
        link('b', Status.ok(), 'x'),
        link('c', undefined, 'x'),
        link('d', Status.ok()),
        link('e', undefined),
      ],
    })
    await shop.createCustomer({ create: {} })
    expect(log).to.deep.equal(['a', 'n', 'b', 'd', 'e'])
  })
})

describe('plug-ins start and stop with their library (hooks/README.md, Start and stop)', () => {
  const noting = (name: string, log: string[], start?: Plugin['start']): Plugin => ({
    name,
    hooks: {},
    start:
      start ??
      (({ logger, lists, clock }) =>
        void log.push(`start ${name} ${typeof logger.info} ${typeof lists.byId} ${clock() instanceof Date}`)),
    stop: () => void log.push(`stop ${name}`),
  })

  it('in the order of handlers, and the last one first', async () => {
    const log: string[] = []
    const { clientele } = await openShop({ plugins: [{ ...noting('a', log), runAfter: ['b'] }, noting('b', log)] })
    expect(log).to.deep.equal(['start b function function true', 'start a function function true'])
    await clientele.close()
    expect(log.slice(2)).to.deep.equal(['stop a', 'stop b'])
  })

  it('one that fails is a start-up error that names it; those before are stopped', async () => {
    const log: string[] = []
    const failing = noting('b', log, () => Promise.reject(new Error('no port')))
    expect(await refusalOf(noting('a', log), failing, noting('c', log))).to.equal("plug-in 'b' did not start: no port")
    expect(log.slice(1)).to.deep.equal(['stop a'])
  })

  it('one that fails to stop is told, and the others stop', async () => {
    const log: string[] = []
    const messages: string[] = []
    const logger = {
      debug: nothing,
      info: nothing,
      warn: nothing,
      error: (message: string) => void messages.push(message),
    }
    const bad: Plugin = { name: 'b', hooks: {}, stop: () => Promise.reject(new Error('stuck')) }
    const { clientele } = await openShop({ plugins: [noting('a', log), bad], logger })
    await clientele.close()
    expect([log.at(-1), ...messages]).to.deep.equal(['stop a', "plug-in 'b' did not stop: stuck"])
  })
})

describe('context.onEnd runs its task when the call has ended, stored or not (4.7)', () => {
  it('after the unit, once, and what it throws changes nothing', async () => {
    const log: string[] = []
    let outcome = Status.ok()
    const { shop } = await openShop({
      plugins: [
        {
          name: 'ending',
          hooks: {
            [beforeCreate]: (_create, _list, { onEnd }) => {
              onEnd(() => void log.push('ended'))
              onEnd(() => {
                throw new Error('bad')
              })
              return outcome
            },
          },
        },
      ],
    })
    await shop.createCustomer({ create: {} })
    expect(log).to.deep.equal(['ended'])
    outcome = Status.error('NO', 'no')
    await shop.createCustomer({ create: {} }).catch(() => log.push('refused'))
    expect(log).to.deep.equal(['ended', 'ended', 'refused'])
  })
})

describe('describeHooks lists every point with its handlers in order, their plug-in and file', () => {
  it('as data and as text', async () => {
    const { clientele } = await openShop({
      plugins: [
        { name: 'second', hooks: { [beforeCreate]: nothing }, runAfter: ['first'], file: '/shop/second.js' },
        definePlugin({ name: 'first', hooks: { [beforeCreate]() {} } }),
      ],
    })
    const description = clientele.describeHooks()
    expect(description.points.map(({ point }) => point)).to.deep.equal(extensionPoints.map(({ name }) => name))
    const [first] = description.points
    expect(first).to.include({ point: beforeCreate, operation: 'createCustomer', phase: 'before' })
    expect(first?.handlers.map(({ plugin, file }) => [plugin, file?.replace(/.*\//, '')])).to.deep.equal([
      ['first', first?.handlers[0]?.file?.endsWith('.ts') ? 'plugins.test.ts' : 'plugins.test.js'],
      ['second', 'second.js'],
    ])
    const lines = String(description).split('\n')
    expect(lines[0]).to.equal(beforeCreate)
    expect(lines[1]).to.match(/^ {2}1\. first \(\/.*plugins\.test\.(js|ts)\)$/)
    expect(lines[2]).to.equal('  2. second: nothing (/shop/second.js)')
    expect(lines[3]).to.equal('dw.ocapi.data.customer_list.customers.afterPOST: no handlers')
    expect(lines.length).to.equal(extensionPoints.length + 2)
  })
})
