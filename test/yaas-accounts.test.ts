/** YaaS accounts, social media users, ERP mappings, and the events of what changes. */
import { expect } from 'chai'
import { after, before, describe, it } from 'mocha'
import type { DomainEvent } from '../core/index.js'
import { problemOf } from './support/shop.js'
import { errorOf, serveYaas, yaasBase } from './support/yaas.js'
import type { YaasService } from './support/yaas.js'

let service: YaasService
let count = 0
before(async () => {
  service = await serveYaas({}, { library: { hashPassword: async () => 'hash' } })
})
after(() => service.stop())

const email = () => `account-${++count}@example.com`
const accounts = async (id: string) => (await service.at('GET', `/customers/${id}/accounts`)).json<object[]>()
const internal = (id: string) => ({ id, providerId: 'internal' })
const addAccount = (id: string, json?: object) =>
  service.at('POST', `/customers/${id}/accounts/internal`, json ? { json } : { method: 'POST' })
const patch = async (id: string, json: object) => {
  const answer = await service.call('PATCH', `/s/-/dw/data/v16_2/customer_lists/SiteGenesis/customers/${id}`, { json })
  expect(answer.status, answer.text).to.equal(200)
}

describe('yaas 3.6, 3.7: the internal account follows the email', () => {
  it('is created with the contactEmail, as it was sent', async () => {
    const contactEmail = `Some.${email()}`
    const id = await service.create({ contactEmail })
    expect(await accounts(id)).to.deep.equal([internal(contactEmail)])
    expect(await service.shop.getCustomer({ customerNo: id })).to.deep.include({ email: contactEmail })
  })

  it('moves when YaaS changes the email that it equals, and the old one is free at once', async () => {
    const [old, next] = [email(), email()]
    const id = await service.create({ contactEmail: old })
    const put = await service.at('PUT', `/customers/${id}`, { json: { contactEmail: next } })
    expect(put.status, put.text).to.equal(200)
    expect(await accounts(id)).to.deep.equal([internal(next)])
    await service.create({ contactEmail: old })
  })

  it('stays when it is another login, and when OCAPI changes the email', async () => {
    const id = await service.create({ contactEmail: email() })
    const login = email()
    await patch(id, { credentials: { login } })
    await service.at('PUT', `/customers/${id}`, { json: { contactEmail: email() } })
    expect(await accounts(id)).to.deep.equal([internal(login)])
    const other = email()
    const second = await service.create({ contactEmail: other })
    await patch(second, { email: email() })
    expect(await accounts(second)).to.deep.equal([internal(other)])
  })

  it('stays taken when the email is removed; an email set later creates no account', async () => {
    const old = email()
    const id = await service.create({ contactEmail: old })
    await service.at('PUT', `/customers/${id}`, { json: {} })
    expect(await accounts(id)).to.deep.equal([internal(old)])
    expect(errorOf(await service.at('POST', '/customers', { json: { contactEmail: old } }))).to.equal(
      '409 conflict_resource; contactEmail unique_index_violation',
    )
    const bare = await service.create({})
    await service.at('PUT', `/customers/${bare}`, { json: { contactEmail: email() } })
    expect(await accounts(bare)).to.deep.equal([])
  })

  it('never conflicts with the customer itself: a change of letter case is allowed (1.4)', async () => {
    const contactEmail = email()
    const id = await service.create({ contactEmail })
    const json = { contactEmail: contactEmail.toUpperCase() }
    const put = await service.at('PUT', `/customers/${id}`, { json })
    expect(put.status, put.text).to.equal(200)
    expect(put.json()).to.include(json)
  })

  it('checks no unchanged email again: OCAPI may have given it to another customer (1.5)', async () => {
    const contactEmail = email()
    const id = await service.create({ contactEmail })
    await service.shop.createCustomer({ create: { email: contactEmail } })
    const put = await service.at('PUT', `/customers/${id}`, { json: { contactEmail, firstName: 'A' } })
    expect(put.status, put.text).to.equal(200)
  })
})

