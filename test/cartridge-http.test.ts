/** Each module and each rule of hook scripts (4.11; hooks/README.md, Bring your cartridge), over both APIs and on every storage. */
import http from 'node:http'
import { expect } from 'chai'
import { after as afterAll, before as beforeAll, describe, it } from 'mocha'
import { ocapi } from '../adapters/ocapi/index.js'
import { yaas } from '../adapters/yaas/index.js'
import type { Storage } from '../core/index.js'
import { loadCartridges } from '../hooks/cartridge/index.js'
import { serve } from './support/api.js'
import type { Service } from './support/api.js'
import {
  after,
  before,
  casesScript,
  customPoint,
  firstFiles,
  preferences,
  secondFiles,
} from './support/cartridge-cases.js'
import { cartridge, points } from './support/cartridges.js'
import { engines } from './support/engines.js'
import { listen } from './support/http.js'
import type { Answer, Listening } from './support/http.js'
import { contentsOf } from './support/ways.js'

/** What a rule returns or throws, by the customer's company. */
const rules = `
var Status = require('dw/system/Status'), Transaction = require('dw/system/Transaction')
exports.afterPOST = function (customer) {
  var how = customer.profile.companyName
  customer.profile.custom.seen = 'yes'
  if (!/^rule /.test(how)) return
  customer.profile.addressBook.createAddress('home').city = 'Los Angeles'
  if (how === 'rule refuse') {
    var status = new Status(Status.ERROR, 'NO', 'no {0}', 'way')
    status.addDetail('field', 'company')
    return status
  }
  if (how === 'rule throw') throw new Error('bad')
  if (how === 'rule rollback') Transaction.rollback()
  if (how === 'rule swallow') try { Transaction.wrap(function () { throw new Error('inner') }) } catch (e) {}
  if (how === 'rule other') return 'text'
  if (how === 'rule ok') return new Status(Status.OK)
  if (how === 'rule null') return null
}`
const later = `exports.afterPOST = function (customer) { customer.profile.custom.later = 'yes' }`

/** Answers what it was asked, or 500. */
const echo: http.RequestListener = (request, response) => {
  let body = ''
  request.on('data', (chunk: Buffer) => (body += String(chunk)))
  request.on('end', () => {
    const { method, url, headers } = request
    if (url?.startsWith('/api/fail')) response.writeHead(500).end('no')
    else response.end(JSON.stringify({ method, url, user: headers['x-user'], auth: headers.authorization, body }))
  })
}

const hooks = (...entries: readonly object[]): string => JSON.stringify({ hooks: entries })
const cases = './cartridge/scripts/cases.js'
const folders = [
  cartridge(
    {},
    {
      ...firstFiles,
      [cases]: casesScript,
      'hooks.json': hooks(
        { name: points.beforeCreate, script: cases },
        { name: points.afterCreate, script: cases },
        customPoint,
      ),
    },
    'app_cases',
  ),
  cartridge(
    {},
    {
      ...secondFiles,
      'rules.js': rules,
      'hooks.json': hooks({ name: points.afterCreate, script: './rules.js' }, customPoint),
    },
    'app_base',
  ),
  cartridge(
    {},
    { 'later.js': later, 'hooks.json': hooks({ name: points.afterCreate, script: './later' }) },
    'app_later',
  ),
]

/** A create over one API, with parameters and headers that scripts look for. */
interface Way {
  readonly name: 'ocapi' | 'yaas'
  create(service: Service, company: string): Promise<Answer>
  numberOf(answer: Answer): string
  /** Code, message and details of a refusal. */
  refusalOf(answer: Answer): readonly unknown[]
}
let logins = 0
const asked = { 'X-Probe': 'p', 'Accept-Language': 'fr-ca, de;q=0.5' }
const ways: readonly Way[] = [
  {
    name: 'ocapi',
    create: (service, company) =>
      service.call('POST', '/s/-/dw/data/v16_2/customer_lists/SiteGenesis/customers?x=1&x=2', {
        headers: asked,
        json: { company_name: company, credentials: { login: `o${++logins}@example.com` } },
      }),
    numberOf: (answer) => answer.json<{ customer_no: string }>().customer_no,
    refusalOf(answer) {
      const { fault } = answer.json<{ fault: { type: string; arguments: Record<string, unknown> } }>()
      return [fault.type, fault.arguments['statusCode'], fault.arguments['statusMsg'], fault.arguments['statusDetails']]
    },
  },
  {
    name: 'yaas',
    create: (service, company) =>
      service.call('POST', '/hybris/cecentercustomer/v1/sitegenesis/customers?x=1&x=2', {
        token: 'yaas',
        headers: asked,
        json: { company, contactEmail: `y${++logins}@example.com` },
      }),
    numberOf: (answer) => answer.json<{ id: string }>().id,
    refusalOf(answer) {
      const { type, details } = answer.json<{ type: string; details: { field: string; message: string }[] }>()
      const fact = (field: string) => details.find((detail) => detail.field === field)?.message
      return [
        type === 'business_error' ? 'HookStatusException' : type,
        fact('statusCode'),
        fact('statusMsg'),
        { field: fact('statusDetails.field') },
      ]
    },
  },
]

