/** If-None-Match (1.16), and what links are made of (1.17), over HTTP. */
import { expect } from 'chai'
import { after, before, describe, it } from 'mocha'
import { customerApi } from '../adapters/http/koa.js'
import { ocapi } from '../adapters/ocapi/index.js'
import { yaas } from '../adapters/yaas/index.js'
import { SetupError } from '../core/index.js'
import { serve } from './support/api.js'
import type { Service, ServiceOptions } from './support/api.js'
import { errorOf, serveYaas, yaasBase } from './support/yaas.js'
import type { YaasService } from './support/yaas.js'

const customers = '/dw/data/v16_2/customer_lists/SiteGenesis/customers'

describe('1.16: If-None-Match', () => {
  let service: YaasService
  before(async () => {
    service = await serveYaas()
    await service.shop.createCustomer({ create: { customerNo: 'c', credentials: { login: 'c' } } })
    await service.shop.createAddress({ customerNo: 'c', create: { addressId: 'a' } })
  })
  after(() => service.stop())
  const [c, a] = [`${customers}/c`, `${customers}/c/addresses/a`]
  const yaasC = `${yaasBase}/sitegenesis/customers/c`
  const of = (path: string) => ({ token: path.startsWith(yaasBase) ? 'yaas' : 'ocapi' })
  const forms = (tag: string) => [tag, `"${tag}"`, `W/"${tag}"`, `"x", "${tag}"`, `x,${tag}`, '*']

  it('is 304 with the ETag, the other headers and no body for whoever knows the document', async () => {
    for (const path of [c, a, yaasC]) {
      const whole = await service.call('GET', path, of(path))
      const { etag = '' } = whole.headers
      for (const known of forms(etag.replaceAll('"', '')))
        for (const method of ['GET', 'HEAD'] as const) {
          const answer = await service.call(method, path, { ...of(path), headers: { 'If-None-Match': known } })
          expect([answer.status, answer.text, answer.headers.etag], `${path} ${known}`).to.deep.equal([304, '', etag])
          expect(answer.headers['cache-control']).to.equal(whole.headers['cache-control'])
          expect(answer.headers['expires']).to.equal(whole.headers['expires'])
        }
      for (const other of ['x', '"x"', 'W/"0"', ''])
        expect((await service.call('GET', path, { ...of(path), headers: { 'If-None-Match': other } })).status).to.equal(
          200,
        )
    }
    const selected = await service.call('GET', `${c}?select=(email)&format=xml`, { headers: { 'If-None-Match': '*' } })
    expect(selected.status).to.equal(304)
  })

  it('is 412 on a change whose record has the tag, and changes nothing', async () => {
    for (const path of [c, a]) {
      const { etag = '' } = (await service.call('GET', path)).headers
      for (const known of forms(etag))
        for (const method of ['PATCH', 'DELETE'] as const) {
          const answer = await service.call(method, path, {
            headers: { 'If-None-Match': known },
            ...(method === 'PATCH' && { json: { title: 'x' } }),
          })
          expect(answer.status).to.equal(412)
          expect(answer.json()['fault']).to.deep.include({
            type: 'InvalidIfMatchException',
            arguments: { ifNoneMatch: known },
          })
        }
      expect((await service.call('GET', path)).headers.etag).to.equal(etag)
    }
    const { etag = '' } = (await service.call('GET', yaasC, { token: 'yaas' })).headers
    for (const known of forms(etag.replaceAll('"', '')))
      for (const method of ['PUT', 'DELETE'] as const) {
        const answer = await service.call(method, yaasC, {
          token: 'yaas',
          headers: { 'If-None-Match': known },
          ...(method === 'PUT' && { json: { title: 'x' } }),
        })
        expect(errorOf(answer)).to.equal('412 precondition_failed')
      }
    const fine = await service.call('PATCH', c, { headers: { 'If-None-Match': '"other"' }, json: { title: 'y' } })
    expect(fine.status).to.equal(200)
  })

  it('is not looked at where there is no tag: collections, POST, addresses and mappings of YaaS', async () => {
    const headers = { 'If-None-Match': '*' }
    expect((await service.call('GET', `${c}/addresses`, { headers })).status).to.equal(200)
    expect((await service.call('POST', customers, { headers, json: { credentials: { login: 'n' } } })).status).to.equal(
      200,
    )
    for (const path of ['/customers', '/customers/c/addresses', '/customers/c/addresses/a', '/sdCustomerMappings'])
      expect((await service.at('GET', path, { headers })).status, path).to.equal(200)
    const address = await service.at('PUT', '/customers/c/addresses/a', { headers, json: { city: 'x' } })
    expect(address.status).to.equal(200)
    expect((await service.at('POST', '/customers', { headers, json: {} })).status).to.equal(201)
  })

  it('is never 304 where expand shows what the tag does not cover', async () => {
    const headers = { 'If-None-Match': '*' }
    for (const expand of ['accounts', 'addresses', 'defaultAddress', 'mixin:*,addresses'])
      expect((await service.at('GET', `/customers/c?expand=${expand}`, { headers })).status, expand).to.equal(200)
    for (const expand of ['mixin:*', 'nonsense', ''])
      expect((await service.at('GET', `/customers/c?expand=${expand}`, { headers })).status, expand).to.equal(304)
  })
})

