/** OCAPI hook scripts in worker threads (4.11): one script, the whole way, over both APIs and on every storage. */
import path from 'node:path'
import { expect } from 'chai'
import { describe, it } from 'mocha'
import { SetupError } from '../core/index.js'
import { loadCartridges } from '../hooks/cartridge/index.js'
import type { CartridgeOptions } from '../hooks/cartridge/index.js'
import { hookKit } from './hook-kit.js'
import { cartridge, points } from './support/cartridges.js'
import { engines } from './support/engines.js'
import { root } from './support/sources.js'
import { contentsOf } from './support/ways.js'
import { openShop, problemOf } from './support/shop.js'

const example = path.join(root, 'examples/cartridge/app_example')
const crm: CartridgeOptions = { services: { crm: { mock: () => '{"id":"crm-7"}' } } }

/** A library with scripts; what they return is told by what the customer's `companyName` becomes. */
const shopWith = (scripts: Readonly<Record<string, string>>, options?: CartridgeOptions) =>
  openShop({ plugins: loadCartridges([cartridge(scripts)], options) })

describe('4.11: the example cartridge runs unmodified', () => {
  for (const flavour of ['ocapi', 'yaas'] as const)
    it(`over ${flavour}: it refuses, writes profile and address, and calls a service`, async () => {
      const kit = await hookKit(loadCartridges([example], crm))
      const bodies = {
        ocapi: [
          { job_title: 'bowler', credentials: { login: 'a@example.com' } },
          {
            company_name: 'Bowling',
            c_captcha: { token: 'x' },
            credentials: { login: 'b@example.com' },
            email: 'b@example.com',
          },
        ],
        yaas: [
          { contactEmail: 'a@example.com', jobTitle: 'bowler' },
          { contactEmail: 'b@example.com', company: 'Bowling' },
        ],
      }
      const [refused, made] = bodies[flavour]
      if (flavour === 'ocapi') (await kit.request(flavour, 'POST /customers', refused)).refused('COMPANY_MISSING')
      const created = await kit.request(flavour, 'POST /customers', made)
      created.succeeded()
      const [customer] = (await kit.clientele.list('kit').findCustomers()).items
      expect(customer).to.deep.include({ companyName: 'Bowling', preferredLocale: 'de_DE', custom: { welcomed: true } })
      const customerNo = customer?.customerNo ?? ''
      const [address] = (await kit.clientele.list('kit').findAddresses({ customerNo })).items
      expect(address).to.include({ addressId: 'work', companyName: 'Bowling', city: 'Los Angeles', isDefault: true })
      const patched = await kit.run((customers) => customers.updateCustomer({ customerNo, update: { lastName: 'L' } }))
      expect(patched.succeeded().custom).to.deep.equal({ welcomed: true, crmId: 'crm-7' })
      await kit.close()
    })
})

for (const [name, engine] of engines)
  describe(`4.11: scripts on ${name} run in the unit of work`, () => {
    it('what they write is stored with it, and a refusal, a throw and a rollback leave nothing', async () => {
      const storage = await engine()
      const { clientele, shop } = await openShop({
        storage,
        plugins: loadCartridges([
          cartridge({
            [points.afterCreate]: `
              var Status = require('dw/system/Status')
              var customer = arguments[0]
              var how = customer.profile.companyName
              customer.profile.custom.seen = 'yes'
              customer.profile.addressBook.createAddress('home').city = 'Los Angeles'
              if (how === 'refuse') return new Status(Status.ERROR, 'NO', 'no {0}', 'way')
              if (how === 'throw') throw new Error('bad')
              if (how === 'rollback') require('dw/system/Transaction').rollback()`,
          }),
        ]),
      })
      const before = await contentsOf(storage)
      for (const [how, problem] of [
        ['refuse', 'refusedByHook'],
        ['throw', 'internal'],
        ['rollback', 'internal'],
      ] as const) {
        expect(await problemOf(shop.createCustomer({ create: { companyName: how } })), how).to.equal(problem)
        expect(await contentsOf(storage), how).to.equal(before)
      }
      const { customerNo } = await shop.createCustomer({ create: { companyName: 'fine' } })
      expect((await shop.getCustomer({ customerNo })).custom).to.deep.equal({ seen: 'yes' })
      expect((await shop.findAddresses({ customerNo })).items[0]).to.include({ addressId: 'home', city: 'Los Angeles' })
      await clientele.close()
    })
  })