describe('yaas 3.8: accounts', () => {
  it('adds the internal account with the sent email, or with contactEmail; a missing body is {}', async () => {
    const [id, login] = [await service.create({}), email()]
    const answer = await addAccount(id, { email: login, password: 'secret' })
    expect(answer.status, answer.text).to.equal(201)
    const link = `${service.origin}${yaasBase}/sitegenesis/customers/${id}`
    expect(answer.json()).to.deep.equal({ id, link })
    expect(answer.headers['location']).to.equal(link)
    expect(await accounts(id)).to.deep.equal([internal(login)])
    expect((await service.at('GET', `/customers/${id}?expand=accounts`)).json()).to.not.have.property('contactEmail')
    const contactEmail = email()
    const second = await service.create({})
    await service.at('PUT', `/customers/${second}`, { json: { contactEmail } })
    expect((await addAccount(second.toLowerCase())).json()).to.include({ id: second })
    expect(await accounts(second)).to.deep.equal([internal(contactEmail)])
  })

  it('takes an empty body for {}, whatever its type is said to be', async () => {
    const id = await service.create({})
    const sent = (body: string) =>
      service.at('POST', `/customers/${id}/accounts/internal`, {
        body,
        headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
      })
    expect(errorOf(await sent(''))).to.equal('400 validation_violation; email missing_field')
    expect(errorOf(await sent('email=a'))).to.equal('415 unsupported_request_content_type')
  })

  it('refuses: no email at all, a bad email, a second account, a taken email or login, a bad password, unknown names', async () => {
    const taken = email()
    await service.create({ contactEmail: taken })
    const id = await service.create({})
    for (const [json, expected] of [
      [{}, '400 validation_violation; email missing_field'],
      [{ email: null }, '400 validation_violation; email missing_field'],
      [{ email: 'a@b' }, '400 validation_violation; email invalid_field'],
      [{ email: 5 }, '400 validation_violation; email invalid_field'],
      [{ email: taken }, '409 conflict_resource; email unique_index_violation'],
      [{ email: email(), password: ' ' }, '400 validation_violation; password invalid_field'],
      [{ email: email(), password: 5 }, '400 validation_violation; password invalid_field'],
      [{ email: email(), login: 'x' }, '400 validation_violation; login invalid_field'],
    ] as const)
      expect(errorOf(await addAccount(id, json)), JSON.stringify(json)).to.equal(expected)
    expect(await accounts(id)).to.deep.equal([])
    await addAccount(id, { email: email() })
    expect(errorOf(await addAccount(id, { email: email() }))).to.equal(
      '409 conflict_resource; accounts unique_index_violation',
    )
    for (const [json, expected] of [
      [{ email: 'a@b' }, 'email'],
      [{ password: ' ' }, 'password'],
    ] as const)
      expect(errorOf(await addAccount(id, json)), 'before 409').to.equal(
        `400 validation_violation; ${expected} invalid_field`,
      )
    expect(errorOf(await addAccount('C1', {}))).to.equal('404 element_resource_non_existing')
  })

  it('one of 50 parallel accounts with one email wins', async () => {
    const login = email()
    const ids = await Promise.all(Array.from({ length: 50 }, () => service.create({})))
    const answers = await Promise.all(ids.map((id) => addAccount(id, { email: login })))
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).to.deep.equal([
      201,
      ...Array<number>(49).fill(409),
    ])
  })

  it('shows external accounts, one per list and provider, keeps them on every write, and drops them with the customer', async () => {
    const { shop } = service
    const id = await service.create({ contactEmail: email() })
    const account = { id: '10203', providerId: 'facebook' }
    await shop.linkAccount({ customerNo: id, account })
    await shop.linkAccount({ customerNo: id, account })
    await service.at('PUT', `/customers/${id}`, { json: { firstName: 'A' } })
    expect((await accounts(id)).slice(1)).to.deep.equal([account])
    const list = await service.at('GET', `/customers?expand=accounts&q=id:${id}`)
    expect(list.json<{ accounts: object[] }[]>()[0]?.accounts).to.deep.include(account)
    const other = await service.create({})
    expect(await problemOf(shop.linkAccount({ customerNo: other, account }))).to.equal('accountInUse')
    await shop.linkAccount({ customerNo: other, account: { ...account, providerId: 'google' } })
    for (const wrong of [
      { id: 'x', providerId: 'internal' },
      { id: ' ', providerId: 'facebook' },
      { id: 'x', providerId: '' },
    ])
      expect(await problemOf(shop.linkAccount({ customerNo: other, account: wrong }))).to.equal('documentInvalid')
    await service.at('DELETE', `/customers/${id}`)
    await shop.linkAccount({ customerNo: other, account })
    await shop.unlinkAccount({ customerNo: other, account })
    expect(await accounts(other)).to.deep.equal([{ ...account, providerId: 'google' }])
  })

  it('shows no secret anywhere', async () => {
    const id = await service.create({ contactEmail: email() })
    await patch(id, { credentials: { password: 'top-secret', password_question: 'which?' } })
    const texts = await Promise.all(
      ['?expand=accounts,addresses,defaultAddress,mixin:*', '/accounts'].map(
        async (path) => (await service.at('GET', `/customers/${id}${path}`)).text,
      ),
    )
    expect(texts.join()).to.not.match(/top-secret|hash|which/)
  })
})

