/** OCAPI hook scripts (4.11): the example cartridge, chains, names of exports, what scripts write, and mistakes told at start. */
import path from 'node:path'
import { expect } from 'chai'
import { describe, it } from 'mocha'
import { memoryStorage } from '../adapters/storage/local/memory.js'
import { SetupError } from '../core/index.js'
import { loadCartridges } from '../hooks/cartridge/index.js'
import type { CartridgeOptions } from '../hooks/cartridge/index.js'
import { hookKit } from './hook-kit.js'
import { cartridge, points } from './support/cartridges.js'
import { root } from './support/sources.js'
import { openShop } from './support/shop.js'
import { contentsOf, ways } from './support/ways.js'

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
          { contactEmail: 'a@example.com', title: 'Dr.' },
          { contactEmail: 'b@example.com', company: 'Bowling' },
        ],
      }
      const [refused, made] = bodies[flavour]
      const answer = await kit.request(flavour, 'POST /customers', refused)
      answer.refused('COMPANY_MISSING')
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

describe('4.11: names of exports and shared functions', () => {
  const sharing = (source: string, ...names: readonly string[]): string =>
    cartridge(
      {},
      { 'hooks.json': JSON.stringify({ hooks: names.map((name) => ({ name, script: './x.js' })) }), 'x.js': source },
    )
  const companyFrom = async (source: string): Promise<string | undefined> => {
    const { clientele, shop } = await openShop({ plugins: loadCartridges([sharing(source, points.afterCreate)]) })
    const { companyName } = await shop.createCustomer({ create: {} })
    await clientele.close()
    return companyName
  }
  const setting = (name: string): string => `exports.${name} = function (c) { c.profile.companyName = '${name}' };`

  it('afterPOST and afterPost are both found, the exact name first', async () => {
    expect(await companyFrom(setting('afterPost') + setting('afterPOST'))).to.equal('afterPOST')
    expect(await companyFrom(setting('afterPost'))).to.equal('afterPost')
  })

  it('two points that share one export run the same function, with a warning', async () => {
    const folder = sharing(
      `exports.afterPOST = function (customer) { if (customer.profile) customer.profile.custom.ran = 'yes' }`,
      points.afterCreate,
      'dw.ocapi.data.customer_list.customer.addresses.afterPOST',
    )
    const kit = await hookKit(loadCartridges([folder]))
    expect(kit.log.map(({ level, message }) => `${level} ${message}`)).to.have.lengthOf(1)
    expect(kit.log[0]?.message).to.match(
      /addresses\.afterPOST and .*customers\.afterPOST run the same function of .*x\.js/,
    )
    const { customerNo } = await kit.given((shop) => shop.createCustomer({ create: {} }))
    await kit.clientele.list('kit').createAddress({ customerNo, create: { addressId: 'a' } })
    expect((await kit.clientele.list('kit').getCustomer({ customerNo })).custom).to.deep.equal({ ran: 'yes' })
    await kit.close()
  })

  it('members that are not there, and modules that are known but not here, are warnings of the start with their line', async () => {
    const source = `var OrderMgr = require('dw/order/OrderMgr')
      exports.afterPOST = function () { if (arguments.length === 9) { OrderMgr.getOrder('1'); require('dw/util/StringUtils').pad('x') } }`
    const kit = await hookKit(loadCartridges([sharing(source, points.afterCreate)]))
    expect(
      kit.log.map(({ level, message }) => `${level} ${message.replace(/^.*x\.js/, 'x.js').slice(0, 60)}`),
    ).to.deep.equal([
      'warn x.js:1: dw/order/OrderMgr is not supported: there are no ord',
      'warn x.js:2: dw/order/OrderMgr is not supported: there are no ord',
      "warn x.js:2: dw.util.StringUtils has no member 'pad' here; it has",
    ])
    await kit.close()
  })
})

