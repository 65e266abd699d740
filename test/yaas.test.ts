/** The YaaS flavour over HTTP: customers and addresses. */
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
        'mixins.custom.ok invalid_field',
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

describe('yaas 3.9, 3.11: lists', () => {
  let lists: YaasService
  const numbers: string[] = []
  before(async () => {
    lists = await serveYaas()
    for (let i = 0; i < 40; i++)
      numbers.push(await lists.create({ lastName: `Name ${i % 4}`, ...(i % 2 && { firstName: `F${i}` }) }))
  })
  after(() => lists.stop())
  const page = async (query: string) => {
    const answer = await lists.at('GET', `/customers${query.includes('%') ? query : encodeURI(query)}`)
    expect(answer.status, answer.text).to.equal(200)
    const links = Object.fromEntries(
      [...(answer.headers['link'] as string).matchAll(/<([^>]+)>; rel="(\w+)"/g)].map(([, url, rel]) => [rel, url]),
    ) as Record<string, string>
    return { links, count: answer.headers['hybris-count'], items: answer.json<Record<string, unknown>[]>() }
  }

  it('has 16 on a page, in the order of creation, with the total', async () => {
    const { items, count } = await page('')
    expect(items.map(({ id }) => id)).to.deep.equal(numbers.slice(0, 16))
    expect(count).to.equal('40')
  })

  it('links to the next and previous page; following them shows each customer once, and parameters stay', async () => {
    const seen: unknown[] = []
    let at: string | undefined = `${service.origin}/x?pageSize=7&sort=lastName:desc&fields=lastName`
    let last = ''
    while (at !== undefined) {
      const { items, links } = await page(new URL(at).search)
      seen.push(...items.map(({ id }) => id))
      for (const item of items) expect(Object.keys(item)).to.have.members(['id', 'lastName'])
      last = links['self'] as string
      at = links['next']
    }
    expect(seen).to.have.members(numbers).and.have.length(40)
    let pages = 0
    for (at = last; at !== undefined; pages++) at = (await page(new URL(at).search)).links['prev']
    expect(pages).to.equal(6)
  })

  it('shows an empty page after the end, with a link back to the last one', async () => {
    const { items, links, count } = await page('?pageNumber=100')
    expect([items, count]).to.deep.equal([[], '40'])
    expect(links).to.have.keys('self', 'prev')
    expect(new URL(links['prev'] as string).searchParams.get('pageNumber')).to.equal('3')
  })

  it('sorts by several properties, absent values first, ties in order of creation; unknown properties are ignored', async () => {
    const { items } = await page('?sort=colour,firstName:asc,lastName:desc&pageSize=40')
    expect(items[0]).to.not.have.property('firstName')
    expect(items.slice(0, 20).map(({ lastName }) => lastName)).to.deep.equal([
      ...Array<string>(10).fill('Name 2'),
      ...Array<string>(10).fill('Name 0'),
    ])
    expect(items[0]?.['id']).to.equal(numbers[2])
  })

  it('finds by q and says where a query is wrong', async () => {
    expect((await page('?q=lastName:"Name 1" firstName:(F1,F5,F39)')).count).to.equal('2')
    expect((await page('?q=firstName:missing&pageSize=1')).count).to.equal('20')
    expect((await page('?q=lastName:~1$')).count).to.equal('10')
    for (const words of ['(~Name [01])', '~(Name [01])'])
      expect((await page(`?q=lastName:${encodeURIComponent(words)}`)).count, words).to.equal('20')
    const punctuated = await lists.at('GET', '/customers?q=lastName:a;b')
    expect(errorOf(punctuated)).to.equal('400 validation_violation; q invalid_query_parameter')
    expect(punctuated.text).to.include('at character 11')
    const answer = await lists.at('GET', '/customers?q=lastName:')
    expect(errorOf(answer)).to.equal('400 validation_violation; q invalid_query_parameter')
    expect(answer.text).to.include('at character 10')
    const pattern = await lists.at('GET', '/customers?q=firstName:A%20lastName:~(a')
    expect(errorOf(pattern)).to.equal('400 validation_violation; q invalid_query_parameter')
    expect(pattern.text).to.include('at character 23: invalid regular expression')
  })

  it('refuses bad parameters, naming them', async () => {
    for (const [query, parameter] of [
      ['pageNumber=0', 'pageNumber'],
      ['pageNumber=-1', 'pageNumber'],
      ['pageNumber=1.5', 'pageNumber'],
      ['pageNumber=x', 'pageNumber'],
      ['pageNumber=99999999999999999999', 'pageNumber'],
      ['pageNumber=999999999999999', 'pageNumber'],
      ['pageSize=0', 'pageSize'],
      ['pageSize=1001', 'pageSize'],
      ['pageSize=', 'pageSize'],
      ['totalCount=perhaps', 'totalCount'],
      ['sort=lastName:down', 'sort'],
      ['fields=', 'fields'],
    ] as const)
      for (const path of ['/customers', '/sdCustomerMappings', `/customers/${numbers[0]}/addresses`])
        expect(errorOf(await lists.at('GET', `${path}?${query}`)), query).to.equal(
          `400 validation_violation; ${parameter} invalid_query_parameter`,
        )
  })

  it('finds by time as time: any precision, any offset; what is no time is refused', async () => {
    const { metadata } = (await lists.at('GET', `/customers/${numbers[0]}`)).json<{ metadata: { createdAt: string } }>()
    const made = new Date(metadata.createdAt)
    const second = new Date(Math.floor(made.getTime() / 1000) * 1000)
    const there = new Date(made.getTime() + 3_600_000).toISOString().replace('Z', '+01:00')
    const count = async (q: string) => (await page(`?q=id:${numbers[0]}%20${encodeURIComponent(q)}`)).count
    for (const [q, expected] of [
      [`metadata.createdAt:>="${second.toISOString().replace('.000', '')}"`, '1'],
      [`metadata.createdAt:${there}`, '1'],
      [`metadata.createdAt:<${there}`, '0'],
      [`metadata.modifiedAt:>${made.toISOString().slice(0, 10)}`, '1'],
    ] as const)
      expect(await count(q), q).to.equal(expected)
    for (const wrong of ['yesterday', '2026-02-30', '2026-01-01T25:00:00Z', '2026-01-01T12:00:00']) {
      const answer = await lists.at('GET', `/customers?q=metadata.createdAt:>${wrong}`)
      expect(errorOf(answer), wrong).to.equal('400 validation_violation; q invalid_query_parameter')
      expect(answer.text).to.include('at character 21')
    }
  })

  it('expands accounts, addresses and the default address, on item and list; unknown elements are ignored', async () => {
    const id = numbers[0] as string
    const [a, b] = [await lists.createAddress(id, { city: 'A' }), await lists.createAddress(id, { city: 'B' })]
    await lists.at('POST', `/customers/${id}/accounts/internal`, { json: { email: 'zero@example.com' } })
    const addresses = [
      { id: a, city: 'A', isDefault: true },
      { id: b, city: 'B', isDefault: false },
    ]
    const expected = {
      addresses,
      accounts: [{ id: 'zero@example.com', providerId: 'internal' }],
      defaultAddress: addresses[0],
    }
    const query = '?expand=addresses, accounts,defaultAddress,colour'
    expect((await lists.at('GET', `/customers/${id}${encodeURI(query)}`)).json()).to.deep.include(expected)
    const repeated = `/customers/${id}?expand=accounts&expand=addresses,defaultAddress`
    expect((await lists.at('GET', repeated)).json()).to.deep.include(expected)
    expect((await page(`${query}&pageSize=1`)).items[0]).to.deep.include(expected)
    expect((await page('?pageSize=1')).items[0]).to.not.have.any.keys('addresses', 'accounts', 'defaultAddress')
  })
})

