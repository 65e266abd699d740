/** The test kit for plug-ins, as their authors use it. */
import { AssertionError } from 'node:assert'
import { expect } from 'chai'
import { describe, it } from 'mocha'
import { Status, SetupError } from '../core/index.js'
import type { Plugin } from '../core/index.js'
import { hookKit } from './testing.js'

const beforeCreate = 'dw.ocapi.data.customer_list.customers.beforePOST'
const afterCreate = 'dw.ocapi.data.customer_list.customers.afterPOST'
const beforeChange = 'dw.ocapi.data.customer_list.customer.beforePATCH'
const afterAddressRemoval = 'dw.ocapi.data.customer_list.customer.address.afterDELETE'

const tested: Plugin = {
  name: 'tested',
  hooks: {
    [beforeCreate](create, _list, context) {
      if (create.lastName === 'refused') return Status.error('NO', 'not you', { why: 'name' })
      if (create.lastName === 'broken') throw new Error('handler broke')
      create.title = 'Dr'
      context.afterCommit(() => {
        if (create.lastName === 'bad task') throw new Error('task broke')
      })
      return undefined
    },
    async [afterCreate]({ customerNo }, _create, _list, { customers }) {
      await customers.createAddress({ customerNo, create: { city: 'Köln' } })
    },
    [beforeChange](customer, update, _list, { previous }) {
      update.suffix = `was ${previous.lastName}`
      customer.title = 'changed'
    },
    [afterAddressRemoval](_customer, _list, { previous }) {
      if (previous.city === 'Bonn') return Status.error('KEEP', 'keep it')
      return undefined
    },
  },
}

/** Message of the AssertionError that a check throws. */
function complaintOf(check: () => unknown): string {
  try {
    check()
  } catch (error) {
    if (error instanceof AssertionError) return error.message
    throw error
  }
  throw new Error('the check passed')
}

describe('hook kit: one operation', () => {
  it('gives the result, the difference, tasks and who ran, with a fixed clock and counting ids', async () => {
    const kit = await hookKit(tested)
    const ran = await kit.run((customers) => customers.createCustomer({ create: { lastName: 'Lebowski' } }))
    expect(ran.succeeded()).to.include({
      customerNo: '00000001',
      title: 'Dr',
      creationDate: '2026-01-01T00:00:00.000Z',
    })
    ran
      .changed('customers', {
        customerNo: '00000001',
        lastName: 'Lebowski',
        title: 'Dr',
        active: true,
        credentials: { locked: false },
      })
      .changed('addresses', {
        addressId: '000000000000000000000002',
        city: 'Köln',
        isDefault: true,
      })
      .queued(1)
    expect(ran.handlersAt(beforeCreate).map(({ plugin, outcome }) => `${plugin} ${outcome}`)).to.deep.equal([
      'tested ok',
    ])
    kit.wait(1500)
    const later = await kit.run((customers) =>
      customers.updateCustomer({ customerNo: '00000001', update: { firstName: 'Jeff' } }),
    )
    expect(later.succeeded().lastModified).to.equal('2026-01-01T00:00:01.500Z')
    later.changed('customers', { firstName: 'Jeff', suffix: 'was Lebowski', title: 'changed' }).queued(0)
    const twin = await hookKit(tested)
    const same = await twin.run((customers) => customers.createCustomer({ create: { lastName: 'Lebowski' } }))
    expect(same.result).to.deep.equal(ran.result)
    expect(same.changes).to.deep.equal(ran.changes)
  })

  it('given prepares data without the plug-in', async () => {
    const kit = await hookKit(tested)
    const { customerNo } = await kit.given((customers) => customers.createCustomer({ create: { lastName: 'refused' } }))
    const ran = await kit.run((customers) => customers.updateCustomer({ customerNo, update: { lastName: null } }))
    ran.changed('customers', { lastName: undefined, suffix: 'was refused', title: 'changed' })
  })

  it('logs what handlers write, with plug-in and point, called alone too', async () => {
    const writing: Plugin = {
      name: 'writing',
      hooks: {
        [beforeCreate](_create, _list, { logger }) {
          logger.info('hello')
        },
      },
    }
    const kit = await hookKit(writing)
    await kit.handler(beforeCreate, [{}])
    await kit.run((customers) => customers.createCustomer({ create: {} }))
    const line = { level: 'info', message: 'hello', plugin: 'writing', extensionPoint: beforeCreate }
    expect(kit.log).to.have.lengthOf(2)
    for (const logged of kit.log) expect(logged).to.include(line).and.to.have.property('requestId')
  })

  it('tells refusals, failures with their cause, failed tasks and what is stored', async () => {
    const kit = await hookKit(tested)
    const create = (lastName: string) => kit.run((customers) => customers.createCustomer({ create: { lastName } }))
    const refused = await create('refused')
    refused.refused('NO')
    expect(refused.refusal)
      .to.include({ extensionPoint: beforeCreate, message: 'not you' })
      .and.to.have.deep.property('details', { why: 'name' })
    const broken = await create('broken')
    broken.failed(/handler broke/).queued(0)
    expect(kit.log[0]).to.include({ level: 'error', plugin: 'tested' })
    const badTask = await create('bad task')
    expect(badTask.succeeded().lastName).to.equal('bad task')
    expect(badTask.queued(1).taskErrors.map(String)).to.deep.equal(['Error: task broke'])
  })

  it('checks that do not hold are AssertionErrors that say what was there', async () => {
    const kit = await hookKit(tested)
    const create = (lastName: string) => kit.run((customers) => customers.createCustomer({ create: { lastName } }))
    const [good, refused, broken] = [await create('good'), await create('refused'), await create('broken')]
    expect(complaintOf(() => good.refused('NO'))).to.include('expected a refusal, it was done')
    expect(complaintOf(() => good.storedNothing())).to.include('good')
    expect(complaintOf(() => good.queued(2))).to.include('there were 1')
    expect(complaintOf(() => good.changed('customers', { lastName: 'bad' }))).to.include('good')
    expect(complaintOf(() => good.changed('mappings', {}))).to.include('expected one changed record of mappings')
    expect(complaintOf(() => good.failed())).to.include('it was done')
    expect(complaintOf(() => refused.refused('YES'))).to.include('NO')
    expect(complaintOf(() => refused.succeeded())).to.include('not you')
    expect(complaintOf(() => broken.succeeded())).to.include('handler broke')
    expect(complaintOf(() => broken.failed(/other reason/))).to.include('handler broke')
  })
})