describe('yaas 3.14: social media users', () => {
  const user = (id: string, referenceCustomerNumber: string) => ({
    id,
    referenceCustomerNumber,
    consentGivenOn: '2015-12-02T14:10:00.000+0000',
    socialMediaUserProfilePhotoLink: 'www.test.com',
    extra: { any: [1, null] },
  })
  const users = (id: string) => service.at('GET', `/customers/${id}/socialMediaUsers`)

  it('shows what was imported, as its source wrote it; an import with a known id replaces', async () => {
    const id = await service.create({})
    expect((await users(id)).json()).to.deep.equal([])
    const both = [user('a1', id), user('a2', id.toLowerCase())]
    await service.shop.importSocialMediaUsers({ users: [...both, user('a3', 'C404')] })
    const answer = await users(id)
    expect([answer.json(), answer.headers['hybris-count']]).to.deep.equal([both, '2'])
    await service.shop.importSocialMediaUsers({ users: [{ ...user('a1', id), extra: 'new' }] })
    expect((await users(id)).json<{ extra: unknown }[]>()[0]?.extra).to.equal('new')
  })

  it('follows a change of the customer number, and goes with the customer (1.14)', async () => {
    const id = await service.create({})
    await service.shop.importSocialMediaUsers({ users: [user('b1', id)] })
    await patch(id, { customer_no: `${id}-new` })
    expect((await users(`${id}-new`)).json()).to.deep.equal([user('b1', `${id}-new`)])
    await service.at('DELETE', `/customers/${id}-new`)
    expect(errorOf(await users(id))).to.equal('404 element_resource_non_existing')
    await patch(await service.create({}), { customer_no: id })
    expect((await users(id)).json()).to.deep.equal([])
  })

  it('come from the source that the host gives, for existing customers only; a failure is a 500 that tells nothing', async () => {
    const asked: object[] = []
    const own = await serveYaas(
      {},
      {
        library: {
          limits: { handler: 100 },
          socialMediaUsers: (customer) => {
            asked.push(customer)
            if (asked.length === 3) return new Promise(() => undefined)
            if (asked.length === 4) return { users: [] } as unknown as []
            if (asked.length > 1) throw new Error('the secret source is down')
            return [user('c1', customer.customerNo)]
          },
        },
      },
    )
    const id = await own.create({})
    expect(errorOf(await own.at('GET', '/customers/C404/socialMediaUsers'))).to.match(/^404/)
    const path = `/customers/${id.toLowerCase()}/socialMediaUsers`
    expect((await own.at('GET', path)).json()).to.deep.equal([user('c1', id)])
    expect(asked).to.deep.equal([{ customerNo: id, listId: 'SiteGenesis' }])
    const failed = await own.at('GET', path)
    expect(errorOf(failed)).to.equal('500 backing_service_unavailable')
    expect(failed.text)
      .to.match(/incident [0-9a-f]+/)
      .and.not.include('secret')
    for (const what of ['one that never answers', 'one that gives no list'])
      expect(errorOf(await own.at('GET', path)), what).to.equal('500 backing_service_unavailable')
    await own.stop()
  })
})

