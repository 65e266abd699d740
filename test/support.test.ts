import { expect } from 'chai'
import { describe, it } from 'mocha'
import { listen, send, sendBytes } from './support/http.js'

describe('test support: the client sends exactly what a test says', () => {
  it('keeps order and letter case of headers, and adds Host, Connection and the length alone', async () => {
    const echo = await listen((request, response) => {
      let body = ''
      request.setEncoding('utf8').on('data', (chunk: string) => (body += chunk))
      request.on('end', () => response.end(JSON.stringify({ head: request.rawHeaders, url: request.url, body })))
    })
    try {
      const sent = await send(echo.origin, {
        method: 'PATCH',
        path: '/a//b?%zz',
        headers: [
          ['X-b', '1'],
          ['x-A', '2'],
          ['X-b', '3'],
        ],
        body: '{"a":',
      })
      const { head, url, body } = sent.json<{ head: string[]; url: string; body: string }>()
      expect(url).to.equal('/a//b?%zz')
      expect(body).to.equal('{"a":')
      const names = head.filter((_, index) => index % 2 === 0)
      expect(names).to.deep.equal(['Host', 'X-b', 'x-A', 'X-b', 'Content-Length', 'Connection'])
      expect(await sendBytes(echo.origin, 'NONSENSE\r\n\r\n')).to.match(/^HTTP\/1\.1 400 /)
    } finally {
      await echo.close()
    }
  })
})
