/** A flavour is a value: a third one is served beside OCAPI and YaaS, and neither core nor adapters know of it. */
import { expect } from 'chai'
import { after, before, beforeEach, describe, it } from 'mocha'
import { explainMapping } from '../adapters/http/koa.js'
import { ocapi } from '../adapters/ocapi/index.js'
import { yaas } from '../adapters/yaas/index.js'
import { definePlugin, Status } from '../core/index.js'
import type { Caller } from '../core/index.js'
import { callers, serve } from './support/api.js'
import type { Service } from './support/api.js'
import { plain, plainName } from './support/plain-flavour.js'
import { yaasBase } from './support/yaas.js'

const ocapiPath = '/s/-/dw/data/v16_2/customer_lists/SiteGenesis/customers'
const yaasPath = `${yaasBase}/sitegenesis/customers`
const plainPath = '/plain/SiteGenesis'
const plainCallers: Readonly<Record<string, Caller>> = {
  ...callers,
  plain: { clientId: 'plain-client', flavours: [plainName] },
}

describe('a third flavour (decisions 1.2, 1.3)', () => {
  let service: Service
  let seen: string[] = []
  const bouncer = definePlugin({
    name: 'bouncer',
    hooks: {
      'dw.ocapi.data.customer_list.customers.beforePOST'(create, _list, context) {
        seen.push(`${context.flavour}: ${String(create.lastName)}`)
        return create.lastName === 'Quintana' ? Status.error('not_here', 'Nobody may bowl on Saturday.') : undefined
      },
    },
  })
  before(async () => {
    service = await serve({
      flavours: [ocapi(), yaas(), plain()],
      authenticate: ({ token }) => plainCallers[token],
      library: { plugins: [bouncer] },
    })
  })
  after(() => service.stop())
  beforeEach(() => (seen = []))

  const create = (last: string) =>
    service.call('POST', plainPath, { token: 'plain', json: { first: 'Jeff', last, mail: `${last}@bowl.example` } })

  it('a customer written through it is read through both others', async () => {
    const made = await create('Lebowski')
    expect(made.status, made.text).to.equal(201)
    const { number } = made.json<{ number: string }>()
    const inOcapi = await service.call('GET', `${ocapiPath}/${number}`)
    expect(inOcapi.json()).to.deep.include({
      first_name: 'Jeff',
      last_name: 'Lebowski',
      email: 'Lebowski@bowl.example',
    })
    const inYaas = await service.call('GET', `${yaasPath}/${number}`, { token: 'yaas' })
    expect(inYaas.json()).to.deep.include({ firstName: 'Jeff', lastName: 'Lebowski' })
  })

  it('it changes what others have written, and what it does not show stays', async () => {
    const json = { first_name: 'Walter', fax: '555-0101', credentials: { login: 'walter' } }
    const { customer_no } = (await service.call('POST', ocapiPath, { json })).json<{ customer_no: string }>()
    const changed = await service.call('PATCH', `${plainPath}/${customer_no}`, {
      token: 'plain',
      json: { last: 'Sobchak' },
    })
    expect(changed.json()).to.deep.equal({ number: customer_no, first: 'Walter', last: 'Sobchak' })
    const read = await service.call('GET', `${ocapiPath}/${customer_no}`)
    expect(read.json()).to.deep.include({ first_name: 'Walter', last_name: 'Sobchak', fax: '555-0101' })
  })

  it('a handler refuses through all three, in the form of each, and is told which it is', async () => {
    const ours = await create('Quintana')
    expect([ours.status, ours.json()]).to.deep.equal([400, { refused: 'refusedByHook' }])
    const credentials = { login: 'jesus' }
    const theirs = await service.call('POST', ocapiPath, { json: { last_name: 'Quintana', credentials } })
    expect([theirs.status, theirs.json<{ fault: { type: string } }>().fault.type]).to.deep.equal([
      400,
      'HookStatusException',
    ])
    const others = await service.call('POST', yaasPath, { token: 'yaas', json: { lastName: 'Quintana' } })
    expect([others.status, others.json()['type']]).to.deep.equal([400, 'business_error'])
    expect(seen).to.deep.equal(['plain: Quintana', 'ocapi: Quintana', 'yaas: Quintana'])
  })

  it('its faults are its own, and a token for another flavour is none for it', async () => {
    const get = (number: string, token: string) => service.call('GET', `${plainPath}/${number}`, { token })
    const invalid = await service.call('POST', plainPath, { token: 'plain', json: { middle: 'x' } })
    const answers = [await get('nobody', 'plain'), await get('nobody', ''), await get('nobody', 'ocapi'), invalid]
    expect(answers.map((answer) => [answer.status, answer.json()['refused']])).to.deep.equal([
      [404, 'customerNotFound'],
      [401, 'tokenMissing'],
      [400, 'tokenForOtherFlavour'],
      [400, 'documentInvalid'],
    ])
  })

  it('explainMapping shows its names beside the others', async () => {
    const customer = await service.shop.createCustomer({ create: { lastName: 'Kerabatsos' } })
    const line = explainMapping('customer', customer, [ocapi(), plain()]).find(({ domain }) => domain === 'lastName')
    expect(line?.shown).to.deep.equal({
      ocapi: [{ name: 'last_name', value: 'Kerabatsos' }],
      plain: [{ name: 'last', value: 'Kerabatsos' }],
    })
  })
})
