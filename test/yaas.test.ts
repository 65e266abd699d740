/** The YaaS flavour over HTTP: customers. */
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

describe('yaas 3.4, 3.5, seed: create a customer', () => {
  it('answers 201 with id, link, Location and ETag, and the customer has the defaults', async () => {
    const contactEmail = email()
    const json = {
      firstName: 'Arnold',
      contactEmail,
      company: 'hybris',
      preferredLanguage: 'en_UK',
      preferredCurrency: 'GBP',
    }
    const made = await service.at('POST', '/customers', { json })
    expect(made.status, made.text).to.equal(201)
    const { id, link } = made.json<{ id: string; link: string }>()
    expect(id).to.match(/^C\d{10}$/)
    expect(link).to.equal(`${service.origin}${yaasBase}/sitegenesis/customers/${id}`)
    expect(made.headers).to.include({ location: link, etag: '"1"' })
    const read = await service.call('GET', new URL(link).pathname, { token: 'yaas' })
    expect(read.status).to.equal(200)
    expect(read.headers['etag']).to.equal('"1"')
    const { metadata, ...rest } = read.json<{ metadata: { version: number; mixins: object; createdAt: string } }>()
    expect(rest).to.deep.equal({ id, customerNumber: id, ...json, preferredSite: 'default', active: true })
    expect(metadata.version).to.equal(1)
    expect(metadata.mixins).to.deep.equal({})
    expect(metadata.createdAt).to.match(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
  })

  it('takes a customer without an email, who then has no account (seed)', async () => {
    const id = await service.create({})
    const customer = await get(`/customers/${id}?expand=accounts`)
    expect(customer).to.include({
      preferredLanguage: 'en_US',
      preferredCurrency: 'USD',
      preferredSite: 'default',
      active: true,
    })
    expect(customer['accounts']).to.deep.equal([])
    expect(customer).to.not.have.any.keys('contactEmail', 'firstName', 'mixins', 'addresses', 'defaultAddress')
  })

  it('ignores id, accounts, defaultAddress and metadata.version; null is the same as absent', async () => {
    const json = {
      id: 'C1',
      accounts: [{ id: 'x' }],
      defaultAddress: {},
      addresses: [],
      firstName: null,
      customerNumber: null,
      metadata: { version: 7, mixins: null },
    }
    const id = await service.create(json)
    expect(id).to.not.equal('C1')
    expect(await get(`/customers/${id}`)).to.not.have.property('firstName')
  })

  it('refuses a sent number, addresses, unknown properties, wrong types, long values: one detail each, in body order', async () => {
    const json = {
      colour: 'red',
      customerNumber: 'C1',
      firstName: 7,
      lastName: 'x'.repeat(257),
      contactPhone: '1'.repeat(33),
      active: 'yes',
      addresses: [{}],
      metadata: { colour: 1, mixins: { 'a b': 'https://x.example', c: 5 } },
      mixins: { 'd!': {}, custom: { '1x': 1, ok: { deep: 1 } } },
    }
    const answer = await service.at('POST', '/customers', { json })
    expect(errorOf(answer)).to.equal(
      [
        '400 validation_violation',
        'colour invalid_field',
        'customerNumber invalid_field',
        'firstName invalid_field',
        'lastName invalid_field',
        'contactPhone invalid_field',
        'active invalid_field',
        'addresses invalid_field',
        'metadata.colour invalid_field',
        'metadata.mixins.a b invalid_field',
        'metadata.mixins.c invalid_field',
        'mixins.d! invalid_field',
        'mixins.custom.1x invalid_field',
      ].join('; '),
    )
    expect(answer.json()).to.include({
      message: 'There are validation problems, see details section for more information',
    })
  })

  it('refuses an invalid email, and characters that no format carries (1.9, 1.11)', async () => {
    for (const contactEmail of ['', ' ', 'a', 'a@b', '@b.example', 'a@b.example c', `${'a'.repeat(250)}@b.example`])
      expect(errorOf(await service.at('POST', '/customers', { json: { contactEmail } })), contactEmail).to.equal(
        '400 validation_violation; contactEmail invalid_field',
      )
    expect(errorOf(await service.at('POST', '/customers', { json: { firstName: 'a\u0000b' } }))).to.equal(
      '400 validation_violation; firstName invalid_field',
    )
    expect(errorOf(await service.at('POST', '/customers', { body: '{"firstName":"\\ud800"}' }))).to.equal(
      '400 validation_violation; firstName invalid_field',
    )
  })

  it('refuses a second customer with one email in other letter case, as the seed says (1.5, 3.6)', async () => {
    const contactEmail = email()
    await service.create({ contactEmail })
    const answer = await service.at('POST', '/customers', { json: { contactEmail: contactEmail.toUpperCase() } })
    expect(errorOf(answer)).to.equal('409 conflict_resource; contactEmail unique_index_violation')
    expect(answer.json()['message']).to.equal('The request failed because there was a conflict with another resource.')
  })

  it('gives one of 50 parallel creates of one email the customer, and 49 the conflict (1.6)', async () => {
    const contactEmail = email()
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, i) =>
        service.at('POST', '/customers', { json: { contactEmail: i % 2 ? contactEmail : contactEmail.toUpperCase() } }),
      ),
    )
    expect(answers.filter(({ status }) => status === 201)).to.have.length(1)
    const conflicts = answers.filter(({ status }) => status === 409)
    expect(conflicts).to.have.length(49)
    for (const answer of conflicts)
      expect(errorOf(answer)).to.equal('409 conflict_resource; contactEmail unique_index_violation')
    const found = await service.at('GET', `/customers?q=contactEmail:"${encodeURIComponent(contactEmail)}"`)
    expect(found.headers['hybris-count']).to.equal('1')
  })
})

