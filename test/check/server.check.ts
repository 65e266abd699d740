/** The example server's five seconds (issue 2, item 6). */
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import { describe, it } from 'mocha'
import { startServer } from '../support/child.js'
import { send } from '../support/http.js'
import { tokenOf } from '../support/tokens.js'

describe('example server: aborts hooks that still run after 4 s, exits 0 within 5 s', () => {
  for (const wait of ['the signal', 'ever'])
    it(`a hook that waits for ${wait}`, async () => {
      const server = await startServer({
        PLUGINS: fileURLToPath(new URL('../support/plugins/waiting.js', import.meta.url)),
      })
      const token = await tokenOf(server.origin, 'ocapi')
      const running = send(server.origin, {
        path: '/s/-/dw/data/v16_2/customer_lists/SiteGenesis/customers',
        headers: { Authorization: `Bearer ${token}` },
        json: { last_name: wait, credentials: { login: 'dude' } },
      })
      await server.printed(/handler waits/)
      const began = performance.now()
      const ended = await server.stop()
      const took = performance.now() - began
      expect(ended, server.output()).to.deep.equal({ code: 0, signal: null })
      expect(took).to.be.within(3_900, 5_000)
      expect((await running).status).to.be.within(500, 503)
    })
})
