/** `npx clientele` from the package as npm packs it, in an empty folder (adapters/command/README.md). */
import { execFileSync } from 'node:child_process'
import { appendFileSync, cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect } from 'chai'
import { after, afterEach, before, describe, it } from 'mocha'
import { startIn } from '../support/child.js'
import type { Child } from '../support/child.js'
import { send } from '../support/http.js'
import { pack } from '../support/packed.js'
import { readText, root } from '../support/sources.js'
import { tokenOf } from '../support/tokens.js'

const {
  version,
  devDependencies: versions,
  peerDependencies: peers,
} = JSON.parse(readText('package.json')) as {
  readonly version: string
  readonly devDependencies: Readonly<Record<string, string>>
  readonly peerDependencies: Readonly<Record<string, string>>
}
const customers = '/s/-/dw/data/v16_2/customer_lists/SiteGenesis/customers'
const quiet = ['--no-audit', '--no-fund', '--prefer-offline', '--silent']

describe('npx clientele, packed', () => {
  let folder: string
  const children: Child[] = []
  before(() => {
    const base = mkdtempSync(path.join(tmpdir(), 'clientele-command-'))
    folder = path.join(base, 'app')
    mkdirSync(folder)
    execFileSync('npm', ['install', ...quiet, pack(base)], { cwd: folder })
  })
  afterEach(async () => {
    await Promise.all(children.splice(0).map((child) => child.stop()))
  })
  after(() => rmSync(path.dirname(folder), { recursive: true, force: true }))

  /** Runs a command to its end; gives what it prints. */
  const run = (...args: readonly string[]): string =>
    execFileSync('npx', ['clientele', ...args], { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
  /** Starts a program that goes on, and waits until it listens. */
  const startHere = async (
    program: string,
    args: readonly string[],
    environment = {},
  ): Promise<Child & { origin: string }> => {
    const child = startIn(folder, program, args, environment)
    children.push(child)
    const [, origin = ''] = await child.printed(/listening on (\S+)/)
    return { ...child, origin }
  }
  const serve = (...args: readonly string[]) =>
    startHere('node_modules/.bin/clientele', ['serve', '--port', '0', ...args])

  it('tells its version and its help', () => {
    expect(run('--version')).to.equal(`${version}\n`)
    expect(run()).to.equal(run('--help')).and.to.contain('init host koa|express|fastify|hono|http')
    expect(run('serve', '--help')).to.contain('--storage <storage>')
  })

  it('serve needs nothing else; /metrics names the package that it wants, and has figures with it', async () => {
    const server = await serve()
    const path = '/dw/data/v16_2/customer_lists/SiteGenesis'
    const headers = { Authorization: `Bearer ${await tokenOf(server.origin, 'ocapi')}` }
    expect((await send(server.origin, { path, headers })).status).to.equal(200)
    const page = await send(server.origin, { path: '/', headers: { Accept: 'text/html' } })
    expect(page.text).to.contain('<!doctype html>')
    expect((await send(server.origin, { path: '/openapi/yaas.json' })).json()).to.include({ openapi: '3.1.0' })
    const metrics = await send(server.origin, { path: '/metrics' })
    expect([metrics.status, metrics.text]).to.deep.equal([
      501,
      'metrics need the package prom-client: npm install prom-client\n',
    ])
    expect(await server.stop()).to.deep.equal({ code: 0, signal: null })
    const logged = server
      .output()
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line) as object)
    expect(logged[1]).to.include({ level: 30, method: 'GET', status: 200, msg: 'GET /customer_lists/{list_id} 200' })
    expect(existsSync(`${folder}/data`)).to.equal(true)

    // the oldest versions that the package takes; npm test has the newest
    const oldest = ['prom-client', 'pino', 'pino-pretty'].map(
      (name) => `${name}@${/\d[\d.]*/.exec(peers[name] ?? '')?.[0]}`,
    )
    const hosts = ['express', 'fastify', '@fastify/middie', 'hono', '@hono/node-server', '@types/node']
    const newest = hosts.map((name) => `${name}@${versions[name]}`)
    execFileSync('npm', ['pkg', 'set', 'type=module', 'overrides.light-my-request=6.6.0'], { cwd: folder })
    execFileSync('npm', ['install', ...quiet, ...oldest, ...newest], { cwd: folder })
    const pretty = `import('pino-pretty').then((pretty) => pretty.default({ sync: true }))`
    execFileSync(process.execPath, ['-e', pretty], { cwd: folder })
    const other = await serve('--storage', 'memory')
    await send(other.origin, { path: '/none' })
    expect((await send(other.origin, { path: '/metrics' })).text).to.contain('clientele_request_seconds')
    await other.stop()
    expect(other.output()).to.match(
      /^\{"level":30,"time":"[^"]*Z","method":"GET","status":404,"ms":[\d.]+,"msg":"GET \(no route\) 404"\}$/m,
    )
  })

  it('init hook, its test, hooks, serve --watch, token', async () => {
    expect(run('init', 'hook', 'vip')).to.equal(
      'wrote vip.mjs\nwrote vip.test.mjs\n\nnext:\n  node --test vip.test.mjs\n  npx clientele serve --plugin vip.mjs --watch\n',
    )
    execFileSync(process.execPath, ['--test'], { cwd: folder })
    expect(run('hooks', 'vip.mjs')).to.contain(`  1. vip (${folder}/vip.mjs)`)
    const app = path.join(folder, 'app_example')
    cpSync(path.join(root, 'examples/cartridge/app_example'), app, { recursive: true })
    const server = await startHere('node_modules/.bin/clientele', [
      'serve',
      '--port',
      '3977',
      '--plugin',
      'vip.mjs',
      '--cartridge',
      app,
      '--watch',
    ])
    const token = run('token', '--url', server.origin).trim()
    const create = () =>
      send(server.origin, {
        path: customers,
        headers: { Authorization: `Bearer ${token}` },
        json: { job_title: 'bowler', credentials: { login: 'dude' } },
      })
    expect((await create()).text).to.contain('A job needs a company.')
    execFileSync('sed', ['-i', 's/A job needs a company/A job needs more/', path.join(folder, 'vip.mjs')])
    await server.printed(/(?:listening on[^]*?){2}/)
    expect((await create()).text).to.contain('A job needs more.')
    appendFileSync(path.join(app, 'cartridge/scripts/hooks/customers.js'), '// a change\n')
    await server.printed(/(?:listening on[^]*?){3}/)
    expect((await create()).text).to.contain('A job needs more.')
    appendFileSync(path.join(folder, 'vip.mjs'), 'export default {{\n')
    await server.printed(/--plugin: \S+vip\.mjs:\d+ cannot be loaded: SyntaxError/)
    expect(await server.stop()).to.deep.equal({ code: 0, signal: null })
  })

  it('init hook --ts compiles as it stands, strictly', () => {
    expect(run('init', 'hook', 'typed', '--ts')).not.to.contain('npm pkg set')
    const tsc = path.join(root, 'node_modules/typescript/bin/tsc')
    const strict = [
      '--strict',
      '--noEmit',
      '--module',
      'nodenext',
      '--target',
      'es2022',
      '--types',
      'node',
      '--allowImportingTsExtensions',
    ]
    writeFileSync(path.join(folder, 'tsconfig.json'), '{}')
    execFileSync(process.execPath, [tsc, '--ignoreConfig', ...strict, 'typed.ts', 'typed.test.ts'], {
      cwd: folder,
      stdio: 'pipe',
    })
  })

  it('cartridge check: exit code 1 if something cannot run', () => {
    expect(run('cartridge', 'check', path.join(root, 'examples/cartridge/app_example'))).to.contain('runs here')
    expect(() => run('cartridge', 'check', './none'))
      .to.throw()
      .with.property('status', 1)
  })

  for (const [host, prefix] of [
    ['koa', ''],
    ['express', '/shop'],
    ['fastify', ''],
    ['hono', ''],
    ['http', ''],
  ] as const)
    it(`init host ${host} runs at once, and is never overwritten`, async () => {
      const said = run('init', 'host', host)
      expect(said).to.contain(`node ${host}.mjs`).and.not.contain('npm install')
      const child = await startHere(process.execPath, [`${host}.mjs`], { PORT: '3978' })
      const request = {
        path: `${prefix}/dw/data/v16_2/customer_lists/SiteGenesis`,
        headers: { Authorization: 'Bearer my-token' },
      }
      expect((await send(child.origin, request)).status).to.equal(200)
      expect(() => run('init', 'host', host)).to.throw(/is there already: nothing was written/)
    })
})