describe('4.11: what scripts write runs no scripts, and native handlers', () => {
  it('of another customer and of an address', async () => {
    const ran: string[] = []
    const { clientele, shop } = await openShop({
      plugins: [
        ...loadCartridges([
          cartridge({
            [points.afterCreate]: `
              if (arguments[0].ID === '1') return
              require('dw/customer/CustomerMgr').getCustomerByCustomerNumber('1').profile.companyName = 'x'
              arguments[0].addressBook.createAddress('home')`,
            [points.beforeUpdate]: `throw new Error('a script ran')`,
            'dw.ocapi.data.customer_list.customer.addresses.beforePOST': `throw new Error('a script ran')`,
          }),
        ]),
        {
          name: 'native',
          hooks: {
            [points.beforeUpdate]: (customer) => void ran.push(`update ${customer.customerNo}`),
            'dw.ocapi.data.customer_list.customer.addresses.beforePOST': (customer) =>
              void ran.push(`address of ${customer.customerNo}`),
          },
        },
      ],
    })
    for (const customerNo of ['1', '2']) await shop.createCustomer({ create: { customerNo } })
    expect(ran).to.deep.equal(['update 1', 'address of 2'])
    expect((await shop.getCustomer({ customerNo: '1' })).companyName).to.equal('x')
    await clientele.close()
  })
})

describe('4.11: two libraries share nothing', () => {
  it('of one folder: preferences, services, modules and globals are each library’s own, and one that closes ends no other', async () => {
    const folder = cartridge({
      [points.beforeCreate]: `
        var Site = require('dw/system/Site').getCurrent()
        var was = typeof mine
        mine = Site.ID
        var told = require('dw/svc/LocalServiceRegistry').createService('who', {}).call().object.text
        arguments[0].companyName = [Site.getCustomPreferenceValue('name'), told, was].join(' ')`,
    })
    const open = (name: string) =>
      openShop({
        plugins: loadCartridges([folder], { preferences: { name }, services: { who: { mock: () => name } } }),
      })
    const [first, second] = [await open('first'), await open('second')]
    const companyOf = async ({ shop }: typeof first) => (await shop.createCustomer({ create: {} })).companyName
    expect(await Promise.all([companyOf(first), companyOf(second)])).to.deep.equal([
      'first first undefined',
      'second second undefined',
    ])
    await first.clientele.close()
    expect(await companyOf(second)).to.equal('second second undefined')
    await second.clientele.close()
  })
})

describe('4.11: hookKit runs a cartridge like any plug-in', () => {
  it('one handler, with documents of the test’s own', async () => {
    const kit = await hookKit(
      loadCartridges([
        cartridge({
          [points.beforeCreate]: `if (!arguments[0].lastName) return new (require('dw/system/Status'))(1, 'NO_NAME')`,
          [points.beforeUpdate]: `
            arguments[0].profile.companyName = arguments[0].profile.firstName + ' ' + arguments[1].lastName`,
        }),
      ]),
    )
    ;(await kit.handler(points.beforeCreate, [{}])).refused('NO_NAME')
    const ran = await kit.handler(points.beforeUpdate, [{ firstName: 'Jeffrey' }, { lastName: 'Lebowski' }])
    expect(ran.succeeded()[0]).to.include({ companyName: 'Jeffrey Lebowski' })
    await kit.close()
  })
})

describe('4.11: request.custom is the context’s custom', () => {
  it('travels between native handlers and scripts, from before to after, and no further than the request', async () => {
    const seen: unknown[] = []
    const { clientele, shop } = await openShop({
      plugins: [
        {
          name: 'first',
          hooks: { [points.beforeCreate]: (_create, _list, { custom }) => void Object.assign(custom, { native: [1] }) },
        },
        ...loadCartridges([
          cartridge({
            [points.beforeCreate]: `request.custom.native.push(2); request.custom.before = 'yes'`,
            [points.afterCreate]: `request.custom.after = request.custom.before; delete request.custom.before`,
          }),
        ]),
        {
          name: 'last',
          hooks: { [points.afterCreate]: (_customer, _create, _list, { custom }) => void seen.push({ ...custom }) },
        },
      ],
    })
    for (const lastName of ['a', 'b']) await shop.createCustomer({ create: { lastName } })
    expect(seen).to.deep.equal(Array.from({ length: 2 }, () => ({ native: [1, 2], after: 'yes' })))
    await clientele.close()
  })
})

