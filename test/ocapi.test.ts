/** The OCAPI flavour over HTTP: the ten operations, ETags, paging, path forms. */
import { expect } from 'chai'
import { after, before, describe, it } from 'mocha'
import { addressesDocument } from '../adapters/ocapi/documents.js'
import { ocapi } from '../adapters/ocapi/index.js'
import { definePlugin } from '../core/index.js'
import { serve } from './support/api.js'
import type { Service } from './support/api.js'
import type { Answer } from './support/http.js'

const base = '/s/-/dw/data/v16_2/customer_lists/SiteGenesis'
const isTag = /^[0-9a-f]{64}$/

let service: Service
let count = 0
before(async () => {
  service = await serve({ flavours: [ocapi()] })
})
after(() => service.stop())

/** Creates a customer with a login of its own and gives its URL path. */
async function customer(more: object = {}): Promise<string> {
  const json = { credentials: { login: `login-${++count}` }, ...more }
  const answer = await service.call('POST', `${base}/customers`, { json })
  expect(answer.status, answer.text).to.equal(200)
  return `${base}/customers/${encodeURIComponent(String(answer.json()['customer_no']))}`
}

const typeOf = (answer: Answer) => answer.json<{ fault?: { type: string } }>().fault?.type

describe('ocapi: customer lists', () => {
  it('shows a list, with the headers of decision 2.17', async () => {
    const answer = await service.call('GET', base)
    expect(answer.status).to.equal(200)
    expect(answer.json()).to.deep.equal({ _v: '16.2', _type: 'customer_list', id: 'SiteGenesis' })
    expect(answer.headers).to.include({
      'content-type': 'application/json;charset=UTF-8',
      'cache-control': 'max-age=0,no-cache,no-store,must-revalidate',
      expires: 'Thu, 01-Jan-1970 00:00:00 GMT',
    })
  })

  it('says with the text of the seed that a list is unknown (2.4)', async () => {
    const answer = await service.call('GET', '/dw/data/v16_2/customer_lists/foobar')
    expect(answer.status).to.equal(404)
    expect(answer.json()).to.deep.equal({
      _v: '16.2',
      _type: 'fault',
      fault: {
        type: 'CustomerListNotFoundException',
        message: "No customer list with id 'foobar' found.",
        arguments: { customerListId: 'foobar' },
      },
    })
  })
})

