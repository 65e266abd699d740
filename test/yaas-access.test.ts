/** The YaaS flavour over HTTP: who may do what, and in which order it is checked. */
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