describe('4.11: every point of the customer list runs scripts, with the arguments of the seed and nothing else', () => {
  const kinds = (...of: readonly string[]): string => [...of, 'SiteGenesis'].join(' ')
  const expected: Readonly<Record<string, string>> = {
    'customers.beforePOST': kinds('create'),
    'customers.afterPOST': kinds('customer', 'create'),
    'customer.beforePATCH': kinds('customer', 'update'),
    'customer.afterPATCH': kinds('customer', 'update'),
    'customer.addresses.beforePOST': kinds('customer', 'create'),
    'customer.addresses.afterPOST': kinds('customer', 'address', 'create'),
    'customer.address.beforePATCH': kinds('customer', 'address', 'update'),
    'customer.address.afterPATCH': kinds('customer', 'address', 'update'),
    'customer.address.beforeDELETE': kinds('customer', 'address'),
    'customer.address.afterDELETE': kinds('customer'),
    'customer.beforeDELETE': kinds('customer'),
    'customer.afterDELETE': kinds(),
  }
  const stem = 'dw.ocapi.data.customer_list.'
  const scriptOf = (point: string): string => `
    var document = '${point.endsWith('POST') ? 'create' : 'update'}'
    var kinds = Array.prototype.map.call(arguments, function (arg) {
      if (typeof arg === 'string') return arg
      return typeof arg.getProfile === 'function' ? 'customer' : 'getAddress1' in arg ? 'address' : document
    })
    require('dw/system/Logger').getLogger('points').info('${point}: ' + kinds.join(' '))`

  for (const way of ways)
    it(`through ${way.name}`, async () => {
      const lines: string[] = []
      const quiet = () => undefined
      const scripts = Object.keys(expected).map((point) => [stem + point, scriptOf(point)] as const)
      const opened = await way.open({
        logger: { debug: quiet, info: (line) => void lines.push(line), warn: quiet, error: quiet },
        plugins: loadCartridges([cartridge(Object.fromEntries(scripts))]),
      })
      const done = async (outcome: Promise<{ readonly result: string; readonly id?: string }>): Promise<string> => {
        const { result, id = '' } = await outcome
        expect(result).to.equal('done')
        return id
      }
      const customerNo = await done(opened.createCustomer({ lastName: 'Lebowski', email: 'dude@example.com' }))
      await done(opened.updateCustomer(customerNo, { lastName: 'L' }))
      const addressId = await done(opened.createAddress(customerNo, { city: 'Los Angeles' }))
      await done(opened.updateAddress(customerNo, addressId, { city: 'Malibu' }))
      await done(opened.deleteAddress(customerNo, addressId))
      await done(opened.deleteCustomer(customerNo))
      await opened.stop()
      expect(lines).to.deep.equal(Object.entries(expected).map(([point, given]) => `${point}: ${given}`))
    })
})

describe('4.11: a script sets a password', () => {
  it('of its own customer and of another; it is hashed, and stands in no document', async () => {
    const storage = memoryStorage()
    const hashed: string[] = []
    const { clientele, shop } = await openShop({
      storage,
      hashPassword: async (secret) => {
        hashed.push(secret.reveal())
        return `$test$${hashed.length}`
      },
      plugins: loadCartridges([
        cartridge({
          [points.afterUpdate]: `
            if (arguments[0].ID !== '1') return
            var set = arguments[0].profile.getCredentials().setPassword('Abcdefg-1', null, false)
            var other = require('dw/customer/CustomerMgr').getCustomerByCustomerNumber('2')
            other.profile.credentials.setPassword('Abcdefg-2')
            arguments[0].profile.companyName = String(set.isError())`,
        }),
      ]),
    })
    for (const customerNo of ['1', '2'])
      await shop.createCustomer({ create: { customerNo, credentials: { login: `c${customerNo}` } } })
    const changed = await shop.updateCustomer({ customerNo: '1', update: { lastName: 'L' } })
    expect(changed).to.include({ companyName: 'false', lastName: 'L' })
    expect(hashed).to.deep.equal(['Abcdefg-1', 'Abcdefg-2'])
    expect(await contentsOf(storage))
      .to.contain('$test$1')
      .and.to.contain('$test$2')
      .and.not.to.contain('Abcdefg')
    await clientele.close()
  })
})