describe('hook kit: one handler', () => {
  it('with documents of the author’s own, which are copied', async () => {
    const kit = await hookKit(tested)
    const create = { lastName: 'Lebowski' }
    const ran = await kit.handler(beforeCreate, [create])
    expect(ran.succeeded()).to.deep.equal([{ lastName: 'Lebowski', title: 'Dr' }])
    expect(create).to.deep.equal({ lastName: 'Lebowski' })
    ran.storedNothing().queued(1)
    const refused = await kit.handler(beforeCreate, [{ lastName: 'refused' }])
    refused.refused('NO').queued(0)
    const broken = await kit.handler(beforeCreate, [{ lastName: 'broken' }])
    broken.failed(/handler broke/)
  })

  it('previous is the document as it was given, or what the test says', async () => {
    const kit = await hookKit(tested)
    const ran = await kit.handler(beforeChange, [{ lastName: 'Old' }, { lastName: 'New' }])
    expect(ran.succeeded()[1]).to.deep.equal({ lastName: 'New', suffix: 'was Old' })
    const kept = await kit.handler(afterAddressRemoval, [{}], { previous: { city: 'Bonn' } })
    kept.refused('KEEP')
  })

  it('library calls of the handler work, and are rolled back when it fails', async () => {
    const kit = await hookKit(tested)
    await kit.given((customers) => customers.createCustomer({ create: { customerNo: 'C1' } }))
    const ran = await kit.handler(afterCreate, [{ customerNo: 'C1' }, {}])
    expect(ran.changes.map(({ kind }) => kind)).to.deep.equal(['addresses'])
    const missing = await kit.handler(afterCreate, [{ customerNo: 'C2' }, {}])
    missing.failed(/no such customer/)
  })

  it('says that there is none', async () => {
    const kit = await hookKit(tested)
    const ran = await kit.handler('dw.ocapi.data.customer_list.customer.afterDELETE', [])
    ran.failed(/no plug-in has a handler at dw\.ocapi\.data\.customer_list\.customer\.afterDELETE/)
  })
})

describe('hook kit: one HTTP request', () => {
  it('of either API', async () => {
    const kit = await hookKit(tested)
    const json = { last_name: 'Lebowski', credentials: { login: 'dude' } }
    const ocapi = await kit.request('ocapi', 'POST /customers', json)
    expect(ocapi.succeeded()).to.include({ status: 200 }).and.to.have.property('body').that.includes({ title: 'Dr' })
    const yaas = await kit.request('yaas', 'POST /customers', { lastName: 'Sobchak' })
    expect(yaas.queued(1).succeeded().status).to.equal(201)
    const read = await kit.request('yaas', 'GET /customers/C0000000001')
    expect(read.storedNothing().succeeded().body).to.include({ lastName: 'Sobchak', title: 'Dr' })
    await kit.close()
  })

  it('tells refusals and failures, and gives the answer nevertheless', async () => {
    const kit = await hookKit(tested)
    const refused = await kit.request('yaas', 'POST /customers', { lastName: 'refused' })
    expect(refused.refused('NO').result).to.include({ status: 400 })
    const broken = await kit.request('ocapi', 'POST /customers', { last_name: 'broken', credentials: { login: 'x' } })
    expect(broken.failed(/handler broke/).result).to.include({ status: 500 })
    const unknown = await kit.request('ocapi', 'GET /customers/nobody')
    unknown.failed(/404/)
    const invalid = await kit.request('ocapi', 'POST /customers', '{', { 'content-type': 'application/json' })
    expect(invalid.failed(/MalformedMediaType|BodyDecoding/).result?.status).to.equal(400)
  })
})

describe('hook kit: set-up', () => {
  it('refuses what createClientele refuses', async () => {
    for (const plugin of [
      undefined,
      null,
      5,
      { name: 'x' },
      { name: 'x', hooks: { nowhere: () => undefined } },
      { name: 'x', hooks: { [beforeCreate]: 5 } },
    ])
      expect(
        await hookKit(plugin as never).then(
          () => 'started',
          (error: unknown) => error,
        ),
      ).to.be.instanceOf(SetupError)
  })

  it('takes the options of createClientele', async () => {
    const hanging: Plugin = { name: 'hanging', hooks: { [beforeCreate]: () => new Promise(() => undefined) } }
    const kit = await hookKit([tested, hanging], { limits: { handler: 20 }, now: '2030-05-06T07:08:09.000Z' })
    const ran = await kit.run((customers) => customers.createCustomer({ create: {} }))
    ran.failed(/time limit of 20 ms/)
  })
})
