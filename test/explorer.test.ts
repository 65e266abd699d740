/** The explorer over HTTP: who may see it, what it keeps, and what it never shows (examples/README.md, The explorer). */
import { readdirSync, readFileSync } from 'node:fs'
import http from 'node:http'
import path from 'node:path'
import { expect } from 'chai'
import Koa from 'koa'
import { after, before, describe, it } from 'mocha'
import { shownBody } from '../adapters/command/explorer/body.js'
import { explorer } from '../adapters/command/explorer/explorer.js'
import type { Explorer } from '../adapters/command/explorer/explorer.js'
import type { SeenExchange, SeenRequest } from '../adapters/command/explorer/requests.js'
import { customerApi } from '../adapters/http/koa.js'
import { staticTokens } from '../adapters/oauth/index.js'
import { ocapi } from '../adapters/ocapi/index.js'
import { memoryStorage } from '../adapters/storage/local/memory.js'
import { yaas } from '../adapters/yaas/index.js'
import { Status } from '../core/index.js'
import type { Clientele } from '../core/index.js'
import { listen, send, type Answer, type Listening } from './support/http.js'
import { startServer } from './support/child.js'
import { openShop } from './support/shop.js'
import { root } from './support/sources.js'

const html = { Accept: 'text/html,application/xhtml+xml,*/*;q=0.8' }
const bearer = { Authorization: 'Bearer my-token' }
const customers = '/dw/data/v16_2/customer_lists/SiteGenesis/customers'
const beforeCreate = 'dw.ocapi.data.customer_list.customers.beforePOST'
const folder = path.join(root, 'adapters/command/explorer/page')

