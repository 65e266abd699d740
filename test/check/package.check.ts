/** The package as npm packs it, used from ESM, CommonJS and TypeScript hosts. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect } from 'chai'
import { after, before, describe, it } from 'mocha'
import { pack } from '../support/packed.js'
import { importsOf, isFile, readText, root } from '../support/sources.js'

interface Manifest {
  readonly files: readonly string[]
  readonly exports: Readonly<Record<string, unknown>>
  readonly devDependencies: Readonly<Record<string, string>>
}
const manifest = JSON.parse(readText('package.json')) as Manifest
const doors = Object.keys(manifest.exports)
  .filter((door) => door !== './package.json')
  .map((door) => door.replace(/^\./, 'clientele'))

/** Runs a program in a folder and gives what it prints; its output is in the error if it fails. */
function run(folder: string, program: string, ...args: readonly string[]): string {
  try {
    return execFileSync(program, args, { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
  } catch (error) {
    const { stdout, stderr } = error as { readonly stdout: string; readonly stderr: string }
    throw new Error(`${program} ${args.join(' ')}\n${stdout}${stderr}`, { cause: error })
  }
}

/** The files and packages that importing these files loads at once. */
function loadedBy(...entries: readonly string[]): readonly string[] {
  const seen = new Set<string>()
  const visit = (name: string, from = ''): void => {
    const file = name.startsWith('.') ? path.resolve(path.dirname(from), name) : name
    if (seen.has(file)) return
    seen.add(file)
    if (path.isAbsolute(file)) for (const target of importsOf(readFileSync(file, 'utf8'), false)) visit(target, file)
  }
  for (const entry of entries) visit(entry)
  return [...seen]
}

const story = `
  const clientele = await createClientele({ customerLists: [{ id: 'shop' }], storage: memoryStorage() })
  const { customerNo } = await clientele.list('shop').createCustomer({ create: { lastName: 'Lebowski' } })
  const authenticate = staticTokens({ token: { clientId: 'me', flavours: ['ocapi', 'yaas'] } })
  const handler = toNodeHandler(customerApi(clientele, { flavours: [ocapi(), yaas()], authenticate }))
  const server = createServer((request, response) => handler(request, response))
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)))
  const { port } = server.address() as AddressInfo
  const url = \`http://127.0.0.1:\${port}/dw/data/v16_2/customer_lists/shop/customers/\${customerNo}\`
  const answer = await fetch(url, { headers: { Authorization: 'Bearer token' } })
  const customer = (await answer.json()) as { last_name?: string }
  console.log(answer.status, customer.last_name)
  server.close()
  server.closeAllConnections()
  await clientele.close()
`
const names: Readonly<Record<string, string>> = {
  'node:http': '{ createServer }',
  clientele: '{ createClientele }',
  'clientele/koa': '{ customerApi, toNodeHandler }',
  'clientele/oauth': '{ staticTokens }',
  'clientele/ocapi': '{ ocapi }',
  'clientele/storage/memory': '{ memoryStorage }',
  'clientele/yaas': '{ yaas }',
}
const koaDoors = Object.keys(names).filter((name) => name.startsWith('clientele'))
const inJavaScript = story.replaceAll(/ as [^\n)]*(?=[\n)])/g, '')
const imports = Object.entries(names)
  .map(([from, what]) => `import ${what} from '${from}'`)
  .join('\n')
const requires = Object.entries(names)
  .map(([from, what]) => `const ${what} = require('${from}')`)
  .join('\n')
const typed = `${imports}\nimport type { AddressInfo } from 'node:net'
${doors.map((door, index) => `import * as door${index} from '${door}'`).join('\n')}
async function main(): Promise<void> {${story}}
void main()
export const all = [${doors.map((_, index) => `door${index}`).join(', ')}]
`

/** Strict, libraries checked too. */
const compilerOptions = {
  target: 'es2022',
  module: 'nodenext',
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  skipLibCheck: false,
  types: ['node'],
  rootDir: '.',
  outDir: 'out',
}

