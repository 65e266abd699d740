/** One record, two flavours: what each shows, and that none loses what the other wrote (decision 1.2). */
import { expect } from 'chai'
import fc from 'fast-check'
import { after, before, describe, it } from 'mocha'
import { explainMapping } from '../adapters/http/koa.js'
import { ocapi } from '../adapters/ocapi/index.js'
import { yaas } from '../adapters/yaas/index.js'
import type { Address, Customer } from '../core/index.js'
import { serveYaas } from './support/yaas.js'
import type { YaasService } from './support/yaas.js'

const schema = 'https://schemas.example/any.json'
let service: YaasService
before(async () => {
  service = await serveYaas({}, { library: { mixins: { schemas: { [schema]: {} } } } })
})
after(() => service.stop())
const ocapiPath = (id: string) => `/s/-/dw/data/v16_2/customer_lists/SiteGenesis/customers/${id}`

describe('decision 1.2: explainMapping', () => {
  const flavours = [ocapi(), yaas()]
  const customer: Customer = {
    customerNo: 'C1',
    email: 'a@b.example',
    secondName: 'M',
    fax: '1',
    preferredCurrency: 'USD',
    active: true,
    credentials: { login: 'a@b.example', locked: false },
    custom: { size: 'L' },
    mixins: { loyalty: { tier: 'gold' } },
    mixinSchemas: { loyalty: schema },
    creationDate: '2026-01-01T00:00:00.000Z',
    lastModified: '2026-01-02T00:00:00.000Z',
    version: 3,
  }
  const lines = (fields: ReturnType<typeof explainMapping>) =>
    fields.map(({ domain, shown }) => [
      domain,
      (shown.ocapi ?? []).map(({ name }) => name).join(),
      (shown.yaas ?? []).map(({ name }) => name).join(),
    ])

  it('names each property of a customer in both APIs', () => {
    expect(lines(explainMapping('customer', customer, flavours))).to.deep.equal([
      ['customerNo', 'customer_no', 'id,customerNumber'],
      ['email', 'email', 'contactEmail'],
      ['secondName', 'second_name', 'middleName'],
      ['fax', 'fax', ''],
      ['preferredCurrency', '', 'preferredCurrency'],
      ['active', 'credentials.enabled', 'active'],
      ['credentials.login', 'credentials.login', 'accounts[].id'],
      ['credentials.locked', 'credentials.locked', ''],
      ['custom.size', 'c_size', 'mixins.custom.size'],
      ['mixins.loyalty', '', 'mixins.loyalty'],
      ['mixinSchemas.loyalty', '', 'metadata.mixins.loyalty'],
      ['creationDate', 'creation_date', 'metadata.createdAt'],
      ['lastModified', '', 'metadata.modifiedAt'],
      ['version', '', 'metadata.version'],
    ])
  })

  it('shows values, and what an API computes', () => {
    const address: Address = {
      addressId: 'home',
      firstName: 'Jeff',
      lastName: 'Lebowski',
      isDefault: true,
      creationDate: customer.creationDate,
      lastModified: customer.lastModified,
      version: 1,
    }
    const fields = explainMapping('address', address, flavours)
    expect(fields.find(({ domain }) => domain === 'isDefault')).to.deep.equal({
      domain: 'isDefault',
      value: true,
      shown: { ocapi: [], yaas: [{ name: 'isDefault', value: true }] },
    })
    const computed = fields.filter(({ domain }) => domain === undefined).map(({ shown }) => shown)
    expect(computed).to.deep.include({ ocapi: [{ name: 'full_name', value: 'Jeff Lebowski' }] })
    expect(computed).to.deep.include({ yaas: [{ name: 'contactName', value: 'Jeff Lebowski' }] })
  })
})