describe('explorer (examples/README.md, The explorer)', () => {
  let host: Listening
  let page: Explorer
  let clientele: Clientele
  before(async () => {
    const storage = memoryStorage()
    const strict = {
      name: 'strict',
      hooks: { [beforeCreate]: ({ jobTitle }: { jobTitle?: string }) => jobTitle && Status.error('NO', 'no') },
    }
    ;({ clientele } = await openShop({ storage, plugins: [strict as never] }))
    const scopes = ['hybris.cecentercustomer_view', 'hybris.cecentercustomer_manage']
    const caller = { clientId: 'me', flavours: ['ocapi', 'yaas'], tenant: 'sitegenesis', scopes }
    page = explorer({
      clientele,
      storage,
      flavours: [ocapi(), yaas()],
      lists: [{ id: 'SiteGenesis', tenant: 'sitegenesis' }, { id: '4711' }],
      storageName: 'memory',
      version: '1.2.3',
      tokenFor: async (api, tenant) => `${api} ${tenant}`,
    })
    const authenticate = staticTokens({ 'my-token': caller })
    const app = new Koa()
    app.use(customerApi(clientele, { flavours: page.flavours, authenticate, diagnostics: { dryRun: true } }))
    app.use(page.middleware).use((context) => void (context.body = 'the text'))
    host = await listen(app)
  })
  after(async () => {
    page.close()
    await host.close()
    await clientele.close()
  })

  const get = (name: string, headers: Readonly<Record<string, string>> = {}): Promise<Answer> =>
    send(host.origin, { path: name, headers })
  const create = (json: object, headers: Readonly<Record<string, string>> = {}): Promise<Answer> =>
    send(host.origin, { path: customers, headers: { ...bearer, ...headers }, json })

  /** The events until one of this name, and the one itself. */
  const nextEvent = (name: string, act?: () => unknown): Promise<string> =>
    new Promise((resolve, reject) => {
      http.get(`${host.origin}/explorer/events`, (response) => {
        let text = ''
        response.setEncoding('utf8').on('data', (chunk: string) => {
          if (text === '') act?.()
          text += chunk
          const [, data] = new RegExp(`event: ${name}\ndata: (.*)\n\n`).exec(text) ?? []
          if (data === undefined) return
          response.destroy()
          resolve(data)
        })
        response.once('error', reject)
      })
    })
  const seen = async (): Promise<readonly SeenRequest[]> =>
    JSON.parse(await nextEvent('requests')) as readonly SeenRequest[]
  const last = async (): Promise<SeenExchange> =>
    (await get(`/explorer/request?id=${(await seen()).at(-1)?.id}`)).json<SeenExchange & Record<string, unknown>>()

  it('browsers get the page, curl gets the text, other paths stay those of the server', async () => {
    const shown = await get('/', html)
    expect(shown.status).to.equal(200)
    expect(shown.headers['content-type']).to.equal('text/html; charset=utf-8')
    expect(shown.text).to.match(/^<!doctype html>/)
    for (const [name, headers] of [
      ['/', { Accept: '*/*' }],
      ['/', {}],
      ['/else', html],
      ['/explorer', html],
    ] as const)
      expect((await get(name, headers)).text).to.equal('the text')
  })

  it('everything has a strict policy: nothing from elsewhere, nothing inline, in no frame', async () => {
    for (const name of ['/', '/explorer/app.js', '/explorer/about', '/explorer/nothing']) {
      const { headers } = await get(name, html)
      const policy = headers['content-security-policy']
      expect(policy)
        .to.match(/^default-src 'none'/)
        .and.match(/frame-ancestors 'none'/)
        .and.not.match(/unsafe|http|\*/)
      expect(headers).to.include({ 'x-content-type-options': 'nosniff', 'cross-origin-resource-policy': 'same-origin' })
    }
  })

  it('answers to localhost, 127.0.0.1 and [::1] alone: no other name leads to page, token, events and data', async () => {
    const names = ['/', '/explorer/token?api=ocapi', '/explorer/events', '/explorer/about', '/explorer/app.js']
    for (const Host of ['localhost', 'LOCALHOST:3000', '127.0.0.1:1', '[::1]:3000', '[::1]'])
      for (const name of names.filter((each) => !each.endsWith('events')))
        expect((await get(name, { ...html, Host })).status, `${Host} ${name}`).to.equal(200)
    const others = [
      'evil.example',
      'localhost.evil.example',
      '127.0.0.1.evil.example:80',
      '127.0.0.2',
      '[::2]',
      'localhost:x',
      '',
    ]
    for (const Host of others)
      for (const name of names) {
        const { status, text } = await get(name, { ...html, Host })
        expect(status, `${Host} ${name}`).to.equal(403)
        expect(text).not.to.match(/ocapi|html/)
      }
  })

  it('answers no page of elsewhere, and nothing that came through a proxy', async () => {
    for (const site of ['cross-site', 'same-site']) {
      expect((await get('/explorer/token?api=ocapi', { 'Sec-Fetch-Site': site })).status).to.equal(403)
      // a link leads here: the page itself holds nothing
      expect((await get('/', { ...html, 'Sec-Fetch-Site': site })).status).to.equal(200)
    }
    for (const name of ['X-Forwarded-For', 'Forwarded', 'Via', 'X-Forwarded-Host'])
      expect((await get('/', { ...html, [name]: 'x' })).status).to.equal(403)
    expect((await send(host.origin, { method: 'POST', path: '/explorer/token?api=ocapi' })).status).to.equal(405)
  })

  it('gives tokens for what is served alone', async () => {
    const token = async (query: string): Promise<unknown> => (await get(`/explorer/token?${query}`)).json()['token']
    expect(await token('api=yaas&tenant=sitegenesis')).to.equal('yaas sitegenesis')
    expect(await token('api=ocapi')).to.equal('ocapi ')
    expect((await get('/explorer/token?api=yaas&tenant=other')).status).to.equal(404)
    expect((await get('/explorer/token?api=other')).status).to.equal(404)
  })

  it('says what runs: storage, lists, and each point with its handlers', async () => {
    const about = (await get('/explorer/about')).json<{ points: { point: string; handlers: object[] }[] }>()
    expect(about).to.include({ version: '1.2.3', storage: 'memory', keptRequests: 200 })
    expect(about.points.find(({ point }) => point === beforeCreate)?.handlers).to.deep.equal([
      { plugin: 'strict', handler: beforeCreate },
    ])
  })

  it('keeps a request with its trace, the records before and after, and no secret', async () => {
    const login = { login: 'dude', password: 'marker-password' }
    const { text, headers } = await create({ customer_no: 'C1', last_name: 'Lebowski', credentials: login })
    const made = await last()
    expect(made).to.include({
      flavour: 'ocapi',
      method: 'POST',
      status: 200,
      operation: 'createCustomer',
      path: customers,
      isDryRun: false,
    })
    expect(made.requestId).to.equal(headers['x-request-id'])
    expect(made.trace?.steps[0]).to.include({ step: 'point', point: beforeCreate, handlers: 1 })
    expect(made.changes).to.have.length(1)
    expect(made.changes?.[0]).to.not.have.property('before')
    expect(made.changes?.[0]?.after).to.include({ customerNo: 'C1', lastName: 'Lebowski' })
    expect(made.answered.body).to.deep.equal({ text, isCut: false })
    expect(JSON.parse(made.sent.body?.text ?? '')).to.deep.include({ credentials: { login: 'dude', password: '•••' } })
    const path = `${customers}/C1`
    await send(host.origin, { method: 'PATCH', path, headers: bearer, json: { last_name: 'Sobchak' } })
    const [change] = (await last()).changes ?? []
    expect(change?.before).to.include({ lastName: 'Lebowski' })
    expect(change?.after).to.include({ lastName: 'Sobchak' })
    expect(JSON.stringify([made, await last()])).to.not.match(/marker-password|scrypt|my-token|authorization/i)
  })

  it('keeps what a hook refused, what was answered before any operation, and dry runs as such', async () => {
    await create({ job_title: 'bowler', credentials: { login: 'walter' } })
    const refused = await last()
    expect(refused).to.include({ status: 400, problem: 'refusedByHook' })
    expect(refused.trace?.steps.at(-1)).to.include({ plugin: 'strict', outcome: 'error', reason: 'NO' })
    expect(refused.changes).to.deep.equal([])
    await create({ credentials: { login: 'donny' } }, { 'x-clientele-dry-run': '1' })
    expect(await last()).to.include({ status: 200, isDryRun: true })
    expect((await last()).changes).to.have.length(1)
    await send(host.origin, { path: `${customers}/C1` })
    expect(await last())
      .to.include({ status: 401, problem: 'tokenMissing' })
      .and.not.have.property('trace')
  })

  it('tells of a request as it happens, without what was sent', async () => {
    const told = await nextEvent('request', () => get(`${customers}/C1?select=(**)`, bearer))
    expect(JSON.parse(told)).to.include({ method: 'GET', path: `${customers}/C1?select=%28**%29`, status: 200 })
    expect(JSON.parse(told)).to.not.have.any.keys('sent', 'answered', 'changes')
  })

  it('keeps the last 200', async () => {
    for (let n = 0; n < 205; n++) await get(`${customers}/C${n}`, bearer)
    const kept = await seen()
    expect(kept).to.have.length(200)
    const ids = kept.map(({ id }) => id)
    expect((ids.at(-1) ?? 0) - (ids[0] ?? 0)).to.equal(199)
    expect((await get('/explorer/request?id=1')).status).to.equal(404)
  })

  it('finds customers by words, and shows one from all sides without its password hash', async () => {
    await create({
      customer_no: 'C2',
      first_name: 'Maude (x)',
      last_name: 'Lebowski',
      credentials: { login: 'maude', password: 'marker-password' },
    })
    const find = async (query: string) =>
      (await get(`/explorer/customers?list=SiteGenesis&${query}`)).json<{
        total: number
        customers: { customerNo: string }[]
      }>()
    expect((await find('search=')).total).to.equal(2)
    expect((await find('search=maude%20LEBOW')).customers.map(({ customerNo }) => customerNo)).to.deep.equal(['C2'])
    expect((await find('search=(x)')).total).to.equal(1)
    expect((await find('search=maude%20sobchak')).total).to.equal(0)
    expect((await get('/explorer/customers?list=none')).status).to.equal(400)
    await send(host.origin, { path: `${customers}/C2/addresses`, headers: bearer, json: { address_id: 'home' } })
    const sides = (await get('/explorer/customer?list=SiteGenesis&no=c2')).json()
    expect(sides).to.deep.include({ hasPassword: true })
    expect(sides).to.have.nested.property('shown.ocapi.last_name', 'Lebowski')
    expect(sides).to.have.nested.property('shown.yaas.lastName', 'Lebowski')
    expect(sides).to.have.nested.property('stored.customer.keys.login', 'maude')
    expect(sides).to.have.nested.property('addresses[0].addressId', 'home')
    expect(JSON.stringify(sides['mapping'])).to.contain(
      '{"domain":"lastName","value":"Lebowski","shown":{"ocapi":[{"name":"last_name"',
    )
    expect(JSON.stringify(sides)).to.not.match(/scrypt|passwordHash|"secret"|marker/)
    expect((await get('/explorer/customer?list=SiteGenesis&no=nobody')).status).to.equal(404)
  })

  it('shows no password of a body, whatever its form', () => {
    for (const text of [
      '{"credentials":{"password":"marker"}}',
      String.raw`{"credentials":{"p\u0061ssword":"marker"}}`,
      '{"Password":{"deep":"marker"}}',
      '{"password":"marker","x":',
      String.raw`{"p\u0061ssword" : "mar\"marker`,
      '{"password": marker, "x": 1',
      '<customer><credentials><password>marker</password></credentials></customer>',
      '<customer><password type="string"><![CDATA[marker]]></password></customer>',
      '<customer><password>marker',
      '{"password":"mar\\"marker\\',
      '{"x":oops, "password": "marker',
      `{"x":"${'y'.repeat(70_000)}","password":"marker"}`,
      `{"password":"marker","x":"${'y'.repeat(70_000)}"}`,
    ])
      expect(shownBody(text).text, text.slice(0, 80)).to.not.contain('marker')
    // in time that grows with the text alone
    const began = performance.now()
    for (const text of [
      '"' + String.raw`\u0041`.repeat(10_000),
      '<password '.repeat(6_000),
      '"a" '.repeat(16_000),
      '<password>'.repeat(6_000),
    ])
      shownBody(`{"password"${text}`)
    expect(performance.now() - began).to.be.lessThan(1_000)
    expect(shownBody('{"password_question":"name?","password":null}').text).to.contain('name?').and.contain('null')
    expect(shownBody('y'.repeat(70_000)).isCut).to.equal(true)
  })

  describe('its files', () => {
    const files = readdirSync(folder)

    it('are plain files that need no build, and ask for nothing from elsewhere', async () => {
      for (const name of files) {
        expect(name).to.match(/^[a-z-]+\.(html|css|js|svg)$/)
        const text = readFileSync(path.join(folder, name), 'utf8')
        expect(text.replaceAll('http://www.w3.org/2000/svg', ''), name).to.not.match(
          /https?:\/\/(?!127\.0\.0\.1)|\bstyle=|\bon\w+="|innerHTML/,
        )
        expect(text.split('\n').length, name).to.be.at.most(500)
        for (const [, target = ''] of text.matchAll(/(?:from '\.\/|(?:href|src)="\/explorer\/)([^'"]+)/g))
          expect(files, name).to.include(target)
        const asset = await get(`/explorer/${name}`)
        expect(asset.status).to.equal(200)
        expect(asset.text).to.equal(text)
      }
    })

    it('are the only ones that it gives', async () => {
      for (const name of [
        '..%2fexplorer.ts',
        '../explorer.ts',
        'none.js',
        'index.html%00',
        '%2e%2e/guard.ts',
        'toString',
      ])
        expect((await send(host.origin, { path: `/explorer/${name}` })).status, name).to.be.oneOf([400, 404])
    })
  })

  it('EXPLORER=off: browsers get the text, and the server has nothing else of it', async () => {
    const server = await startServer({ EXPLORER: 'off' })
    try {
      const text = (await send(server.origin, { headers: html })).text
      expect(text)
        .to.match(/^clientele is listening/)
        .and.match(/^explorer: off$/m)
      for (const name of ['about', 'events', 'token?api=ocapi', 'app.js'])
        expect((await send(server.origin, { path: `/explorer/${name}` })).status).to.equal(404)
    } finally {
      await server.stop()
    }
  })

  it('a page that listens does not keep the server from ending', async () => {
    const server = await startServer()
    await new Promise((resolve) => {
      const gone = http.get(`${server.origin}/explorer/events`, (response) =>
        response.once('data', () => gone.destroy()).once('close', resolve),
      )
      gone.once('error', () => {})
    })
    const ended = new Promise((resolve) => {
      http.get(`${server.origin}/explorer/events`, (response) =>
        response.once('data', () => void server.stop()).once('end', resolve),
      )
    })
    const began = performance.now()
    await ended
    expect(await server.ended).to.deep.equal({ code: 0, signal: null })
    expect(performance.now() - began).to.be.lessThan(3_000)
    expect(server.output()).to.not.match(/error|premature/i)
  })
})