describe('ocapi: customers (seed: create, get, update, delete)', () => {
  it('creates, reads, changes and deletes one', async () => {
    const json = {
      email: 'dude@example.com',
      birthday: '2011-05-06',
      fax: '',
      first_name: 'Jeff',
      gender: 1,
      last_name: '',
      preferred_locale: 'en-US',
      credentials: { password_question: "Mother's maiden name", login: 'foo' },
      c_size: 43,
      c_tags: ['a', 'b'],
    }
    const made = await service.call('POST', `${base}/customers`, { json })
    expect(made.status, made.text).to.equal(200)
    const { customer_no, creation_date } = made.json()
    expect(made.json()).to.deep.equal({
      _v: '16.2',
      _type: 'customer',
      ...json,
      customer_no,
      creation_date,
      credentials: { ...json.credentials, enabled: true, locked: false },
    })
    expect(customer_no).to.match(/^\d{8}$/)
    expect(made.headers.etag).to.match(isTag)

    const path = `${base}/customers/${String(customer_no)}`
    const read = await service.call('GET', path)
    expect(read.json()).to.deep.equal(made.json())
    expect(read.headers.etag).to.equal(made.headers.etag)

    const changed = await service.call('PATCH', path, {
      headers: { 'If-Match': made.headers.etag as string },
      body: '{"_delete":["fax","c_size"],"first_name":null,"email":"lebowski@example.com","credentials":{"_delete":["password_question"],"enabled":false}}',
    })
    expect(changed.status, changed.text).to.equal(200)
    const { fax: _1, first_name: _2, c_size: _3, ...rest } = made.json()
    expect(changed.json()).to.deep.equal({
      ...rest,
      email: 'lebowski@example.com',
      credentials: { login: 'foo', enabled: false, locked: false },
    })
    expect(changed.headers.etag).to.match(isTag).and.not.equal(made.headers.etag)

    const gone = await service.call('DELETE', path)
    expect([gone.status, gone.text, gone.headers['content-type']]).to.deep.equal([204, '', undefined])
    const again = await service.call('DELETE', path)
    expect(again.status).to.equal(404)
    expect(again.json()).to.have.nested.property(
      'fault.message',
      `No customer with number '${String(customer_no)}' for customer list 'SiteGenesis' found.`,
    )
  })

  it('accepts a document that was read (2.8)', async () => {
    const path = await customer({ email: 'a@example.com', first_name: 'A' })
    const read = await service.call('GET', path)
    const sent = await service.call('PATCH', path, { json: read.json() })
    expect(sent.status, sent.text).to.equal(200)
    expect(sent.headers.etag).to.equal(read.headers.etag)
    const renamed = { ...read.json(), creation_date: '2001-01-01T00:00:00.000Z' }
    expect(typeOf(await service.call('PATCH', path, { json: renamed }))).to.equal('PropertyNotPermittedException')
  })

  it('renames a customer; its number is free then (1.14, 2.8)', async () => {
    const path = await customer({ customer_no: 'Old 1' })
    const renamed = await service.call('PATCH', path, { json: { customer_no: 'New 1' } })
    expect(renamed.json()).to.include({ customer_no: 'New 1' })
    expect((await service.call('GET', path)).status).to.equal(404)
    expect((await service.call('GET', `${base}/customers/new%201`)).status).to.equal(200)
    await customer({ customer_no: 'OLD 1' })
    const taken = await service.call('PATCH', `${base}/customers/new%201`, { json: { customer_no: 'old 1' } })
    expect([taken.status, typeOf(taken)]).to.deep.equal([400, 'CustomerNumberAlreadyInUseException'])
  })

  it('takes names that a set and a delete share as set (2.8)', async () => {
    const path = await customer({ title: 'Dr.' })
    const answer = await service.call('PATCH', path, { json: { title: 'Prof.', _delete: ['title', 'suffix'] } })
    expect(answer.json()).to.include({ title: 'Prof.' })
  })
})

