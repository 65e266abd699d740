import { expect } from 'chai'
import { describe, it } from 'mocha'
import { ocapi } from '../adapters/ocapi/index.js'
import { staticTokens } from '../adapters/oauth/index.js'
import { yaas } from '../adapters/yaas/index.js'
import type { Authenticate } from '../adapters/http/protocol.js'
import { callers, serve } from './support/api.js'
import { yaasBase, yaasCallers } from './support/yaas.js'

const ocapiPath = '/s/-/dw/data/v16_2/customer_lists/SiteGenesis/customers/1'
const yaasPath = `${yaasBase}/sitegenesis/customers`

async function open(authenticate: Authenticate) {
  const lines: { readonly message: string; readonly [fact: string]: unknown }[] = []
  const warn = (message: string, facts?: object) => void lines.push({ message, ...facts })
  const silent = () => undefined
  const service = await serve({
    flavours: [ocapi(), yaas()],
    authenticate,
    library: { logger: { debug: silent, info: silent, warn, error: silent } },
  })
  return { service, lines }
}

describe('adapters/README.md, Tokens: why 401', () => {
  const refusals: readonly (readonly [string, string, string, string, string])[] = [
    ['ocapi', 'guess', ocapiPath, 'unknown', 'it is none of the static tokens'],
    ['yaas', 'guess', yaasPath, 'unknown', 'it is none of the static tokens'],
    ['ocapi', 'yaas', ocapiPath, 'flavour', 'it is good for yaas'],
    ['yaas', 'ocapi', yaasPath, 'flavour', 'it is good for ocapi'],
    ['ocapi', 'limited', ocapiPath, 'lists', 'it is good for the customer lists other alone'],
    ['yaas', 'stranger', yaasPath, 'tenant', "it is good for tenant 'elsewhere' alone"],
    ['yaas', 'manager', yaasPath, 'scope', 'it lacks the scope hybris.cecentercustomer_view'],
  ]
  for (const [flavour, token, path, check, why] of refusals)
    it(`${flavour}: ${check}: ${why}`, async () => {
      const { service, lines } = await open(staticTokens({ ...callers, ...yaasCallers }))
      const headers = { 'x-request-id': 'r-1' }
      const answer = await service.call('GET', path, { token, headers })
      expect(answer.status).to.be.oneOf([401, 403])
      const facts = { flavour, check, method: 'GET', requestId: 'r-1' }
      expect(lines).to.deep.equal([{ message: `token refused: ${why}`, ...facts }])
      expect(answer.text).not.to.contain(why)
      await service.stop()
    })

  it('an authenticate of the host explains too, also before another is asked; without a word the log says that', async () => {
    const fixed = staticTokens({ other: { clientId: 'other', flavours: ['ocapi'] } })
    const { service, lines } = await open(async (credentials) => {
      if (credentials.token === 'silent') return undefined
      credentials.explain?.('expiry', 'the session has ended')
      return credentials.token === 'fine' ? { clientId: 'a', flavours: ['ocapi'] } : fixed(credentials)
    })
    await service.call('GET', ocapiPath, { token: 'fine' })
    expect(lines).to.deep.equal([])
    await service.call('GET', ocapiPath, { token: 'bad' })
    await service.call('GET', ocapiPath, { token: 'silent' })
    expect(lines.map(({ message }) => message)).to.deep.equal([
      'token refused: the session has ended',
      'token refused: it is none of the static tokens',
      'token refused: authenticate gave no caller',
    ])
    await service.stop()
  })
})
