/** Nothing that is sent gets an answer that the flavours do not know (.github/SECURITY.md). */
import { expect } from 'chai'
import { describe, it } from 'mocha'
import { ocapi } from '../adapters/ocapi/index.js'
import { fuzz } from './fuzz/fuzz.js'
import { openTarget } from './fuzz/target.js'
import { sendBytes } from './support/http.js'

describe('fuzz, the short version: requests from routes and schemas, bent byte by byte (npm run fuzz)', () => {
  it('no 5xx, no silence, nothing of another list, every answer as the OpenAPI document says', async () => {
    const { kinds, wrong } = await fuzz(1_000, Date.now() % 1_000_000)
    expect(wrong).to.deep.equal([])
    expect(kinds.size, 'the requests reach most checks').to.be.above(30)
  })

  it('requests that are no HTTP, or hardly', async () => {
    const target = await openTarget([ocapi()])
    const path = '/dw/data/v16_2/customer_lists/SiteGenesis'
    const own = 'Host: x\r\nConnection: close\r\nAuthorization: Bearer ocapi\r\n'
    for (const bytes of [
      `GET ${path} HTTP/1.0\r\nAuthorization: Bearer ocapi\r\n\r\n`,
      `GET http://elsewhere.example${path} HTTP/1.1\r\n${own}\r\n`,
      `GET ${path}?a=%zz&select=%ff HTTP/1.1\r\n${own}\r\n`,
      `GET ${path}#fragment HTTP/1.1\r\n${own}\r\n`,
      `GET ${path}\\..\\x HTTP/1.1\r\n${own}\r\n`,
      `POST ${path}/customers HTTP/1.1\r\n${own}Content-Length: 0\r\n\r\n`,
      `PATCH ${path}/customers/C1 HTTP/1.1\r\n${own}Authorization: Bearer x\r\nIf-Match: a\r\nIf-Match: b\r\nContent-Length: 2\r\n\r\n{}`,
    ])
      expect(await sendBytes(target.origin, bytes), bytes).to.match(/^HTTP\/1\.1 [234]\d\d /)
    await target.stop()
  })
})