describe('ocapi: ETag and If-Match (2.6, 2.7)', () => {
  const variants = (tag: string) => [tag, `"${tag}"`, `W/"${tag}"`, '*', `"x", ${tag}`]

  it('takes a bare, quoted, weak or listed tag and the star', async () => {
    const path = await customer()
    const { etag = '' } = (await service.call('GET', path)).headers
    for (const sent of variants(etag)) {
      const answer = await service.call('PATCH', path, { json: { title: 'x' }, headers: { 'If-Match': sent } })
      expect(answer.status, sent).to.equal(200)
      const back = await service.call('PATCH', path, { json: { _delete: ['title'] } })
      expect(back.headers.etag, 'equal states have equal tags').to.equal(etag)
    }
  })

  it('refuses another tag on PATCH and DELETE, changes nothing, and still tells the current tag', async () => {
    const path = await customer()
    const { etag = '' } = (await service.call('GET', path)).headers
    await service.call('PATCH', path, { json: { title: 'x' } })
    const now = (await service.call('GET', path)).headers.etag
    for (const [method, json] of [
      ['PATCH', { title: 'y' }],
      ['DELETE', undefined],
    ] as const) {
      const answer = await service.call(method, path, { ...(json && { json }), headers: { 'If-Match': etag } })
      expect([answer.status, typeOf(answer)]).to.deep.equal([412, 'InvalidIfMatchException'])
      expect(answer.json()).to.have.nested.property('fault.arguments.ifMatch', etag)
      if (json) expect(answer.headers.etag).to.equal(now)
    }
    expect((await service.call('GET', path)).json()).to.include({ title: 'x' })
  })

  it('refuses a document before it looks at If-Match (2.24)', async () => {
    const path = await customer()
    const answer = await service.call('PATCH', path, { json: { nonsense: 1 }, headers: { 'If-Match': 'x' } })
    expect(typeOf(answer)).to.equal('UnknownPropertyException')
    expect(answer.headers.etag).to.match(isTag)
  })

  it('has the changes of an after handler in the reply and its tag (4.4), and none of YaaS or of the addresses', async () => {
    const plugin = definePlugin({
      name: 'after',
      hooks: {
        'dw.ocapi.data.customer_list.customers.afterPOST': (made) => void (made.suffix = 'jr.'),
        'dw.ocapi.data.customer_list.customer.afterPATCH': (changed) => void (changed.jobTitle = 'dude'),
      },
    })
    const hooked = await serve({ flavours: [ocapi()], library: { plugins: [plugin] } })
    const json = { customer_no: 'c', credentials: { login: 'c' } }
    const made = await hooked.call('POST', `${base}/customers`, { json })
    expect(made.json()).to.include({ suffix: 'jr.' })
    const path = `${base}/customers/c`
    expect((await hooked.call('GET', path)).headers.etag).to.equal(made.headers.etag)
    const changed = await hooked.call('PATCH', path, { json: { title: 'x' } })
    expect(changed.json()).to.include({ job_title: 'dude', title: 'x' })
    await hooked.shop.updateCustomer({ customerNo: 'c', update: { preferredCurrency: 'EUR' } })
    await hooked.shop.createAddress({ customerNo: 'c', create: { addressId: 'a' } })
    expect((await hooked.call('GET', path)).headers.etag).to.equal(changed.headers.etag)
    const address = await hooked.call('GET', `${path}/addresses/a`)
    expect(address.json()['etag']).to.equal(address.headers.etag)
    const list = await hooked.call('GET', `${path}/addresses`)
    expect(list.json()).to.have.nested.property('data[0].etag', address.headers.etag)
    expect(list.headers).to.not.have.property('etag')
    await hooked.stop()
  })

  it('needs If-Match where the host says so', async () => {
    const strict = await serve({ flavours: [ocapi({ ifMatch: 'required', createStatus: 201 })] })
    const made = await strict.call('POST', `${base}/customers`, { json: { credentials: { login: 'strict' } } })
    expect(made.status).to.equal(201)
    const path = `${base}/customers/${String(made.json()['customer_no'])}`
    for (const [method, json] of [
      ['PATCH', {}],
      ['DELETE', undefined],
    ] as const) {
      const answer = await strict.call(method, path, json && { json })
      expect([answer.status, typeOf(answer)]).to.deep.equal([409, 'IfMatchRequiredException'])
    }
    await strict.stop()
  })

  it('lets one of 50 racing PATCHes with one tag win', async () => {
    const path = await customer()
    const { etag = '' } = (await service.call('GET', path)).headers
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, n) =>
        service.call('PATCH', path, { json: { title: `t${n}` }, headers: { 'If-Match': etag } }),
      ),
    )
    expect(answers.filter(({ status }) => status === 200)).to.have.length(1)
    expect(answers.filter(({ status }) => status === 412)).to.have.length(49)
  })
})