describe('4.11: a Status ends the chain of cartridge scripts', () => {
  it('OK skips the later scripts of the point and no other plug-in; the trace names the one that ended it', async () => {
    const ran: string[] = []
    const steps: string[] = []
    const { clientele } = await openShop({
      plugins: [
        ...loadCartridges([
          cartridge({ [points.beforeCreate]: `return new (require('dw/system/Status'))(0)` }, {}, 'app_first'),
          cartridge({ [points.beforeCreate]: `throw new Error('must not run')` }, {}, 'app_second'),
        ]),
        { name: 'native', hooks: { [points.beforeCreate]: () => void ran.push('native') } },
      ],
    })
    const onTrace = (trace: { readonly steps: readonly object[] }) => void steps.push(JSON.stringify(trace.steps))
    await clientele.list('SiteGenesis', { onTrace }).createCustomer({ create: {} })
    expect(ran).to.deep.equal(['native'])
    expect(steps[0]).to.include("plug-in 'app_first'").and.include('ended the chain with a Status')
    await clientele.close()
  })
})

describe('4.11: the number of arguments is the seed’s, and one record is one object', () => {
  it('without a context; documents have no getProfile', async () => {
    const { clientele, shop } = await shopWith({
      [points.beforeUpdate]: `
        var customer = arguments[0], update = arguments[1]
        if (arguments.length !== 3 || arguments[2] !== 'SiteGenesis') throw new Error('arguments')
        if (typeof update.getProfile === 'function' || typeof update.getCustomerNo === 'function') throw new Error('document')
        var CustomerMgr = require('dw/customer/CustomerMgr')
        if (CustomerMgr.getCustomerByLogin('dude') !== customer) throw new Error('two objects')
        if (CustomerMgr.getCustomerByCustomerNumber('none') !== null) throw new Error('none')
        update.companyName = [update.postalCode, 'lastName' in update, 'last_name' in update, Object.keys(update).join()].join(' ')
        var other = CustomerMgr.getCustomerByLogin('other').profile
        other.lastName = 'Sobchak'
        other.custom.x = 1`,
    })
    await shop.createCustomer({ create: { customerNo: '2', credentials: { login: 'other' } } })
    const { customerNo } = await shop.createCustomer({ create: { credentials: { login: 'dude' } } })
    const changed = await shop.updateCustomer({ customerNo, update: { lastName: 'L', custom: { x: 1 } } })
    expect(changed.companyName).to.equal(' true true lastName,c_x')
    expect(await shop.getCustomer({ customerNo: '2' })).to.deep.include({ lastName: 'Sobchak', custom: { x: 1 } })
    await clientele.close()
  })
})

describe('4.10: a time limit ends even an endless loop, and memory is limited', () => {
  for (const [what, script, reason] of [
    ['an endless loop', 'while (true) {}', /hook0\.js \(beforePOST, .*\): it took longer than its 300 ms/],
    ['memory without end', 'var all = []; while (true) all.push(new Array(100000).fill({}))', /more than its 16 MB/],
  ] as const)
    it(`${what}: rolled back, told by script, export and point; others are served`, async () => {
      const kit = await hookKit(
        loadCartridges([cartridge({ [points.beforeCreate]: `if (arguments[0].lastName === 'bad') { ${script} }` })], {
          workers: { memory: 16 },
          ...(what === 'an endless loop' && { timeLimit: 300 }),
        }),
      )
      const bad = kit.run((customers) => customers.createCustomer({ create: { lastName: 'bad' } }))
      ;(await bad).failed(reason)
      ;(await kit.run((customers) => customers.createCustomer({ create: {} }))).succeeded()
      await kit.close()
    })
})

