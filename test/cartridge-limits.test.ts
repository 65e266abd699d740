/** Worker threads of hook scripts (4.10, 4.11): their bounds, what ends them, and what waits for what. */
import { expect } from 'chai'
import { describe, it } from 'mocha'
import { ocapi } from '../adapters/ocapi/index.js'
import { yaas } from '../adapters/yaas/index.js'
import { SetupError } from '../core/index.js'
import type { CustomerOperations, Plugin } from '../core/index.js'
import { loadCartridges } from '../hooks/cartridge/index.js'
import type { CartridgeOptions } from '../hooks/cartridge/index.js'
import { hookKit } from './hook-kit.js'
import { serve } from './support/api.js'
import { cartridge, points } from './support/cartridges.js'
import { openShop, problemOf } from './support/shop.js'

const one = { workers: { atOnce: 1 } }
const load = (scripts: Readonly<Record<string, string>>, options?: CartridgeOptions): readonly Plugin[] =>
  loadCartridges([cartridge(scripts)], options)

/** A promise and what resolves it. */
function gate(): { readonly passed: Promise<void>; readonly open: () => void } {
  let open = (): void => undefined
  const passed = new Promise<void>((resolve) => (open = resolve))
  return { passed, open: () => open() }
}

describe('4.11: a pool of one: no wait of scripts for one another that the storage’s own rules do not see', () => {
  /** Updates customers 1 and 2 at the same time; gives what became of both, in no order. */
  const both = async (shop: CustomerOperations): Promise<readonly string[]> => {
    const update = (customerNo: string) =>
      problemOf(shop.updateCustomer({ customerNo, update: { lastName: `L${customerNo}` } }))
    return (await Promise.all([update('1'), update('2')])).toSorted()
  }
  const openWith = async (plugins: readonly Plugin[]) => {
    const opened = await openShop({ limits: { lockWait: 300 }, plugins })
    for (const customerNo of ['1', '2', '3'])
      await opened.shop.createCustomer({ create: { customerNo, credentials: { login: `c${customerNo}` } } })
    return opened
  }
  /** A script that waits for the other's script before it writes the other's customer, so that both hold their lock. */
  const writing = (other: string): string => `
    var CustomerMgr = require('dw/customer/CustomerMgr')
    require('dw/svc/LocalServiceRegistry').createService('meet', {}).call()
    CustomerMgr.getCustomerByCustomerNumber(${other}).profile.companyName = arguments[0].ID`

  it('two scripts that write each other’s customers end as two native handlers do', async () => {
    const meeting = () => {
      let waiting = 0
      const { passed, open } = gate()
      return () => {
        if (++waiting === 2) open()
        return passed
      }
    }
    const meetNatives = meeting()
    const native: Plugin = {
      name: 'native',
      hooks: {
        [points.beforeUpdate]: async ({ customerNo }, _update, _list, { customers }) => {
          await meetNatives()
          const other = customerNo === '1' ? '2' : '1'
          await customers.updateCustomer({ customerNo: other, update: { companyName: customerNo } })
        },
      },
    }
    const meetScripts = meeting()
    const mock = async (): Promise<string> => {
      await meetScripts()
      return ''
    }
    const scripts = load(
      { [points.beforeUpdate]: writing(`arguments[0].ID === '1' ? '2' : '1'`) },
      { ...one, services: { meet: { mock } } },
    )
    const ended: (readonly string[])[] = []
    for (const plugins of [[native], scripts]) {
      const { clientele, shop } = await openWith(plugins)
      ended.push(await both(shop))
      await clientele.close()
    }
    expect(ended[0]).to.include('unavailable')
    expect(ended[1]).to.deep.equal(ended[0])
  })

  it('scripts that write other customers, and one that waits for a lock of another’s, all end well', async () => {
    const { clientele, shop } = await openWith(
      load({ [points.beforeUpdate]: writing(`'3'`) }, { ...one, services: { meet: { mock: () => '' } } }),
    )
    expect(await both(shop)).to.deep.equal(['none', 'none'])
    expect((await shop.getCustomer({ customerNo: '3' })).companyName).to.be.oneOf(['1', '2'])
    await clientele.close()
  })
})