describe('ocapi: races of 50 parallel requests (1.6)', () => {
  const race = async (json: object, path = `${base}/customers`) => {
    const answers = await Promise.all(Array.from({ length: 50 }, () => service.call('POST', path, { json })))
    const won = answers.filter(({ status }) => status === 200)
    const faults = new Set(answers.filter(({ status }) => status !== 200).map((answer) => typeOf(answer)))
    return [won.length, ...faults]
  }
  it('one login has one customer', async () =>
    expect(await race({ credentials: { login: 'Race@1' } })).to.deep.equal([1, 'LoginAlreadyInUseException']))
  it('one customer number has one customer', async () => {
    let n = 0
    const answers = await Promise.all(
      Array.from({ length: 50 }, () =>
        service.call('POST', `${base}/customers`, {
          json: { customer_no: 'Race 2', credentials: { login: `r2-${n++}` } },
        }),
      ),
    )
    expect(answers.filter(({ status }) => status === 200)).to.have.length(1)
    expect(answers.filter((answer) => typeOf(answer) === 'CustomerNumberAlreadyInUseException')).to.have.length(49)
  })
  it('one address id has one address', async () =>
    expect(await race({ address_id: 'a' }, `${await customer()}/addresses`)).to.deep.equal([
      1,
      'AddressIdAlreadyInUseException',
    ]))
  it('two customers may have one email (1.5)', async () => {
    await customer({ email: 'same@example.com' })
    await customer({ email: 'same@example.com' })
  })
})

describe('ocapi: addresses (seed: list, create, get, update, delete)', () => {
  const json = { address_id: 'my home/address', first_name: 'Egon', last_name: 'Krenz', country_code: '', phone: '1' }

  it('creates, reads, changes, renames and deletes one', async () => {
    const addresses = `${await customer()}/addresses`
    const made = await service.call('POST', addresses, { json })
    expect(made.status, made.text).to.equal(200)
    const { etag } = made.headers
    expect(made.json()).to.deep.equal({ _v: '16.2', _type: 'customer_address', ...json, full_name: 'Egon Krenz', etag })
    const path = `${addresses}/my%20home%2Faddress`
    expect((await service.call('GET', path)).json()).to.deep.equal(made.json())
    const changed = await service.call('PATCH', path, {
      headers: { 'If-Match': String(etag) },
      body: '{"_delete":["first_name","phone"],"city":"Burlington","address_id":"b"}',
    })
    expect(changed.json()).to.deep.equal({
      _v: '16.2',
      _type: 'customer_address',
      address_id: 'b',
      city: 'Burlington',
      country_code: '',
      etag: changed.headers.etag,
      full_name: 'Krenz',
      last_name: 'Krenz',
    })
    expect((await service.call('DELETE', path)).status).to.equal(404)
    expect((await service.call('DELETE', `${addresses}/b`)).status).to.equal(204)
    const gone = await service.call('GET', `${addresses}/b`)
    expect([gone.status, typeOf(gone)]).to.deep.equal([404, 'CustomerListCustomerAddressNotFoundException'])
  })

  it('pages with links that work when followed, in both path forms and under a mount prefix (2.3)', async () => {
    const path = (await customer()).replace('/s/-', '')
    for (let n = 0; n < 7; n++) await service.call('POST', `${path}/addresses`, { json: { address_id: `a${n}` } })
    const seen: unknown[] = []
    let next: string | undefined = `${path}/addresses?start=0&count=3&select=(**)&nonsense=1`
    const previous: unknown[] = []
    while (next !== undefined) {
      const answer: Answer = await service.call('GET', next)
      const page = answer.json<{ data: { address_id: string }[]; next?: string; previous?: string; count: number }>()
      expect(page).to.include({ _type: 'customer_address_result', total: 7, count: page.data.length, select: '(**)' })
      seen.push(...page.data.map(({ address_id }) => address_id))
      previous.push(page.previous?.replace(/.*\?/, ''))
      expect(page.next ?? service.origin).to.satisfy((link: string) => link.startsWith(service.origin))
      next = page.next?.slice(service.origin.length)
    }
    expect(seen).to.deep.equal(['a0', 'a1', 'a2', 'a3', 'a4', 'a5', 'a6'])
    expect(previous).to.deep.equal([undefined, 'count=3&select=%28**%29&start=0', 'count=3&select=%28**%29&start=3'])
    const beyond = await service.call('GET', `${path}/addresses?start=99`)
    expect(beyond.json()).to.deep.include({ data: [], count: 0, total: 7, start: 99 })
    expect(beyond.json()).to.not.have.property('next')
  })

  it('leaves out a total that the host does not want, and names one that is not exact otherwise', async () => {
    const silent = await serve({ flavours: [ocapi({ totals: 'none' })] })
    const path = '/s/-/dw/data/v16_2/customer_lists/SiteGenesis/customers'
    await silent.call('POST', path, { json: { customer_no: 'c', credentials: { login: 'c' } } })
    for (const id of ['a', 'b', 'c']) await silent.call('POST', `${path}/c/addresses`, { json: { address_id: id } })
    const page = (await silent.call('GET', `${path}/c/addresses?count=2`)).json()
    expect(page).to.include({ count: 2, start: 0 }).and.not.have.property('total')
    expect(page['next']).to.be.a('string')
    await silent.stop()
    const document = addressesDocument({ items: [], total: 7, isAtLeast: true }, 0, {}, undefined, 'capped')
    expect(document).to.include({ total_at_least: 7 }).and.not.have.property('total')
    expect(() => ocapi({ totals: 'some' as never })).to.throw("ocapi: totals must be 'exact', 'capped' or 'none'")
  })

  it('has 25 on a page unless the host says otherwise, and 200 at the most', async () => {
    const addresses = `${await customer()}/addresses`
    for (let n = 0; n < 26; n++) await service.call('POST', addresses, { json: { address_id: `a${n}` } })
    expect((await service.call('GET', addresses)).json()).to.include({ count: 25, total: 26 })
    expect((await service.call('GET', `${addresses}?count=200`)).json()).to.include({ count: 26 })
  })
})

