/** The examples run as they stand. */
import { once } from 'node:events'
import net from 'node:net'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import { describe, it } from 'mocha'
import { start, startServer } from './support/child.js'
import { listen, send } from './support/http.js'
import { newDatabase } from './support/postgres.js'
import { sendAll } from './support/http-file.js'
import { readText, sources } from './support/sources.js'
import { tokenOf } from './support/tokens.js'

/** A port that was free a moment ago. */
const freePort = async (): Promise<string> => {
  const server = await listen(() => {})
  await server.close()
  return new URL(server.origin).port
}

/** Begins a request with a body, and goes away in the middle of it. */
const cutOff = async (origin: string, line: string): Promise<void> => {
  const { host, port } = new URL(origin)
  const socket = net.connect(Number(port), '127.0.0.1')
  const head = `${line} HTTP/1.1\r\nHost: ${host}\r\nAuthorization: Bearer my-token\r\nExpect: 100-continue\r\nContent-Length: 100`
  socket.write(`${head}\r\n\r\n{"a":`)
  await once(socket, 'data')
  socket.destroy()
}

/** Hosts with OCAPI, and the prefix that each gives it. */
const hosts = [
  ['plain-http', ''],
  ['express', '/shop'],
  ['fastify', ''],
  ['hono', ''],
] as const