describe('yaas 3.17: who may do what, and in which order', () => {
  const customers = `${yaasBase}/sitegenesis/customers`
  const call = (method: string, path: string, token: string, more = {}) =>
    service.call(method, path, { token, ...more })

  it('needs a token: 401 with the literal messages', async () => {
    for (const [headers, message] of [
      [{}, 'Authorization: Unauthorized. Bearer TOKEN is missing'],
      [{ Authorization: 'Basic abc' }, 'Authorization: Unauthorized. Bearer TOKEN is missing'],
      [{ Authorization: 'Bearer wrong' }, 'Authorization: Unauthorized. Bearer TOKEN is invalid'],
    ] as const) {
      const answer = await call('GET', customers, '', { headers })
      expect(errorOf(answer)).to.equal('401 insufficient_credentials')
      expect(answer.json()['message']).to.equal(message)
      expect(answer.headers['www-authenticate']).to.match(/^Bearer/)
    }
  })

  it('refuses a token of the other API, of another tenant, of none, and for paths of other or malformed tenants', async () => {
    for (const [path, token] of [
      [customers, 'ocapi'],
      [customers, 'stranger'],
      [customers, 'nobody'],
      [`${yaasBase}/UPPER/customers`, 'yaas'],
      [`${yaasBase}/x/customers`, 'yaas'],
      [`${yaasBase}/%E0%A4%A/customers`, 'yaas'],
      [`${yaasBase}/elsewhere/nonsense`, 'yaas'],
    ] as const)
      expect(errorOf(await call('GET', path, token)), path).to.equal('403 insufficient_permissions')
  })

  it('knows its own tenant percent-encoded too', async () => {
    expect((await call('GET', `${yaasBase}/%73itegenesis/customers`, 'yaas')).status).to.equal(200)
  })

  it('refuses a token without the scope with the literal message; manage does not include view', async () => {
    for (const [method, path, token] of [
      ['GET', customers, 'manager'],
      ['POST', customers, 'viewer'],
      ['PUT', `${customers}/C1`, 'viewer'],
      ['DELETE', `${customers}/C1`, 'viewer'],
      ['POST', `${customers}/C1/accounts/internal`, 'viewer'],
      ['GET', `${customers}/C1/accounts`, 'manager'],
      ['GET', `${customers}/C1/socialMediaUsers`, 'manager'],
      ['GET', `${customers}/C1/addresses`, 'manager'],
      ['POST', `${customers}/C1/addresses`, 'viewer'],
      ['GET', `${customers}/C1/addresses/1`, 'manager'],
      ['PUT', `${customers}/C1/addresses/1`, 'viewer'],
      ['DELETE', `${customers}/C1/addresses/1`, 'viewer'],
      ['GET', `${yaasBase}/sitegenesis/sdCustomerMappings`, 'manager'],
      ['POST', `${yaasBase}/sitegenesis/sdCustomerMappings`, 'viewer'],
      ['DELETE', `${yaasBase}/sitegenesis/sdCustomerMappings/C1`, 'viewer'],
    ] as const) {
      const answer = await call(method, path, token)
      expect(errorOf(answer), `${method} ${path}`).to.equal('403 insufficient_permissions')
      expect(answer.json()['message']).to.equal('Access denied - invalid scope')
    }
  })

  it('checks in the order of the decision: each request is wrong in all that follows', async () => {
    const steps: [string, string, string, object, string][] = [
      ['GET', `${yaasBase}/elsewhere/nope`, 'wrong', {}, '401 insufficient_credentials'],
      ['GET', `${yaasBase}/elsewhere/nope`, 'viewer', {}, '403 insufficient_permissions'],
      [
        'GET',
        `${yaasBase}/sitegenesis/nope`,
        'viewer',
        { headers: { Accept: 'text/html' } },
        '404 element_resource_non_existing',
      ],
      ['PATCH', customers, 'viewer', { headers: { Accept: 'text/html' } }, '405 unsupported_method'],
      ['POST', customers, 'viewer', { headers: { Accept: 'text/html' } }, '403 insufficient_permissions'],
      [
        'PUT',
        `${customers}/C1`,
        'yaas',
        { headers: { Accept: 'text/html' }, body: '<' },
        '406 unsupported_response_content_type',
      ],
      ['GET', `${yaasBase}/unlisted/customers?pageSize=x`, 'lost', {}, '404 element_resource_non_existing'],
      [
        'PUT',
        `${customers}/C1`,
        'yaas',
        { headers: { 'Content-Type': 'text/xml' }, body: '<' },
        '404 element_resource_non_existing',
      ],
      ['GET', `${customers}/C1/addresses?pageSize=x`, 'yaas', {}, '404 element_resource_non_existing'],
      [
        'POST',
        customers,
        'yaas',
        { headers: { 'Content-Type': 'text/xml' }, body: '<' },
        '415 unsupported_request_content_type',
      ],
      ['POST', customers, 'yaas', { body: '{' }, '400 bad_payload_syntax'],
      ['POST', customers, 'yaas', { body: '' }, '400 bad_payload_syntax'],
      ['POST', customers, 'yaas', { body: '[]' }, '400 validation_violation; invalid_field'],
      ['POST', customers, 'yaas', { body: 'null' }, '400 validation_violation; invalid_field'],
    ]
    for (const [method, path, token, more, expected] of steps)
      expect(errorOf(await call(method, path, token, more)), `${method} ${path}`).to.equal(expected)
    const id = await service.create({})
    const headers = { 'If-Match': '"9"' }
    const json = { firstName: 5, metadata: { version: 9 } }
    expect(errorOf(await call('PUT', `${customers}/${id}`, 'yaas', { json, headers }))).to.match(/^400/)
    const other = { contactEmail: email() }
    await service.create(other)
    expect(errorOf(await call('PUT', `${customers}/${id}`, 'yaas', { json: other, headers }))).to.match(/^412/)
    expect(errorOf(await call('PUT', `${customers}/${id}`, 'yaas', { json: other }))).to.match(/^409/)
  })

  it('answers OPTIONS without a token, HEAD as GET without the body, and says in Allow what a path knows', async () => {
    const options = await call('OPTIONS', customers, '')
    expect([options.status, options.headers['allow']]).to.deep.equal([204, 'POST, GET, HEAD, OPTIONS'])
    const refused = await call('PATCH', customers, 'yaas')
    expect(refused.headers['allow']).to.equal('POST, GET, HEAD, OPTIONS')
    const [head, full] = [await call('HEAD', customers, 'yaas'), await call('GET', customers, 'yaas')]
    expect([head.status, head.text, head.headers['hybris-count']]).to.deep.equal([
      200,
      '',
      full.headers['hybris-count'],
    ])
  })

  it('echoes hybris-request-id, and makes one for a request without a harmless one', async () => {
    const sent = await call('GET', customers, 'yaas', { headers: { 'hybris-request-id': 'abc-1' } })
    expect(sent.headers['hybris-request-id']).to.equal('abc-1')
    const long = await call('GET', customers, 'yaas', { headers: { 'hybris-request-id': 'x'.repeat(129) } })
    expect(long.headers['hybris-request-id']).to.match(/^[0-9a-f-]{36}$/)
  })

  it('answers 404 to a path parameter that cannot be decoded or names nothing (3.18)', async () => {
    for (const path of ['/customers/%E0%A4%A', '/customers/a%2Fb', '/customers/%00', '/customers/..%2f', '/customers/'])
      expect(errorOf(await service.at('GET', path)), path).to.equal('404 element_resource_non_existing')
  })
})
