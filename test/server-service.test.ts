/** examples/README.md, The example server: run as a service. */
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { expect } from 'chai'
import { after, before, describe, it } from 'mocha'
import { runsTypeScript } from '../adapters/command/server/plugin-files.js'
import { start, startServer } from './support/child.js'
import type { ServerChild } from './support/child.js'
import { listen, send } from './support/http.js'
import { root } from './support/sources.js'
import { tokenOf } from './support/tokens.js'

const customers = '/s/-/dw/data/v16_2/customer_lists/SiteGenesis/customers'
const bearer = (token: string) => ({ Authorization: `Bearer ${token}` })

describe('example server as a service (examples/README.md)', () => {
  let folder: string
  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'clientele-'))
  })
  after(() => rm(folder, { recursive: true }))

  describe('running', () => {
    let server: ServerChild
    before(async () => {
      server = await startServer({ LOG_LEVEL: 'info' })
    })
    after(() => server.stop())
    const get = (page: string) => send(server.origin, { path: page })

    it('logs one JSON line a request: the route, never values', async () => {
      const greeting = server.output()
      const token = await tokenOf(server.origin, 'ocapi')
      await send(server.origin, { path: `${customers}/Lebowski?select=(**)`, headers: bearer(token) })
      await get('/nothing/Lebowski')
      await server.printed(/no route/)
      const lines = server.output().slice(greeting.length).trimEnd().split('\n')
      const seen = lines.map((line) => (JSON.parse(line) as { readonly msg: string }).msg)
      const route = '/customer_lists/{list_id}/customers/{customer_no}'
      expect(seen).to.deep.equal(['POST /dw/oauth2/access_token 200', `GET ${route} 404`, 'GET (no route) 404'])
      for (const secret of ['Lebowski?', 'nothing', token]) expect(lines.join()).not.to.contain(secret)
    })

    it('has /health, /ready and /metrics', async () => {
      expect((await get('/health')).json()).to.deep.equal({ status: 'ok' })
      expect((await get('/ready')).json()).to.deep.equal({ ready: true, storage: { reachable: true, writable: true } })
      await get(customers)
      const metrics = await get('/metrics')
      expect(metrics.headers['content-type']).to.match(/^text\/plain/)
      expect(metrics.text).to.match(
        /^clientele_request_seconds_count\{flavour="ocapi",operation="none",status="405"\} 1$/m,
      )
      expect(metrics.text).to.contain('clientele_storage_seconds_count{call="counter",outcome="done"}')
      expect(metrics.text).to.contain('process_cpu_seconds_total')
    })

    it('gives tokens at /dwsso/… too', async () => {
      const headers = {
        Authorization: `Basic ${btoa('demo:demo')}`,
        'Content-Type': 'application/x-www-form-urlencoded',
      }
      const path = '/dwsso/oauth2/access_token'
      const body = 'grant_type=client_credentials'
      const given = await send(server.origin, { path, method: 'POST', headers, body })
      expect(given.json()).to.include({ token_type: 'Bearer', expires_in: 1_799 })
    })
  })

  it('on a terminal the lines are for people; without plug-ins the start lists no points', async () => {
    const terminal = '--import=data:text/javascript,process.stdout.isTTY%3Dtrue'
    const server = await startServer({
      NODE_OPTIONS: `${process.env['NODE_OPTIONS'] ?? ''} ${terminal}`,
      FORCE_COLOR: undefined,
      NO_COLOR: '1',
    })
    await send(server.origin, { path: customers, method: 'POST' })
    await send(server.origin, { path: '/nothing' })
    await server.stop()
    const text = stripVTControlCharacters(server.output())
    const route = '/customer_lists/{list_id}/customers'
    expect(text).to.match(/^\[.*\] INFO: GET \(no route\) 404\n {4}method: "GET"$/m)
    expect(text).to.contain(`INFO: POST ${route} 401\n`).and.contain(`    route: "${route}"\n`)
    expect(text).not.to.match(/^\{/m).and.not.contain('no handlers')
  })

  it('tokens outlive a restart, by a key file of mode 600 or by TOKEN_SECRET; LOG_LEVEL=silent logs nothing', async () => {
    const DATA_FILE = path.join(folder, 'customers.json')
    const own = { STORAGE: 'json-file', DATA_FILE }
    const shared = { TOKEN_SECRET: 'several servers share it', LOG_LEVEL: 'silent' }
    for (const environment of [own, shared]) {
      const first = await startServer(environment)
      const token = await tokenOf(first.origin, 'ocapi')
      await first.stop()
      const second = await startServer(environment)
      const path = '/dw/data/v16_2/customer_lists/SiteGenesis'
      expect((await send(second.origin, { path, headers: bearer(token) })).status).to.equal(200)
      await second.stop()
      expect(second.output().includes('{"level"')).to.equal(environment === own)
    }
    expect((await stat(`${DATA_FILE}.token-key`)).mode & 0o777).to.equal(0o600)
    expect(await readFile(`${DATA_FILE}.token-key`, 'utf8')).to.match(/^[\da-f]{64}$/)
  })

  it('runs cartridges of CARTRIDGES with the options of CARTRIDGE_SETTINGS (hooks/README.md, Bring your cartridge)', async () => {
    const crm = await listen((_request, response) => void response.end('{"id":"crm-7"}'))
    const settings = path.join(folder, 'settings.json')
    await writeFile(settings, JSON.stringify({ services: { crm: { url: crm.origin } } }))
    const CARTRIDGES = path.join(root, 'examples/cartridge/app_example')
    const server = await startServer({ CARTRIDGES, CARTRIDGE_SETTINGS: settings })
    try {
      expect(server.output()).to.contain(`beforePOST\n  1. app_example: `)
      const headers = bearer(await tokenOf(server.origin, 'ocapi'))
      const credentials = { login: 'dude' }
      const refused = await send(server.origin, {
        path: customers,
        headers,
        json: { job_title: 'bowler', credentials },
      })
      expect(refused.text).to.contain('COMPANY_MISSING')
      await send(server.origin, { path: customers, headers, json: { customer_no: '1', credentials } })
      const update = { path: `${customers}/1`, method: 'PATCH', headers, json: { last_name: 'Lebowski' } }
      expect((await send(server.origin, update)).json()).to.include({ c_crmId: 'crm-7' })
    } finally {
      await server.stop()
      await crm.close()
    }
  })

  it('names the line of a slip in a plug-in, and says what TypeScript needs', async () => {
    const slip = path.join(folder, 'slip.mjs')
    await writeFile(slip, 'const fine = 1\n\nexport default {{\n')
    const failed = start('examples/server.js', { PORT: '0', STORAGE: 'memory', PLUGINS: slip })
    expect((await failed.ended).code).to.equal(1)
    expect(failed.output()).to.contain(`PLUGINS: ${slip}:3 cannot be loaded: SyntaxError`)
    const typed = path.join(folder, 'typed.ts')
    const point = 'dw.ocapi.data.customer_list.customers.beforePOST'
    await writeFile(typed, `export default { name: 'typed' as string, hooks: { '${point}'(): void {} } }\n`)
    const child = start('examples/server.js', { PORT: '0', STORAGE: 'memory', PLUGINS: typed })
    await child.printed(
      runsTypeScript ? /1\. typed[^]*listening on/ : /TypeScript, which Node runs from 22\.18 on; this is v/,
    )
    await child.stop()
  })

  it('fails within two seconds when the folder of DATA_FILE cannot be made', async () => {
    const child = start('examples/server.js', {
      PORT: '0',
      STORAGE: 'json-file',
      DATA_FILE: '/proc/none/customers.json',
    })
    await child.printed(/clientele: .*\/proc\/none/)
    const began = performance.now()
    expect((await child.ended).code).to.equal(1)
    expect(performance.now() - began).to.be.below(2_000)
  })
})