describe('decision 1.2: nothing is lost between the flavours', () => {
  const text = fc.stringMatching(/^[A-Za-z0-9 éß☃]{1,12}$/)
  const optional = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined })
  const scalar = fc.oneof(text, fc.integer({ min: -5, max: 5 }), fc.boolean())
  const attribute = fc.oneof(scalar, fc.array(text, { minLength: 1, maxLength: 3 }))
  const name = fc.stringMatching(/^[a-z][a-z0-9]{0,4}$/)
  const ocapiOnly = {
    fax: text,
    birthday: fc.constantFrom('1942-12-04', '2000-02-29'),
    gender: fc.constantFrom(1, 2),
    job_title: text,
    phone_mobile: text,
    salutation: text,
    suffix: text,
  }
  const yaasOnly = { preferredCurrency: text, preferredSite: text }
  const shared: Readonly<Record<string, string>> = {
    title: 'title',
    first_name: 'firstName',
    second_name: 'middleName',
    last_name: 'lastName',
    company_name: 'company',
    phone_home: 'contactPhone',
    preferred_locale: 'preferredLanguage',
  }
  const record = <T>(parts: Readonly<Record<string, fc.Arbitrary<T>>>) =>
    fc
      .record(Object.fromEntries(Object.entries(parts).map(([key, value]) => [key, optional(value)])))
      .map((all) => JSON.parse(JSON.stringify(all)) as Record<string, T>)
  const ocapiShared = record(Object.fromEntries(Object.keys(shared).map((key) => [key, text])))
  /** −0 is 0, and whole numbers beyond ±(2^53 − 1) are refused (decision 1.15). */
  const keepable = <T>(value: T): T =>
    JSON.parse(JSON.stringify(value), (_, each: unknown) =>
      Number.isInteger(each) && !Number.isSafeInteger(each) ? 1.5 : each,
    ) as T
  const customs = fc.dictionary(name, attribute, { maxKeys: 3, noNullPrototype: true })
  const mixins = fc.dictionary(
    name.filter((each) => each !== 'custom'),
    fc
      .jsonValue({ maxDepth: 2 })
      .filter((each) => each !== null && JSON.stringify(each).length < 200 && !JSON.stringify(each).includes('\\u'))
      .map(keepable),
    { maxKeys: 2, noNullPrototype: true },
  )
  const inYaas = (document: Readonly<Record<string, unknown>>) =>
    Object.fromEntries(Object.entries(document).map(([key, value]) => [shared[key] ?? key, value]))
  let count = 0

  it('a customer written through OCAPI, replaced through YaaS, keeps what YaaS does not show', async () => {
    await fc.assert(
      fc.asyncProperty(
        ocapiShared,
        record<unknown>(ocapiOnly),
        customs,
        ocapiShared,
        record(yaasOnly),
        async (first, hidden, custom, second, extra) => {
          const customer_no = `R${++count}`
          const attributes = Object.fromEntries(Object.entries(custom).map(([key, value]) => [`c_${key}`, value]))
          const json = {
            customer_no,
            credentials: { login: customer_no, password_question: 'q' },
            ...first,
            ...hidden,
            ...attributes,
          }
          const made = await service.call('POST', ocapiPath('').slice(0, -1), { json })
          expect(made.status, made.text).to.equal(200)
          const put = await service.at('PUT', `/customers/${customer_no}`, { json: { ...inYaas(second), ...extra } })
          expect(put.status, put.text).to.equal(200)
          expect(put.json()).to.deep.include({
            preferredLanguage: 'en_US',
            preferredCurrency: 'USD',
            preferredSite: 'default',
            ...inYaas(second),
            ...extra,
          })
          const { _v, _type, creation_date: _, ...read } = (await service.call('GET', ocapiPath(customer_no))).json()
          expect(read).to.deep.equal({
            customer_no,
            credentials: { ...json.credentials, enabled: true, locked: false },
            preferred_locale: 'en_US',
            ...second,
            ...hidden,
            ...attributes,
          })
          const patch = await service.call('PATCH', ocapiPath(customer_no), { json: first })
          expect(patch.status, patch.text).to.equal(200)
          expect((await service.at('GET', `/customers/${customer_no}`)).json()).to.deep.include({
            ...inYaas({ ...second, ...first }),
            ...extra,
          })
        },
      ),
      { numRuns: 25 },
    )
  })

  it('a customer written through YaaS, changed through OCAPI and sent back, keeps all of YaaS', async () => {
    await fc.assert(
      fc.asyncProperty(
        record(yaasOnly),
        ocapiShared,
        mixins,
        customs,
        record<unknown>(ocapiOnly),
        async (own, both, data, custom, change) => {
          const references = Object.fromEntries(Object.keys(data).map((key) => [key, schema]))
          const all = { ...data, ...(Object.keys(custom).length > 0 && { custom }) }
          const id = await service.create({ ...own, ...inYaas(both), metadata: { mixins: references }, mixins: all })
          const expanded = async () => {
            const { metadata, ...rest } = (await service.at('GET', `/customers/${id}?expand=mixin:*,accounts`)).json<{
              metadata: { mixins: object }
            }>()
            return { ...rest, references: metadata.mixins }
          }
          const before = await expanded()
          expect(before).to.deep.include({ ...own, ...inYaas(both), references })
          expect((before as { mixins?: object }).mixins ?? {}).to.deep.equal(all)
          const patched = await service.call('PATCH', ocapiPath(id), { json: change })
          expect(patched.status, patched.text).to.equal(200)
          expect(await expanded()).to.deep.equal(before)
          const { creation_date: _, ...whole } = (await service.call('GET', ocapiPath(id))).json()
          const back = await service.call('PATCH', ocapiPath(id), { json: whole })
          expect(back.status, back.text).to.equal(200)
          expect(await expanded()).to.deep.equal(before)
          const put = await service.at('PUT', `/customers/${id}`, {
            json: (await service.at('GET', `/customers/${id}`)).json(),
          })
          expect(put.status, put.text).to.equal(200)
          const { creation_date: __, ...after } = (await service.call('GET', ocapiPath(id))).json()
          expect(after).to.deep.equal(whole)
        },
      ),
      { numRuns: 25 },
    )
  })

  it('an address too: OCAPI parts of the name, custom attributes, YaaS lines and tags', async () => {
    const parts = record({ first_name: text, last_name: text, suite: text, post_box: text, job_title: text })
    const lines = record<unknown>({ streetNumber: text, extraLine1: text, tags: fc.array(text, { maxLength: 2 }) })
    const lists = {
      address1: 'street',
      address2: 'streetAppendix',
      postal_code: 'zipCode',
      state_code: 'state',
    } as const
    const plain = record(Object.fromEntries(Object.keys(lists).map((key) => [key, text])))
    const rename = (document: Readonly<Record<string, unknown>>) =>
      Object.fromEntries(Object.entries(document).map(([key, value]) => [lists[key as keyof typeof lists], value]))
    const customer = await service.create({})
    await fc.assert(
      fc.asyncProperty(parts, customs, plain, lines, plain, async (hidden, custom, first, yaasLines, second) => {
        const address_id = `a ${++count}`
        const attributes = Object.fromEntries(Object.entries(custom).map(([key, value]) => [`c_${key}`, value]))
        const base = `${ocapiPath(customer)}/addresses`
        const made = await service.call('POST', base, { json: { address_id, ...hidden, ...first, ...attributes } })
        expect(made.status, made.text).to.equal(200)
        const at = `/${encodeURIComponent(address_id)}`
        const put = await service.at('PUT', `/customers/${customer}/addresses${at}`, {
          json: { ...rename(second), ...yaasLines },
        })
        expect(put.status, put.text).to.equal(200)
        expect(put.json()).to.deep.include({ ...rename(second), ...yaasLines })
        const { _v, _type, etag: _, full_name: __, ...read } = (await service.call('GET', base + at)).json()
        expect(read).to.deep.equal({ address_id, ...hidden, ...second, ...attributes })
        const patch = await service.call('PATCH', base + at, { json: first })
        expect(patch.status, patch.text).to.equal(200)
        expect((await service.at('GET', `/customers/${customer}/addresses${at}`)).json()).to.deep.include({
          ...rename({ ...second, ...first }),
          ...yaasLines,
        })
      }),
      { numRuns: 25 },
    )
  })
})