describe('4.11: a pool of one: two scripts that write each other’s customers', () => {
  it('wait for no one but the storage', async () => {
    const { clientele, shop } = await openShop({
      limits: { lockWait: 300 },
      plugins: loadCartridges(
        [
          cartridge({
            [points.beforeUpdate]: `
              var other = arguments[0].ID === '1' ? '2' : '1'
              require('dw/customer/CustomerMgr').getCustomerByCustomerNumber(other).profile.companyName = 'x'`,
          }),
        ],
        { workers: { atOnce: 1 } },
      ),
    })
    for (const customerNo of ['1', '2']) await shop.createCustomer({ create: { customerNo } })
    const ended = await Promise.all(
      ['1', '2'].map((customerNo) => problemOf(shop.updateCustomer({ customerNo, update: { lastName: 'L' } }))),
    )
    expect(
      ended.every((problem) => ['none', 'unavailable', 'internal'].includes(problem)),
      ended.join(),
    ).to.equal(true)
    await clientele.close()
  })
})

describe('4.11: mistakes are start-up errors that name file and point', () => {
  const refusal = async (folder: string): Promise<string> => {
    try {
      const { clientele } = await openShop({ plugins: loadCartridges([folder]) })
      await clientele.close()
    } catch (error) {
      expect(error).to.be.instanceOf(SetupError)
      return (error as Error).message
    }
    return 'it started'
  }
  it('files that are missing or malformed, exports that are missing, scripts that throw', async () => {
    const hooks = (text: string) => cartridge({}, { 'hooks.json': text })
    const entry = JSON.stringify({ hooks: [{ name: points.beforeCreate, script: './x.js' }] })
    expect(await refusal('/none')).to.match(/there is no folder \/none/)
    expect(await refusal(hooks('{'))).to.match(/hooks\.json is no JSON/)
    expect(await refusal(hooks(entry))).to.match(/hooks\.json: the script of '.*beforePOST', '.\/x\.js', is missing/)
    const exporting = cartridge({}, { 'hooks.json': entry, 'x.js': 'exports.other = 1' })
    expect(await refusal(exporting)).to.match(/x\.js exports no function beforePOST or beforePost/)
    const throwing = cartridge({}, { 'hooks.json': entry, 'x.js': '\n\nrequire("dw/none/Such")' })
    expect(await refusal(throwing)).to.match(/no module 'dw\/none\/Such' here; there are: .*\(.*x\.js:3:/)
  })
  it('but a point that 16.2 has not is a warning with the nearest one, and one of another API is listed', async () => {
    const folder = cartridge(
      { 'dw.ocapi.data.customer_list.customers.afterPUT': '', 'dw.order.calculate': '' },
      {},
      'app_odd',
    )
    const kit = await hookKit(loadCartridges([folder]))
    expect(kit.log.map(({ level, message }) => `${level} ${message}`)).to.deep.equal([
      "warn app_odd: there is no extension point 'dw.ocapi.data.customer_list.customers.afterPUT' in 16.2; did you mean 'dw.ocapi.data.customer_list.customers.afterPOST'?",
      'info cartridge app_odd: not run here: dw.ocapi.data.customer_list.customers.afterPUT, dw.order.calculate',
    ])
    await kit.close()
  })
})

describe('4.11: parallel requests', () => {
  it('a hundred at once through two scripts each', async () => {
    const { clientele, shop } = await shopWith({
      [points.beforeCreate]: `module.seen = (module.seen || 0) + 1; arguments[0].companyName = String(module.seen)`,
      [points.afterCreate]: `arguments[0].profile.custom.a = 1`,
    })
    const made = await Promise.all(Array.from({ length: 100 }, () => shop.createCustomer({ create: {} })))
    expect(made.every(({ companyName, custom }) => companyName === '1' && custom?.['a'] === 1)).to.equal(true)
    await clientele.close()
  })
})