describe('yaas 3.2: PUT replaces a customer', () => {
  it('removes what is absent or sets it back to its default, keeps active and what YaaS does not show', async () => {
    const contactEmail = email()
    const id = await service.create({ contactEmail, firstName: 'A', lastName: 'B', active: false, preferredSite: 'uk' })
    await service.shop.updateCustomer({ customerNo: id, update: { fax: '123', gender: 2, custom: { size: 'L' } } })
    const answer = await service.at('PUT', `/customers/${id}`, { json: { lastName: 'C', contactEmail } })
    expect(answer.status, answer.text).to.equal(200)
    expect(answer.headers['etag']).to.equal('"3"')
    const { metadata: _, ...customer } = answer.json()
    expect(customer).to.deep.equal({
      id,
      customerNumber: id,
      lastName: 'C',
      contactEmail,
      preferredLanguage: 'en_US',
      preferredCurrency: 'USD',
      preferredSite: 'default',
      active: false,
    })
    expect(await service.shop.getCustomer({ customerNo: id })).to.deep.include({
      fax: '123',
      gender: 2,
      custom: { size: 'L' },
    })
  })

  it('takes a whole read document back, expanded too, and then stores nothing', async () => {
    const id = await service.create({ contactEmail: email(), firstName: 'A' })
    await service.createAddress(id, { city: 'Kiel' })
    const expand = '?expand=accounts,addresses,defaultAddress,mixin:*'
    const read = await service.at('GET', `/customers/${id}${expand}`)
    const answer = await service.at('PUT', `/customers/${id}${expand}`, { json: read.json() })
    expect(answer.status, answer.text).to.equal(200)
    expect(answer.json()).to.deep.equal(read.json())
    expect(answer.headers['etag']).to.equal(read.headers['etag'])
  })

  it('ignores the own number in any letter case, refuses another, and id without regard', async () => {
    const id = await service.create({})
    const put = (json: object) => service.at('PUT', `/customers/${id}`, { json })
    expect((await put({ customerNumber: id.toLowerCase(), id: 'else' })).status).to.equal(200)
    expect(errorOf(await put({ customerNumber: 'C1' }))).to.equal(
      '400 validation_violation; customerNumber invalid_field',
    )
    expect(errorOf(await put({ customerNumber: 5 }))).to.equal('400 validation_violation; customerNumber invalid_field')
  })

  for (const merging of ['partial=true', 'patch=true', 'patch=true&partial=false'])
    it(`merges with ?${merging}; null removes`, async () => {
      const id = await service.create({ firstName: 'A', lastName: 'B', active: false })
      const json = { firstName: null, middleName: 'M', active: null }
      const answer = await service.at('PUT', `/customers/${id}?${merging}`, { json })
      expect(answer.status, answer.text).to.equal(200)
      expect(answer.json()).to.include({ middleName: 'M', lastName: 'B', active: false })
      expect(answer.json()).to.not.have.property('firstName')
    })

  for (const name of ['partial', 'patch'])
    it(`refuses a ${name} that is neither true nor false, of a customer and of an address, and changes nothing`, async () => {
      const id = await service.create({ firstName: 'A', lastName: 'B' })
      const address = `/addresses/${await service.createAddress(id, { city: 'Kiel' })}`
      for (const value of ['TRUE', '1', 'yes', ''])
        for (const path of ['', address])
          expect(
            errorOf(await service.at('PUT', `/customers/${id}${path}?${name}=${value}`, { json: { firstName: 'C' } })),
          ).to.equal(`400 validation_violation; ${name} invalid_query_parameter`)
      expect(await get(`/customers/${id}`)).to.include({ firstName: 'A', lastName: 'B' })
      const whole = await service.at('PUT', `/customers/${id}?${name}=false`, { json: { firstName: 'C' } })
      expect(whole.json()).to.include({ firstName: 'C' }).and.not.have.property('lastName')
    })

  it('shows the fields that are asked for; a bad parameter is refused before anything is stored', async () => {
    const id = await service.create({ firstName: 'A' })
    const some = await service.at('PUT', `/customers/${id}?fields=lastName`, { json: { lastName: 'B' } })
    expect([some.status, some.json()]).to.deep.equal([200, { id, lastName: 'B' }])
    const bad = await service.at('PUT', `/customers/${id}?fields=`, { json: { lastName: 'C' } })
    expect(errorOf(bad)).to.equal('400 validation_violation; fields invalid_query_parameter')
    expect(await get(`/customers/${id}`)).to.include({ lastName: 'B' })
  })

  it('answers 204 to a token without the view scope', async () => {
    const id = await service.create({})
    const answer = await service.at('PUT', `/customers/${id}`, { json: { firstName: 'Z' }, token: 'manager' })
    expect([answer.status, answer.text, answer.headers['etag']]).to.deep.equal([204, '', '"2"'])
  })
})

