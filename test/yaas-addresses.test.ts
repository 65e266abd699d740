/** The YaaS flavour over HTTP: addresses. */
import { expect } from 'chai'
import { after, before, describe, it } from 'mocha'
import { errorOf, serveYaas, yaasBase } from './support/yaas.js'
import type { YaasService } from './support/yaas.js'

let service: YaasService
let count = 0
before(async () => {
  service = await serveYaas()
})
after(() => service.stop())

const email = () => `customer-${++count}@example.com`
const get = async (path: string) => (await service.at('GET', path)).json()

describe('yaas 3.13: addresses', () => {
  const full = {
    contactName: 'Erika Muster',
    companyName: 'Muster AG',
    street: 'Ring',
    streetNumber: '5a',
    streetAppendix: 'rear',
    extraLine1: '1',
    extraLine2: '2',
    extraLine3: '3',
    extraLine4: '4',
    zipCode: '24103',
    city: 'Kiel',
    state: 'SH',
    country: 'DEU',
    contactPhone: '+49 431 1',
    tags: ['BILLING', 'SHIPPING'],
  }

  it('creates with 201 {id, link}, reads one and all, replaces, deletes', async () => {
    const customer = await service.create({})
    const path = `/customers/${customer}/addresses`
    const made = await service.at('POST', path, { json: { ...full, account: customer, unknown: { a: 1 } } })
    expect(made.status, made.text).to.equal(201)
    const { id, link } = made.json<{ id: string; link: string }>()
    expect(id).to.match(/^[0-9a-f]{24}$/)
    expect(link).to.equal(`${service.origin}${yaasBase}/sitegenesis${path}/${id}`)
    expect(made.headers['location']).to.equal(link)
    expect(await get(`${path}/${id}`)).to.deep.equal({ id, ...full, isDefault: true })
    const list = await service.at('GET', path)
    expect(list.json()).to.deep.equal([{ id, ...full, isDefault: true }])
    expect(list.headers['hybris-count']).to.equal('1')
    const put = await service.at('PUT', `${path}/${id}`, { json: { city: 'Bonn' } })
    expect([put.status, put.json()]).to.deep.equal([200, { id, city: 'Bonn', isDefault: true }])
    const hidden = await service.at('PUT', `${path}/${id}`, { json: { city: 'Ulm' }, token: 'manager' })
    expect([hidden.status, hidden.text]).to.deep.equal([204, ''])
    const removed = await service.at('DELETE', `${path}/${id}`)
    expect([removed.status, removed.text]).to.deep.equal([204, ''])
    expect(errorOf(await service.at('DELETE', `${path}/${id}`))).to.equal('404 element_resource_non_existing')
    expect(errorOf(await service.at('PUT', `${path}/${id}`, { json: {} }))).to.equal(
      '404 element_resource_non_existing',
    )
  })

  it('keeps exactly one default: the first, the one that asks, the oldest other when it goes', async () => {
    const customer = await service.create({})
    const path = `/customers/${customer}/addresses`
    const [a, b, c] = [
      await service.createAddress(customer, { isDefault: false }),
      await service.createAddress(customer),
      await service.createAddress(customer, { isDefault: true }),
    ]
    const standard = async () =>
      (await service.at('GET', path))
        .json<{ id: string; isDefault: boolean }[]>()
        .flatMap((each) => (each.isDefault ? [each.id] : []))
    expect(await standard()).to.deep.equal([c])
    await service.at('PUT', `${path}/${b}`, { json: { isDefault: true } })
    expect(await standard()).to.deep.equal([b])
    await service.at('PUT', `${path}/${b}`, { json: { city: 'Kiel' } })
    expect(await standard()).to.deep.equal([b])
    await service.at('PUT', `${path}/${b}`, { json: { isDefault: false } })
    expect(await standard()).to.deep.equal([a])
    await service.at('DELETE', `${path}/${a}`)
    expect(await standard()).to.deep.equal([b])
    await service.at('DELETE', `${path}/${b}`)
    await service.at('PUT', `${path}/${c}`, { json: { isDefault: false } })
    expect(await standard()).to.deep.equal([c])
  })

  for (const merging of ['partial', 'patch'])
    it(`merges with ?${merging}=true; null removes, but leaves isDefault as it is`, async () => {
      const customer = await service.create({})
      const id = await service.createAddress(customer, { city: 'Kiel', street: 'Ring', tags: ['a'] })
      await service.createAddress(customer)
      const path = `/customers/${customer}/addresses/${id}?${merging}=true`
      const put = await service.at('PUT', path, { json: { street: null, state: 'SH', isDefault: null } })
      expect(put.json()).to.deep.equal({ id, city: 'Kiel', state: 'SH', tags: ['a'], isDefault: true })
    })

  it('links to the customer as it is stored in the end, for addresses and accounts, whatever the path and handlers say', async () => {
    const own = await serveYaas(
      {},
      {
        library: {
          plugins: [
            {
              name: 'renamer',
              hooks: {
                'dw.ocapi.data.customer_list.customer.addresses.beforePOST': (customer) => {
                  customer.customerNo = 'Renamed'
                },
                'clientele.customer.accounts.afterPOST': (customer) => {
                  customer.customerNo = 'Again'
                },
              },
            },
          ],
        },
      },
    )
    const address = await own.at('POST', `/customers/${await own.create({})}/addresses`, { json: {} })
    expect(address.headers['location']).to.match(/\/customers\/Renamed\/addresses\/[0-9a-f]{24}$/)
    expect(address.headers['location']).to.equal(address.json()['link'])
    const account = await own.at('POST', '/customers/renamed/accounts/internal', { json: { email: email() } })
    expect(account.json()).to.deep.equal({ id: 'Again', link: account.headers['location'] })
    expect(account.headers['location']).to.match(/\/customers\/Again$/)
    const list = await own.at('GET', '/customers/again/addresses')
    expect(list.headers['link']).to.include('/customers/Again/addresses?')
    await own.stop()
  })

  it('shows the computed contact name of an OCAPI address and stores it only when it differs (section 1)', async () => {
    const customer = await service.create({})
    const create = { firstName: 'Erika', lastName: 'Muster', suffix: 'Jr.', custom: { floor: 3 } }
    const { addressId } = await service.shop.createAddress({ customerNo: customer, create })
    const path = `/customers/${customer}/addresses/${addressId}`
    expect(await get(path)).to.include({ contactName: 'Erika Muster Jr.' })
    await service.at('PUT', path, { json: { contactName: 'Erika Muster Jr.', city: 'Kiel' } })
    const stored = await service.shop.getAddress({ customerNo: customer, addressId })
    expect(stored).to.deep.include({ ...create, city: 'Kiel' })
    expect(stored).to.not.have.property('contactName')
    await service.at('PUT', path, { json: { contactName: 'E. M.' } })
    expect(await get(path)).to.include({ contactName: 'E. M.' })
  })

  it('refuses wrong types and long values with the place in the body', async () => {
    const customer = await service.create({})
    const json = { street: 'x'.repeat(257), country: 'GERM', city: 1, isDefault: 'yes', tags: ['a', 5, null] }
    expect(errorOf(await service.at('POST', `/customers/${customer}/addresses`, { json }))).to.equal(
      [
        '400 validation_violation',
        'street invalid_field',
        'country invalid_field',
        'city invalid_field',
        'isDefault invalid_field',
        'tags[1] invalid_field',
        'tags[2] invalid_field',
      ].join('; '),
    )
  })
})