describe('package (README.md, In your build)', () => {
  let folder: string
  before(function () {
    this.timeout(300_000)
    folder = mkdtempSync(path.join(tmpdir(), 'clientele-package-'))
    const tarball = pack(folder)
    const { devDependencies: versions } = manifest
    const dependencies = {
      clientele: `file:${tarball}`,
      '@types/node': versions['@types/node'],
      jest: '29.7.0',
      typescript: versions['typescript'],
      'typescript-5.4': 'npm:typescript@5.4.5',
      'typescript-5.8': 'npm:typescript@5.8.3',
    }
    writeFileSync(path.join(folder, 'package.json'), JSON.stringify({ private: true, dependencies }))
    run(folder, 'npm', 'install', '--no-audit', '--no-fund', '--prefer-offline')
  })
  after(() => rmSync(folder, { recursive: true, force: true }))

  /** A folder of the host with these files. */
  const host = (name: string, files: Readonly<Record<string, string>>): string => {
    const place = path.join(folder, name)
    mkdirSync(place)
    for (const [file, text] of Object.entries(files)) writeFileSync(path.join(place, file), text)
    return place
  }

  it('holds the doors and their sources, no tests, and of the examples those that `init` writes', () => {
    const packed = path.join(folder, 'node_modules/clientele')
    const rooms = ['core', 'adapters', 'hooks'].filter(isFile)
    expect(readdirSync(packed)).to.have.members([
      'CHANGELOG.md',
      'LICENSE',
      'README.md',
      'package.json',
      'dist',
      'examples',
      ...rooms,
    ])
    const examples = manifest.files.filter((name) => name.startsWith('examples/')).map((name) => path.basename(name))
    expect(readdirSync(path.join(packed, 'examples'))).to.have.members(examples)
    const page = 'adapters/command/explorer/page'
    expect(readdirSync(path.join(packed, page))).to.have.members(readdirSync(path.join(root, page)))
    expect(readdirSync(path.join(packed, 'dist'))).to.have.members([...rooms, 'shared', 'test'])
    const published = manifest.files.map((name) => name.replace(/\*$/, ''))
    for (const name of readdirSync(path.join(packed, 'dist/test')))
      expect(published).to.include(`dist/test/${name.replace(/(\.d\.ts|\.js)(\.map)?$/, '.')}`)
  })

  it('serves an ESM host', () => {
    const place = host('esm', { 'main.mjs': `${imports}\n${inJavaScript}` })
    expect(run(place, process.execPath, 'main.mjs')).to.equal('200 Lebowski\n')
  })

  it('serves a CommonJS host, which gets the same classes as an ESM host', () => {
    const place = host('cjs', {
      'main.cjs': `${requires}\nvoid (async () => {${inJavaScript}})()`,
      'same.cjs': `import('clientele').then((m) => console.log(m.CustomerError === require('clientele').CustomerError))`,
    })
    expect(run(place, process.execPath, '--no-warnings', 'main.cjs')).to.equal('200 Lebowski\n')
    expect(run(place, process.execPath, '--no-warnings', 'same.cjs')).to.equal('true\n')
  })

  it('has each module in one file, so that all doors share its classes and state', () => {
    const dist = path.join(folder, 'node_modules/clientele/dist')
    const maps = readdirSync(dist, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.js.map'))
    const modules = maps.flatMap((name) => {
      const map = JSON.parse(readFileSync(path.join(dist, name), 'utf8')) as { readonly sources: readonly string[] }
      return map.sources.map((source) =>
        path.relative(path.dirname(dist), path.resolve(dist, path.dirname(name), source)),
      )
    })
    expect(modules).to.have.members([...new Set(modules)])
    expect(modules).to.include.members(['core/model/copy.ts', 'adapters/http/transport.ts', 'test/hook-kit.ts'])
  })

  const entryOf = (door: string, place = path.join(folder, 'node_modules/clientele')): string =>
    path.join(place, (manifest.exports[door.replace('clientele', '.')] as { readonly default: string }).default)

  it('loads few files at the start of a Koa host', () => {
    const files = loadedBy(...koaDoors.map((door) => entryOf(door))).filter((name) => path.isAbsolute(name))
    expect(files).to.include(path.join(folder, 'node_modules/clientele/dist/shared/core.js'))
    expect(files.length).to.be.at.most(20)
  })

  it('loads no package for a door that its modules do not load', () => {
    const packagesOf = (entry: string): readonly string[] => loadedBy(entry).filter((name) => !/^(\/|node:)/.test(name))
    for (const door of doors) expect(packagesOf(entryOf(door)), door).to.have.members(packagesOf(entryOf(door, root)))
  })

  it('names files and lines of TypeScript in stack traces', () => {
    const script = `
      import { createClientele } from 'clientele'
      await createClientele({}).catch((error) => console.log(error.stack))
    `
    const place = host('stack', { 'main.mjs': script })
    const stack = run(place, process.execPath, '--enable-source-maps', 'main.mjs')
    const [, file = '', line] = /\((\S+\/clientele\/core\/container\.ts):(\d+):\d+\)/.exec(stack) ?? []
    expect(file, stack).to.not.equal('')
    expect(readFileSync(file, 'utf8').split('\n')[Number(line) - 1]).to.contain('new SetupError(')
  })

  it('names an optional package that is missing', () => {
    const place = host('optional', {
      'main.mjs': `
        import { createClientele } from 'clientele'
        import { openMetrics } from 'clientele/metrics'
        import { introspection } from 'clientele/oauth'
        import { postgresStorage } from 'clientele/storage/postgres'
        const said = []
        const endpoint = new URL('https://login.example.com/introspect')
        try {
          introspection({ endpoint, issuer: 'i', clientId: 'c', clientSecret: 's', flavours: ['ocapi'] })
        } catch (error) { said.push(String(error)) }
        const storage = postgresStorage({ connectionString: 'postgres://127.0.0.1/none' })
        await createClientele({ customerLists: [{ id: 'a' }], storage }).catch((error) => said.push(String(error)))
        await openMetrics().catch((error) => said.push(String(error)))
        console.log(said.join('\\n'))
      `,
    })
    expect(run(place, process.execPath, 'main.mjs')).to.match(
      /^SetupError: .*npm install oauth4webapi\nSetupError: .*npm install pg\nSetupError: .*npm install prom-client\n/,
    )
  })

  it('is required by Jest in its default mode, set as hooks/README.md says', () => {
    const settings = [...readText('hooks/README.md').matchAll(/```javascript\n\/\/ (\S+\.js)\n([^]*?)```/g)]
    expect(settings.map(([, file]) => file)).to.deep.equal(['jest.config.js', 'clientele.jest.js'])
    const place = host('jest', {
      'package.json': '{}',
      ...Object.fromEntries(settings.map(([, file = '', text = '']) => [file, text])),
      'plugin.test.js': `
        const { CustomerError, createClientele, definePlugin, Status } = require('clientele')
        const { memoryStorage } = require('clientele/storage/memory')
        const { hookKit } = require('clientele/testing')
        const plugin = definePlugin({ name: 'companies', hooks: {
          'dw.ocapi.data.customer_list.customers.beforePOST'(create) {
            create.custom = { tags: ['new'] }
            return create.jobTitle ? Status.error('COMPANY_MISSING', 'A job needs a company.') : Status.ok()
          },
        } })
        test('a plug-in', async () => {
          const kit = await hookKit(plugin)
          const body = { job_title: 'bowler', credentials: { login: 'dude' } }
          ;(await kit.request('ocapi', 'POST /customers', body)).refused('COMPANY_MISSING')
          const create = { lastName: 'Lebowski' }
          const given = { active: true, credentials: { locked: false }, custom: { tags: ['new'] }, customerNo: '00000001' }
          const ran = await kit.run((customers) => customers.createCustomer({ create }))
          ran.changed('customers', { ...create, ...given })
        })
        test('the library', async () => {
          const clientele = await createClientele({ customerLists: [{ id: 'a' }], storage: memoryStorage() })
          const create = { lastName: 'Lebowski', custom: { tags: ['new'] } }
          expect(await clientele.list('a').createCustomer({ create })).toMatchObject(create)
          await expect(clientele.list('a').getCustomer({ customerNo: 'no' })).rejects.toThrow(CustomerError)
          await clientele.close()
        })
      `,
    })
    run(place, process.execPath, path.join(folder, 'node_modules/jest/bin/jest.js'), '--ci')
  })

  /** Compiles and runs a host that imports every door. */
  const compile = (name: string, compiler: string, type: string): void => {
    const place = host(name, {
      'package.json': JSON.stringify({ type }),
      'tsconfig.json': JSON.stringify({ compilerOptions, files: ['main.ts'] }),
      'main.ts': typed,
    })
    run(place, process.execPath, path.join(folder, 'node_modules', compiler, 'bin/tsc'), '-p', '.')
    expect(run(place, process.execPath, '--no-warnings', 'out/main.js')).to.equal('200 Lebowski\n')
  }

  for (const [compiler, type] of [
    ['typescript', 'module'],
    ['typescript-5.4', 'module'],
    ['typescript', 'commonjs'],
    ['typescript-5.8', 'commonjs'],
  ] as const)
    it(`compiles and runs in a ${type} host with ${compiler}, libraries checked`, () => {
      compile(`${compiler}-${type}`, compiler, type)
    })

  it('compiles without @types/koa, which koa-body brings and a host may leave out', () => {
    const types = path.join(folder, 'node_modules/@types')
    for (const name of readdirSync(types)) if (name !== 'node') rmSync(path.join(types, name), { recursive: true })
    compile('without-koa-types', 'typescript', 'module')
  })
})
