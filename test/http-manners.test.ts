/** What flavours differ in where a header is malformed: the same reading, with their own rules. */
import { expect } from 'chai'
import { after, before, describe, it } from 'mocha'
import { ocapi } from '../adapters/ocapi/index.js'
import type { Service } from './support/api.js'
import { serve } from './support/api.js'
import { serveYaas } from './support/yaas.js'
import type { YaasService } from './support/yaas.js'

describe('HTTP manners: headers that are malformed', () => {
  let theirs: YaasService
  let ours: Service
  let path = ''
  const list = '/s/-/dw/data/v16_2/customer_lists/SiteGenesis'
  before(async () => {
    theirs = await serveYaas()
    ours = await serve({ flavours: [ocapi()] })
    path = `/customers/${await theirs.create()}`
    await ours.call('POST', `${list}/customers`, { json: { customer_no: 'n1', credentials: { login: 'n1' } } })
  })
  after(async () => {
    await theirs.stop()
    await ours.stop()
  })

  const rows: readonly [name: string, value: string, yaas: number, ocapi: number][] = [
    ['If-Match', '*', 200, 200],
    ['If-Match', '*, "9"', 412, 200],
    ['If-Match', 'W/*', 412, 200],
    ['If-Match', '"*"', 412, 412],
    ['Content-Type', 'application/json; charset=utf-8 foo', 415, 400],
    ['Content-Type', 'application/json; foo', 200, 400],
  ]
  for (const [name, value, yaas, expected] of rows)
    it(`${name}: ${value} is ${yaas} in YaaS and ${expected} in OCAPI`, async () => {
      const headers = { [name]: value }
      const put = await theirs.at('PUT', path, { headers, body: '{}' })
      const patch = await ours.call('PATCH', `${list}/customers/n1`, { headers, body: '{}' })
      expect([put.status, patch.status]).to.deep.equal([yaas, expected])
    })

  for (const accept of ['application/json;q=', 'application/json, application/json;q=0', 'application/json;q=abc'])
    it(`Accept: ${accept} may have JSON`, async () => {
      expect((await theirs.at('GET', path, { headers: { Accept: accept } })).status).to.equal(200)
    })
})