describe('1.17: what links are made of', () => {
  const open = async (options: Partial<ServiceOptions>): Promise<Service> => {
    const service = await serve({ flavours: [ocapi({ plainHttp: 'allowed' }), yaas()], ...options })
    await service.shop.createCustomer({ create: { customerNo: 'c' } })
    for (const addressId of ['a', 'b']) await service.shop.createAddress({ customerNo: 'c', create: { addressId } })
    return service
  }
  const linksOf = async (service: Service, headers: Readonly<Record<string, string>> = {}) => {
    const page = await service.call('GET', `${customers}/c/addresses?count=1`, { headers })
    const made = await service.call('POST', `${yaasBase}/sitegenesis/customers`, { token: 'yaas', headers, json: {} })
    const starts = [page.json<{ next?: string }>().next, made.headers['location']]
    return starts.map((link) => link?.replace(/\/(dw|hybris)\/.*/, ''))
  }
  const forwarded = {
    'X-Forwarded-Proto': 'https',
    'X-Forwarded-Host': 'api.example.com',
    'X-Forwarded-Prefix': '/shop/v1/',
  }

  it('a trusted proxy says scheme, host and prefix; elsewhere it is not believed', async () => {
    const behind = await open({ app: (app) => void (app.proxy = true) })
    const there = 'https://api.example.com/shop/v1'
    expect(await linksOf(behind, forwarded)).to.deep.equal([there, there])
    for (const [header, value, link] of [
      ['X-Forwarded-Prefix', '/a/../b c', 'https://api.example.com'],
      ['X-Forwarded-Prefix', '//evil.example.com', 'https://api.example.com'],
      ['X-Forwarded-Prefix', 'javascript:x', 'https://api.example.com'],
      ['X-Forwarded-Proto', 'javascript', 'http://api.example.com/shop/v1'],
      ['X-Forwarded-Proto', 'ftp', 'http://api.example.com/shop/v1'],
    ] as const)
      expect(await linksOf(behind, { ...forwarded, [header]: value }), value).to.deep.equal([link, link])
    const bad = await behind.call('GET', `${customers}/c`, { headers: { 'X-Forwarded-Host': 'a"b/c' } })
    expect(bad.status).to.equal(400)
    await behind.stop()
    const plain = await open({})
    expect(await linksOf(plain, forwarded)).to.deep.equal([plain.origin, plain.origin])
    await plain.stop()
  })

  it('publicUrl makes them, whatever a request says of its host', async () => {
    const service = await open({ publicUrl: 'https://public.example.com/shop/' })
    for (const headers of [{}, { Host: 'evil.example.com' }, forwarded]) {
      const there = 'https://public.example.com/shop'
      expect(await linksOf(service, headers)).to.deep.equal([there, there])
    }
    await service.stop()
    for (const publicUrl of ['public.example.com', 'javascript:x', 'https://a?b', 'https://u@a', ''])
      expect(() => customerApi(service.clientele, { flavours: [], authenticate: () => undefined, publicUrl })).to.throw(
        SetupError,
        'publicUrl must be a URL',
      )
  })

  it('hosts that are not ours, and two Host headers, are refused', async () => {
    const service = await open({ hosts: ['api.example.com', 'api.example.com:8443'] })
    const statusWith = async (...hosts: string[]) => {
      const headers = hosts.map((host) => ['Host', host] as [string, string])
      return (await service.call('GET', `${customers}/c`, { headers })).status
    }
    expect(await statusWith('api.example.com')).to.equal(200)
    expect(await statusWith('API.example.com:8443')).to.equal(200)
    for (const host of ['evil.example.com', 'api.example.com:80', 'api.example.com.evil'])
      expect(await statusWith(host), host).to.equal(400)
    const faulty = await service.call('GET', `${customers}/c`, { headers: { Host: 'evil.example.com' } })
    expect(faulty.json()['fault']).to.include({ type: 'InvalidHostHeaderException' })
    await service.stop()
    const any = await open({})
    const answer = await any.call('GET', `${customers}/c`, {
      headers: [
        ['Host', 'a.example.com'],
        ['Host', 'b.example.com'],
      ],
    })
    expect(answer.status).to.equal(400)
    await any.stop()
  })

  it('broken percent-encoding is refused and never decoded to something else', async () => {
    const service = await open({})
    await service.shop.createCustomer({ create: { customerNo: 'G' } })
    for (const no of ['%%34%37', '%4%37', '%', '%zz', '%E0%A4%A', '%c0%80']) {
      const answer = await service.call('GET', `${customers}/${no}`)
      expect([answer.status, answer.json<{ fault: { type: string } }>().fault.type], no).to.deep.equal([
        400,
        'ResourcePathException',
      ])
      const there = `${yaasBase}/sitegenesis/customers/${no}`
      expect((await service.call('GET', there, { token: 'yaas' })).status, no).to.equal(404)
    }
    expect((await service.call('GET', `${customers}/%47`)).status).to.equal(200)
    expect((await service.call('GET', `${customers}/%2547`)).status).to.equal(404)
    await service.stop()
  })
})