describe('yaas 3.15: sdCustomerMappings', () => {
  const path = '/sdCustomerMappings'
  const mapping = (customerNumber: string, sdCustomerNumber = '0003144965', deletedInYaaS = false) => ({
    customerNumber,
    sdCustomerNumber,
    deletedInYaaS,
  })
  const add = async (json: object) => {
    const answer = await service.at('POST', path, { json })
    expect(answer.status, answer.text).to.equal(201)
    return answer.json<{ id: string; link: string }>()
  }
  const find = async (q: string) => (await service.at('GET', `${path}?q=${encodeURIComponent(q)}`)).json<object[]>()

  it('creates one with 201 {id, link}; the customer need not exist, and duplicates are allowed', async () => {
    const answer = await service.at('POST', path, { json: mapping('C010101001') })
    const { id, link } = answer.json<{ id: string; link: string }>()
    expect(id).to.match(/^[0-9a-f]{24}$/)
    expect(link).to.equal(`${service.origin}${yaasBase}/sitegenesis${path}/${id}`)
    expect(answer.headers['location']).to.equal(link)
    await add({ customerNumber: 'C010101001', sdCustomerNumber: '0003144965', deletedInYaaS: null })
    await add(mapping('C7534120357', '0000100080', true))
    expect((await service.at('GET', path)).json()).to.deep.equal([
      mapping('C010101001'),
      mapping('C010101001'),
      mapping('C7534120357', '0000100080', true),
    ])
    expect(await find('deletedInYaaS:true')).to.deep.equal([mapping('C7534120357', '0000100080', true)])
    expect(await find('customerNumber:(C7534120357,C1) sdCustomerNumber:0000100080')).to.have.length(1)
    expect(await find('customerNumber:c010101001')).to.deep.equal([])
    const page = await service.at('GET', `${path}?pageSize=2&pageNumber=2`)
    expect([page.json<object[]>().length, page.headers['hybris-count']]).to.deep.equal([1, '3'])
    expect(page.headers['link']).to.match(/rel="prev"/)
  })

  it('keeps the number trimmed; a number that looks like an id is found in any letter case', async () => {
    const number = 'ABCDEF0123456789ABCDEF01'
    await add(mapping(` ${number} `))
    expect(await find(`customerNumber:${number}`)).to.deep.equal([mapping(number)])
    expect((await service.at('DELETE', `${path}/${number.toLowerCase()}`)).status).to.equal(204)
    expect(await find(`customerNumber:${number}`)).to.deep.equal([])
  })

  it('refuses missing, empty and unknown properties and wrong types', async () => {
    for (const [json, expected] of [
      [{}, 'customerNumber missing_field; sdCustomerNumber missing_field'],
      [{ customerNumber: '', sdCustomerNumber: ' ' }, 'customerNumber invalid_field; sdCustomerNumber invalid_field'],
      [{ customerNumber: 5, sdCustomerNumber: null }, 'customerNumber invalid_field; sdCustomerNumber missing_field'],
      [{ ...mapping('C1'), deletedInYaaS: 'no', x: 1 }, 'deletedInYaaS invalid_field; x invalid_field'],
    ] as const)
      expect(errorOf(await service.at('POST', path, { json }))).to.equal(`400 validation_violation; ${expected}`)
    expect((await service.at('POST', path, { json: mapping(' ') })).text).to.include('is blank')
  })

  it('deletes every entry of a number, or the one with an id; none is a 404', async () => {
    await add(mapping('C5'))
    const { id } = await add(mapping('C5', '2'))
    await add(mapping('C6'))
    expect((await service.at('DELETE', `${path}/${id}`)).status).to.equal(204)
    expect(await find('customerNumber:C5')).to.deep.equal([mapping('C5')])
    await add(mapping('C5'))
    const answer = await service.at('DELETE', `${path}/C5`)
    expect([answer.status, answer.text]).to.deep.equal([204, ''])
    expect(await find('customerNumber:C5')).to.deep.equal([])
    expect(await find('customerNumber:C6')).to.have.length(1)
    expect(errorOf(await service.at('DELETE', `${path}/C5`))).to.equal('404 element_resource_non_existing')
    expect(errorOf(await service.at('DELETE', `${path}/${id}`))).to.equal('404 element_resource_non_existing')
  })

  it('marks the entries of a deleted customer in the same unit of work: both or nothing', async () => {
    const own = await serveYaas(
      {},
      {
        library: {
          plugins: [
            {
              name: 'keeper',
              hooks: {
                'dw.ocapi.data.customer_list.customer.afterDELETE': async (_list, context) => {
                  const where = { op: 'eq', path: ['customerNumber'], value: context.previous.customerNo } as const
                  const { items } = await context.customers.findMappings({ query: { where } })
                  if (items.some(({ sdCustomerNumber }) => sdCustomerNumber === 'keep')) throw new Error('keep it')
                },
              },
            },
          ],
        },
      },
    )
    const entries = async () => (await own.at('GET', `${path}?sort=sdCustomerNumber`)).json<object[]>()
    const id = await own.create({})
    for (const [number, sd] of [
      [id, '1'],
      [id.toLowerCase(), '2'],
      ['C9', '3'],
    ] as const)
      await own.at('POST', path, { json: mapping(number, sd) })
    const kept = await own.create({})
    await own.at('POST', path, { json: mapping(kept, 'keep') })
    expect((await own.at('DELETE', `/customers/${kept}`)).status).to.equal(500)
    expect((await own.at('GET', `/customers/${kept}`)).status).to.equal(200)
    expect((await own.at('DELETE', `/customers/${id}`)).status).to.equal(202)
    expect(await entries()).to.deep.equal([
      mapping(id, '1', true),
      mapping(id.toLowerCase(), '2', true),
      mapping('C9', '3'),
      mapping(kept, 'keep'),
    ])
    await own.stop()
  })

  it('carries a changed customer number (1.14)', async () => {
    const id = await service.create({})
    await add(mapping(id))
    await patch(id, { customer_no: `${id}-renamed` })
    expect(await find(`customerNumber:${id}-renamed`)).to.have.length(1)
    expect(await find(`customerNumber:${id}`)).to.deep.equal([])
  })
})