describe('4.11: more requests than threads get 503 with Retry-After', () => {
  it('over both APIs, without an incident; the one that has the thread ends well', async () => {
    const { passed, open } = gate()
    const begun = gate()
    const mock = async (): Promise<string> => {
      begun.open()
      await passed
      return ''
    }
    const source = `require('dw/svc/LocalServiceRegistry').createService('slow', {}).call()`
    const errors: string[] = []
    const quiet = () => undefined
    const service = await serve({
      flavours: [ocapi(), yaas()],
      library: {
        logger: { debug: quiet, info: quiet, warn: quiet, error: (message) => void errors.push(message) },
        plugins: load(
          { [points.beforeCreate]: source },
          { workers: { atMost: 1, wait: 20 }, services: { slow: { mock } } },
        ),
      },
    })
    const ask = (name: 'ocapi' | 'yaas', login: string) =>
      name === 'ocapi'
        ? service.call('POST', '/s/-/dw/data/v16_2/customer_lists/SiteGenesis/customers', {
            json: { credentials: { login } },
          })
        : service.call('POST', '/hybris/cecentercustomer/v1/sitegenesis/customers', {
            token: 'yaas',
            json: { contactEmail: login },
          })
    const first = ask('ocapi', 'first@example.com')
    await begun.passed
    for (const name of ['ocapi', 'yaas'] as const) {
      const answer = await ask(name, `${name}@example.com`)
      expect(answer.status, answer.text).to.equal(503)
      expect(Number(answer.headers['retry-after'])).to.be.at.least(1)
    }
    open()
    expect((await first).status).to.equal(200)
    expect((await ask('yaas', 'again@example.com')).status).to.equal(201)
    await service.stop()
  })
})

describe('4.10: what a script cannot be talked out of ends with its thread', () => {
  for (const [what, source, options, reason] of [
    [
      'an endless loop',
      'while (true) {}',
      { timeLimit: 300 },
      /hook0\.js \(beforePOST, .*\): it took longer than its 300 ms/,
    ],
    [
      'memory without end',
      'var all = []; while (true) all.push(new Array(100000).fill({}))',
      { workers: { memory: 16 } },
      /hook0\.js \(beforePOST, .*\): the script used more than its 16 MB/,
    ],
    ['process.exit', 'process.exit(1)', {}, /hook0\.js \(beforePOST, .*\): the worker thread of the script ended/],
  ] as const)
    it(`${what}: rolled back, told by script, export and point; others are served meanwhile and afterwards`, async () => {
      const kit = await hookKit(
        load({ [points.beforeCreate]: `if (arguments[0].lastName === 'bad') { ${source} }` }, options),
      )
      const bad = kit.clientele.list('kit').createCustomer({ create: { lastName: 'bad' } })
      const meanwhile = kit.clientele.list('kit').createCustomer({ create: { lastName: 'good' } })
      expect(await problemOf(bad)).to.equal('internal')
      expect(kit.log.findLast(({ level }) => level === 'error')?.message).to.match(reason)
      expect((await meanwhile).lastName).to.equal('good')
      ;(await kit.run((customers) => customers.createCustomer({ create: {} }))).succeeded()
      expect((await kit.clientele.list('kit').findCustomers()).items).to.have.lengthOf(2)
      await kit.close()
    })

  for (const [what, source, reason] of [
    ['loops', 'while (true) {}', /x\.js \(beforePOST, .*beforePOST\): it took longer than its 200 ms/],
    ['throws', 'throw new Error("bad")', /'.*beforePOST' cannot be loaded: bad \(.*x\.js:1:/],
    ['takes all memory', 'var a = []; while (true) a.push(new Array(1e5).fill({}))', /x\.js .* more than its 16 MB/],
  ] as const)
    it(`a script that ${what} when it is loaded is a start-up error that names it`, async () => {
      const entry = JSON.stringify({ hooks: [{ name: points.beforeCreate, script: './x.js' }] })
      const folder = cartridge({}, { 'hooks.json': entry, 'x.js': source })
      const plugins = loadCartridges([folder], { workers: { memory: 16 }, timeLimit: what === 'loops' ? 200 : 5_000 })
      const opened = await openShop({ plugins }).then(
        () => undefined,
        (error: unknown) => error,
      )
      expect(opened).to.be.instanceOf(SetupError)
      expect((opened as Error).message).to.match(reason)
    })
})

describe('4.11: parallel requests', () => {
  it('a hundred at once through two scripts each, of which one writes an address', async () => {
    const { clientele, shop } = await openShop({
      plugins: load({
        [points.beforeCreate]: `module.seen = (module.seen || 0) + 1; arguments[0].companyName = String(module.seen)`,
        [points.afterCreate]: `arguments[0].profile.custom.a = 1; arguments[0].addressBook.createAddress('home')`,
      }),
    })
    const made = await Promise.all(Array.from({ length: 100 }, () => shop.createCustomer({ create: {} })))
    expect(made.every(({ companyName, custom }) => companyName === '1' && custom?.['a'] === 1)).to.equal(true)
    const { total } = await shop.findAddresses({ customerNo: made[99]?.customerNo ?? '' })
    expect(total).to.equal(1)
    await clientele.close()
  })
})
