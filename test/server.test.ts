/** The example server as a child process. */
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import net from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect } from 'chai'
import { after, before, describe, it } from 'mocha'
import { start, startServer, type ServerChild } from './support/child.js'
import { listen, send } from './support/http.js'
import { newDatabase } from './support/postgres.js'
import { tokenOf } from './support/tokens.js'

const fileOf = (name: string): string => fileURLToPath(new URL(name, import.meta.url))
const customers = '/s/-/dw/data/v16_2/customer_lists/SiteGenesis/customers'

describe('example server', () => {
  let folder: string
  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'clientele-'))
  })
  after(() => rm(folder, { recursive: true }))

  describe('running', () => {
    let server: ServerChild
    before(async () => {
      server = await startServer()
    })
    after(() => server.stop())

    it('shows the OpenAPI documents of both APIs, with its own address', async () => {
      for (const [name, base] of [
        ['ocapi', '/dw/data/v16_2'],
        ['yaas', '/hybris/cecentercustomer/v1'],
      ]) {
        const answer = await send(server.origin, { path: `/openapi/${name}.json` })
        expect(answer.json()).to.deep.include({ openapi: '3.1.0', servers: [{ url: server.origin + base }] })
      }
      const path = '/openapi/ocapi.json'
      expect((await send(server.origin, { path, headers: { Host: 'a?b' } })).status).to.be.oneOf([200, 400])
      expect((await send(server.origin, { path: '/openapi/plain.json' })).status).to.equal(404)
    })

    it('prints a curl line for each API that works when pasted into a shell', async () => {
      await writeFile(
        path.join(folder, 'curl'),
        `#!/bin/sh\nexec '${process.execPath}' '${fileOf('support/curl.js')}' "$@"\n`,
        {
          mode: 0o755,
        },
      )
      const lines = server
        .output()
        .split('\n')
        .filter((line) => line.startsWith('curl '))
      expect(lines).to.have.length(2)
      const answers: unknown[] = []
      for (const line of lines) {
        const env = { ...process.env, PATH: `${folder}:${process.env['PATH']}` }
        answers.push(JSON.parse((await promisify(execFile)('sh', ['-c', line], { env })).stdout))
      }
      const [ocapi, yaas] = answers as [Record<string, unknown>, Record<string, unknown>[]]
      expect(ocapi).to.include({ _type: 'customer', last_name: 'Lebowski' })
      expect(yaas).to.have.length(1)
      expect(yaas[0]).to.include({ customerNumber: ocapi['customer_no'], lastName: 'Lebowski' })
    })

    it('sends security headers with every answer, its own and those of the APIs', async () => {
      for (const path of ['/', '/health', '/nothing', customers]) {
        const { headers } = await send(server.origin, { path })
        expect(headers, path).to.include({ 'x-content-type-options': 'nosniff', 'x-frame-options': 'DENY' })
        expect(headers, path).to.include({ 'referrer-policy': 'no-referrer' })
        expect(headers['content-security-policy'], path).to.include("default-src 'none'")
        expect(headers, path).to.not.have.property('strict-transport-security')
      }
    })

    it('prints what its front page shows too; it knows no other page of its own', async () => {
      const page = (await send(server.origin)).text.trim()
      expect(page).to.match(/^clientele is listening/)
      expect(server.output()).to.contain(page)
      expect(server.output()).not.to.contain('no handlers')
      expect((await send(server.origin, { path: '/favicon.ico' })).status).to.equal(404)
    })

    it('a token is good for the API whose endpoint issued it, and for no other', async () => {
      const [ocapi, yaas] = [await tokenOf(server.origin, 'ocapi'), await tokenOf(server.origin, 'yaas')]
      const get = (path: string, token: string) =>
        send(server.origin, { path, headers: { Authorization: `Bearer ${token}` } })
      const [lists, tenant] = [
        '/dw/data/v16_2/customer_lists/SiteGenesis',
        '/hybris/cecentercustomer/v1/sitegenesis/customers',
      ]
      expect((await get(lists, ocapi)).status).to.equal(200)
      expect((await get(tenant, yaas)).status).to.equal(200)
      const wrong = await get(lists, yaas)
      expect(wrong.status).to.equal(401)
      expect(wrong.text).to.contain('InvalidAccessTokenException')
      expect((await get(tenant, ocapi)).status).to.equal(403)
      expect((await get('/hybris/cecentercustomer/v1/acme/customers', yaas)).status).to.equal(403)
    })

    it('answers x-clientele-trace and x-clientele-dry-run', async () => {
      const answer = await send(server.origin, {
        path: customers,
        headers: {
          Authorization: `Bearer ${await tokenOf(server.origin, 'ocapi')}`,
          'x-clientele-trace': '1',
          'x-clientele-dry-run': '1',
        },
        json: { credentials: { login: 'never-stored' } },
      })
      expect(answer.status, answer.text).to.equal(200)
      expect(answer.headers['x-clientele-dry-run']).to.equal('1')
      const trace = JSON.parse(String(answer.headers['x-clientele-trace'])) as { operation: string; outcome: string }
      expect(trace).to.include({ operation: 'createCustomer', outcome: 'dryRun' })
    })

    it('believes X-Forwarded-Proto only with TRUST_PROXY (decision 2.22)', async () => {
      const trusting = await startServer({ TRUST_PROXY: 'true' })
      const get = async (origin: string, scheme: string): Promise<readonly [number, string]> => {
        const headers = {
          Authorization: `Bearer ${await tokenOf(origin, 'yaas')}`,
          'X-Forwarded-Proto': scheme,
          'X-Forwarded-Host': 'customers.example.com',
        }
        const path = '/hybris/cecentercustomer/v1/sitegenesis/customers'
        const made = await send(origin, { path, headers, json: {} })
        const ocapi = await send(origin, {
          path: '/dw/data/v16_2/customer_lists/SiteGenesis',
          headers: { ...headers, Authorization: `Bearer ${await tokenOf(origin, 'ocapi')}` },
        })
        return [ocapi.status, new URL(made.headers.location ?? '').origin]
      }
      try {
        expect(await get(trusting.origin, 'https')).to.deep.equal([200, 'https://customers.example.com'])
        expect(await get(trusting.origin, 'http')).to.deep.equal([403, 'http://customers.example.com'])
        expect(await get(server.origin, 'https')).to.deep.equal([403, server.origin])
      } finally {
        await trusting.stop()
      }
    })

    it('prints no secret and no token', async () => {
      const token = await tokenOf(server.origin, 'ocapi')
      await send(server.origin, { path: customers, headers: { Authorization: `Bearer ${token}x` } })
      expect(server.output()).not.to.contain(token.slice(0, 40))
      const secretive = await startServer({ CLIENT_ID: 'me', CLIENT_SECRET: 'hidden-secret' })
      await secretive.stop()
      expect(secretive.output()).to.contain('-u "$CLIENT_ID:$CLIENT_SECRET"').and.not.contain('hidden-secret')
    })
  })

  describe('a bad setting is one clear line and exit code 1', () => {
    const wrong: Readonly<Record<string, () => Promise<readonly [Readonly<Record<string, string>>, RegExp]>>> = {
      'a port that is none': async () => [{ PORT: '80x' }, /^clientele: PORT: '80x' is not a number from 0 to 65535$/],
      'a port in use': async () => {
        const taken = await listen(() => {})
        cleanups.push(() => taken.close())
        return [{ PORT: new URL(taken.origin).port }, /^clientele: PORT: \d+ is in use$/]
      },
      'a host that is not here': async () => [
        { HOST: 'no.such.host.invalid', CLIENT_SECRET: 'x' },
        /^clientele: HOST or PORT: cannot listen on no\.such\.host\.invalid port 0 \(\w+\)$/,
      ],
      'a database that is not there': async () => [
        { STORAGE: 'postgres', DATABASE_URL: 'postgres://user:hidden@127.0.0.1:9/shop' },
        /^clientele: (?!.*hidden).*no connection to PostgreSQL.*127\.0\.0\.1:9$/,
      ],
      'a data file that is none': async () => [
        { STORAGE: 'json-file', DATA_FILE: await module('not.json', 'hello') },
        /^clientele: .*not\.json/,
      ],
      'a data file that cannot be made': async () => [
        { STORAGE: 'json-file', DATA_FILE: path.join(await module('file', ''), 'customers.json') },
        /^clientele: cannot open the data file \/.*\/file\/customers\.json: EEXIST/,
      ],
      'a data file that another server has': async () => {
        const DATA_FILE = path.join(folder, 'customers.json')
        const server = await startServer({ STORAGE: 'json-file', DATA_FILE })
        cleanups.push(async () => void (await server.stop()))
        const owner = new RegExp(
          `^clientele: ${DATA_FILE} is in use by process ${server.pid} on \\S+ since \\S+ \\(lock file`,
        )
        return [{ STORAGE: 'json-file', DATA_FILE }, owner]
      },
      'a plug-in that is not there': async () => [
        { PLUGINS: './none.js' },
        /^clientele: PLUGINS: there is no file \/.*\/none\.js$/,
      ],
      'a plug-in with a slip in it': async () => [
        { PLUGINS: await module('slip.mjs', 'export default {{') },
        /^clientele: PLUGINS: \/.*\/slip\.mjs:1 cannot be loaded: SyntaxError: /,
      ],
      'a plug-in without default export': async () => [
        { PLUGINS: await module('named.mjs', 'export const x = 1') },
        /^clientele: PLUGINS: \/.*\/named\.mjs has no default export/,
      ],
      'settings of cartridges that are not there': async () => [
        { CARTRIDGE_SETTINGS: 'none.json' },
        /^clientele: CARTRIDGE_SETTINGS: there are no CARTRIDGES$/,
      ],
      'settings of cartridges that are no JSON': async () => [
        { CARTRIDGES: '.', CARTRIDGE_SETTINGS: await module('secret.json', '{ "password": hidden }') },
        /^clientele: CARTRIDGE_SETTINGS: \/(?!.*hidden).*\/secret\.json is no JSON$/,
      ],
      'an option of cartridges that is not known': async () => [
        { CARTRIDGES: path.join(folder, 'app'), CARTRIDGE_SETTINGS: await module('odd.json', '{ "sites": "x" }') },
        /^clientele: loadCartridges has no option 'sites'; did you mean 'site'\?$/,
      ],
      'a cartridge that is not there': async () => [
        { CARTRIDGES: path.join(folder, 'app') },
        /^clientele: cartridges: there is no folder \/.*\/app$/,
      ],
      'a plug-in for an unknown point': async () => [
        {
          PLUGINS: await module(
            'point.mjs',
            `export default { name: 'p', hooks: { 'dw.ocapi.data.customer_list.customer.beforePOST'() {} } }`,
          ),
        },
        /^clientele: plug-in 'p' \(\/.*\.mjs\): there is no extension point .*; did you mean 'dw\.ocapi\.data\.customer_list\.customers\.beforePOST'\?$/,
      ],
    }
    const cleanups: (() => Promise<void>)[] = []
    after(async () => {
      for (const cleanup of cleanups) await cleanup()
    })
    const module = async (name: string, text: string): Promise<string> => {
      const file = path.join(folder, name)
      await writeFile(file, text)
      return file
    }

    for (const [name, make] of Object.entries(wrong))
      it(name, async () => {
        const [environment, line] = await make()
        const child = start('examples/server.js', { PORT: '0', STORAGE: 'memory', ...environment })
        expect(await child.ended, child.output()).to.deep.equal({ code: 1, signal: null })
        expect(child.output().trimEnd()).to.match(line)
      })
  })

  describe('STORAGE', () => {
    const stored: Readonly<Record<string, () => Promise<Readonly<Record<string, string>>>>> = {
      'json-file': async () => ({ DATA_FILE: path.join(folder, 'data', 'customers.json') }),
      postgres: async () => ({ DATABASE_URL: await newDatabase() }),
    }
    for (const [storage, make] of Object.entries(stored))
      it(`${storage} keeps customers when the server stops`, async () => {
        const environment = { STORAGE: storage, ...(await make()) }
        const first = await startServer(environment)
        const made = await send(first.origin, {
          path: customers,
          headers: { Authorization: `Bearer ${await tokenOf(first.origin, 'ocapi')}` },
          json: { customer_no: '0815', credentials: { login: 'dude' } },
        })
        expect(made.status, made.text).to.equal(200)
        expect(await first.stop()).to.deep.equal({ code: 0, signal: null })
        const second = await startServer(environment)
        const found = await send(second.origin, {
          path: `${customers}/0815`,
          headers: { Authorization: `Bearer ${await tokenOf(second.origin, 'ocapi')}` },
        })
        expect(found.text).to.equal(made.text)
        expect(await second.stop()).to.deep.equal({ code: 0, signal: null })
      })
  })

  describe('SIGTERM and SIGINT: stops accepting, lets running requests end, exits 0', () => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const)
      it(`${signal} with an idle connection open and a request running, sent twice as npm does`, async () => {
        const server = await startServer({ PLUGINS: fileOf('support/plugins/waiting.js') })
        const token = await tokenOf(server.origin, 'ocapi')
        const running = send(server.origin, {
          path: customers,
          headers: { Authorization: `Bearer ${token}` },
          json: { last_name: 'a moment', credentials: { login: 'dude' } },
        })
        await server.printed(/handler waits for a moment/)
        const idle = net.connect(Number(new URL(server.origin).port), '127.0.0.1')
        await once(idle, 'connect')
        const began = performance.now()
        const ended = server.stop(signal)
        await server.printed(/stopping/)
        process.kill(server.pid, signal)
        const refused = await send(server.origin, { path: '/' }).catch((error: NodeJS.ErrnoException) => error.code)
        expect(refused).to.be.oneOf(['ECONNREFUSED', 'ECONNRESET'])
        expect((await running).status).to.equal(200)
        expect(await ended).to.deep.equal({ code: 0, signal: null })
        expect(performance.now() - began).to.be.lessThan(3_000)
        idle.destroy()
      })
  })
})
