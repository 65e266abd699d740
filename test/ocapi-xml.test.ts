/** XML in and out (decision 2.16). */
import { expect } from 'chai'
import fc from 'fast-check'
import { after, before, describe, it } from 'mocha'
import { ProtocolError } from '../adapters/http/protocol.js'
import { CustomerError } from '../core/index.js'
import { ocapi } from '../adapters/ocapi/index.js'
import { documentShape } from '../adapters/ocapi/xml-shapes.js'
import { readXml, writeXml } from '../adapters/ocapi/xml.js'
import type { Field } from '../adapters/http/field.js'
import { addressTable, customerTable } from '../adapters/ocapi/documents.js'
import { serve } from './support/api.js'
import type { Service } from './support/api.js'

/** Text of any characters that XML 1.0 can carry. */
const text = fc
  .string({ unit: 'binary', maxLength: 12 })
  .map((raw) => raw.replaceAll(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|\p{Surrogate}/gu, ']]>&\r\n\t'))
const scalar = fc.oneof(text, fc.integer(), fc.double({ noNaN: true, noDefaultInfinity: true }), fc.boolean())
const free = fc.oneof(scalar, fc.array(scalar, { maxLength: 3 }))
const customName = fc.stringMatching(/^c_[A-Za-z_][A-Za-z0-9_]{0,8}$/)

/** Any document of a table; null stands for removal. */
function documentOf(fields: readonly Field<never>[], custom: boolean): fc.Arbitrary<Record<string, unknown>> {
  const known = Object.fromEntries(
    fields
      .filter(({ name }) => !name.startsWith('_'))
      .map(({ name, schema, fields: inner }): [string, fc.Arbitrary<unknown>] => {
        if (inner) return [name, documentOf(inner, false)]
        const value: fc.Arbitrary<unknown> =
          schema?.type === 'integer' ? fc.integer() : schema?.type === 'boolean' ? fc.boolean() : text
        return [name, fc.option(value, { freq: 9 })]
      }),
  )
  const envelope = custom
    ? { _v: fc.constant('16.2'), _delete: fc.array(fc.constantFrom('title', 'a'), { maxLength: 3 }) }
    : {}
  const record = fc.record({ ...known, ...envelope }, { requiredKeys: [] })
  if (!custom) return record
  return fc
    .tuple(record, fc.dictionary(customName, free, { maxKeys: 4 }))
    .map(([document, attributes]) => ({ ...document, ...attributes }))
}

/** The same without null prototypes, and with 0 for -0, which JSON does not tell apart. */
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value))

async function survives(type: string, document: object): Promise<void> {
  const json: unknown = plain(document)
  const shape = documentShape(type)
  const read = await readXml(writeXml(json as Record<string, unknown>, shape), shape)
  expect(plain(read)).to.deep.equal(json)
}

describe('xml: a document survives JSON → XML → JSON unchanged (2.16)', () => {
  it('customers', () =>
    fc.assert(fc.asyncProperty(documentOf(customerTable.fields, true), (d) => survives('customer', d))))
  it('addresses', () =>
    fc.assert(fc.asyncProperty(documentOf(addressTable.fields, true), (d) => survives('customer_address', d))))
  it('address lists', () => {
    const result = fc.record({
      _v: fc.constant('16.2'),
      count: fc.nat(),
      data: fc.array(documentOf(addressTable.fields, false), { maxLength: 3 }),
      next: text,
      total: fc.nat(),
    })
    return fc.assert(fc.asyncProperty(result, (d) => survives('customer_address_result', d)))
  })
  it('faults, whatever their arguments hold', () => {
    const { value } = fc.letrec((tie) => ({
      value: fc.oneof(
        { depthSize: 'small' },
        free,
        fc.constant(null),
        fc.array(tie('value'), { maxLength: 2 }),
        tie('map'),
      ),
      map: fc.dictionary(text, tie('value'), { maxKeys: 3 }),
    }))
    const fault = fc.record({
      fault: fc.record({ type: text, message: text, arguments: fc.dictionary(text, value, { maxKeys: 3 }) }),
    })
    return fc.assert(fc.asyncProperty(fault, (d) => survives('fault', d)))
  })
})