describe('ocapi: paths and methods (1.13, 2.1, 2.18)', () => {
  it('answers HEAD like GET, without a body', async () => {
    const path = await customer()
    const sent = { headers: { 'x-request-id': 'r-1' } }
    const [get, head] = [await service.call('GET', path, sent), await service.call('HEAD', path, sent)]
    expect(head.text).to.equal('')
    expect(head.status).to.equal(200)
    const { date: _1, ...headers } = get.headers
    expect(head.headers).to.include(headers)
  })

  it('answers OPTIONS without a token', async () => {
    const answer = await service.call('OPTIONS', await customer(), { token: '' })
    expect([answer.status, answer.headers.allow]).to.deep.equal([204, 'GET, PATCH, DELETE, HEAD, OPTIONS'])
  })

  it('overrides POST by header and, stronger, by query', async () => {
    const path = await customer()
    const patch = { 'X-DW-HTTP-Method-Override': 'PATCH' }
    const patched = await service.call('POST', path, { json: { title: 'x' }, headers: patch })
    expect(patched.json(), patched.text).to.include({ title: 'x' })
    const head = await service.call('POST', `${path}?method=HEAD`, { headers: patch })
    expect([head.status, head.text, head.headers.etag]).to.deep.equal([200, '', patched.headers.etag])
    expect((await service.call('POST', `${path}?method=DELETE`, { headers: patch })).status).to.equal(204)
    expect((await service.call('GET', `${path}?method=DELETE`)).status).to.equal(404)
  })

  it('says with a 405 which methods there are, and with a 401 how to sign in', async () => {
    const path = await customer()
    expect((await service.call('PUT', path)).headers.allow).to.equal('GET, PATCH, DELETE, HEAD, OPTIONS')
    expect((await service.call('DELETE', `${base}/customers`)).headers.allow).to.equal('POST, OPTIONS')
    expect((await service.call('GET', path, { token: '' })).headers['www-authenticate']).to.equal('Bearer')
    expect((await service.call('GET', path, { token: 'no' })).headers['www-authenticate']).to.include('invalid_token')
  })

  it('leaves other paths to the host', async () => {
    for (const path of ['/dw/shop/v16_2/x', '/dw/data', '/customers', '/'])
      expect((await service.call('GET', path)).text, path).to.equal('of the host')
  })
})