for (const [engine, open] of engines)
  describe(`4.11: scripts over HTTP on ${engine}`, () => {
    let storage: Storage
    let remote: Listening
    let service: Service
    const log: { readonly level: string; readonly message: string; readonly [name: string]: unknown }[] = []
    beforeAll(async () => {
      storage = await open()
      remote = await listen(http.createServer(echo))
      const write =
        (level: string) =>
        (message: string, facts: object = {}) =>
          void log.push({ level, message, ...facts })
      const services = {
        crm: { url: `${remote.origin}/api`, user: 'u', password: 'p' },
        gone: { url: 'http://127.0.0.1:1' },
        mocked: { mock: () => 'mock' },
      }
      service = await serve({
        flavours: [ocapi(), yaas()],
        library: {
          storage,
          logger: { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') },
          plugins: loadCartridges(folders, { site: 'shop', preferences, services }),
        },
      })
      const known = { customerNo: 'known', email: 'known@example.com', lastName: 'Known', custom: { x: 'y' } }
      await service.shop.createCustomer({ create: { ...known, credentials: { login: 'known@example.com' } } })
    })
    afterAll(async () => {
      await service.stop()
      await remote.close()
    })

    for (const way of ways) {
      const resultOf = async (company: string): Promise<unknown> => {
        const answer = await way.create(service, company)
        expect(answer.status, `${answer.text} ${JSON.stringify(log.at(-1))}`).to.be.oneOf([200, 201])
        const { custom } = await service.shop.getCustomer({ customerNo: way.numberOf(answer) })
        return JSON.parse(String(custom?.['result'])) as unknown
      }
      for (const { what, gives } of [...before, ...after])
        it(`${way.name}: ${what}`, async () => expect(await resultOf(what)).to.deep.equal(gives))

      it(`${way.name}: a Status ERROR, a throw, a rollback and what is no Status leave nothing`, async () => {
        const stored = await contentsOf(storage)
        const refused = await way.create(service, 'rule refuse')
        expect(refused.status).to.equal(400)
        expect(way.refusalOf(refused)).to.deep.equal(['HookStatusException', 'NO', 'no way', { field: 'company' }])
        for (const [how, why] of [
          ['throw', /bad \(.*rules\.js:13:/],
          ['rollback', /a script rolled its transaction back/],
          ['swallow', /a transaction failed: inner/],
          ['other', /it returned a string: return nothing or a Status/],
        ] as const) {
          expect((await way.create(service, `rule ${how}`)).status, how).to.equal(500)
          expect(log.at(-1)?.message, how).to.match(why)
        }
        expect(await contentsOf(storage)).to.equal(stored)
      })
      it(`${way.name}: OK ends the chain, null and nothing do not; what is written is stored`, async () => {
        const customOf = async (company: string) => {
          const customerNo = way.numberOf(await way.create(service, company))
          const { items } = await service.shop.findAddresses({ customerNo })
          return [(await service.shop.getCustomer({ customerNo })).custom, items.map(({ city }) => city)]
        }
        expect(await customOf('rule ok')).to.deep.equal([{ seen: 'yes' }, ['Los Angeles']])
        expect(await customOf('rule null')).to.deep.equal([{ seen: 'yes', later: 'yes' }, ['Los Angeles']])
        expect(await customOf('Bowling')).to.deep.equal([{ seen: 'yes', later: 'yes' }, []])
      })
    }

    it('Logger writes to the library’s logger, with category, cartridge and request id', () => {
      const lines = log.filter(({ category }) => category !== undefined)
      expect(lines.slice(0, 4).map(({ level, message, category }) => [level, message, category])).to.deep.equal([
        ['info', 'told one of 2', 'root'],
        ['warn', 'warned', 'crm'],
        ['error', 'failed Error: x', 'tax'],
        ['debug', 'quiet', 'root'],
      ])
      expect(lines[0]).to.include({ cartridge: 'app_cases' }).and.to.have.property('requestId')
    })
  })