describe('xml: how a document looks (2.16)', () => {
  it('has the root, attributes and types of the decision', () => {
    const document = {
      _v: '16.2',
      _type: 'customer',
      credentials: { enabled: true, login: 'a<b' },
      gender: 1,
      title: null,
      _delete: ['fax', 'suffix'],
      c_n: 1,
      c_d: 1.5,
      c_b: false,
      c_s: 'x',
      c_set: ['a', 2],
    }
    expect(writeXml(document, documentShape('customer'))).to.equal(
      '<?xml version="1.0" encoding="UTF-8"?>\n<customer version="16.2">' +
        '<credentials><enabled>true</enabled><login>a&lt;b</login></credentials><gender>1</gender><title nil="true"/>' +
        '<_delete>fax</_delete><_delete>suffix</_delete><c_n type="integer">1</c_n><c_d type="double">1.5</c_d>' +
        '<c_b type="boolean">false</c_b><c_s>x</c_s>' +
        '<c_set type="set"><value>a</value><value type="integer">2</value></c_set></customer>\n',
    )
  })
  it('never writes what is no XML', () => {
    const xml = writeXml({ title: 'a\u0000\ud800]]>' }, documentShape('customer'), 'urn:"x"')
    expect(xml).to.include('<customer xmlns="urn:&quot;x&quot;"><title>a\ufffd\ufffd]]&gt;</title>')
  })
})

describe('xml: what is refused as malformed (2.16)', () => {
  const deep = '<a>'.repeat(100) + '</a>'.repeat(100)
  const refused = {
    nothing: '',
    text: 'hello',
    'two roots': '<customer/><customer/>',
    'junk after the root': '<customer/>junk',
    'not closed': '<customer><title></customer>',
    'a DOCTYPE': '<!DOCTYPE customer [<!ENTITY a "b">]><customer/>',
    'an unknown entity': '<customer><title>&nbsp;</title></customer>',
    'a character XML cannot carry': '<customer><title>&#1;</title></customer>',
    'a duplicate attribute': '<customer version="16.2" version="16.2"/>',
    'a property twice': '<customer><title>a</title><title>b</title></customer>',
    'text among elements': '<customer>a<title>b</title></customer>',
    'too deep': `<customer>${deep}</customer>`,
    'XML 1.1': '<?xml version="1.1"?><customer/>',
    'another encoding': '<?xml version="1.0" encoding="ISO-8859-1"?><customer/>',
    'a bad custom value': '<customer><c_x type="integer">a</c_x></customer>',
    'an unknown type': '<customer><c_x type="date">2000-01-01</c_x></customer>',
    'a set of text': '<customer><c_s type="set">lost text</c_s></customer>',
    'a map of text': '<customer><c_s type="map">lost text</c_s></customer>',
    'an object of text': '<customer><c_s type="object">lost text</c_s></customer>',
    'a set of something else': '<customer><c_s type="set"><x/></c_s></customer>',
    'two versions': '<customer version="16.3"><_v>16.2</_v></customer>',
    'two other versions': '<customer version="16.2"><_v>16.3</_v></customer>',
    'no version in contradiction': '<customer version="17.1"><_v nil="true"/></customer>',
    'two types': '<foo><_type>customer</_type></foo>',
    'an attribute of no meaning': '<customer first_name="lost"/>',
    'an attribute of no meaning further down': '<customer><title lang="en">x</title></customer>',
    'a version further down': '<customer><title version="16.2">x</title></customer>',
    'an argument name elsewhere': '<customer><title name="x">x</title></customer>',
    'nil with a value': '<customer><title nil="true">a</title></customer>',
  }
  for (const [name, xml] of Object.entries(refused))
    it(name, async () => {
      let error: unknown
      try {
        await readXml(xml, documentShape('customer'))
      } catch (thrown) {
        error = thrown
      }
      expect(error).to.be.instanceOf(ProtocolError)
      expect((error as ProtocolError).problem).to.include({ kind: 'bodyMalformed', line: 1 })
      expect((error as ProtocolError).problem)
        .to.have.property('column')
        .that.is.above(0)
    })
})

describe('xml: a document with too many elements has too many values, as in JSON (adapters/README.md, Limits)', () => {
  it('it is not read to its end', async () => {
    const xml = `<customer>${'<a/>'.repeat(100_001)}</customer`
    const error = await readXml(xml, documentShape('customer')).catch((thrown: unknown) => thrown)
    expect(error).to.be.instanceOf(CustomerError).with.property('problem').that.includes({ kind: 'documentInvalid' })
  })
  it('a long one is read in slices, whatever stands where they meet', async () => {
    const written = '&amp;\u{1F600}\r\n]]x'.repeat(20_000)
    const read = (await readXml(`<customer><c_a>${written}</c_a></customer>`, documentShape('customer'))) as object
    expect((read as { c_a: string }).c_a === '&\u{1F600}\n]]x'.repeat(20_000)).to.equal(true)
  })
})

