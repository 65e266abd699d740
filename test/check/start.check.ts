/** `npm start` and `npm run dev` in a fresh clone, which has no `dist` (examples/README.md, The example server). */
import { cpSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect } from 'chai'
import { after, afterEach, before, describe, it } from 'mocha'
import { startIn } from '../support/child.js'
import type { Child } from '../support/child.js'
import { listen, send } from '../support/http.js'
import { root } from '../support/sources.js'
import { tokenOf } from '../support/tokens.js'

const customers = '/s/-/dw/data/v16_2/customer_lists/SiteGenesis/customers'

describe('npm start and npm run dev', () => {
  let clone: string
  let children: Child[] = []
  before(() => {
    clone = mkdtempSync(path.join(tmpdir(), 'clientele-clone-'))
    for (const name of ['core', 'adapters', 'hooks', 'examples', 'test', '.ci', 'package.json', 'tsconfig.json'])
      cpSync(path.join(root, name), path.join(clone, name), { recursive: true })
    symlinkSync(path.join(root, 'node_modules'), path.join(clone, 'node_modules'))
  })
  after(() => rmSync(clone, { recursive: true, force: true }))
  afterEach(async () => {
    await Promise.all(children.map((child) => child.stop()))
    children = []
  })
  const run = (script: string, environment: Readonly<Record<string, string>>): Child => {
    const child = startIn(clone, 'npm', ['run', '--silent', script], { PORT: '0', STORAGE: 'memory', ...environment })
    children.push(child)
    return child
  }
  const originOf = async (child: Child): Promise<string> => (await child.printed(/listening on (\S+)/))[1] ?? ''

  it('two at the same instant build and serve; a third takes nothing away from them', async () => {
    const origins = await Promise.all([run('start', {}), run('start', {})].map(originOf))
    const third = await originOf(run('start', {}))
    for (const origin of [...origins, third]) {
      expect((await send(origin, { path: '/ready' })).json()).to.include({ ready: true })
      // what answers this is loaded when it is first needed
      const headers = { Authorization: `Bearer ${await tokenOf(origin, 'ocapi')}` }
      const made = await send(origin, { path: customers, headers, json: { credentials: { login: 'dude' } } })
      expect(made.status, made.text).to.equal(200)
      expect((await send(origin, { path: '/openapi/yaas.json' })).status).to.equal(200)
    }
    expect(readdirSync(clone).filter((name) => name.startsWith('.dist'))).to.deep.equal([])
  })

  it('dev starts anew when a plug-in changes, keeps data and tokens; a slip shows its line and is got over', async () => {
    const plugin = path.join(clone, 'mine.mjs')
    const write = (text: string): void => writeFileSync(plugin, text)
    const naming = (lastName: string): string =>
      `export default { name: 'mine', hooks: {\n 'dw.ocapi.data.customer_list.customers.beforePOST'(create) { create.lastName = '${lastName}' } } }\n`
    const taken = await listen(() => {})
    await taken.close()
    write(naming('one'))
    const child = run('dev', {
      PORT: new URL(taken.origin).port,
      STORAGE: 'json-file',
      DATA_FILE: path.join(clone, 'data', 'customers.json'),
      PLUGINS: plugin,
    })
    const origin = await originOf(child)
    const headers = { Authorization: `Bearer ${await tokenOf(origin, 'ocapi')}` }
    const create = async (login: string): Promise<unknown> => {
      const json = { customer_no: login, credentials: { login } }
      const made = (await send(origin, { path: customers, headers, json })).json() as { readonly last_name?: string }
      return made.last_name
    }
    expect(await create('a')).to.equal('one')
    write(naming('two'))
    await child.printed(/(?:listening on[^]*?){2}/)
    expect(await create('b')).to.equal('two')
    write('\n\nexport default {{\n')
    await child.printed(/PLUGINS: \S+mine\.mjs:3 cannot be loaded: SyntaxError/)
    write(naming('three'))
    await child.printed(/(?:listening on[^]*?){3}/)
    expect(await create('c')).to.equal('three')
    const first = await send(origin, { path: `${customers}/a`, headers })
    expect(first.json()).to.include({ last_name: 'one' })
  })
})