describe('yaas 3.3: metadata.version, ETag, If-Match', () => {
  const put = (id: string, json: object, headers: Record<string, string> = {}) =>
    service.at('PUT', `/customers/${id}`, { json, headers })

  it('grows with each change of the customer from any flavour, not with its addresses, not without a change', async () => {
    const id = await service.create({ firstName: 'A' })
    const version = async () => (await get(`/customers/${id}`))['metadata'] as { version: number }
    await put(id, { firstName: 'B' })
    await put(id, { firstName: 'B' })
    await service.createAddress(id)
    expect(await version()).to.include({ version: 2 })
    const path = `/s/-/dw/data/v16_2/customer_lists/SiteGenesis/customers/${id}`
    const patched = await service.call('PATCH', path, { json: { fax: '1' } })
    expect(patched.status, patched.text).to.equal(200)
    expect(await version()).to.include({ version: 3 })
  })

  it('refuses another version with 409 and another tag with 412, and takes the last write without either', async () => {
    const id = await service.create({ firstName: 'A' })
    expect((await put(id, { firstName: 'B', metadata: { version: 1 } })).status).to.equal(200)
    expect(errorOf(await put(id, { firstName: 'C', metadata: { version: 1 } }))).to.equal(
      '409 conflict_resource; metadata.version invalid_field',
    )
    expect(errorOf(await put(id, { metadata: { version: 'x' } }))).to.equal(
      '400 validation_violation; metadata.version invalid_field',
    )
    expect(errorOf(await put(id, {}, { 'If-Match': '"1"' }))).to.equal('412 precondition_failed')
    const both = await put(id, { metadata: { version: 1 } }, { 'If-Match': '"1"' })
    expect(errorOf(both)).to.equal('412 precondition_failed')
    for (const tag of ['"2"', '2', 'W/"2"', '"7", "2"', '*'])
      expect((await put(id, { firstName: 'B' }, { 'If-Match': tag })).status, tag).to.equal(200)
    expect((await put(id, { firstName: 'D' })).status).to.equal(200)
    const remove = (tag: string) => service.at('DELETE', `/customers/${id}`, { headers: { 'If-Match': tag } })
    expect(errorOf(await remove('"2"'))).to.equal('412 precondition_failed')
    expect((await remove('"3"')).status).to.equal(202)
  })

  it('lets one of many PUTs with one version win', async () => {
    const id = await service.create({})
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, i) => put(id, { firstName: `N${i}`, metadata: { version: 1 } })),
    )
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).to.deep.equal([
      200,
      ...Array<number>(19).fill(409),
    ])
  })
})

describe('yaas 3.16: DELETE of a customer', () => {
  it('answers 202 without a body, and 404 from then on', async () => {
    const id = await service.create({ contactEmail: email() })
    await service.createAddress(id)
    const answer = await service.at('DELETE', `/customers/${id}`)
    expect([answer.status, answer.text]).to.deep.equal([202, ''])
    for (const [method, path] of [
      ['DELETE', ''],
      ['GET', ''],
      ['GET', '/addresses'],
      ['GET', '/accounts'],
      ['GET', '/socialMediaUsers'],
    ] as const)
      expect(errorOf(await service.at(method, `/customers/${id}${path}`))).to.equal('404 element_resource_non_existing')
  })
})