describe('examples', () => {
  const bearer = { Authorization: 'Bearer my-token' }

  it('are each run by a test, or imported by one that is', () => {
    const used = new Set(sources('examples', 'test').flatMap(({ imports }) => imports))
    const texts = sources('test').map(({ text }) => text)
    const idle = sources('examples').filter(
      ({ name }) =>
        !used.has(name) &&
        !texts.some((text) => text.includes(name.replace(/\.ts$/, '.js'))) &&
        !hosts.some(([host]) => name === `examples/${host}.ts`),
    )
    expect(idle.map(({ name }) => name)).to.deep.equal([])
  })

  it('quickstart.ts prints what README says', async () => {
    const child = start('examples/quickstart.js')
    expect(await child.ended, child.output()).to.deep.equal({ code: 0, signal: null })
    const [, shown = ''] = /prints, with [^\n]* as the hook[^]*?```\n([^]*?)```/.exec(readText('README.md')) ?? []
    expect(child.output().replaceAll(/\s+/g, '')).to.equal(shown.replaceAll(/\s+/g, ''))
  })

  for (const name of ['ocapi', 'yaas'])
    it(`${name}.http is answered by the example server as it says`, async () => {
      const server = await startServer()
      try {
        const sent = await sendAll(readText(`examples/${name}.http`), { host: server.origin })
        expect(sent).to.have.length.greaterThan(8)
        for (const { title, answers, answer } of sent)
          if (answers === undefined) expect(answer.status, `${title}: ${answer.text}`).to.be.within(200, 299)
          else expect(answer.status, `${title}: ${answer.text}`).to.equal(answers)
      } finally {
        await server.stop()
      }
    })

  it('koa.ts serves both APIs in a Koa app', async () => {
    const child = start('examples/koa.js', { PORT: await freePort() })
    try {
      const [, origin = ''] = await child.printed(/listening on (\S+)/)
      const customers = '/hybris/cecentercustomer/v1/sitegenesis/customers'
      const list = await send(origin, { path: '/dw/data/v16_2/customer_lists/SiteGenesis', headers: bearer })
      expect(list.json()).to.include({ _type: 'customer_list', id: 'SiteGenesis' })
      const made = await send(origin, { path: customers, headers: bearer, json: { firstName: 'Jeff' } })
      expect(made.status).to.equal(201)
      expect((await send(origin, { path: customers, headers: bearer })).text).to.contain('"firstName":"Jeff"')
      expect((await send(origin, { path: '/else' })).status).to.equal(404)
    } finally {
      await child.stop()
    }
  })

  for (const [name, prefix] of hosts)
    it(`${name}.ts serves OCAPI beside pages of the host`, async () => {
      const child = start(`examples/${name}.js`, { PORT: await freePort() })
      try {
        const [, origin = ''] = await child.printed(/listening on (\S+)/)
        const path = `${prefix}/dw/data/v16_2/customer_lists/SiteGenesis`
        const list = await send(origin, { path, headers: bearer })
        expect(list.json()).to.include({ _type: 'customer_list', id: 'SiteGenesis' })
        const create = { path: `${path}/customers`, headers: bearer, json: { credentials: { login: 'dude' } } }
        const made = await send(origin, create)
        expect(made.status, made.text).to.equal(200)
        const refused = await send(origin, create)
        expect([refused.status, refused.text]).to.satisfy(
          ([status, text]: [number, string]) => status === 400 && text.includes('LoginAlreadyInUseException'),
        )
        const page = { path: '/else' }
        expect((await send(origin, page)).text).to.equal('a page of the host\n')
        await cutOff(origin, `POST ${path}/customers`)
        expect((await send(origin, page)).status).to.equal(200)
        expect(child.output()).to.equal(`listening on ${origin}\n`)
      } finally {
        await child.stop()
      }
    })

  it('library.ts needs no HTTP, and runs plugin.ts', async () => {
    const child = start('examples/library.js')
    expect(await child.ended).to.deep.equal({ code: 0, signal: null })
    expect(child.output())
      .to.match(/customer 00000001 has a work address/)
      .and.match(/addressId: 'work'/)
      .and.match(/^customerNotFound$/m)
  })

  it('mixins.ts tells of changes and explains a customer', async () => {
    const child = start('examples/mixins.js')
    expect(await child.ended).to.deep.equal({ code: 0, signal: null })
    expect(child.output())
      .to.match(/^customer-signup \{ customerNumber: '00000001' \}$/m)
      .and.match(/^customer-account-linked \{/m)
      .and.match(/^firstName: first_name, firstName$/m)
      .and.match(/^mixins\.loyalty: mixins\.loyalty$/m)
  })

  it('outbox.ts writes and empties an outbox beside the customers', async () => {
    const child = start('examples/outbox.js', { DATABASE_URL: await newDatabase() })
    expect(await child.ended).to.deep.equal({ code: 0, signal: null })
    expect(child.output()).to.equal('customer created: 00000001\n')
  })

  it('tokens.ts refuses what is no token of the provider', async () => {
    const { authenticate } = await import('../examples/tokens.js')
    const request = { flavour: 'ocapi', method: 'GET', path: '/', headers: {}, token: 'no-jwt' } as const
    expect(await authenticate({ ...request, request: undefined })).to.equal(undefined)
  })

  it('observing.ts writes lines of pino, and shows figures', async () => {
    const child = start('examples/observing.js', { PORT: await freePort() })
    try {
      const [, origin = ''] = await child.printed(/listening on (\S+)/)
      const path = '/dw/data/v16_2/customer_lists/SiteGenesis/customers'
      const json = { credentials: { login: 'dude' } }
      const headers = { ...bearer, 'x-request-id': 'r-1' }
      expect((await send(origin, { path, json, headers })).status).to.equal(200)
      const [line = ''] = await child.printed(/\{.*a customer is welcome.*\}/)
      const point = 'dw.ocapi.data.customer_list.customers.afterPOST'
      const fields = {
        level: 30,
        msg: 'a customer is welcome',
        plugin: 'welcome',
        extensionPoint: point,
        requestId: 'r-1',
      }
      expect(JSON.parse(line)).to.include(fields)
      const figures = await send(origin, { path: '/metrics' })
      expect(figures.text).to.contain(
        `clientele_handler_seconds_count{plugin="welcome",point="${point}",outcome="ok"} 1`,
      )
    } finally {
      await child.stop()
    }
  })

  it('session.ts knows a token, a session, and nobody else', async () => {
    const child = start('examples/session.js', { PORT: await freePort() })
    try {
      const [, origin = ''] = await child.printed(/listening on (\S+)/)
      const path = '/dw/data/v16_2/customer_lists/SiteGenesis'
      const status = async (headers: Readonly<Record<string, string>>) => (await send(origin, { path, headers })).status
      expect(await status(bearer)).to.equal(200)
      expect(await status({ Cookie: 'session=of-bob' })).to.equal(200)
      expect(await status({ Cookie: 'session=of-eve' })).to.equal(401)
      const create = { path: `${path}/customers`, json: { credentials: { login: 'dude' } } }
      const evil = { Cookie: 'session=of-bob', Origin: 'https://evil.example' }
      expect((await send(origin, { ...create, headers: evil })).status).to.equal(401)
      expect((await send(origin, { ...create, headers: { Cookie: 'session=of-bob' } })).status).to.equal(200)
    } finally {
      await child.stop()
    }
  })

  it('plugin-test.ts tests plugin.ts, with the test runner of Node', async () => {
    const child = start('examples/plugin-test.js')
    expect(await child.ended, child.output()).to.deep.equal({ code: 0, signal: null })
    expect(child.output())
      .to.match(/pass 2$/m)
      .and.match(/fail 0$/m)
  })

  it('cartridge-test.ts tests a script, with the test runner of Node', async () => {
    const child = start('examples/cartridge-test.js')
    expect(await child.ended, child.output()).to.deep.equal({ code: 0, signal: null })
    expect(child.output())
      .to.match(/pass 1$/m)
      .and.match(/fail 0$/m)
  })

  it('plugin.ts refuses through the example server, which lists its handlers at start', async () => {
    const server = await startServer({ PLUGINS: fileURLToPath(new URL('../examples/plugin.js', import.meta.url)) })
    try {
      expect(server.output())
        .to.match(/customers\.beforePOST\n {2}1\. companies \(.*examples\/plugin\.[jt]s\)\n/)
        .and.contain('dw.ocapi.data.customer_list.customer.beforePATCH: no handlers\n')
      const answer = await send(server.origin, {
        path: '/s/-/dw/data/v16_2/customer_lists/SiteGenesis/customers',
        headers: { Authorization: `Bearer ${await tokenOf(server.origin, 'ocapi')}` },
        json: { job_title: 'bowler', credentials: { login: 'dude' } },
      })
      expect(answer.status).to.equal(400)
      expect(answer.text).to.contain('HookStatusException').and.contain('COMPANY_MISSING')
    } finally {
      await server.stop()
    }
  })
})