describe('adapters/yaas/README.md, Events: events, told after the commit only', () => {
  /** Name and payload of the events of some work. */
  async function eventsOf(own: YaasService, work: () => Promise<unknown>): Promise<[string, object][]> {
    const events: DomainEvent[] = []
    const stop = own.clientele.subscribe((event) => void events.push(event))
    await work()
    await new Promise((resolve) => setImmediate(resolve))
    stop()
    for (const event of events) {
      expect(event).to.have.keys('name', 'list', 'requestId', 'time', 'payload')
      expect(event.list).to.equal('SiteGenesis')
    }
    return events.map(({ name, payload }) => [name, payload])
  }

  it('names and shapes each as the service does', async () => {
    const [old, next] = [email(), email()]
    let id = ''
    let [first, second] = ['', '']
    const of = (work: () => Promise<unknown>) => eventsOf(service, work)
    expect(await of(async () => (id = await service.create({ contactEmail: old })))).to.deep.equal([
      ['customer-signup', { customerNumber: id, email: old }],
    ])
    expect(
      await of(() => service.at('PUT', `/customers/${id}`, { json: { contactEmail: old, title: 'Dr' } })),
    ).to.deep.equal([['customer-updated', { customerNumber: id }]])
    expect(
      await of(() => service.at('PUT', `/customers/${id}`, { json: { contactEmail: old, title: 'Dr' } })),
    ).to.deep.equal([])
    expect(await of(() => service.at('PUT', `/customers/${id}`, { json: { contactEmail: next } }))).to.deep.equal([
      ['customer-updated', { customerNumber: id }],
      ['customer-login-email-changed', { customerNumber: id, oldEmail: old, newEmail: next }],
    ])
    expect(await of(async () => (first = await service.createAddress(id)))).to.deep.equal([
      ['address-created', { customerNumber: id, addressId: first }],
    ])
    expect(await of(async () => (second = await service.createAddress(id, { isDefault: true })))).to.deep.equal([
      ['address-created', { customerNumber: id, addressId: second }],
      ['address-updated', { customerNumber: id, addressId: first }],
    ])
    const one = `/customers/${id}/addresses/${second}`
    expect(await of(() => service.at('PUT', one, { json: { city: 'Kiel' } }))).to.deep.equal([
      ['address-updated', { customerNumber: id, addressId: second }],
    ])
    expect(await of(() => service.at('DELETE', one))).to.deep.equal([
      ['address-deleted', { customerNumber: id, addressId: second }],
      ['address-updated', { customerNumber: id, addressId: first }],
    ])
    expect(await of(() => service.at('DELETE', `/customers/${id}`))).to.deep.equal([
      ['address-deleted', { customerNumber: id, addressId: first }],
      ['customer-deleted', { customerNumber: id, email: next }],
    ])
  })

  it('tells of linked accounts, internal and external', async () => {
    const [id, login] = [await service.create({}), email()]
    expect(await eventsOf(service, () => addAccount(id, { email: login }))).to.deep.equal([
      ['customer-updated', { customerNumber: id }],
      ['customer-account-linked', { customerNumber: id, accountId: login, providerId: 'internal' }],
    ])
    const account = { id: `fb-${id}`, providerId: 'facebook' }
    const linked = { customerNumber: id, accountId: account.id, providerId: 'facebook' }
    expect(await eventsOf(service, () => service.shop.linkAccount({ customerNo: id, account }))).to.deep.equal([
      ['customer-account-linked', linked],
    ])
    expect(await eventsOf(service, () => service.shop.linkAccount({ customerNo: id, account }))).to.deep.equal([])
    expect(await eventsOf(service, () => service.shop.unlinkAccount({ customerNo: id, account }))).to.deep.equal([
      ['customer-account-unlinked', linked],
    ])
  })

  it('tells nothing of what failed, and once of what handlers changed besides', async () => {
    const own = await serveYaas(
      {},
      {
        library: {
          plugins: [
            {
              name: 'busy',
              hooks: {
                'dw.ocapi.data.customer_list.customer.addresses.beforePOST': (customer, create) => {
                  customer.title = 'changed'
                  if (create.city === 'Nowhere') throw new Error('no')
                },
                'dw.ocapi.data.customer_list.customer.addresses.afterPOST': (customer) => {
                  customer.title = 'changed again'
                },
              },
            },
          ],
        },
      },
    )
    const id = await own.create({})
    expect(
      await eventsOf(own, () => own.at('POST', `/customers/${id}/addresses`, { json: { city: 'Nowhere' } })),
    ).to.deep.equal([])
    const events = await eventsOf(own, () => own.createAddress(id))
    expect(events.map(([name]) => name)).to.deep.equal(['address-created', 'customer-updated'])
    await own.stop()
  })
})