describe('xml: version and type may be said twice, and other namespaces are none of ours (2.16, 2.23)', () => {
  it('<customer>', async () => {
    const xml = '<customer xmlns:x="urn:x" x:a="b" version="16.2"><_v>16.2</_v><_type>customer</_type></customer>'
    expect(plain(await readXml(xml, documentShape('customer')))).to.deep.equal({ _v: '16.2', _type: 'customer' })
  })
})

describe('xml: over HTTP (2.15, 2.16)', () => {
  const base = '/dw/data/v16_2/customer_lists/SiteGenesis'
  let service: Service
  before(async () => {
    service = await serve({ flavours: [ocapi()] })
  })
  after(() => service.stop())
  const typeIn = (xml: string) => /<type>(\w+)<\/type>/.exec(xml)?.[1]

  it('creates, changes and shows a customer and its addresses, and gives the tags that JSON gives', async () => {
    const headers = { 'Content-Type': 'text/xml; charset=utf-8' }
    const made = await service.call('POST', `${base}/customers`, {
      headers,
      body: '<customer version="16.2"><credentials><login>xml</login></credentials><gender>2</gender><first_name> a\nb </first_name><c_n type="integer">1</c_n></customer>',
    })
    expect(made.status, made.text).to.equal(200)
    expect(made.headers['content-type']).to.equal('application/xml;charset=UTF-8')
    const path = `${base}/customers/${/<customer_no>(.*?)</.exec(made.text)?.[1]}`
    const json = await service.call('GET', path)
    expect(json.json()).to.deep.include({ gender: 2, first_name: ' a\nb ', c_n: 1 })
    expect(json.headers.etag).to.equal(made.headers.etag)
    const xml = await service.call('GET', `${path}?format=xml`)
    expect(xml.text).to.equal(made.text)
    const changed = await service.call('PATCH', path, {
      headers: { 'Content-Type': 'application/xml' },
      body: '<customer><_delete>gender</_delete><first_name nil="true"/><credentials><enabled>false</enabled></credentials></customer>',
    })
    expect(changed.status, changed.text).to.equal(200)
    expect(changed.text).to.include('<enabled>false</enabled>').and.not.include('first_name').and.not.include('gender')
    const address = '<customer_address><address_id>a</address_id></customer_address>'
    expect((await service.call('POST', `${path}/addresses`, { headers, body: address })).status).to.equal(200)
    const list = await service.call('GET', `${path}/addresses`, { headers: { Accept: 'text/html, application/xml' } })
    expect(list.text).to.match(/<customer_address_result version="16.2"><count>1<\/count><data><address_id>a</)
  })

  it('answers faults in the format of the request', async () => {
    const unknown = await service.call('GET', '/dw/data/v16_2/customer_lists/no?format=xml')
    expect(unknown.text).to.include('<fault version="16.2"><fault><type>CustomerListNotFoundException</type>')
    expect(unknown.text).to.include('<arguments><argument name="customerListId">no</argument></arguments>')
    const early = await service.call('GET', `${base}?format=xml`, { token: '' })
    expect(typeIn(early.text)).to.equal('AuthorizationHeaderMissingException')
    const bad = await service.call('POST', `${base}/customers`, {
      headers: { 'Content-Type': 'application/xml' },
      body: '<customer>\n<a></b></customer>',
    })
    expect([bad.status, typeIn(bad.text)]).to.deep.equal([400, 'BodyDecodingException'])
    expect(bad.text).to.match(/<argument name="position">line 2, column \d+</)
  })

  for (const [xml, fault] of [
    ['<customer_address/>', 'PropertyConstraintViolationException'],
    ['<customer version="17.1"/>', 'UnexpectedVersionException'],
    ['<customer><gender>m</gender></customer>', 'TypeDecodingException'],
    ['<customer><title><b/></title></customer>', 'TypeDecodingException'],
    ['<customer><credentials>x</credentials></customer>', 'TypeDecodingException'],
    ['<customer><__proto__>x</__proto__></customer>', 'UnknownPropertyException'],
    ['<customer><c_1>x</c_1></customer>', 'InvalidCustomPropertyException'],
    ['<customer><c_i type="integer">9007199254740993</c_i></customer>', 'InvalidCustomPropertyException'],
    ['<customer/>', 'CredentialsMissingException'],
  ] as const)
    it(`${xml} is a ${fault}`, async () => {
      const headers = { 'Content-Type': 'application/xml' }
      const answer = await service.call('POST', `${base}/customers`, { headers, body: xml })
      expect(typeIn(answer.text), answer.text).to.equal(fault)
    })
})
